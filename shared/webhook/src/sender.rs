//! One request to a webhook.

use std::{
    pin::pin,
    time::{Duration, Instant},
};

use bytes::Bytes;
use domain::{webhook_secret::WebhookSecret, webhook_url::WebhookUrl};
use http::{
    Request, Response,
    header::{CONTENT_TYPE, HOST, RETRY_AFTER, USER_AGENT},
};
use http_body_util::{BodyExt, Full};
use hyper::{
    body::Incoming,
    client::conn::http1,
    rt::{Read, Write},
};
use hyper_util::rt::TokioIo;
use jiff::{SignedDuration, Timestamp};
use tokio::time::{self, timeout, timeout_at};
use tokio_rustls::rustls::RootCertStore;

use crate::{
    answer::{Answer, Body, Miss, Unknown},
    connector::{Connection, Connector, Reach, TlsError},
    retry_after::retry_after,
    signature::signature,
};

/// Maximum time for a request, from the look-up of the host's name to the last byte of the answer.
pub const TIMEOUT: Duration = Duration::from_secs(15);
/// Maximum time until the connection is ready. The request begins right after that, so the checks of
/// the caller are never much older.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// Maximum size of an answer that is read, in bytes.
pub const MOST_BODY: usize = 64 * 1024;
/// Maximum size of the head of an answer, in bytes, and of what is read in advance.
const MOST_HEAD: usize = 64 * 1024;

/// A request to a webhook.
#[derive(Clone, Copy, Debug)]
pub struct Delivery<'a> {
    pub url: &'a WebhookUrl,
    /// Id of the touchpoint. Each try has the same one.
    pub id: &'a str,
    /// Time of this try.
    pub timestamp: Timestamp,
    /// Valid secrets, at least one.
    pub secrets: &'a [WebhookSecret],
    /// JSON.
    pub body: &'a [u8],
}

/// Result of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    pub answer: Answer,
    /// Time of the whole request.
    pub took: Duration,
}

/// Sends requests. Clones share the sessions of TLS.
#[derive(Clone, Debug)]
pub struct Sender {
    connector: Connector,
    timeout: Duration,
}

impl Sender {
    /// Returns a sender that calls public addresses only.
    ///
    /// # Errors
    /// [`TlsError`].
    pub fn new() -> Result<Self, TlsError> {
        Self::with_reach(Reach::Internet)
    }

    /// Returns the sender of a local stack, which also calls programs on this machine.
    ///
    /// # Errors
    /// [`TlsError`].
    pub fn local() -> Result<Self, TlsError> {
        Self::with_reach(Reach::InternetAndThisMachine)
    }

    fn with_reach(reach: Reach) -> Result<Self, TlsError> {
        let roots = webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect();
        Self::with_roots(reach, roots)
    }

    pub(crate) fn with_roots(reach: Reach, roots: RootCertStore) -> Result<Self, TlsError> {
        Ok(Self {
            connector: Connector::new(reach, roots)?,
            timeout: TIMEOUT,
        })
    }

    /// Returns the sender with another maximum time for a request. [`TIMEOUT`] is that of the contract;
    /// a test or a program for a person may have less.
    pub fn with_timeout(self, timeout: Duration) -> Self {
        Self { timeout, ..self }
    }

    /// Sends a request once. Each request has a connection of its own. A connection that waits for the
    /// next request could end at any time, and it would be unknown whether that request has arrived.
    pub async fn send(&self, delivery: &Delivery<'_>) -> Sent {
        let started = Instant::now();
        let answer = self.answer(delivery, started).await;
        Sent {
            answer,
            took: started.elapsed(),
        }
    }

