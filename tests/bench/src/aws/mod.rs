//! What answers instead of DynamoDB and SQS: right replies, always the same, at once, so that all who are
//! measured meet the same. What is read comes from the embedded DynamoDB, with the demo account in it, and is
//! asked there once; writes are written down and not kept.

mod replies;
mod tls;

use std::{
    collections::HashMap,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::State,
    response::Response,
    serve::ListenerExt,
};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use serde_json::Value;
use tokio::{net::TcpListener, time::sleep};

pub(crate) use self::tls::Authority;
use crate::Result;

const TARGET: HeaderName = HeaderName::from_static("x-amz-target");

/// A call that was answered.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    /// Such as `PutItem`.
    pub(crate) operation: String,
    pub(crate) body: Value,
    headers: HeaderMap,
    pub(crate) begun: Instant,
    pub(crate) ended: Instant,
}

impl Call {
    /// In bytes.
    pub(crate) fn body_size(&self) -> u32 {
        let length = self.headers.get(header::CONTENT_LENGTH);
        let length = length.and_then(|length| length.to_str().ok()?.parse().ok());
        length.unwrap_or_default()
    }

    /// Whether the SDK had made the call before, and got no answer in time.
    pub(crate) fn is_retry(&self) -> bool {
        let attempt = self.headers.get("amz-sdk-request");
        let attempt = attempt.and_then(|attempt| attempt.to_str().ok());
        attempt.is_some_and(|attempt| !attempt.starts_with("attempt=1;"))
    }
}

/// Endpoints of both services.
#[derive(Debug)]
pub(crate) struct Aws {
    pub(crate) dynamodb_url: String,
    pub(crate) sqs_url: String,
    seen: Arc<Seen>,
}

#[derive(Debug)]
struct Seen {
    /// The embedded DynamoDB.
    source: String,
    http: reqwest::Client,
    /// Replies to reads by the request.
    read: Mutex<HashMap<Bytes, Bytes>>,
    calls: Mutex<Vec<Call>>,
    handshakes: Mutex<Vec<Instant>>,
    /// How far away the services are.
    distance: Duration,
}

impl Aws {
    /// Endpoints over plain HTTP, with the items of the DynamoDB at `source`.
    pub(crate) async fn plain(source: &str, distance: Duration) -> Result<Self> {
        let seen = Seen::new(source, distance);
        let mut urls = Vec::new();
        for _ in 0..2 {
            let listener = TcpListener::bind("127.0.0.1:0").await?;
            urls.push(format!("http://{}", listener.local_addr()?));
            let listener = listener.tap_io(|stream| {
                // A connection that sends late is measured late; the call itself does not depend on it.
                let _ = stream.set_nodelay(true);
            });
            let router = router(&seen);
            tokio::spawn(async move { axum::serve(listener, router).await });
        }
        Self::at(urls, seen)
    }

    /// The same over TLS, with certificates of `authority`.
    pub(crate) async fn over_tls(
        source: &str,
        distance: Duration,
        authority: &Authority,
    ) -> Result<Self> {
        let seen = Seen::new(source, distance);
        let mut urls = Vec::new();
        for _ in 0..2 {
            let listener = authority.listen(Arc::clone(&seen)).await?;
            urls.push(format!("https://{}", listener.address()?));
            let router = router(&seen);
            tokio::spawn(async move { axum::serve(listener, router).await });
        }
        Self::at(urls, seen)
    }

    fn at(urls: Vec<String>, seen: Arc<Seen>) -> Result<Self> {
        let [dynamodb_url, sqs_url] = <[String; 2]>::try_from(urls).map_err(|_| "no endpoints")?;
        Ok(Self {
            dynamodb_url,
            sqs_url,
            seen,
        })
    }

    /// The calls since the last time, in order.
    pub(crate) fn take_calls(&self) -> Vec<Call> {
        std::mem::take(&mut *locked(&self.seen.calls))
    }

