//! Records the calls and the handshakes, and repeats the replies to reads.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use axum::body::Bytes;
use http::{HeaderMap, StatusCode, header};

use super::call::Call;
use crate::result::Result;

/// The state of both endpoints.
#[derive(Debug)]
pub(super) struct Recorder {
    /// Time between a request and its reply, as over a network.
    pub(super) delay: Duration,
    /// URL of the embedded DynamoDB.
    pub(super) source: String,
    /// URL of the embedded SQS. `None` if writes and messages are recorded and not kept.
    pub(super) sqs: Option<String>,
    http: reqwest::Client,
    /// Replies to reads, by the body of the request.
    replies: Mutex<HashMap<Bytes, Bytes>>,
    calls: Mutex<Vec<Call>>,
    handshakes: Mutex<Vec<Instant>>,
}

impl Recorder {
    pub(super) fn new(source: &str, delay: Duration) -> Self {
        Self {
            delay,
            source: source.to_owned(),
            sqs: None,
            http: reqwest::Client::new(),
            replies: Mutex::default(),
            calls: Mutex::default(),
            handshakes: Mutex::default(),
        }
    }

    /// Returns a recorder that sends every call to the embedded services.
    pub(super) fn keeping(self, sqs: &str) -> Self {
        Self {
            sqs: Some(sqs.to_owned()),
            ..self
        }
    }

    pub(super) fn add_call(&self, call: Call) {
        locked(&self.calls).push(call);
    }

    pub(super) fn take_calls(&self) -> Vec<Call> {
        std::mem::take(&mut *locked(&self.calls))
    }

    pub(super) fn add_handshake(&self) {
        locked(&self.handshakes).push(Instant::now());
    }

    pub(super) fn handshakes(&self, from: Instant, to: Instant) -> usize {
        locked(&self.handshakes)
            .iter()
            .filter(|at| (from..=to).contains(*at))
            .count()
    }

    /// Returns the reply of the embedded DynamoDB to a read. Sends each read to it once.
    pub(super) async fn read(
        &self,
        headers: &HeaderMap,
        body: Bytes,
    ) -> Result<(StatusCode, Bytes)> {
        let earlier = locked(&self.replies).get(&body).cloned();
        if let Some(reply) = earlier {
            return Ok((StatusCode::OK, reply));
        }
        let (status, reply) = self.send(headers, body.clone()).await?;
        if status.is_success() {
            locked(&self.replies).insert(body, reply.clone());
        }
        Ok((status, reply))
    }

    /// Repeats a write at the embedded DynamoDB, and drops the replies to earlier reads.
    pub(super) async fn store(&self, write: &Call) -> Result<()> {
        let body = write.body.to_string().into();
        let (status, reply) = self.send(&write.headers, body).await?;
        if !status.is_success() {
            return Err(String::from_utf8_lossy(&reply).into_owned().into());
        }
        locked(&self.replies).clear();
        Ok(())
    }

    async fn send(&self, headers: &HeaderMap, body: Bytes) -> Result<(StatusCode, Bytes)> {
        self.send_to(&self.source, headers, body).await
    }

    pub(super) async fn send_to(
        &self,
        url: &str,
        headers: &HeaderMap,
        body: Bytes,
    ) -> Result<(StatusCode, Bytes)> {
        let mut headers = headers.clone();
        headers.remove(header::HOST);
        headers.remove(header::CONTENT_LENGTH);
        let call = self.http.post(url).headers(headers).body(body);
        let reply = call.send().await?;
        Ok((reply.status(), reply.bytes().await?))
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
