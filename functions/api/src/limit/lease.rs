//! A container's lease on one bucket: its tokens, and the last answer of the bucket.
//!
//! A lease makes no calls. [`Limiter`](super::Limiter) makes them and reports the answers.

use aws::store::{Withdrawal, Withdrawn};
use domain::limit::Limit;
use jiff::{SignedDuration, Timestamp};

/// Leases in a second's tokens, 20: a lease is a twentieth of the rate. Smaller leases make the
/// seconds of a flood more even, and cost more writes.
const LEASES_A_SECOND: u32 = 20;
/// Minimum tokens of a lease while the bucket is at least half full, 10: ten requests then cost one write.
const ROOMY_LEASE: u32 = 10;
/// Divisor of the burst, 10: `ROOMY_LEASE` applies up to a tenth of the burst, to spare small
/// buckets.
const ROOMY_PART: u32 = 10;

/// Maximum pause after a container's first refusal, 1 s. Clients wait for whole seconds, so a
/// shorter pause would not help them.
const FIRST_PAUSE: SignedDuration = SignedDuration::from_secs(1);
/// Lower bound of the maximum pause, 50 ms: the time in which a lease comes in.
const SHORTEST_PAUSE: SignedDuration = SignedDuration::from_millis(50);
/// Upper bound of the maximum pause, 10 s: a client may wait for it in vain after a flood.
const LONGEST_PAUSE: SignedDuration = SignedDuration::from_secs(10);

/// Time for which requests pass unchecked after a call that failed, 1 s. A container then makes one
/// such call a second for each limit.
const OPEN: SignedDuration = SignedDuration::from_secs(1);

/// A container's lease on one bucket.
#[derive(Debug)]
pub struct Lease {
    limit: Limit,
    /// Tokens to spend. A negative number counts spent tokens that are not withdrawn yet.
    left: i64,
    /// The instant at which the bucket was, or will be, empty. `None` before its first answer.
    empty_at: Option<Timestamp>,
    /// Tokens in the bucket at its last answer.
    level: u32,
    refused_until: Timestamp,
    /// Maximum pause after the next refusal of the bucket.
    pause: SignedDuration,
    open_until: Timestamp,
}

/// Decision about one request.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Decision {
    /// The request passes. If the lease [is overdrawn](Lease::is_overdrawn) now, a withdrawal goes
    /// on beside the handler.
    Pass,
    /// The request passes if a withdrawal is granted.
    Withdraw,
    /// The request is refused without a call.
    Refuse,
}

impl Lease {
    pub fn new(limit: Limit) -> Self {
        Self {
            limit,
            left: 0,
            empty_at: None,
            level: 0,
            refused_until: Timestamp::MIN,
            pause: FIRST_PAUSE,
            open_until: Timestamp::MIN,
        }
    }

    /// Adopts the limit of a request. A changed limit starts a new lease, which inherits only
    /// debts.
    pub fn adopt(&mut self, limit: Limit) {
        if self.limit != limit {
            let debt = self.spent();
            *self = Self::new(limit);
            self.charge(debt);
        }
    }

    /// Spends a token on a request, unless the request is refused.
    pub fn request(&mut self, now: Timestamp) -> Decision {
        let decision = if self.left > 0 {
            Decision::Pass
        } else if now < self.refused_until {
            return Decision::Refuse;
        } else if self.left == 0 && self.is_roomy() {
            Decision::Pass
        } else {
            Decision::Withdraw
        };
        self.left -= 1;
        decision
    }

    /// Puts back tokens of a request that did not pass, or that passed unchecked.
    pub fn put_back(&mut self, tokens: u32) {
        self.left += i64::from(tokens);
    }

    /// Spends more tokens for a request that has passed, up to the longest debt. Returns their
    /// number.
    pub fn charge(&mut self, tokens: u32) -> u32 {
        let longest = i64::from(self.limit.rate()) * Withdrawal::LONGEST_DEBT.as_secs();
        let spent = i64::from(tokens).min(self.left + longest).max(0);
        self.left -= spent;
        u32::try_from(spent).unwrap_or(tokens)
    }

