//! Reasons why dead letters were not handled.

use aws::queue::MessageError;
use serde::Serialize;

/// Reason why a message was not handled, or that nothing prevents it any more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Reason {
    /// Name for programs.
    #[serde(rename = "reason")]
    pub word: &'static str,
    /// Explanation for people.
    #[serde(rename = "explanation")]
    pub text: String,
}

impl Reason {
    pub fn new(word: &'static str, text: impl Into<String>) -> Self {
        Self {
            word,
            text: text.into(),
        }
    }

    /// Returns the reason for a message that is not one of its queue.
    pub fn unreadable(error: &MessageError) -> Self {
        Self::new("unreadable", format!("cannot be read: {error}"))
    }

    /// Returns the reason for a message whose table is not given.
    pub fn unknown() -> Self {
        let text = "reason unknown without the table: pass --table NAME";
        Self::new("unknown", text)
    }
}
