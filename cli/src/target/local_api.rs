//! Calls the routes that only a local stack has, over plain HTTP on this machine.

use std::{
    io::{self, Read, Write},
    net::TcpStream,
    time::Duration,
};

use aws::clock::Clock;
use jiff::Timestamp;
use local::{Pace, Running};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;
use thiserror::Error;

/// Maximum time until a stack on this machine answers.
const TIMEOUT: Duration = Duration::from_secs(5);
/// Maximum size of a reply, in bytes. The replies are far smaller.
const REPLY_LIMIT: u64 = 64 * 1024;

/// Reason why there is no reply.
#[derive(Debug, Error)]
pub enum LocalApiError {
    #[error("{0} is not the URL of a local stack: give one such as http://127.0.0.1:3000")]
    Url(String),
    #[error("the local stack on {0} does not answer: start it again with `cargo dev`")]
    NoAnswer(String, #[source] io::Error),
    #[error("{0} does not answer as a local stack does: pass the URL that the stack printed")]
    Strange(String),
    /// Message of the stack.
    #[error("{0}")]
    Refused(String),
}

/// Reply of `GET /dev/clock`.
#[derive(Debug, Serialize, Deserialize)]
pub struct ClockReply {
    pub now: Timestamp,
    pub clock: Pace,
}

/// Returns the clock of a running stack. A clock that can be moved stands still in the copy.
pub fn clock_of(running: &Running) -> Result<Clock, LocalApiError> {
    Ok(match running.clock {
        Pace::System => Clock::System,
        Pace::Manual | Pace::Times(_) => Clock::manual(clock(&running.api_url)?.now),
    })
}

/// Returns the time and the kind of the clock.
pub fn clock(api_url: &str) -> Result<ClockReply, LocalApiError> {
    call(api_url, "GET", "/dev/clock", None)
}

/// Sends a request, and returns the reply.
pub fn call<T: DeserializeOwned>(
    api_url: &str,
    method: &str,
    path: &str,
    body: Option<&Value>,
) -> Result<T, LocalApiError> {
    let host = api_url.trim_end_matches('/').strip_prefix("http://");
    let host =
        host.filter(|host| !host.contains(['/', '@']) && !host.contains(char::is_whitespace));
    let host = host.ok_or_else(|| LocalApiError::Url(api_url.to_owned()))?;
    let body = body.map(Value::to_string).unwrap_or_default();
    let length = body.len();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Type: application/json\r\n\
         Content-Length: {length}\r\n\r\n{body}"
    );
    let reply = exchange(host, &request);
    let reply = reply.map_err(|error| LocalApiError::NoAnswer(api_url.to_owned(), error))?;
    read(&reply).unwrap_or_else(|| Err(LocalApiError::Strange(api_url.to_owned())))
}

fn exchange(host: &str, request: &str) -> io::Result<String> {
    let mut stream = TcpStream::connect(host)?;
    stream.set_read_timeout(Some(TIMEOUT))?;
    stream.set_write_timeout(Some(TIMEOUT))?;
    stream.write_all(request.as_bytes())?;
    let mut reply = Vec::new();
    stream.take(REPLY_LIMIT).read_to_end(&mut reply)?;
    Ok(String::from_utf8_lossy(&reply).into_owned())
}

/// Reads a reply. `None` if a local stack does not answer so.
fn read<T: DeserializeOwned>(reply: &str) -> Option<Result<T, LocalApiError>> {
    let (head, body) = reply.split_once("\r\n\r\n")?;
    let status = head.strip_prefix("HTTP/1.1 ")?.get(..3)?;
    if status == "200" {
        return serde_json::from_str(body).ok().map(Ok);
    }
    let body: Value = serde_json::from_str(body).ok()?;
    let message = body.get("message")?.as_str()?;
    Some(Err(LocalApiError::Refused(message.to_owned())))
}
