//! A touchpoint of a reply in words.

use jiff::Timestamp;
use local::text::printable;
use serde_json::Value;

use super::reply::{at, list_at, text_at};

/// Returns the channel and the attempt, such as `call 1/3`.
pub fn name(touchpoint: &Value) -> String {
    let number = |name: &str| at(touchpoint, name).as_u64().unwrap_or_default();
    format!(
        "{} {}/{}",
        printable(text_at(touchpoint, "/channel")),
        number("/attemptNumber"),
        number("/maxAttempts")
    )
}

/// Returns the state, with the outcome and the reasons.
pub fn state(touchpoint: &Value) -> String {
    let mut text = printable(text_at(touchpoint, "/state"));
    if let Some(outcome) = at(touchpoint, "/outcome").as_str() {
        text += &format!(": {}", printable(outcome));
    }
    let reasons = list_at(touchpoint, "/reasons").iter();
    let reasons: Vec<_> = reasons.filter_map(Value::as_str).map(printable).collect();
    if !reasons.is_empty() {
        text += &format!(" ({})", reasons.join(", "));
    }
    text
}

/// Returns a time of a reply. `None` if it has none.
pub fn time(value: &Value, path: &str) -> Option<Timestamp> {
    text_at(value, path).parse().ok()
}

/// Returns a time in UTC. On the day of `now`, without its date.
pub fn clock_time(time: Timestamp, now: Timestamp) -> String {
    let day = |time: Timestamp| time.strftime("%Y-%m-%d").to_string();
    let format = match day(time) == day(now) {
        true => "%H:%M:%S UTC",
        false => "%Y-%m-%d %H:%M:%S UTC",
    };
    time.strftime(format).to_string()
}

/// Returns the texts of a message, each with its label.
pub fn message(message: &Value) -> Vec<(&'static str, String)> {
    let parts = [
        ("Subject", "/subject"),
        ("Begin with", "/begin_message"),
        ("Say", "/content"),
        ("Template", "/template_id"),
    ];
    let found = parts
        .into_iter()
        .map(|(label, path)| (label, text_at(message, path).to_owned()));
    let mut found: Vec<_> = found.filter(|(_, text)| !text.is_empty()).collect();
    if at(message, "/html").is_string() {
        found.push(("HTML", "shown with --output json".to_owned()));
    }
    found
}
