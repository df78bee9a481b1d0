//! Hand-overs: the way of a touchpoint from its first claim or its opening to its settlement.

use jiff::{SignedDuration, Timestamp};

use super::wake::WakeKind;
use crate::{cadence::Reason, time::whole_second, timing::OUTCOME_TIMEOUT};

/// Number of leases that may lapse before a pulled touchpoint counts as unconfirmed.
pub const MOST_LAPSES: u8 = 3;

/// Random name of one delivery or of one caller. Only the owner of a claim settles it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Owner(pub [u8; 10]);

impl std::fmt::Debug for Owner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Owner(redacted)")
    }
}

/// The right of one worker or one caller to hand a touchpoint over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claim {
    pub owner: Owner,
    /// End of the lease. From then on, another claim may follow.
    pub until: Timestamp,
}

/// Short hash of the URL of a webhook. An open try is repeated only to the receiver that may have it.
/// The default is that of no URL.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Receiver(pub [u8; 6]);

/// Way in which a touchpoint reaches its receiver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// Leadgate sends it to this receiver.
    Push(Receiver),
    /// The receiver asks for it.
    Pull,
}

impl Delivery {
    pub fn is_push(self) -> bool {
        matches!(self, Self::Push(_))
    }

    /// Returns whether a touchpoint that waits for another try goes to another receiver now. It does
    /// not wait for that try then.
    pub(super) fn replaces(self, before: Self) -> bool {
        match (before, self) {
            (Self::Push(before), Self::Push(now)) => before != now && before != Receiver::default(),
            (before, now) => before != now,
        }
    }
}

/// State of the touchpoint whose turn it is. A run has at most one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HandOver {
    /// Index of the touchpoint.
    pub index: u16,
    pub delivery: Delivery,
    /// Time at which the touchpoint has used up its open time. It is never handed over from then
    /// on. A pushed touchpoint without a try has its whole time left.
    pub expires_at: Timestamp,
    /// Number of tries so far, without those that went back.
    pub tries: u16,
    /// Number of leases that ended without an outcome.
    pub lapses: u8,
    /// Number of refusals of the receiver.
    pub refusals: u8,
    /// Number of tries in a row that have not reached the receiver. They do not count as tries.
    pub misses: u8,
    /// Whether the result of a try is unknown. Such a touchpoint may have gone out.
    pub is_open: bool,
    /// The present claim. `None` between two tries.
    pub claim: Option<Claim>,
    /// Time and kind of the run's wake.
    pub wake_at: Timestamp,
    pub wake: WakeKind,
}

impl HandOver {
    /// Returns the end of the touchpoint's time. `None` if its time does not run: a pushed
    /// touchpoint that went back waits for its receiver.
    pub(super) fn end(&self) -> Option<Timestamp> {
        let runs = !self.delivery.is_push() || self.tries > 0;
        runs.then_some(self.expires_at)
    }

    /// Returns whether the touchpoint is scheduled again after a lapsed lease. The caller of that lease
    /// may have made the contact.
    pub(super) fn is_back_after_lapse(&self) -> bool {
        self.claim.is_none() && !self.is_open && self.lapses > 0
    }

    /// Sets the wake for the next try. The end of its time wakes the run if that comes first.
    pub(super) fn wake_for_try(&mut self, at: Timestamp) {
        self.wake_at = whole_second(self.end().map_or(at, |end| end.min(at)));
        self.wake = WakeKind::Retry;
    }
}

/// Reason why a touchpoint was not claimed. The run may have changed all the same, so the caller
/// writes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotClaimed {
    /// The run is stopped, held, taken over or ended.
    NotLive,
    /// The touchpoint whose turn it was has ended: it may have gone out to another receiver.
    Ended,
    /// No touchpoint is scheduled.
    NoneLeft,
    /// The touchpoint is due later. It may have moved to the next opening.
    NotDue(Timestamp),
    /// Another worker or caller has it until this time.
    Claimed(Timestamp),
}

/// Pauses before the next try of an open try. The last one counts for all further tries.
const PAUSES: [SignedDuration; 5] = [
    SignedDuration::from_secs(5),
    SignedDuration::from_secs(30),
    SignedDuration::from_mins(2),
    SignedDuration::from_mins(5),
    SignedDuration::from_mins(10),
];
/// Longest pause after misses, in minutes.
const LONGEST_MISS: i64 = 30;

/// Returns the pause after the try of this number, from 1, whose result is unknown. `draw` is random,
/// and moves the pause by up to a fifth.
pub fn pause_after_unknown(tries: u16, draw: u8) -> SignedDuration {
    let place = usize::from(tries.saturating_sub(1)).min(PAUSES.len() - 1);
    let pause = PAUSES.get(place).copied().unwrap_or_default();
    let millis = pause.as_millis() * (800 + i128::from(draw) * 400 / 255) / 1_000;
    SignedDuration::from_millis(i64::try_from(millis).unwrap_or(i64::MAX))
}

/// Returns the pause after a miss that comes after `before` misses in a row: 1, 2, 4 ... 30 minutes.
pub fn pause_after_miss(before: u8) -> SignedDuration {
    let minutes = 1_i64.checked_shl(before.min(5).into());
    SignedDuration::from_mins(minutes.unwrap_or(LONGEST_MISS).min(LONGEST_MISS))
}

/// Result of a try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The receiver has taken the touchpoint. If it is the last one, its outcome counts as missing after
    /// this time.
    Taken { outcome_timeout: SignedDuration },
    /// The receiver refuses this contact.
    Refused,
    /// The touchpoint did not go out, for a reason that is not its own. The try does not count.
    Back { retry_at: Timestamp },
    /// The touchpoint has not reached the receiver. The try does not count, and the next one comes
    /// after 1, 2, 4 ... 30 minutes.
    Missed,
    /// The receiver may have taken the touchpoint.
    Unknown { retry_at: Timestamp },
    /// The touchpoint must not go out, for a reason of its own.
    Skipped(Reason),
    /// The message could not be filled in.
    Template,
}

impl Answer {
    /// [`Answer::Taken`] of a receiver whose destination has the default time.
    pub const TAKEN: Self = Self::Taken {
        outcome_timeout: OUTCOME_TIMEOUT,
    };
}

/// Error for a settlement, an extension or a release of a claim that is another's, or is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClaimOver;
