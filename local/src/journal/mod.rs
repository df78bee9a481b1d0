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
use percent_encoding::percent_decode_str;

pub(crate) use self::warnings::Warnings;
pub use self::{entry::Entry, file::LOG_FILES, tail::LogReader};
use self::{file::LogFile, lines::Line};
use crate::{
    dev_routes::CLOCK_PATH,
    dialer::CALLS_PATH,
    text::{terminal_width, without_keys},
};

/// Maximum size of a reply, in bytes. All replies of the API are smaller.
const REPLY_LIMIT: usize = 64 * 1024 * 1024;

/// Lines for people, on standard error and in the log file. Clones share the file.
#[derive(Clone, Debug)]
pub struct Journal {
    zone: TimeZone,
    clock: Clock,
    /// Whether the lines are printed on standard error.
    is_printed: bool,
    file: Arc<Mutex<Option<LogFile>>>,
    /// Runs with a line, and whether they waited. SQS can deliver a start twice.
    shown: Arc<Mutex<HashSet<(RunId, bool)>>>,
}

impl Journal {
    /// Returns a journal with times in this machine's zone. It has no file yet.
    pub(crate) fn new(is_printed: bool, clock: Clock) -> Self {
        Self {
            zone: TimeZone::system(),
            clock,
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
        self.clock.now()
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

/// Answers a request, and adds its line.
pub(crate) async fn record(
    State(journal): State<Journal>,
    request: Request,
    next: Next,
) -> Response {
    let started = Instant::now();
    let method = request.method().clone();
    let path = percent_decode_str(request.uri().path()).decode_utf8_lossy();
    let path = without_keys(&path);
    // Each command that finds the stack asks for the time, and the page of the dialer asks every second.
    let is_look = method == Method::GET && [CLOCK_PATH, CALLS_PATH].contains(&&*path);
    let (parts, body) = next.run(request).await.into_parts();
    if is_look && parts.status.is_success() {
        return Response::from_parts(parts, body);
    }
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

#[cfg(test)]
mod tests {
    use std::fs;

    use axum::{Router, middleware};
    use tower::ServiceExt;

    use super::*;

    #[tokio::test]
    async fn an_api_key_in_a_path_is_not_kept() {
        let folder = tempfile::tempdir().unwrap();
        let journal = Journal::new(false, Clock::System);
        journal.keep_in(folder.path()).unwrap();
        let router = Router::new().layer(middleware::from_fn_with_state(journal, record));
        let key = "nxr_live_LeadgateDemoKeyForLocalStackOnly0m2QZI";
        for path in [
            format!("/leads/{key}"),
            format!("/{}", key.replace('_', "%5F")),
        ] {
            let request = Request::get(path).body(Body::empty()).unwrap();
            router.clone().oneshot(request).await.unwrap();
        }
        let log = fs::read_to_string(folder.path().join(LOG_FILES[0])).unwrap();
        assert_eq!(log.matches("nxr_live_...").count(), 2, "{log}");
        assert!(!log.contains("DemoKey"), "{log}");
    }
}
