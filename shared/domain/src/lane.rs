//! Lanes of webhooks: the health of an account's receiver
//! ([dispatch](../../../docs/architecture.md#lanes)).
//!
//! A lane breaks when three different touchpoints in a row have failed, or five if all of them were
//! timeouts. It then cools, and one probe at a time goes out until the receiver answers.

use jiff::{SignedDuration, Timestamp};

use crate::{
    bucket::Bucket,
    destination::Rate,
    run::{Receiver, pause_after_miss},
};

/// Number of different touchpoints in a row whose failures break a lane.
const FAILURES: usize = 3;
/// The same, if all failures were timeouts.
const TIMEOUTS: usize = 5;
/// Time for which a probe keeps other probes away: the lease of a claim.
const PROBE: SignedDuration = SignedDuration::from_secs(60);
/// Time from which an answer is slow.
const SLOW: SignedDuration = SignedDuration::from_secs(2);
/// Minimum time between two notes of slow answers.
const NOTED: SignedDuration = SignedDuration::from_mins(1);
/// Time for which a slow answer limits the rate.
const RECENT: SignedDuration = SignedDuration::from_mins(10);
/// Number of requests that a receiver may have at the same time, by the time of its slowest answer: a small
/// part of what the function takes for all lanes together.
const AT_ONCE: u64 = 20;
/// Time after which a receiver that only asks for pauses fails.
const BUSY: SignedDuration = SignedDuration::from_mins(10);
/// Time after the end of its cooling for which a lane that fails counts. One that has something to send
/// tries and cools again long before that.
const COUNTS_FOR: SignedDuration = SignedDuration::from_hours(1);

/// Short hash of a touchpoint, to tell different ones apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TouchpointMark(pub u32);

/// Health of a lane. The default is that of a healthy one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lane {
    /// The receiver that the health is about.
    pub receiver: Receiver,
    /// The pause of the lane. `None` if it is not paused.
    pub paused: Option<Pause>,
    /// Different touchpoints that have failed in a row.
    pub failed: Vec<TouchpointMark>,
    /// Whether one of the failures was no timeout.
    pub has_errors: bool,
    /// Number of times in a row that the lane has cooled because it is broken. 0 if it is not broken.
    pub coolings: u8,
    /// Time of the first answer that asked for a pause, if nothing else has come since.
    pub busy_since: Option<Timestamp>,
    /// Time until which nothing goes out.
    pub cooling_until: Option<Timestamp>,
    /// Time until which one probe is under way.
    pub probe_until: Option<Timestamp>,
    /// Slowest recent answer.
    pub slow: Option<Slow>,
    /// Number of changes so far.
    pub revision: u32,
}

/// Pause of a lane. It ends only by an operator, or by another URL if the receiver asked for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pause {
    pub since: Timestamp,
    pub by: PausedBy,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PausedBy {
    /// The receiver has answered 410.
    Receiver,
    Operator,
}

/// A slow answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slow {
    /// Time that the answer took.
    pub took: SignedDuration,
    /// Time of the note.
    pub at: Timestamp,
}

/// State of a lane at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LaneState {
    /// Touchpoints go out.
    Open,
    /// One touchpoint may go out as a probe.
    Probe,
    /// Nothing goes out before this time.
    Closed(Timestamp),
    /// Nothing goes out until an operator resumes the lane.
    Paused,
}

/// Answer of a receiver, as its lane counts it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LaneAnswer {
    /// The receiver has answered for this touchpoint: it has taken or refused it.
    Alive,
    /// An error that is no timeout.
    Error,
    Timeout,
    /// The receiver asks for a pause until this time.
    Busy(Timestamp),
    /// The receiver works, and could not make the contact yet. The lane cools until this time.
    Deferred(Timestamp),
    /// The receiver wants no more touchpoints.
    Gone,
}

impl Lane {
    /// Returns the lane with the health of this receiver: a healthy one, if the health is of another.
    pub fn of(self, receiver: Receiver) -> Self {
        if self.receiver == receiver {
            return self;
        }
        let by_operator = |it: &Pause| it.by == PausedBy::Operator;
        Self {
            receiver,
            paused: self.paused.filter(by_operator),
            revision: self.revision,
            ..Self::default()
        }
    }

    pub fn is_broken(&self) -> bool {
        self.coolings > 0
    }

    /// Returns whether the receiver fails at `now`, so that an operator should look: the lane is broken, or
    /// its receiver has only asked for pauses for ten minutes. A lane that has nothing to send counts for an
    /// hour after its cooling, and one that is paused does not count.
    pub fn fails(&self, now: Timestamp) -> bool {
        let is_busy = self.busy_since.is_some_and(|since| {
            let long = later(since, BUSY);
            long <= now && self.cooling_until.is_some_and(|until| long <= until)
        });
        let is_recent = |until: Timestamp| now < later(until, COUNTS_FOR);
        let is_recent = self.cooling_until.is_some_and(is_recent);
        self.paused.is_none() && is_recent && (self.is_broken() || is_busy)
    }

