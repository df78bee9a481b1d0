//! Idempotent requests ([contract](../../../docs/contract.md#idempotency-key)).

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use thiserror::Error;
use uuid::Uuid;

use crate::ids::{AccountId, LeadId};

/// A client's key for a request: 1 to 255 visible ASCII characters.
#[derive(Clone, PartialEq, Eq)]
pub struct IdempotencyKey(String);

/// Error for a text that is no idempotency key. The message follows the name of the header.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("must be 1 to 255 visible ASCII characters")]
pub struct IdempotencyKeyError;

/// Record of an idempotent request in the lead that it created. A replay gets the reply from it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// Hash of the parsed request.
    #[serde(rename = "request_hash")]
    pub fingerprint: String,
    /// Body of the first reply, byte for byte.
    pub reply: String,
}

impl IdempotencyKey {
    /// Returns the key as the client sent it.
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

/// Hides the key, because clients make keys of personal data, such as email addresses.
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
    /// Returns the id of the lead at `index` of an idempotent request. A repeated request derives
    /// the same id, and so finds its lead.
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
