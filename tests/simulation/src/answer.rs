//! Answers of AWS services, as JSON.

use serde_json::{Value, json};

/// Status and body of an answer.
pub type Answer = (u16, Value);

/// Returns the answer of a service that refuses a call. `kind` is the error, such as
/// `ThrottlingException`.
pub fn refusal(status: u16, kind: &str) -> Answer {
    (status, json!({ "__type": kind, "message": "" }))
}

/// Returns the text in a JSON value. Empty if the value is no text.
pub fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
