//! An HTTP proxy in front of DynamoDB or SQS that writes down every call, and gets in its way when it is
//! told to: what a network and a busy service do.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::State,
    response::Response,
};
use http::{HeaderMap, HeaderName, StatusCode};
use serde_json::{Value, json};
use tokio::{net::TcpListener, time::sleep};

/// What happens to a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing.
    None,
    /// It takes this much longer.
    Slow(Duration),
    /// It is refused before anything is done.
    Refuse,
    /// It is done, and the answer is lost.
    LoseReply,
    /// The same, for the next call alone.
    LoseReplyOnce,
    /// The service asks to come back later.
    Throttle,
    /// Another transaction has the item: for the next call alone.
    TransactionUnderWayOnce,
    /// BatchWriteItem: nothing of the next call is processed, and the call itself succeeds.
    LeaveUnprocessedOnce,
    /// SendMessageBatch: the first entry fails, and the others are done.
    FailFirstEntry,
    /// It is sent on with the first text replaced by the second.
    Rewrite(&'static str, &'static str),
}

/// A proxy. Clones share what it saw.
#[derive(Clone, Debug)]
pub struct Proxy {
    /// Where it listens.
    pub url: String,
    seen: Arc<Seen>,
}

#[derive(Debug)]
struct Seen {
    target: String,
    http: reqwest::Client,
    calls: Mutex<Vec<(String, Bytes)>>,
    faults: Mutex<Vec<(String, Fault)>>,
    under_way: AtomicUsize,
}

impl Proxy {
    /// A proxy in front of `target` on a free port of this machine.
    pub async fn start(target: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let seen = Arc::new(Seen {
            target: target.to_owned(),
            http: reqwest::Client::new(),
            calls: Mutex::default(),
            faults: Mutex::default(),
            under_way: AtomicUsize::new(0),
        });
        let router = Router::new().fallback(pass).with_state(Arc::clone(&seen));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, seen }
    }

    /// From now on, calls of `operation` (such as `PutItem`) meet `fault`.
    pub fn set(&self, operation: &str, fault: Fault) {
        self.seen.set(operation, fault);
    }

    /// The operations that were called since the last time, in order.
    pub fn take_calls(&self) -> Vec<String> {
        self.take()
            .into_iter()
            .map(|(operation, _)| operation)
            .collect()
    }

    /// The bodies of the calls since the last time, in order.
    pub fn take_bodies(&self) -> Vec<String> {
        let bodies = self.take().into_iter().map(|(_, body)| body);
        bodies
            .map(|body| String::from_utf8_lossy(&body).into_owned())
            .collect()
    }

    fn take(&self) -> Vec<(String, Bytes)> {
        std::mem::take(
            &mut *self
                .seen
                .calls
                .lock()
                .unwrap_or_else(PoisonError::into_inner),
        )
    }

    /// How many calls are under way now.
    pub fn under_way(&self) -> usize {
        self.seen.under_way.load(Ordering::SeqCst)
    }
}

impl Seen {
    fn set(&self, operation: &str, fault: Fault) {
        let mut faults = self.faults.lock().unwrap_or_else(PoisonError::into_inner);
        faults.retain(|(known, _)| known != operation);
        faults.push((operation.to_owned(), fault));
    }

    fn fault(&self, operation: &str) -> Fault {
        let faults = self.faults.lock().unwrap_or_else(PoisonError::into_inner);
        faults
            .iter()
            .find(|(known, _)| known == operation)
            .map_or(Fault::None, |(_, fault)| *fault)
    }
}

async fn pass(State(seen): State<Arc<Seen>>, headers: HeaderMap, body: Bytes) -> Response {
    let operation = headers
        .get("x-amz-target")
        .and_then(|target| target.to_str().ok())
        .and_then(|target| target.rsplit('.').next())
        .unwrap_or_default()
        .to_owned();
    seen.calls
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .push((operation.clone(), body.clone()));
    seen.under_way.fetch_add(1, Ordering::SeqCst);
    let response = match seen.fault(&operation) {
        Fault::None => forward(&seen, headers, body).await,
        Fault::Slow(by) => {
            sleep(by).await;
            forward(&seen, headers, body).await
        }
        Fault::Refuse => answer(StatusCode::INTERNAL_SERVER_ERROR, "InternalServerError"),
        Fault::Throttle => answer(StatusCode::BAD_REQUEST, "ThrottlingException"),
        Fault::TransactionUnderWayOnce => {
            seen.set(&operation, Fault::None);
            answer(StatusCode::BAD_REQUEST, "TransactionConflictException")
        }
        Fault::LeaveUnprocessedOnce => {
            seen.set(&operation, Fault::None);
            let request: Value = serde_json::from_slice(&body).unwrap_or_default();
            let reply = json!({"UnprocessedItems": request["RequestItems"]});
            Response::new(Body::from(reply.to_string()))
        }
        Fault::FailFirstEntry => {
            let mut request: Value = serde_json::from_slice(&body).unwrap_or_default();
            if let Some(entries) = request["Entries"].as_array_mut() {
                entries.remove(0);
            }
            forward(&seen, headers, request.to_string().into()).await
        }
        Fault::Rewrite(from, to) => {
            let body = String::from_utf8_lossy(&body).replace(from, to);
            forward(&seen, headers, body.into()).await
        }
        Fault::LoseReplyOnce => {
            seen.set(&operation, Fault::None);
            forward(&seen, headers, body).await;
            answer(StatusCode::INTERNAL_SERVER_ERROR, "InternalServerError")
        }
        Fault::LoseReply => {
            forward(&seen, headers, body).await;
            answer(StatusCode::INTERNAL_SERVER_ERROR, "InternalServerError")
        }
    };
    seen.under_way.fetch_sub(1, Ordering::SeqCst);
    response
}

fn answer(status: StatusCode, error: &str) -> Response {
    let mut response = Response::new(Body::from(format!(r#"{{"__type":"{error}"}}"#)));
    *response.status_mut() = status;
    response
}

async fn forward(seen: &Seen, mut headers: HeaderMap, body: Bytes) -> Response {
    for name in ["host", "content-length"] {
        headers.remove(HeaderName::from_static(name));
    }
    let reply = seen
        .http
        .post(&seen.target)
        .headers(headers)
        .body(body)
        .send()
        .await;
    let Ok(reply) = reply else {
        return answer(StatusCode::BAD_GATEWAY, "InternalServerError");
    };
    let (status, headers) = (reply.status(), reply.headers().clone());
    let mut response = Response::new(Body::from(reply.bytes().await.unwrap_or_default()));
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    response
}
