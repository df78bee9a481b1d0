//! Log of `leadgate dev` on standard error: the journal for people, or the functions' own log
//! lines.

use std::io;

use anstream::{AutoStream, ColorChoice};
use aws::{
    clock::Clock,
    telemetry::{function_lines, report_panics, targets},
};
use clap::ValueEnum;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::{Layer, layer::SubscriberExt, util::SubscriberInitExt};

use crate::journal::{Journal, Warnings};

/// Form of the log.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LogFormat {
    /// Lines for people
    Text,
    /// The functions' log lines in JSON, as on AWS
    Json,
}

/// Starts the log. Returns the journal, which is printed if `format` is for people. `verbose` shows
/// all fields of the functions' log lines instead.
pub(crate) fn init(format: LogFormat, verbose: bool, clock: &Clock) -> Journal {
    // The embedded DynamoDB warns about each failed condition. Conditional writes of Leadgate fail
    // in normal operation.
    let shown = |level| targets(level).with_target("dynoxide", LevelFilter::ERROR);
    let journal = Journal::new((format, verbose) == (LogFormat::Text, false), clock.clone());
    let warnings = Warnings(journal.clone()).with_filter(shown(LevelFilter::WARN));
    let registry = tracing_subscriber::registry().with(warnings);
    match (format, verbose) {
        (LogFormat::Json, _) => {
            let namespace = "Leadgate".to_owned();
            let lines = function_lines(LevelFilter::INFO, namespace, clock.clone(), io::stderr);
            registry.with(lines).init();
        }
        (LogFormat::Text, true) => {
            let lines = tracing_subscriber::fmt::layer()
                .compact()
                .with_writer(io::stderr)
                .with_ansi(AutoStream::choice(&io::stderr()) != ColorChoice::Never)
                .with_target(false)
                .with_filter(shown(LevelFilter::INFO));
            registry.with(lines).init();
        }
        (LogFormat::Text, false) => registry.init(),
    }
    report_panics();
    journal
}
