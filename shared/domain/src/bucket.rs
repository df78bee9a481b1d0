//! The arithmetic of token buckets ([ADR
//! 12](../../../docs/adr/0012-containers-lease-tokens-from-a-bucket.md)).

use jiff::{SignedDuration, Timestamp};

/// A token bucket. It holds at most `burst` tokens, and its rate is a whole number of tokens in ten
/// seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bucket {
    pub(crate) in_ten_seconds: u32,
    pub(crate) burst: u32,
}

impl Bucket {
    /// Returns the tokens in a full bucket, at least 1.
    pub fn burst(self) -> u32 {
        self.burst
    }

    /// Returns the time in which so many tokens come in.
    pub fn time_of(self, tokens: u32) -> SignedDuration {
        SignedDuration::from_micros(i64::from(tokens) * 10_000_000 / i64::from(self.in_ten_seconds))
    }

    /// Returns the instant at which a bucket was empty that is just full at `now`. A bucket with an
    /// earlier instant is full too.
    pub fn full_at(self, now: Timestamp) -> Timestamp {
        now.saturating_sub(self.time_of(self.burst))
            .unwrap_or(Timestamp::MIN)
    }

    /// Returns the tokens at `now` in a bucket that was empty at `empty_at`.
    pub fn level(self, empty_at: Timestamp, now: Timestamp) -> u32 {
        let filled = now.duration_since(empty_at.max(self.full_at(now)));
        let tokens = filled.as_micros() * i128::from(self.in_ten_seconds) / 10_000_000;
        u32::try_from(tokens.max(0)).unwrap_or(self.burst)
    }
}
