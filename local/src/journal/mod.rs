//! The journal of `leadgate dev`: lines for people, one for each request and one for each run. They
//! show names of leads, which are on this machine only. The functions' log lines on AWS never have
//! names.

mod facts;
mod lines;
mod runs;
mod warnings;

use std::{
    io::{self, Write},
    time::Instant,
};

use aws::clock::Clock;
use axum::{
    body::{Body, to_bytes},
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use http::Method;
use jiff::{Timestamp, tz::TimeZone};

use self::lines::Line;
pub(crate) use self::warnings::Warnings;

/// Maximum size of a reply, in bytes. All replies of the API are smaller.
const REPLY_LIMIT: usize = 64 * 1024 * 1024;

/// Lines for people, on standard error.
#[derive(Clone, Debug)]
pub struct Journal {
    zone: TimeZone,
}

impl Journal {
    /// Prints a line about work without a request.
    pub(crate) fn note(&self, fact: String) {
        self.print(&Line::Note(fact));
    }

    fn now(&self) -> Timestamp {
        Clock::System.now()
    }

    fn print(&self, line: &Line) {
        let mut stderr = anstream::stderr().lock();
        let text = line.render(self.now(), &self.zone, terminal_width());
        // The stack continues if its terminal is closed.
        let _ = writeln!(stderr, "{text}");
    }
}

impl Default for Journal {
    /// Returns a journal with times in this machine's zone.
    fn default() -> Self {
        Self {
            zone: TimeZone::system(),
        }
    }
}

/// Returns the number of columns of standard error. `None` if it is not a terminal.
fn terminal_width() -> Option<usize> {
    let (width, _) = terminal_size::terminal_size_of(io::stderr())?;
    Some(usize::from(width.0))
}

/// Answers a request, and prints its line.
pub(crate) async fn record(
    State(journal): State<Journal>,
    request: Request,
    next: Next,
) -> Response {
    let started = Instant::now();
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let (parts, body) = next.run(request).await.into_parts();
    let elapsed = started.elapsed();
    let Ok(body) = to_bytes(body, REPLY_LIMIT).await else {
        return Response::from_parts(parts, Body::empty());
    };
    let reply = serde_json::from_slice(&body).unwrap_or_default();
    let is_erased = method == Method::DELETE && parts.status.is_success();
    let erased = is_erased.then(|| "erased".to_owned());
    let is_replay = parts.headers.contains_key("idempotency-replayed");
    journal.print(&Line::Request {
        method: method.as_str(),
        path: &path,
        status: parts.status,
        elapsed,
        fact: erased.or_else(|| facts::of(&reply, is_replay)),
    });
    Response::from_parts(parts, Body::from(body))
}