    async fn answer(&self, delivery: &Delivery<'_>, started: Instant) -> Answer {
        let Some(request) = request(delivery) else {
            return Answer::Missed(Miss::Dns);
        };
        let deadline = time::Instant::now() + self.timeout;
        let longest = CONNECT_TIMEOUT.min(self.timeout);
        match timeout(longest, self.connector.connect(delivery.url)).await {
            Err(_) => Answer::Missed(Miss::ConnectTimeout),
            Ok(Err(miss)) => Answer::Missed(miss),
            Ok(Ok(Connection::Plain(stream))) => {
                exchange(TokioIo::new(stream), request, delivery, started, deadline).await
            }
            Ok(Ok(Connection::Encrypted(stream))) => {
                exchange(TokioIo::new(stream), request, delivery, started, deadline).await
            }
        }
    }
}

/// Returns the signed request. `None` only if the id or the host cannot be in a header.
fn request(delivery: &Delivery<'_>) -> Option<Request<Full<Bytes>>> {
    let Delivery {
        url,
        id,
        timestamp,
        secrets,
        body,
    } = *delivery;
    Request::post(url.path_and_query())
        .header(HOST, url.authority())
        .header(CONTENT_TYPE, "application/json")
        .header(USER_AGENT, concat!("Leadgate/", env!("CARGO_PKG_VERSION")))
        .header("webhook-id", id)
        .header("webhook-timestamp", timestamp.as_second())
        .header("webhook-signature", signature(secrets, id, timestamp, body))
        .body(Full::new(Bytes::copy_from_slice(body)))
        .ok()
}

/// Writes the request and reads the answer. From here on, the receiver may have taken it.
async fn exchange(
    stream: impl Read + Write + Unpin + Send + 'static,
    request: Request<Full<Bytes>>,
    delivery: &Delivery<'_>,
    started: Instant,
    deadline: time::Instant,
) -> Answer {
    let mut http = http1::Builder::new();
    http.max_buf_size(MOST_HEAD);
    let Ok((mut requests, connection)) = http.handshake(stream).await else {
        // Nothing has been written yet.
        return Answer::Missed(Miss::Unreachable);
    };
    let answer = async {
        let response = match timeout_at(deadline, requests.send_request(request)).await {
            Ok(Ok(response)) => response,
            Ok(Err(error)) if error.is_parse() => {
                return Answer::Unknown(Unknown::Unreadable);
            }
            Ok(Err(_)) => return Answer::Unknown(Unknown::Cut),
            Err(_) => return Answer::Unknown(Unknown::Timeout),
        };
        let elapsed = SignedDuration::try_from(started.elapsed()).unwrap_or_default();
        let now = delivery.timestamp.saturating_add(elapsed);
        let cool_for = cool_for(&response, now.unwrap_or(delivery.timestamp));
        let status = response.status();
        Answer::of(status, cool_for, read(response.into_body(), deadline).await)
    };
    drive(connection, answer).await
}

/// Runs the connection for as long as the answer needs it. Both end with this future.
async fn drive<T>(connection: impl Future, answer: impl Future<Output = T>) -> T {
    let (mut connection, mut answer) = (pin!(connection), pin!(answer));
    tokio::select! {
        biased;
        answer = &mut answer => answer,
        // The connection is over. The rest of the answer is in its channels.
        _ = &mut connection => answer.await,
    }
}

fn cool_for(response: &Response<Incoming>, now: Timestamp) -> Duration {
    let value = response.headers().get(RETRY_AFTER);
    retry_after(value.and_then(|value| value.to_str().ok()), now)
}

/// Reads at most [`MOST_BODY`] bytes. The status has already decided what the answer means, so a body
/// that is cut, late or too long only lacks its rest.
async fn read(mut body: Incoming, deadline: time::Instant) -> Body {
    let mut bytes = Vec::new();
    loop {
        let frame = match timeout_at(deadline, body.frame()).await {
            Ok(Some(Ok(frame))) => frame,
            Ok(None) => {
                return Body {
                    bytes,
                    is_whole: true,
                };
            }
            Ok(Some(Err(_))) | Err(_) => break,
        };
        let Some(data) = frame.data_ref() else {
            continue; // trailers
        };
        let room = MOST_BODY - bytes.len();
        bytes.extend(data.iter().take(room));
        if data.len() > room {
            break;
        }
    }
    Body {
        bytes,
        is_whole: false,
    }
}

#[cfg(test)]
mod tests;
