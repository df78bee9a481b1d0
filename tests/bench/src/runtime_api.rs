//! Lambda's Runtime API, as a function sees it: it asks for an event, and gives the answer. Nothing is
//! between, so the instants are the function's own.
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

/// What the function is told it has for an event.
const FUNCTION_TIMEOUT: Duration = Duration::from_secs(29);

/// A Runtime API for one function. It hands out one event at a time.
#[derive(Debug)]
pub(crate) struct RuntimeApi {
    /// `host:port`, for `AWS_LAMBDA_RUNTIME_API`.
    pub(crate) address: String,
    connections: Arc<AtomicUsize>,
    events: mpsc::Sender<String>,
    answers: mpsc::Receiver<Result<Answer, String>>,
}

/// What the function made of an event.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) body: String,
    /// When the function took the event.
    pub(crate) delivered: Instant,
    /// When its answer was here.
    pub(crate) answered: Instant,
}

#[derive(Debug)]
struct Seen {
    events: Mutex<mpsc::Receiver<String>>,
    delivered: StdMutex<Option<Instant>>,
    answers: mpsc::Sender<Result<Answer, String>>,
}

impl RuntimeApi {
    pub(crate) async fn start() -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?.to_string();
        let (events, waiting) = mpsc::channel(1);
        let (answered, answers) = mpsc::channel(1);
        let seen = Arc::new(Seen {
            events: Mutex::new(waiting),
            delivered: StdMutex::new(None),
            answers: answered,
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
            .with_state(seen);
        let connections = Arc::<AtomicUsize>::default();
        let opened = Arc::clone(&connections);
        let listener = listener.tap_io(move |stream| {
            opened.fetch_add(1, Ordering::Relaxed);
            // A connection that sends late is measured late; the call itself does not depend on it.
            let _ = stream.set_nodelay(true);
        });
        tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(Self {
            address,
            connections,
            events,
            answers,
        })
    }

    /// How many connections the function has opened to here.
    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }

    /// Hands the function an event and waits for its answer.
    pub(crate) async fn invoke(&mut self, event: String) -> crate::Result<Answer> {
        self.events.send(event).await?;
        let answer = self.answers.recv().await.ok_or("the Runtime API ended")?;
        answer.map_err(|error| format!("the function failed: {error}").into())
    }
}

async fn next(State(seen): State<Arc<Seen>>) -> impl IntoResponse {
    let event = seen.events.lock().await.recv().await.unwrap_or_default();
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
    *seen
        .delivered
        .lock()
        .unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    (headers, event)
}

async fn response(State(seen): State<Arc<Seen>>, body: Bytes) -> impl IntoResponse {
    let answered = Instant::now();
    let delivered = *seen
        .delivered
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    let answer = Answer {
        body: String::from_utf8_lossy(&body).into_owned(),
        delivered: delivered.unwrap_or(answered),
        answered,
    };
    tell(&seen, Ok(answer)).await
}

async fn error(State(seen): State<Arc<Seen>>, body: Bytes) -> impl IntoResponse {
    tell(&seen, Err(String::from_utf8_lossy(&body).into_owned())).await
}

async fn tell(seen: &Seen, answer: Result<Answer, String>) -> impl IntoResponse + use<> {
    // Nobody waits only when the measurement is over.
    let _ = seen.answers.send(answer).await;
    let headers = [("content-type", "application/json")];
    (StatusCode::ACCEPTED, headers, r#"{"status":"OK"}"#)
}
