//! The least that a lead's two calls cost, whatever is around them (docs/performance.md, P8). It takes events and
//! answers them as a function does, but by hand and over one connection, and makes the calls with ready contents of the
//! usual size: `floor sdk` with the SDK's clients, as the functions have them; `floor bytes` without them, unsigned.

use std::{
    collections::HashMap,
    env,
    error::Error,
    io::{Read, Write},
    net::TcpStream,
};

use aws_sdk_dynamodb::types::{AttributeValue, ReturnValuesOnConditionCheckFailure};
use mimalloc::MiMalloc;
use shared::{aws::Clients, config};

/// As the functions have it.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

// In bytes, what P3's lead has.
const PUT_HEADERS: usize = 1_616;
const PUT_BODY: usize = 1_495;
const SEND_HEADERS: usize = 1_649;
const SEND_BODY: usize = 492;
const ANSWER: usize = 864;
/// Attributes of the item, nested ones included, which together make `PUT_BODY`.
const ATTRIBUTES: usize = 40;

fn main() -> Result<()> {
    let mut runtime_api = Connection::open(&variable("AWS_LAMBDA_RUNTIME_API")?)?;
    match env::args().nth(1).as_deref() {
        Some("sdk") => {
            let tokio = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()?;
            let calls = SdkCalls::new()?;
            serve(&mut runtime_api, || tokio.block_on(calls.make()))
        }
        Some("bytes") => {
            let mut calls = [
                (
                    "AWS_ENDPOINT_URL_DYNAMODB",
                    "DynamoDB_20120810.PutItem",
                    PUT_HEADERS,
                    PUT_BODY,
                ),
                (
                    "AWS_ENDPOINT_URL_SQS",
                    "AmazonSQS.SendMessage",
                    SEND_HEADERS,
                    SEND_BODY,
                ),
            ]
            .map(|(url, target, headers, body)| {
                ReadyCall::new(&variable(url)?, target, headers, body)
            })
            .into_iter()
            .collect::<Result<Vec<_>>>()?;
            serve(&mut runtime_api, || {
                calls.iter_mut().try_for_each(ReadyCall::send)?;
                calls
                    .iter_mut()
                    .try_for_each(|call| call.connection.receive())
            })
        }
        _ => Err("say `sdk` or `bytes`".into()),
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "it is no function: Lambda's own variable, and two of the benchmark's"
)]
fn variable(name: &str) -> Result<String> {
    env::var(name).map_err(|_| format!("{name} is missing: `cargo measure --floor` sets it").into())
}

fn serve(runtime_api: &mut Connection, mut make_calls: impl FnMut() -> Result<()>) -> Result<()> {
    let base = "/2018-06-01/runtime/invocation";
    // The benchmark hands out one event at a time, and does not look at its id.
    let body = format!(
        r#"{{"statusCode":201,"body":"{}"}}"#,
        "x".repeat(ANSWER - 30)
    );
    let next = format!("GET {base}/next HTTP/1.1\r\nhost: runtime\r\n\r\n");
    let length = body.len();
    let answer = format!(
        "POST {base}/1/response HTTP/1.1\r\nhost: runtime\r\ncontent-length: {length}\r\n\r\n{body}"
    );
    loop {
        runtime_api.send(next.as_bytes())?;
        runtime_api.receive()?;
        make_calls()?;
        runtime_api.send(answer.as_bytes())?;
        runtime_api.receive()?;
    }
}

struct SdkCalls {
    clients: Clients,
    table: String,
    queue_url: String,
    item: HashMap<String, AttributeValue>,
    message: String,
}

impl SdkCalls {
    fn new() -> Result<Self> {
        let value = "x".repeat(PUT_BODY / ATTRIBUTES - 25);
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
            message: "x".repeat(SEND_BODY - 170),
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

/// A request that is ready, and its connection.
struct ReadyCall {
    connection: Connection,
    request: Vec<u8>,
}

impl ReadyCall {
    fn new(url: &str, target: &str, headers: usize, body: usize) -> Result<Self> {
        let address = url.trim_start_matches("http://").trim_end_matches('/');
        let start = format!(
            "POST / HTTP/1.1\r\nhost: {address}\r\nx-amz-target: {target}\r\ncontent-length: {body}\r\nauthorization: "
        );
        let rest = "x".repeat(headers.saturating_sub(start.len() + 4));
        Ok(Self {
            connection: Connection::open(address)?,
            request: format!("{start}{rest}\r\n\r\n{}", "x".repeat(body)).into_bytes(),
        })
    }

    fn send(&mut self) -> Result<()> {
        self.connection.send(&self.request)
    }
}

/// HTTP/1.1 by hand, as far as the benchmark's own servers speak it.
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
                return Err("the benchmark has ended, or a reply is too long".into());
            }
            end += read;
            let so_far = String::from_utf8_lossy(self.received.get(..end).unwrap_or_default());
            let Some((head, body)) = so_far.split_once("\r\n\r\n") else {
                continue;
            };
            let length = head
                .lines()
                .find_map(|line| line.strip_prefix("content-length: "));
            if body.len() >= length.ok_or("a reply without a length")?.parse()? {
                return Ok(());
            }
        }
    }
}
