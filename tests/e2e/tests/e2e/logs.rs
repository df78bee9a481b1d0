//! Capture of what the functions log.

use std::{
    io::{self, Write},
    sync::{Arc, Mutex},
};

use aws::{clock::Clock, telemetry};
use serde_json::Value;
use tracing::{level_filters::LevelFilter, subscriber::DefaultGuard};
use tracing_subscriber::layer::SubscriberExt;

/// All that functions log on this thread, at the most talkative level.
#[derive(Clone, Default)]
pub struct Logs(Arc<Mutex<Vec<u8>>>);

impl Write for Logs {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(line)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Logs {
    /// Starts to capture, until the guard is dropped.
    pub fn capture() -> (Self, DefaultGuard) {
        let logs = Self::default();
        let writer = logs.clone();
        let writer = move || writer.clone();
        let lines = telemetry::function_lines(
            LevelFilter::TRACE,
            "Leadgate".to_owned(),
            Clock::System,
            writer,
        );
        let subscriber = tracing_subscriber::registry().with(lines);
        (logs, tracing::subscriber::set_default(subscriber))
    }

    /// Returns what has been logged.
    pub fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }

    /// Returns the messages and the errors of the lines of level ERROR, in order.
    pub fn errors(&self) -> Vec<(String, String)> {
        let text = self.text();
        let lines = text.lines().map(|line| serde_json::from_str(line).unwrap());
        let errors = lines.filter(|line: &Value| line["level"] == "ERROR");
        let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        errors
            .map(|line| (word(&line["message"]), word(&line["error"])))
            .collect()
    }
}