    /// Returns what may go out at `now`.
    pub fn state(&self, now: Timestamp) -> LaneState {
        let cooling = self.cooling_until.filter(|until| now < *until);
        let probe = self.probe_until.filter(|until| now < *until);
        match (self.paused, cooling.or(probe.filter(|_| self.is_broken()))) {
            (Some(_), _) => LaneState::Paused,
            (None, Some(until)) => LaneState::Closed(until),
            (None, None) if self.is_broken() => LaneState::Probe,
            (None, None) => LaneState::Open,
        }
    }

    /// Begins a probe. The write of the lane must have the condition that nothing else has changed it.
    pub fn begin_probe(&mut self, now: Timestamp) {
        self.probe_until = Some(later(now, PROBE));
    }

    /// Takes in the answer to a try of a touchpoint, and the time that it took.
    pub fn answered(
        &mut self,
        answer: LaneAnswer,
        touchpoint: TouchpointMark,
        took: SignedDuration,
        now: Timestamp,
    ) {
        match answer {
            LaneAnswer::Alive => self.heal(),
            LaneAnswer::Deferred(until) => {
                self.heal();
                self.cool(until);
            }
            LaneAnswer::Error | LaneAnswer::Timeout => {
                self.fail(answer == LaneAnswer::Error, touchpoint, now);
            }
            LaneAnswer::Busy(until) => {
                self.probe_until = None;
                self.busy_since.get_or_insert(now);
                self.cool(until);
            }
            LaneAnswer::Gone => {
                self.probe_until = None;
                self.busy_since = None;
                let by = PausedBy::Receiver;
                self.paused.get_or_insert(Pause { since: now, by });
            }
        }
        self.note(took, now);
    }

    fn heal(&mut self) {
        self.failed.clear();
        self.has_errors = false;
        self.coolings = 0;
        self.busy_since = None;
        self.probe_until = None;
    }

    /// Lets nothing go out until a time.
    pub fn cool(&mut self, until: Timestamp) {
        self.cooling_until = Some(self.cooling_until.map_or(until, |it| it.max(until)));
    }

    fn fail(&mut self, is_error: bool, touchpoint: TouchpointMark, now: Timestamp) {
        self.has_errors |= is_error;
        self.busy_since = None;
        if !self.failed.contains(&touchpoint) && self.failed.len() < TIMEOUTS {
            self.failed.push(touchpoint);
        }
        let most = if self.has_errors { FAILURES } else { TIMEOUTS };
        let is_cooling = self.cooling_until.is_some_and(|until| now < until);
        // Tries that were under way when the lane broke do not let it cool longer.
        if self.failed.len() < most || self.is_broken() && is_cooling {
            return;
        }
        // A longer pause for which the receiver has asked goes on.
        self.cool(later(now, pause_after_miss(self.coolings)));
        self.coolings = self.coolings.saturating_add(1);
        self.probe_until = None;
    }

    fn note(&mut self, took: SignedDuration, now: Timestamp) {
        if took < SLOW {
            return;
        }
        let slowest = self.slow_at(now);
        let is_slower = slowest.is_none_or(|it| it.took <= took);
        let is_noted = slowest.is_some_and(|it| now < later(it.at, NOTED));
        if is_slower && !is_noted {
            self.slow = Some(Slow { took, at: now });
        }
    }

    fn slow_at(&self, now: Timestamp) -> Option<Slow> {
        self.slow.filter(|it| now < later(it.at, RECENT))
    }

    /// Returns the bucket of a webhook's tokens: a slow receiver gets fewer than its rate.
    pub fn bucket(&self, rate: Rate, now: Timestamp) -> Bucket {
        let bucket = rate.bucket();
        let Some(slow) = self.slow_at(now) else {
            return bucket;
        };
        let millis = u64::try_from(slow.took.as_millis()).unwrap_or(1).max(1);
        let most = u32::try_from(AT_ONCE * 10_000 / millis).unwrap_or(u32::MAX);
        let in_ten_seconds = bucket.in_ten_seconds.min(most.max(1));
        Bucket {
            in_ten_seconds,
            burst: bucket.burst.min(in_ten_seconds.div_ceil(10)).max(1),
        }
    }

    /// Pauses the lane by an operator.
    pub fn pause(&mut self, now: Timestamp) {
        let by = PausedBy::Operator;
        self.paused = Some(Pause { since: now, by });
    }

    /// Ends a pause and a cooling. The next touchpoint goes out at once.
    pub fn resume(&mut self) {
        *self = Self {
            receiver: self.receiver,
            slow: self.slow,
            revision: self.revision,
            ..Self::default()
        };
    }
}

fn later(at: Timestamp, by: SignedDuration) -> Timestamp {
    at.saturating_add(by).unwrap_or(at)
}

#[cfg(test)]
mod tests;
