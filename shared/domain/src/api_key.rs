//! API keys ([contract](../../../docs/contract.md#authentication)).
//!
//! A key is `nxr_live_`, 32 base62 characters from a CSPRNG, and 6 base62 characters of CRC-32 over
//! the rest of the key.

use std::{fmt, str::FromStr};

use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};
use thiserror::Error;
use uuid::Uuid;

use crate::{
    account::AccountSettings,
    ids::{AccountId, ApiKeyId},
};

pub const PREFIX: &str = "nxr_live_";
const SECRET_LENGTH: usize = 32;
const CHECKSUM_LENGTH: usize = 6;
pub(crate) const BASE62: &[u8; 62] =
    b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// A well-formed API key. It can be unknown, revoked or expired.
#[derive(Clone, PartialEq, Eq)]
pub struct ApiKey(String);

/// SHA-256 of an API key in lower-case hexadecimal. The table and the caches hold this, never the
/// key.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct ApiKeyHash(String);

/// Error for a text with a wrong prefix, length, alphabet or checksum.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("is not a well-formed API key")]
pub struct ApiKeyError;

/// Record of an API key in the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKeyRecord {
    /// Id for the operator's commands. It is no secret.
    pub id: ApiKeyId,
    /// Settings of the account that the key belongs to.
    pub account: AccountSettings,
    /// Display name.
    pub name: String,
    /// Last four characters of the key, so that an operator can tell keys apart.
    pub last4: String,
    pub created_at: Timestamp,
    /// Time from which the key is invalid. `None` if it never expires.
    pub expires_at: Option<Timestamp>,
    /// Time of the revocation. `None` if the key is not revoked.
    pub revoked_at: Option<Timestamp>,
    /// Hour of the last use. `None` if no use is recorded.
    pub last_used: Option<Timestamp>,
}

impl ApiKeyRecord {
    /// Returns whether the key is neither revoked nor expired at `now`.
    pub fn is_valid_at(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && self.expires_at.is_none_or(|end| now < end)
    }

    /// Returns the hour to record as the last use. `None` if that hour, or a later one, is
    /// recorded.
    pub fn unrecorded_hour(&self, now: Timestamp) -> Option<Timestamp> {
        let hour = now.as_second() - now.as_second().rem_euclid(3_600);
        let hour = Timestamp::from_second(hour).ok()?;
        self.last_used
            .is_none_or(|noted| noted < hour)
            .then_some(hour)
    }

    /// Returns the time for which a record that is read at `now` may be cached: until the key
    /// expires, and at most `longest`.
    pub fn cache_lifetime(&self, now: Timestamp, longest: SignedDuration) -> SignedDuration {
        self.expires_at
            .map_or(longest, |end| end.duration_since(now).min(longest))
    }
}

impl ApiKey {
    /// Makes a key from random bytes of a CSPRNG. `None` if they give fewer than 32 digits.
    ///
    /// A byte gives a base62 digit with a probability of 248/256.
    pub fn from_random(random: &[u8]) -> Option<Self> {
        let mut key = PREFIX.to_owned();
        key.extend(random.iter().copied().filter_map(digit).take(SECRET_LENGTH));
        if key.len() < PREFIX.len() + SECRET_LENGTH {
            return None;
        }
        let checksum = checksum(&key);
        Some(Self(key + &checksum))
    }

    /// Returns the record of a key that never expires and was not used yet.
    pub fn record(
        &self,
        id: ApiKeyId,
        account: AccountSettings,
        name: &str,
        created_at: Timestamp,
    ) -> ApiKeyRecord {
        ApiKeyRecord {
            id,
            account,
            name: name.to_owned(),
            last4: self.last4().to_owned(),
            created_at,
            expires_at: None,
            revoked_at: None,
            last_used: None,
        }
    }

    /// Returns the secret. Show it once.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    fn last4(&self) -> &str {
        self.0.get(self.0.len() - 4..).unwrap_or_default()
    }

    /// Returns the hash under which the table holds the key.
    pub fn hash(&self) -> ApiKeyHash {
        let digest = Sha256::digest(self.0.as_bytes());
        let nibbles = digest.iter().flat_map(|byte| [byte >> 4, byte & 15]);
        let digits = nibbles.filter_map(|nibble| char::from_digit(u32::from(nibble), 16));
        ApiKeyHash(digits.collect())
    }
}

impl FromStr for ApiKey {
    type Err = ApiKeyError;

    fn from_str(text: &str) -> Result<Self, ApiKeyError> {
        let rest = text.strip_prefix(PREFIX).ok_or(ApiKeyError)?;
        let well_formed = rest.len() == SECRET_LENGTH + CHECKSUM_LENGTH
            && rest.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let (body, given) = text
            .split_at_checked(PREFIX.len() + SECRET_LENGTH)
            .filter(|_| well_formed)
            .ok_or(ApiKeyError)?;
        if checksum(body) == given {
            Ok(Self(text.to_owned()))
        } else {
            Err(ApiKeyError)
        }
    }
}

/// Returns a random byte as a base62 digit. `None` for the eight bytes that would make some digits
/// likelier than others.
fn digit(random: u8) -> Option<char> {
    let digits = BASE62.iter().cycle().take(usize::from(u8::MAX) / 62 * 62);
    digits.copied().map(char::from).nth(usize::from(random))
}

/// Returns the CRC-32 of `body` as 6 base62 digits, most significant first.
fn checksum(body: &str) -> String {
    let mut rest = crc32fast::hash(body.as_bytes());
    let mut digits = [b'0'; CHECKSUM_LENGTH];
    for digit in digits.iter_mut().rev() {
        let value = usize::try_from(rest % 62).unwrap_or_default();
        *digit = BASE62.get(value).copied().unwrap_or(b'0');
        rest /= 62;
    }
    digits.iter().copied().map(char::from).collect()
}

impl FromStr for ApiKeyHash {
    type Err = ApiKeyError;

    fn from_str(text: &str) -> Result<Self, ApiKeyError> {
        let is_digit = |byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        let well_formed = text.len() == 64 && text.bytes().all(is_digit);
        well_formed
            .then(|| Self(text.to_owned()))
            .ok_or(ApiKeyError)
    }
}

impl ApiKeyHash {
    /// Returns the 64 hexadecimal digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl ApiKeyId {
    /// Returns the id of a key that was stored without one.
    pub fn of_hash(account: AccountId, hash: &ApiKeyHash) -> Self {
        Uuid::new_v5(&account.into(), hash.as_str().as_bytes()).into()
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKey(redacted)")
    }
}

impl fmt::Debug for ApiKeyHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKeyHash(redacted)")
    }
}

#[cfg(test)]
mod tests;
