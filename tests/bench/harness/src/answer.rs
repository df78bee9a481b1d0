//! A function's answer to an event.

use std::time::{Duration, Instant};

use serde_json::Value;

use crate::result::Result;

/// A function's answer to an event.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The answer's JSON.
    pub body: String,
    /// Time at which the function took the event.
    pub delivered: Instant,
    /// Time at which the answer arrived.
    pub answered: Instant,
}

impl Answer {
    /// Returns the time from the delivery of the event to the answer.
    pub fn took(&self) -> Duration {
        self.answered - self.delivered
    }

    /// Checks that the API has accepted the lead.
    ///
    /// # Errors
    /// Any status but 201.
    pub fn accepted(self) -> Result<Self> {
        let reply: Value = serde_json::from_str(&self.body)?;
        if reply["statusCode"] == 201 {
            Ok(self)
        } else {
            Err(format!("api did not accept a lead: {reply}").into())
        }
    }

    /// Checks that start-workflow has handled the whole batch.
    ///
    /// # Errors
    /// A reply with a failed record.
    pub fn handled(self) -> Result<Self> {
        let reply: Value = serde_json::from_str(&self.body)?;
        let failures = reply["batchItemFailures"].as_array();
        if failures.is_some_and(Vec::is_empty) {
            Ok(self)
        } else {
            Err(format!("start-workflow failed to handle a start: {reply}").into())
        }
    }
}
