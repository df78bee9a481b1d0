//! Addresses of a running stack, as its lock file has them.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::pace::Pace;

/// Addresses of a running stack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Running {
    /// Id of its process.
    pub process: u32,
    /// URL of the API.
    pub api_url: String,
    /// URL of DynamoDB.
    pub dynamodb_url: String,
    /// URL of SQS.
    pub sqs_url: String,
    /// Choice of the clock.
    #[serde(default, skip_serializing_if = "Pace::is_system")]
    pub clock: Pace,
}

impl Running {
    /// Reads the content of a lock file. `None` if it has no addresses.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }
}

/// Writes the content of a lock file.
impl fmt::Display for Running {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = serde_json::to_string(self).map_err(|_| fmt::Error)?;
        f.write_str(&text)
    }
}
