//! The journal of `leadgate dev`: lines for people, one for each request and one for each run. They
//! show names of leads, which are on this machine only. The functions' log lines on AWS never have
//! names.

mod entry;
mod facts;
mod file;
mod lines;
mod runs;
mod tail;
mod warnings;

use std::{
    collections::HashSet,
    io::{self, Write},
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};

use aws::clock::Clock;
use axum::{
    body::{Body, to_bytes},
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use domain::ids::RunId;
use http::Method;
use jiff::{Timestamp, tz::TimeZone};

pub(crate) use self::warnings::Warnings;
pub use self::{entry::Entry, file::LOG_FILES, tail::LogReader};
use self::{file::LogFile, lines::Line};

/// Maximum size of a reply, in bytes. All replies of the API are smaller.
const REPLY_LIMIT: usize = 64 * 1024 * 1024;

/// Lines for people, on standard error and in the log file. Clones share the file.
#[derive(Clone, Debug)]
pub struct Journal {
    zone: TimeZone,
    /// Whether the lines are printed on standard error.
    is_printed: bool,
    file: Arc<Mutex<Option<LogFile>>>,
    /// Runs with a line, and whether they waited. SQS can deliver a start twice.
    shown: Arc<Mutex<HashSet<(RunId, bool)>>>,
}

impl Journal {
    /// Returns a journal with times in this machine's zone. It has no file yet.
    pub(crate) fn new(is_printed: bool) -> Self {
        Self {
            zone: TimeZone::system(),
            is_printed,
            file: Arc::default(),
            shown: Arc::default(),
        }
    }

    /// Keeps the lines in the data folder from now on, for `leadgate tail`.
    pub(crate) fn keep_in(&self, folder: &Path) -> io::Result<()> {
        let file = LogFile::open(folder)?;
        *self.file.lock().unwrap_or_else(PoisonError::into_inner) = Some(file);
        Ok(())
    }

    /// Adds a line about work without a request.
    pub(crate) fn note(&self, fact: String) {
        self.add(Line::Note { fact });
    }

    fn now(&self) -> Timestamp {
        Clock::System.now()
    }

    /// Adds a line. The stack continues if its terminal is closed, or if the disk is full.
    fn add(&self, line: Line) {
        let at = self.now();
        if self.is_printed {
            let text = line.render(at, &self.zone, terminal_width());
            let _ = writeln!(anstream::stderr().lock(), "{text}");
        }
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(file) = file.as_mut() {
            let _ = file.append(&Entry { at, line });
        }
    }
}

/// Returns the number of columns of standard error. `None` if it is not a terminal.
fn terminal_width() -> Option<usize> {
    let (width, _) = terminal_size::terminal_size_of(io::stderr())?;
    Some(usize::from(width.0))
}

/// Answers a request, and adds its line.
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
    journal.add(Line::Request {
        method: method.to_string(),
        path,
        status: parts.status.as_u16(),
        duration_ms: u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX),
        fact: erased.or_else(|| facts::of(&reply, is_replay)),
    });
    Response::from_parts(parts, Body::from(body))
}
