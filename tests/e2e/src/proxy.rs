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
    /// SendMessageBatch: some entries of each call fail, and the others are done.
    FailEntries(&'static [FailedEntry]),
    /// It is sent on with the first text replaced by the second.
    Rewrite(&'static str, &'static str),
}

/// An entry of a batch that SQS does not take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FailedEntry {
    /// Position in the batch, from 0.
    pub index: usize,
    /// Reason that SQS gives.
    pub code: &'static str,
    /// Whether SQS says that the sender is at fault.
    pub is_sender_fault: bool,
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
        Fault::FailEntries(failed) => fail_entries(&seen, headers, &body, failed).await,
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

/// Forwards a batch without the entries that are to fail, and adds those to the answer.
async fn fail_entries(
    seen: &Seen,
    headers: HeaderMap,
    body: &[u8],
    failed: &[FailedEntry],
) -> Response {
    let mut request: Value = serde_json::from_slice(body).expect("a JSON body");
    let entries = request["Entries"].as_array_mut().expect("entries");
    let mut failures = Vec::new();
    // The last one first, as SQS promises no order.
    for entry in failed.iter().rev().filter(|it| it.index < entries.len()) {
        failures.push(json!({
            "Id": entries[entry.index]["Id"], "Code": entry.code, "SenderFault": entry.is_sender_fault,
            "Message": format!("refused: {}", entries[entry.index]["MessageBody"]),
        }));
    }
    let is_taken = |index: usize| failed.iter().all(|it| it.index != index);
    let all = std::mem::take(entries).into_iter().enumerate();
    entries.extend(all.filter(|(index, _)| is_taken(*index)).map(|(_, it)| it));
    let mut answer = json!({});
    if !entries.is_empty() {
        let reply = forward(seen, headers, request.to_string().into()).await;
        let bytes = axum::body::to_bytes(reply.into_body(), usize::MAX).await;
        answer = serde_json::from_slice(&bytes.expect("a body")).expect("a JSON body");
    }
    answer["Failed"] = failures.into();
    Response::new(Body::from(answer.to_string()))
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
