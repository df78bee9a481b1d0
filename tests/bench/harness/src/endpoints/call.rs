//! A call of a function to an AWS service.

use std::time::Instant;

use http::{HeaderMap, header};
use serde_json::Value;

/// A call that has its reply.
#[derive(Clone, Debug)]
pub struct Call {
    /// Operation, such as `PutItem`.
    pub operation: String,
    /// JSON of the request.
    pub body: Value,
    /// JSON of the reply. Null if the endpoints do not keep writes.
    pub reply: Value,
    /// The items that a write has found and left. Empty if the endpoints do not keep writes.
    pub changes: Vec<Change>,
    pub(super) headers: HeaderMap,
    /// Time at which the whole request was there.
    pub begun: Instant,
    /// Time at which the reply was ready.
    pub ended: Instant,
}

/// An item before and after a write. Null if there is none.
#[derive(Clone, Debug)]
pub struct Change {
    pub before: Value,
    pub after: Value,
}

impl Call {
    /// Returns the size of the body, in bytes.
    pub fn body_size(&self) -> u32 {
        let length = self.headers.get(header::CONTENT_LENGTH);
        let length = length.and_then(|length| length.to_str().ok()?.parse().ok());
        length.unwrap_or_default()
    }

    /// Returns whether the SDK repeated the call, because an earlier attempt had no reply in time.
    pub fn is_retry(&self) -> bool {
        let attempt = self.headers.get("amz-sdk-request");
        let attempt = attempt.and_then(|attempt| attempt.to_str().ok());
        attempt.is_some_and(|attempt| !attempt.starts_with("attempt=1;"))
    }
}
