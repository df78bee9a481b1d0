//! Logs: one JSON object a line on standard output for a function, one short line on standard error for a
//! person. Field names are dotted (`lead.id`, `queue.message_id`); never a body, header, key, name,
//! address or number.

use std::{error::Error, fmt};

use tracing::level_filters::LevelFilter;

/// Sends the logs of a function to CloudWatch.
pub fn init_function(level: LevelFilter) {
    tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_current_span(false)
        .with_span_list(false)
        .with_max_level(level)
        .init();
}

/// Sends the logs of a command to the terminal.
pub fn init_terminal(level: LevelFilter, colours: bool) {
    tracing_subscriber::fmt()
        .compact()
        .with_writer(std::io::stderr)
        .with_ansi(colours)
        .with_target(false)
        .with_max_level(level)
        .init();
}

/// An error with all its causes, outermost first, joined by `: `.
pub struct Chain<'a>(pub &'a (dyn Error + 'static));

impl fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        let mut cause = self.0.source();
        while let Some(error) = cause {
            write!(f, ": {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}
