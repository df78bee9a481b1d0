//! Sends the requests of an import: many at the same time, and again while the store is throttling.

use std::{
    io::{self, IsTerminal, Write},
    pin::Pin,
};

use api::{ApiError, AppState, check_lead, create_lead};
use domain::{account::AccountSettings, idempotency::IdempotencyKey};
use futures::{Stream, StreamExt, stream};
use http::StatusCode;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::Value;
use tokio::{
    signal::ctrl_c,
    time::{Duration, Instant, sleep},
};

use crate::lead::create::Remarks;

/// Number of requests at the same time.
const CONCURRENT: usize = 16;
/// Number of times that a request is sent while the store is throttling or failing. The SDK sends
/// each call several times, too.
const TRIES: u32 = 6;
/// Pause before a request is sent the second time. Each further pause is twice as long.
const PAUSE: Duration = Duration::from_millis(250);
/// Time for which no progress is shown.
const QUICK: Duration = Duration::from_millis(500);
/// Time between two lines about the progress, if there is no terminal.
const LINE_INTERVAL: Duration = Duration::from_secs(5);

/// The request for one line.
pub struct Job {
    pub line: usize,
    pub key: IdempotencyKey,
    pub body: String,
}

/// Receiver of the requests.
pub struct Intake {
    pub state: AppState,
    pub account: AccountSettings,
    pub is_dry_run: bool,
}

/// Result of the request for a line.
pub struct Sent {
    pub line: usize,
    pub result: Result,
}

/// Result of a request.
pub enum Result {
    /// The lead is created, or would be in a dry run.
    Created(Remarks),
    AlreadyThere,
    Refused(String),
}

type Results<'a> = Pin<Box<dyn Stream<Item = std::result::Result<Sent, ApiError>> + Send + 'a>>;

/// Requests on their way.
pub struct Sending<'a> {
    results: Results<'a>,
    progress: Progress,
}

impl<'a> Sending<'a> {
    /// Begins to send. After Ctrl-C, no further request begins.
    pub fn begin(intake: &'a Intake, jobs: Vec<Job>) -> Self {
        let progress = Progress::new(jobs.len());
        let results = stream::iter(jobs)
            .take_until(Box::pin(ctrl_c()))
            .map(|job| intake.send(job))
            .buffer_unordered(CONCURRENT);
        Self {
            results: Box::pin(results),
            progress,
        }
    }

    /// Returns the next result, or the error after which no other request can succeed.
    pub async fn next(&mut self) -> Option<std::result::Result<Sent, ApiError>> {
        let next = self.results.next().await?;
        self.progress.step();
        Some(next)
    }
}

impl Intake {
    async fn send(&self, job: Job) -> std::result::Result<Sent, ApiError> {
        let mut pause = PAUSE;
        let mut tries = 1;
        let result = loop {
            match self.send_once(&job).await {
                Err(error) if is_temporary(&error) && tries < TRIES => {
                    sleep(pause).await;
                    pause *= 2;
                    tries += 1;
                }
                Err(ApiError::IdempotencyKeyOfErased) => {
                    let reason = "was imported before, and its lead has been erased";
                    break Result::Refused(reason.to_owned());
                }
                Err(error) if error.status().is_client_error() && !is_temporary(&error) => {
                    break Result::Refused(error.to_string());
                }
                result => break result?,
            }
        };
        let line = job.line;
        Ok(Sent { line, result })
    }

    async fn send_once(&self, job: &Job) -> std::result::Result<Result, ApiError> {
        let body = if self.is_dry_run {
            check_lead(&self.state, &self.account, &job.body).await?
        } else {
            let key = Some(&job.key);
            let created = create_lead(&self.state, &self.account, key, &job.body).await?;
            if created.is_replay {
                return Ok(Result::AlreadyThere);
            }
            created.body
        };
        let reply: Value = serde_json::from_str(&body).unwrap_or_default();
        Ok(Result::Created(Remarks::of(&reply)))
    }
}

/// Returns whether the same request can succeed later.
fn is_temporary(error: &ApiError) -> bool {
    matches!(
        error.status(),
        StatusCode::CONFLICT | StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE
    )
}

/// The progress on standard error: a bar on a terminal, and else a line from time to time. A short
/// import has none.
struct Progress {
    done: u64,
    all: u64,
    begun: Instant,
    bar: Option<ProgressBar>,
    /// Time of the last line. `None` on a terminal.
    line: Option<Instant>,
}

impl Progress {
    fn new(lines: usize) -> Self {
        let begun = Instant::now();
        Self {
            done: 0,
            all: u64::try_from(lines).unwrap_or(u64::MAX),
            begun,
            bar: None,
            line: (!io::stderr().is_terminal()).then_some(begun),
        }
    }

    fn step(&mut self) {
        self.done += 1;
        let (done, all) = (self.done, self.all);
        match &mut self.line {
            None if self.begun.elapsed() > QUICK => {
                let bar = self.bar.get_or_insert_with(|| new_bar(all));
                bar.set_position(done);
            }
            Some(shown) if shown.elapsed() > LINE_INTERVAL => {
                *shown = Instant::now();
                let _ = writeln!(io::stderr(), "{done} of {all} lines");
            }
            _ => {}
        }
    }
}

fn new_bar(all: u64) -> ProgressBar {
    let style = ProgressStyle::with_template("{wide_bar} {pos} of {len} lines");
    ProgressBar::new(all).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
