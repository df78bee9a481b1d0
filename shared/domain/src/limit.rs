//! The limit on the requests of an account or of a key.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::bucket::Bucket;

/// Maximum rate, in requests a second: five hundred times the default of `ThrottlingRate`.
const MAX_RATE: u32 = 100_000;
/// Maximum burst, in requests: ten seconds of the maximum rate.
const MAX_BURST: u32 = 1_000_000;

/// The two numbers of a token bucket: it holds at most `burst` tokens, and `rate` tokens come in a
/// second. A request costs one token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Numbers")]
pub struct Limit {
    rate: u32,
    burst: u32,
}

/// An invalid limit. Each message continues "the limit's".
#[derive(Debug, Error, PartialEq, Eq)]
pub enum LimitError {
    /// The rate is 0 or too large.
    #[error("rate must be 1 to {MAX_RATE} requests a second")]
    Rate,
    /// The burst is 0 or too large.
    #[error("burst must be 1 to {MAX_BURST} requests")]
    Burst,
}

/// The limits of a request. If there are two, the request passes only if both let it pass.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// The limit of the account, for all its keys together. `None` if the account has no limit.
    pub account: Option<Limit>,
    /// The limit of the key. `None` if the key has no limit of its own.
    pub key: Option<Limit>,
}

impl Limit {
    /// Limit of a new account: 100 requests a second, half of the default of `ThrottlingRate`, so
    /// that one account cannot use up what all accounts share. A burst of 1,000 is the largest array.
    pub const OF_NEW_ACCOUNT: Self = Self {
        rate: 100,
        burst: 1_000,
    };

    /// Creates a limit of `rate` requests a second, and of `burst` requests at once after a quiet
    /// time.
    ///
    /// # Errors
    /// [`LimitError`] if a number is 0 or too large.
    pub fn new(rate: u32, burst: u32) -> Result<Self, LimitError> {
        if !(1..=MAX_RATE).contains(&rate) {
            return Err(LimitError::Rate);
        }
        if !(1..=MAX_BURST).contains(&burst) {
            return Err(LimitError::Burst);
        }
        Ok(Self { rate, burst })
    }

    /// Returns the requests a second, at least 1.
    pub fn rate(self) -> u32 {
        self.rate
    }

    /// Returns the requests at once, at least 1.
    pub fn burst(self) -> u32 {
        self.burst
    }

    /// Returns the bucket of the limit.
    pub fn bucket(self) -> Bucket {
        Bucket {
            in_ten_seconds: self.rate * 10,
            burst: self.burst,
        }
    }

    /// Same as [`Bucket::time_of`].
    pub fn time_of(self, tokens: u32) -> SignedDuration {
        self.bucket().time_of(tokens)
    }

    /// Same as [`Bucket::full_at`].
    pub fn full_at(self, now: Timestamp) -> Timestamp {
        self.bucket().full_at(now)
    }

    /// Same as [`Bucket::level`].
    pub fn level(self, empty_at: Timestamp, now: Timestamp) -> u32 {
        self.bucket().level(empty_at, now)
    }
}

#[derive(Deserialize)]
struct Numbers {
    rate: u32,
    burst: u32,
}

impl TryFrom<Numbers> for Limit {
    type Error = LimitError;

    fn try_from(Numbers { rate, burst }: Numbers) -> Result<Self, LimitError> {
        Self::new(rate, burst)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_lets_something_through_and_not_everything() {
        assert_eq!(Limit::new(0, 1), Err(LimitError::Rate));
        assert_eq!(Limit::new(100_001, 1), Err(LimitError::Rate));
        assert_eq!(Limit::new(1, 0), Err(LimitError::Burst));
        assert_eq!(Limit::new(1, 1_000_001), Err(LimitError::Burst));
        let limit = Limit::new(100_000, 1_000_000).unwrap();
        assert_eq!((limit.rate(), limit.burst()), (100_000, 1_000_000));
    }

    #[test]
    fn a_bucket_fills_at_its_rate_up_to_its_burst() {
        let limit = Limit::new(4, 10).unwrap();
        let now = Timestamp::UNIX_EPOCH;
        let ago = |millis| now - SignedDuration::from_millis(millis);
        for (empty_at, level) in [
            (ago(-1), 0),
            (ago(0), 0),
            (ago(249), 0),
            (ago(250), 1),
            (ago(2_500), 10),
            (ago(60_000), 10),
        ] {
            assert_eq!(limit.level(empty_at, now), level, "{empty_at}");
        }
        assert_eq!(limit.full_at(now), ago(2_500));
        assert_eq!(limit.time_of(10), SignedDuration::from_millis(2_500));
    }

    #[test]
    fn a_limit_is_checked_when_it_is_read() {
        let read = |text: &str| serde_json::from_str::<Limit>(text);
        let limit = Limit::new(100, 200).unwrap();
        let text = serde_json::to_string(&limit).unwrap();
        assert_eq!(text, r#"{"rate":100,"burst":200}"#);
        assert_eq!(read(&text).unwrap(), limit);
        assert!(read(r#"{"rate":0,"burst":200}"#).is_err());
    }
}