    /// Returns whether spent tokens still have to be withdrawn.
    pub fn is_overdrawn(&self) -> bool {
        self.spent() > 0
    }

    /// Spent tokens that are not withdrawn yet.
    fn spent(&self) -> u32 {
        u32::try_from(-self.left.min(0)).unwrap_or(u32::MAX)
    }

    /// Returns the withdrawal of a new lease, which includes the spent tokens.
    pub fn renewal(&self, now: Timestamp) -> Withdrawal {
        Withdrawal {
            tokens: self.spent().max(self.size()),
            is_debt: false,
            ..self.debt(now)
        }
    }

    /// Returns the withdrawal of the spent tokens alone.
    pub fn debt(&self, now: Timestamp) -> Withdrawal {
        // A bucket that was empty is likely to be empty still.
        let earliest = if self.level == 0 { now } else { Timestamp::MIN };
        Withdrawal {
            limit: self.limit,
            tokens: self.spent(),
            is_debt: true,
            known: self.empty_at.map(|at| at.max(earliest)),
        }
    }

    /// Takes the answer to a withdrawal. `draw` is random, from 0 up to 1.
    pub fn answered(
        &mut self,
        withdrawal: &Withdrawal,
        withdrawn: Withdrawn,
        now: Timestamp,
        draw: f64,
    ) {
        let is_first = self.empty_at.is_none();
        let next_at = later(withdrawn.empty_at, self.limit.time_of(1));
        self.empty_at = Some(withdrawn.empty_at);
        self.level = self.limit.level(withdrawn.empty_at, now);
        if !withdrawn.is_granted {
            // The draw spreads the containers that were refused together.
            self.refused_until = later(next_at.max(now), self.pause.mul_f64(draw));
            self.pause = (self.pause * 2).min(LONGEST_PAUSE);
            return;
        }
        self.left += i64::from(withdrawal.tokens);
        self.pause = (self.pause / 2).max(SHORTEST_PAUSE);
        if self.level == 0 {
            self.refused_until = next_at;
        }
        if is_first && self.is_roomy() {
            // A new container starts at a random point of a lease. Otherwise many new containers
            // withdraw whole leases together, and empty the bucket at a load below the limit.
            self.left += (f64::from(self.size()) * draw) as i64;
        }
    }

    /// Lets requests pass unchecked for a while, because the bucket did not answer.
    pub fn open(&mut self, now: Timestamp) {
        self.open_until = later(now, OPEN);
    }

    /// Returns whether requests pass unchecked.
    pub fn is_open(&self, now: Timestamp) -> bool {
        now < self.open_until
    }

    /// Returns how many more requests are likely to pass now.
    pub fn remaining(&self) -> u32 {
        let tokens = (self.left + i64::from(self.level)).max(0);
        u32::try_from(tokens)
            .unwrap_or(u32::MAX)
            .min(self.limit.burst())
    }

    /// Returns how long requests are refused.
    pub fn wait(&self, now: Timestamp) -> SignedDuration {
        self.refused_until.duration_since(now)
    }

    fn is_roomy(&self) -> bool {
        self.level.saturating_mul(2) >= self.limit.burst()
    }

    /// Tokens of a new lease. The first one has a single token, because the level is unknown.
    fn size(&self) -> u32 {
        let burst = self.limit.burst();
        let part = (self.limit.rate() / LEASES_A_SECOND).min(burst).max(1);
        match self.empty_at {
            None => 1,
            Some(_) if self.is_roomy() => part.max(ROOMY_LEASE.min(burst / ROOMY_PART)),
            Some(_) => part,
        }
    }
}

fn later(at: Timestamp, by: SignedDuration) -> Timestamp {
    at.saturating_add(by).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests;
