//! How many requests an account, or one of its keys, may send.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use thiserror::Error;

const MOST_A_SECOND: u32 = 100_000;
const LARGEST_BURST: u32 = 1_000_000;

/// A token bucket's two numbers: it holds `burst` requests at most, and `rate` come in every second.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Numbers")]
pub struct Limit {
    rate: u32,
    burst: u32,
}

/// Numbers that are no limit; reads on from "the limit's".
#[derive(Debug, Error, PartialEq, Eq)]
pub enum LimitError {
    /// Too many requests a second, or none.
    #[error("rate must be 1 to {MOST_A_SECOND} requests a second")]
    Rate,
    /// Too many requests at once, or none.
    #[error("burst must be 1 to {LARGEST_BURST} requests")]
    Burst,
}

/// The limits that a request has to keep to: all that are there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// Of the account, whichever of its keys is used; none: the account has no limit.
    pub account: Option<Limit>,
    /// Of the key alone; none: the key has no limit of its own.
    pub key: Option<Limit>,
}

impl Limit {
    /// `rate` requests a second, and up to `burst` at once after a quiet time.
    ///
    /// # Errors
    /// Either is 0 or larger than makes sense.
    pub fn new(rate: u32, burst: u32) -> Result<Self, LimitError> {
        if !(1..=MOST_A_SECOND).contains(&rate) {
            return Err(LimitError::Rate);
        }
        if !(1..=LARGEST_BURST).contains(&burst) {
            return Err(LimitError::Burst);
        }
        Ok(Self { rate, burst })
    }

    /// Requests a second, at least 1.
    pub fn rate(self) -> u32 {
        self.rate
    }

    /// Requests at once, at least 1.
    pub fn burst(self) -> u32 {
        self.burst
    }

    /// How long it takes until so many requests have come in.
    pub fn time_of(self, requests: u32) -> SignedDuration {
        SignedDuration::from_micros(i64::from(requests) * 1_000_000 / i64::from(self.rate))
    }

    /// When a bucket that is full at `now` would have been empty: an earlier instant is no fuller.
    pub fn full_at(self, now: Timestamp) -> Timestamp {
        now.saturating_sub(self.time_of(self.burst))
            .unwrap_or(Timestamp::MIN)
    }

    /// How many requests are in a bucket at `now` that was empty at `empty_at`.
    pub fn level(self, empty_at: Timestamp, now: Timestamp) -> u32 {
        let filled = now.duration_since(empty_at.max(self.full_at(now)));
        let requests = filled.as_micros() * i128::from(self.rate) / 1_000_000;
        u32::try_from(requests.max(0)).unwrap_or(self.burst)
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
