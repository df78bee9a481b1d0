//! What one process has of one limit: requests that it has taken out of the shared bucket and may let
//! through, and what it remembers of that bucket. Asks nobody: it says when to ask, and is told the answer.
//!
//! docs/adr/0012 has the reasons behind the numbers.

use aws::store::Withdrawal;
use domain::limit::Limit;
use jiff::{SignedDuration, Timestamp};

use super::outage::Outage;

/// Requests that were taken and not used by then are given up, so that a process that was busy a while ago
/// cannot let through what others were refused.
const LIFETIME: SignedDuration = SignedDuration::from_secs(1);
/// A share of the rate is at most this part of a second's: so often a second the bucket is asked at most by those
/// that it grants.
const SHARES: u32 = 10;
/// The same while the bucket is empty: what passes in a second is then as even as the shares are small.
const SHARES_OF_EMPTY: u32 = 20;
/// From so many requests a second on, a process takes shares in advance.
const BUSY: f64 = 6.0;
/// Of a process that is not, one request in so many pays for all, while the bucket was more than half full
/// lately.
const SAMPLE: u32 = 10;
const LATELY: SignedDuration = SignedDuration::from_secs(10);
/// After a refusal nothing is asked for a while: what two requests take to come here, or longer, and after each
/// refusal without a grant in between half as long again.
const SHORTEST_PAUSE: SignedDuration = SignedDuration::from_millis(50);
const GROWTH: f64 = 1.5;
const LONGEST_PAUSE: SignedDuration = SignedDuration::from_secs(10);

/// A process's share of one bucket.
#[derive(Debug)]
pub struct Share {
    limit: Limit,
    held: u32,
    good_until: Timestamp,
    /// Requests of about the last second: each counts less as it gets older.
    demand: f64,
    /// Between the last two of them.
    gap: SignedDuration,
    counted_at: Timestamp,
    /// When the bucket was, or will be, empty, and what was in it when it told so.
    empty_at: Option<Timestamp>,
    level: u32,
    roomy_until: Timestamp,
    closed_until: Timestamp,
    pause: SignedDuration,
    /// When what the bucket could not be told of would be paid, if it knew.
    owes_until: Timestamp,
    /// Of this bucket alone.
    pub outage: Outage,
}

/// What is to become of a request.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Decision {
    Pass,
    Refuse,
    /// The bucket has to say.
    Ask(Order),
}

/// What to take out of the bucket, and how much of it can be used.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Order {
    pub take: u32,
    keep: u32,
}

impl Share {
    pub fn new(limit: Limit, now: Timestamp) -> Self {
        Self {
            limit,
            held: 0,
            good_until: Timestamp::MIN,
            demand: 0.0,
            gap: SignedDuration::ZERO,
            counted_at: now,
            empty_at: None,
            level: limit.burst(),
            roomy_until: Timestamp::MIN,
            closed_until: Timestamp::MIN,
            pause: SHORTEST_PAUSE,
            owes_until: Timestamp::MIN,
            outage: Outage::NONE,
        }
    }

    /// Takes a request; `draw` is from 0 up to 1.
    pub fn request(&mut self, limit: Limit, now: Timestamp, draw: f64) -> Decision {
        if self.limit != limit {
            self.changed(limit, now);
        }
        self.gap = now
            .duration_since(self.counted_at)
            .clamp(SignedDuration::ZERO, LONGEST_PAUSE);
        self.demand = self.demand * (-self.gap.as_secs_f64()).exp() + 1.0;
        self.counted_at = now;
        if now >= self.good_until {
            self.held = 0;
        }
        if self.spend() {
            return Decision::Pass;
        }
        if now < self.closed_until {
            return Decision::Refuse;
        }
        match self.sample(now) {
            Some(sample) if draw * f64::from(sample) >= 1.0 => Decision::Pass,
            Some(sample) => Decision::Ask(Order {
                take: sample,
                keep: 1,
            }),
            None => Decision::Ask(self.order()),
        }
    }

    /// What was worked out from the old limit counts no more, and what is owed does.
    fn changed(&mut self, limit: Limit, now: Timestamp) {
        let new = Self::new(limit, now);
        let old = std::mem::replace(self, new);
        self.demand = old.demand;
        self.counted_at = old.counted_at;
        self.owes_until = old.owes_until;
        self.outage = old.outage;
    }

    /// Takes one of those that are held.
    pub fn spend(&mut self) -> bool {
        let is_held = self.held > 0;
        self.held = self.held.saturating_sub(1);
        is_held
    }