    /// How many TLS handshakes began between two instants.
    pub(crate) fn handshakes(&self, from: Instant, to: Instant) -> usize {
        let handshakes = locked(&self.seen.handshakes);
        handshakes
            .iter()
            .filter(|at| (from..=to).contains(*at))
            .count()
    }

    /// Does a write in the embedded DynamoDB after all, so that reads find it from now on.
    pub(crate) async fn keep(&self, write: &Call) -> Result<()> {
        let body = write.body.to_string().into();
        let (status, reply) = self.seen.embedded(&write.headers, body).await?;
        if !status.is_success() {
            return Err(String::from_utf8_lossy(&reply).into_owned().into());
        }
        locked(&self.seen.read).clear();
        Ok(())
    }
}

impl Seen {
    fn new(source: &str, distance: Duration) -> Arc<Self> {
        Arc::new(Self {
            source: source.to_owned(),
            http: reqwest::Client::new(),
            read: Mutex::default(),
            calls: Mutex::default(),
            handshakes: Mutex::default(),
            distance,
        })
    }

    /// The reply to a read: the first time the embedded DynamoDB's, from then on the same.
    async fn read(&self, headers: &HeaderMap, body: Bytes) -> Result<(StatusCode, Bytes)> {
        let known = locked(&self.read).get(&body).cloned();
        if let Some(known) = known {
            return Ok((StatusCode::OK, known));
        }
        let (status, reply) = self.embedded(headers, body.clone()).await?;
        if status.is_success() {
            locked(&self.read).insert(body, reply.clone());
        }
        Ok((status, reply))
    }

    async fn embedded(&self, headers: &HeaderMap, body: Bytes) -> Result<(StatusCode, Bytes)> {
        let mut headers = headers.clone();
        headers.remove(header::HOST);
        headers.remove(header::CONTENT_LENGTH);
        let call = self.http.post(&self.source).headers(headers).body(body);
        let reply = call.send().await?;
        Ok((reply.status(), reply.bytes().await?))
    }
}

fn router(seen: &Arc<Seen>) -> Router {
    Router::new().fallback(answer).with_state(Arc::clone(seen))
}

async fn answer(State(seen): State<Arc<Seen>>, headers: HeaderMap, body: Bytes) -> Response {
    let begun = Instant::now();
    let operation = headers
        .get(TARGET)
        .and_then(|target| target.to_str().ok())
        .and_then(|target| target.rsplit('.').next())
        .unwrap_or_default()
        .to_owned();
    let request: Value = serde_json::from_slice(&body).unwrap_or_default();
    let (status, reply) = match replies::to(&operation, &request) {
        Some(reply) => (StatusCode::OK, reply),
        None => seen
            .read(&headers, body)
            .await
            .unwrap_or_else(|error| (StatusCode::INTERNAL_SERVER_ERROR, error.to_string().into())),
    };
    sleep(seen.distance).await;
    let crc32 = crc32fast::hash(&reply);
    let mut response = Response::new(Body::from(reply));
    *response.status_mut() = status;
    let of_response = response.headers_mut();
    of_response.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/x-amz-json-1.0"),
    );
    of_response.insert("x-amz-crc32", crc32.into());
    of_response.insert(
        "x-amzn-requestid",
        HeaderValue::from_static("4B1JTN3BVJ0JQ5NB2UAMQ0M8DRVV4KQNSO5AEMVJF66Q9ASUAAJG"),
    );
    locked(&seen.calls).push(Call {
        operation,
        body: request,
        headers,
        begun,
        ended: Instant::now(),
    });
    response
}

fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Where the certificates of the system's own authorities are.
fn system_authorities() -> Vec<u8> {
    let places = [
        "/etc/ssl/certs/ca-certificates.crt",
        "/etc/pki/tls/certs/ca-bundle.crt",
    ];
    let found = places
        .into_iter()
        .find_map(|place| std::fs::read(Path::new(place)).ok());
    found.unwrap_or_default()
}
