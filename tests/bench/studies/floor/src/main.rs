//! The smallest function that makes the two calls of a lead. Its CPU time is a floor for `api`'s.
//!
//! It takes events and answers them as a function does, with hand-written HTTP on one connection.
//! The contents of the calls are ready, and have the size of a lead's calls:
//!
//! * `floor sdk` makes the calls with the SDK's clients, which are those of the functions.
//! * `floor bytes` writes the bytes of the calls to a socket, unsigned.

use std::{
    collections::HashMap,
    env,
    error::Error,
    io::{Read, Write},
    net::TcpStream,
};

use aws::{clients::Clients, config};
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValuesOnConditionCheckFailure};
use mimalloc::MiMalloc;
use tokio::runtime::{Builder, LocalOptions};

/// The allocator of the functions.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

/// Size of a call, in bytes.
#[derive(Clone, Copy)]
struct Size {
    headers: usize,
    body: usize,
}

/// Size of a lead's PutItem. The study `rivals` fails if the size of the bodies is not a lead's.
const PUT: Size = Size {
    headers: 1_616,
    body: 1_495,
};
/// Size of a lead's SendMessage.
const SEND: Size = Size {
    headers: 1_649,
    body: 492,
};
/// Length of the answer to the Runtime API, in bytes.
const ANSWER: usize = 864;
/// Number of the item's attributes, with the nested ones.
const ATTRIBUTES: usize = 40;
/// Bytes of the body for each attribute, besides its value.
const ATTRIBUTE_OVERHEAD: usize = 26;
/// Bytes of the body of SendMessage, besides the message.
const MESSAGE_OVERHEAD: usize = 171;

fn main() -> Result<()> {
    let mut events = Events::open()?;
    match env::args().nth(1).as_deref() {
        Some("sdk") => {
            let calls = SdkCalls::new()?;
            let tokio = Builder::new_current_thread()
                .enable_all()
                .build_local(LocalOptions::default())?;
            // The functions run as a task too.
            tokio.block_on(tokio.spawn_local(async move {
                loop {
                    events.take()?;
                    calls.make().await?;
                    events.answer()?;
                }
            }))?
        }
        Some("bytes") => {
            let mut put = ReadyCall::new("DYNAMODB", "DynamoDB_20120810.PutItem", PUT)?;
            let mut send = ReadyCall::new("SQS", "AmazonSQS.SendMessage", SEND)?;
            loop {
                events.take()?;
                put.send()?;
                send.send()?;
                put.connection.receive()?;
                send.connection.receive()?;
                events.answer()?;
            }
        }
        _ => Err("the kind of the calls is missing: `floor sdk` or `floor bytes`".into()),
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "this is not a function: it reads a variable of Lambda and two of the benchmark"
)]
fn variable(name: &str) -> Result<String> {
    env::var(name)
        .map_err(|_| format!("{name} is not set: run `cargo run --bin rivals -- --floor`").into())
}

/// The Runtime API, for the events and the answers.
struct Events {
    connection: Connection,
    next: String,
    answer: String,
}

impl Events {
    fn open() -> Result<Self> {
        let address = variable("AWS_LAMBDA_RUNTIME_API")?;
        // The benchmark delivers one event at a time and ignores its id.
        let base = "/2018-06-01/runtime/invocation";
        let body = padded(r#"{"statusCode":201,"body":""#, r#""}"#, ANSWER);
        Ok(Self {
            connection: Connection::open(&address)?,
            next: format!("GET {base}/next HTTP/1.1\r\nhost: {address}\r\n\r\n"),
            answer: format!(
                "POST {base}/1/response HTTP/1.1\r\nhost: {address}\r\ncontent-length: {ANSWER}\r\n\r\n{body}"
            ),
        })
    }

    fn take(&mut self) -> Result<()> {
        self.connection.send(self.next.as_bytes())?;
        self.connection.receive()
    }

    fn answer(&mut self) -> Result<()> {
        self.connection.send(self.answer.as_bytes())?;
        self.connection.receive()
    }
}

/// Returns `start` and `end`, with as many letters between them as `length` bytes need.
fn padded(start: &str, end: &str, length: usize) -> String {
    let between = "x".repeat(length.saturating_sub(start.len() + end.len()));
    format!("{start}{between}{end}")
}

/// The two calls, by the SDK.
struct SdkCalls {
    clients: Clients,
    table: String,
    queue_url: String,
    item: HashMap<String, AttributeValue>,
    message: String,
}

impl SdkCalls {
    fn new() -> Result<Self> {
        let value = "x".repeat(PUT.body / ATTRIBUTES - ATTRIBUTE_OVERHEAD);
        let attribute = |number| {
            (
                format!("attribute{number:02}"),
                AttributeValue::S(value.clone()),
            )
        };
        Ok(Self {
            clients: Clients::from_env()?,
            table: config::table_name()?,
            queue_url: config::start_queue_url()?,
            item: (0..ATTRIBUTES).map(attribute).collect(),
            message: "x".repeat(SEND.body - MESSAGE_OVERHEAD),
        })
    }

    async fn make(&self) -> Result<()> {
        let put = self
            .clients
            .dynamodb
            .put_item()
            .table_name(&self.table)
            .set_item(Some(self.item.clone()))
            .condition_expression("attribute_not_exists(pk)")
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let send = self
            .clients
            .sqs
            .send_message()
            .queue_url(&self.queue_url)
            .message_group_id("019c0000-0000-7000-8000-000000000001")
            .message_body(&self.message);
        let (put, send) = tokio::join!(Box::pin(put.send()), Box::pin(send.send()));
        put?;
        send?;
        Ok(())
    }
}

/// A ready request and its connection.
struct ReadyCall {
    connection: Connection,
    request: Vec<u8>,
}

impl ReadyCall {
    fn new(service: &str, target: &str, size: Size) -> Result<Self> {
        let url = variable(&format!("AWS_ENDPOINT_URL_{service}"))?;
        let address = url.trim_start_matches("http://").trim_end_matches('/');
        let body = "x".repeat(size.body);
        let start = format!(
            "POST / HTTP/1.1\r\nhost: {address}\r\nx-amz-target: {target}\r\ncontent-length: {}\r\nauthorization: ",
            size.body
        );
        let headers = padded(&start, "\r\n\r\n", size.headers);
        Ok(Self {
            connection: Connection::open(address)?,
            request: format!("{headers}{body}").into_bytes(),
        })
    }

    fn send(&mut self) -> Result<()> {
        self.connection.send(&self.request)
    }
}

/// HTTP/1.1, as much of it as the benchmark's servers use.
struct Connection {
    stream: TcpStream,
    received: Vec<u8>,
}

impl Connection {
    fn open(address: &str) -> Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            received: vec![0; 16 * 1_024],
        })
    }

    fn send(&mut self, request: &[u8]) -> Result<()> {
        Ok(self.stream.write_all(request)?)
    }

    fn receive(&mut self) -> Result<()> {
        let mut end = 0;
        loop {
            let free = self.received.get_mut(end..).unwrap_or_default();
            let read = self.stream.read(free)?;
            if read == 0 {
                return Err(
                    "the benchmark has closed the connection, or a reply is too long".into(),
                );
            }
            end += read;
            let so_far = String::from_utf8_lossy(self.received.get(..end).unwrap_or_default());
            let Some((head, body)) = so_far.split_once("\r\n\r\n") else {
                continue;
            };
            let length = head
                .lines()
                .find_map(|line| line.strip_prefix("content-length: "));
            if body.len() >= length.ok_or("a reply has no content-length")?.parse()? {
                return Ok(());
            }
        }
    }
}