    /// Puts a request back that was not let through after all.
    pub fn put_back(&mut self) {
        self.held += 1;
    }

    /// What to take in advance, beside the request that took the last one.
    pub fn renewal(&self, now: Timestamp) -> Option<Order> {
        let is_due = self.held == 0 && self.demand >= BUSY && now >= self.closed_until;
        is_due.then(|| self.order())
    }

    /// What half a second is likely to bring.
    fn order(&self) -> Order {
        let likely = (self.demand / 2.0) as u32;
        let shares = if self.level == 0 {
            SHARES_OF_EMPTY
        } else {
            SHARES
        };
        let most = (self.limit.rate() / shares).min(self.limit.burst()).max(1);
        let take = likely.clamp(1, most);
        Order { take, keep: take }
    }

    fn sample(&self, now: Timestamp) -> Option<u32> {
        let sample = SAMPLE.min(self.limit.burst() / SAMPLE);
        (now < self.roomy_until && self.demand < BUSY && sample > 1).then_some(sample)
    }

    /// The bucket has given what was ordered.
    pub fn granted(&mut self, order: Order, empty_at: Timestamp, now: Timestamp) {
        self.told(empty_at, now);
        self.held += order.keep;
        self.good_until = later(now, LIFETIME);
        self.pause = SHORTEST_PAUSE;
        if self.level >= self.limit.burst() / 2 {
            self.roomy_until = later(now, LATELY);
        }
    }

    /// The bucket is empty; `draw` spreads over time when processes that were refused together come back.
    pub fn refused(&mut self, empty_at: Timestamp, now: Timestamp, draw: f64) {
        self.told(empty_at, now);
        let between = self.gap.as_secs_f64().max(1.0 / self.demand.max(1.0));
        let seconds = self.pause.as_secs_f64().max(2.0 * between);
        let drawn = SignedDuration::try_from_secs_f64(seconds * draw).unwrap_or(LONGEST_PAUSE);
        self.closed_until = later(self.next_at(empty_at).max(now), drawn);
        let next = SignedDuration::try_from_secs_f64(seconds * GROWTH).unwrap_or(LONGEST_PAUSE);
        self.pause = next.min(LONGEST_PAUSE);
    }

    /// Takes many more for a request that was let through; gives how many the bucket has to be told of.
    pub fn charge(&mut self, requests: u32) -> u32 {
        let held = self.held.min(requests);
        self.held -= held;
        requests - held
    }

    /// The bucket could not be told of a charge: it is when it gives again.
    pub fn owe(&mut self, requests: u32, now: Timestamp) {
        let until = later(self.owes_until.max(now), self.limit.time_of(requests));
        self.owes_until = until.min(later(now, Withdrawal::LONGEST_DEBT));
        self.roomy_until = Timestamp::MIN;
    }

    /// How many requests the bucket has still to be told of.
    pub fn owed(&self, now: Timestamp) -> u32 {
        let unpaid = self.owes_until.duration_since(now).as_micros().max(0);
        u32::try_from(unpaid * i128::from(self.limit.rate()) / 1_000_000).unwrap_or(u32::MAX)
    }

    /// The bucket knows of all that was owed.
    pub fn settle(&mut self) {
        self.owes_until = Timestamp::MIN;
    }

    /// The bucket has told when it was, or will be, empty.
    pub fn told(&mut self, empty_at: Timestamp, now: Timestamp) {
        self.empty_at = Some(empty_at);
        self.level = self.limit.level(empty_at, now);
        self.roomy_until = Timestamp::MIN;
        if self.level == 0 {
            self.closed_until = self.next_at(empty_at);
        }
    }

    fn next_at(&self, empty_at: Timestamp) -> Timestamp {
        later(empty_at, self.limit.time_of(1))
    }

    pub fn limit(&self) -> Limit {
        self.limit
    }

    /// When the bucket was, or will be, empty, as far as is known; one that was empty is taken to be so still.
    pub fn known(&self, now: Timestamp) -> Option<Timestamp> {
        let empty_at = self.empty_at?;
        Some(if self.level == 0 {
            empty_at.max(now)
        } else {
            empty_at
        })
    }

    /// How many more requests are likely to be let through now.
    pub fn remaining(&self) -> u32 {
        (self.held + self.level).min(self.limit.burst())
    }

    /// How long until a request that was refused may be let through.
    pub fn wait(&self, now: Timestamp) -> SignedDuration {
        self.closed_until.duration_since(now)
    }
}

fn later(at: Timestamp, by: SignedDuration) -> Timestamp {
    at.saturating_add(by).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests;
