//! Sending the same request twice (CONTRACT section 3.5).

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use thiserror::Error;
use uuid::Uuid;

use crate::ids::{AccountId, LeadId};

/// A client's own name for a request: 1 to 255 visible ASCII characters.
#[derive(Clone, PartialEq, Eq)]
pub struct IdempotencyKey(String);

/// A text that is no idempotency key; reads on from the header's name.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("must be 1 to 255 visible ASCII characters")]
pub struct IdempotencyKeyError;

/// What a lead keeps of the request that made it, so that a replay gets the first reply.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// A hash of the parsed request.
    #[serde(rename = "request_hash")]
    pub fingerprint: String,
    /// The body of the first reply, to the byte.
    pub reply: String,
}

impl IdempotencyKey {
    /// The key as the client sent it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for IdempotencyKey {
    type Err = IdempotencyKeyError;

    fn from_str(text: &str) -> Result<Self, IdempotencyKeyError> {
        let visible = text.bytes().all(|byte| byte.is_ascii_graphic());
        if visible && (1..=255).contains(&text.len()) {
            Ok(Self(text.to_owned()))
        } else {
            Err(IdempotencyKeyError)
        }
    }
}

/// Clients make keys of anything, e-mail addresses too.
impl fmt::Debug for IdempotencyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IdempotencyKey(redacted)")
    }
}

impl fmt::Debug for Receipt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Receipt(redacted)")
    }
}

impl LeadId {
    /// Returns the id of the lead at `index` of an idempotent request. A repeated request derives the
    /// same id, and so finds its lead.
    pub fn of_request(account: AccountId, key: &IdempotencyKey, index: usize) -> Self {
        let name = format!("{index}#{}", key.as_str());
        Uuid::new_v5(&account.into(), name.as_bytes()).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_1_to_255_visible_ascii_characters() {
        let longest = "k".repeat(255);
        for key in ["k", "order-17:lead@example.com", &longest] {
            assert_eq!(key.parse::<IdempotencyKey>().unwrap().as_str(), key);
        }
        for wrong in ["", "a b", "é", "a\tb", &"k".repeat(256)] {
            assert_eq!(
                wrong.parse::<IdempotencyKey>(),
                Err(IdempotencyKeyError),
                "{wrong}"
            );
        }
    }
}
