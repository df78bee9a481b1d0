//! Lambda's Runtime API for one function. The function takes its events here and sends its answers.
//!
//! No emulator is between the two, so the times are the function's own.
//! <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>

use std::{
    io,
    sync::{
        Arc, Mutex as StdMutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use aws::clock::Clock;
use axum::{
    Router,
    body::Bytes,
    extract::State,
    response::IntoResponse,
    routing::{get, post},
    serve::ListenerExt,
};
use http::StatusCode;
use tokio::{
    net::TcpListener,
    sync::{Mutex, mpsc},
};

use crate::{answer::Answer, result::Result};

/// Time limit of an event, in the header that Lambda sends with it.
const FUNCTION_TIMEOUT: Duration = Duration::from_secs(29);

/// The answer, or the error that the function has reported.
type Outcome = std::result::Result<Answer, String>;

/// A running Runtime API. It delivers one event at a time.
#[derive(Debug)]
pub(crate) struct RuntimeApi {
    /// `host:port`, for `AWS_LAMBDA_RUNTIME_API`.
    pub(crate) address: String,
    connections: Arc<AtomicUsize>,
    events: mpsc::Sender<String>,
    outcomes: mpsc::Receiver<Outcome>,
}

/// The function's end of the channels.
#[derive(Debug)]
struct FunctionSide {
    events: Mutex<mpsc::Receiver<String>>,
    delivered: StdMutex<Option<Instant>>,
    outcomes: mpsc::Sender<Outcome>,
}

impl RuntimeApi {
    pub(crate) async fn start() -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?.to_string();
        let (events, waiting) = mpsc::channel(1);
        let (sender, outcomes) = mpsc::channel(1);
        let side = Arc::new(FunctionSide {
            events: Mutex::new(waiting),
            delivered: StdMutex::new(None),
            outcomes: sender,
        });
        let base = "/2018-06-01/runtime";
        let router = Router::new()
            .route(&format!("{base}/invocation/next"), get(next))
            .route(
                &format!("{base}/invocation/{{id}}/response"),
                post(response),
            )
            .route(&format!("{base}/invocation/{{id}}/error"), post(error))
            .route(&format!("{base}/init/error"), post(error))
            .with_state(side);
        let connections = Arc::<AtomicUsize>::default();
        let opened = Arc::clone(&connections);
        let listener = listener.tap_io(move |stream| {
            opened.fetch_add(1, Ordering::Relaxed);
            // A failure makes the connection slower, and nothing else.
            let _ = stream.set_nodelay(true);
        });
        tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(Self {
            address,
            connections,
            events,
            outcomes,
        })
    }

    /// Returns the number of connections that the function has opened.
    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }

    /// Delivers an event and waits for the answer.
    pub(crate) async fn invoke(&mut self, event: String) -> Result<Answer> {
        self.events.send(event).await?;
        let outcome = self.outcomes.recv().await.ok_or("the Runtime API ended")?;
        outcome.map_err(|error| format!("the function failed: {error}").into())
    }
}

async fn next(State(side): State<Arc<FunctionSide>>) -> impl IntoResponse {
    let event = side.events.lock().await.recv().await.unwrap_or_default();
    let deadline = Clock::System.now().as_millisecond() + FUNCTION_TIMEOUT.as_millis() as i64;
    let headers = [
        ("content-type", "application/json".to_owned()),
        (
            "lambda-runtime-aws-request-id",
            "8476a536-e9f4-11e8-9739-2dfe598c3fcd".to_owned(),
        ),
        ("lambda-runtime-deadline-ms", deadline.to_string()),
        (
            "lambda-runtime-invoked-function-arn",
            "arn:aws:lambda:us-east-1:123456789012:function:measured:live".to_owned(),
        ),
        (
            "lambda-runtime-trace-id",
            "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=0".to_owned(),
        ),
    ];
    *side
        .delivered
        .lock()
        .unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    (headers, event)
}

async fn response(State(side): State<Arc<FunctionSide>>, body: Bytes) -> impl IntoResponse {
    let answered = Instant::now();
    let delivered = *side
        .delivered
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    let answer = Answer {
        body: String::from_utf8_lossy(&body).into_owned(),
        delivered: delivered.unwrap_or(answered),
        answered,
    };
    pass_on(&side, Ok(answer)).await
}

async fn error(State(side): State<Arc<FunctionSide>>, body: Bytes) -> impl IntoResponse {
    pass_on(&side, Err(String::from_utf8_lossy(&body).into_owned())).await
}

async fn pass_on(side: &FunctionSide, outcome: Outcome) -> impl IntoResponse + use<> {
    // The channel is closed only after the measurement.
    let _ = side.outcomes.send(outcome).await;
    let headers = [("content-type", "application/json")];
    (StatusCode::ACCEPTED, headers, r#"{"status":"OK"}"#)
}
