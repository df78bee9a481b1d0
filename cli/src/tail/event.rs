//! A line of a function, for people or for programs.

use anstyle::{AnsiColor, Effects, Style};
use jiff::{Timestamp, tz::TimeZone};
use local::text::printable;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::target::logs::LogEvent;

const DIM: Style = Style::new().effects(Effects::DIMMED);
const CYAN: Style = AnsiColor::Cyan.on_default();
const YELLOW: Style = AnsiColor::Yellow.on_default().effects(Effects::BOLD);
const RED: Style = AnsiColor::Red.on_default().effects(Effects::BOLD);

/// Fields that are shown at their own places, or only serve CloudWatch.
const LEFT_OUT: [&str; 7] = [
    "_aws",
    "level",
    "message",
    "target",
    "time",
    "timestamp",
    "type",
];

/// A line of a function.
#[derive(Debug, Serialize)]
pub struct Line<'a> {
    at: Timestamp,
    function: &'a str,
    /// The line as the function wrote it: JSON, or a text of Lambda or of a crash.
    line: Value,
}

impl<'a> Line<'a> {
    pub fn new(function: &'a str, event: &LogEvent) -> Self {
        let text = event.message.trim_end();
        let at = Timestamp::from_millisecond(event.timestamp).unwrap_or_default();
        let line = serde_json::from_str(text).unwrap_or_else(|_| text.into());
        Self { at, function, line }
    }

    /// Returns the line for people, with the name of its function in `width` columns.
    pub fn render(&self, zone: &TimeZone, width: usize) -> String {
        let time = self.at.to_zoned(zone.clone()).strftime("%H:%M:%S");
        let function = self.function;
        let (level, content) = match &self.line {
            Value::Object(fields) => (text(fields, "level"), content(fields)),
            Value::String(text) => ("", printable(text)),
            other => ("", printable(&other.to_string())),
        };
        let style = match level {
            "ERROR" => RED,
            "WARN" => YELLOW,
            _ => Style::new(),
        };
        let level = printable(&level.to_lowercase());
        format!(
            "{DIM}{time}{DIM:#} {CYAN}{function:<width$}{CYAN:#} {style}{level:<5}{style:#} {content}\n"
        )
    }
}

fn text<'a>(fields: &'a Map<String, Value>, name: &str) -> &'a str {
    fields.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// Returns the message and the other fields.
fn content(fields: &Map<String, Value>) -> String {
    let mut content = match text(fields, "message") {
        // Lambda's own lines have a type.
        "" => printable(text(fields, "type")),
        message => printable(message),
    };
    for (name, value) in fields {
        if LEFT_OUT.contains(&name.as_str()) {
            continue;
        }
        let value = match value {
            Value::String(text) if !text.is_empty() && !text.contains([' ', '"']) => text.clone(),
            value => value.to_string(),
        };
        content += &format!(" {}={}", printable(name), printable(&value));
    }
    content
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rendered(message: &str) -> String {
        let event = LogEvent {
            event_id: "1".to_owned(),
            timestamp: 1_770_000_000_000,
            message: message.to_owned(),
        };
        let line = Line::new("api", &event).render(&TimeZone::UTC, 5);
        anstream::adapter::strip_str(&line).to_string()
    }

    #[test]
    fn a_line_of_a_function_is_its_message_and_its_fields() {
        for (message, expected) in [
            (
                r#"{"_aws":{"Timestamp":1},"timestamp":"2026-02-02T02:40:00Z","level":"INFO",
                   "http.method":"POST","http.status":201,"message":"request","error":"a b","target":"metrics"}"#,
                "02:40:00 api   info  request error=\"a b\" http.method=POST http.status=201\n",
            ),
            (
                r#"{"time":"2026-02-02T02:40:00Z","type":"platform.report","record":{"status":"timeout"}}"#,
                "02:40:00 api         platform.report record={\"status\":\"timeout\"}\n",
            ),
            (
                "Task timed out\u{1b}[2J\n",
                "02:40:00 api         Task timed out\\u{1b}[2J\n",
            ),
        ] {
            assert_eq!(rendered(message), expected);
        }
    }

    #[test]
    fn a_warning_and_an_error_have_their_colours() {
        for (level, style) in [("WARN", YELLOW), ("ERROR", RED)] {
            let event = LogEvent {
                event_id: String::new(),
                timestamp: 0,
                message: format!(r#"{{"level":"{level}","message":"x"}}"#),
            };
            let line = Line::new("api", &event).render(&TimeZone::UTC, 3);
            let level = level.to_lowercase();
            assert!(
                line.contains(&format!("{style}{level:<5}{style:#}")),
                "{line:?}"
            );
        }
    }
}
