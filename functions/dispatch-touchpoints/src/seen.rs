//! Counts of everything that looks have done, for the metrics.

use domain::{
    cadence::TouchpointState,
    run::{Answer, Run},
};
use jiff::Timestamp;

use crate::answer::Answered;

/// Counts of what looks have done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    pub opened: usize,
    pub expired: usize,
    pub unconfirmed: usize,
    pub lapsed: usize,
    pub missing: usize,
    pub held: usize,
    /// Requests to webhooks.
    pub sent: usize,
    /// Requests whose touchpoint was taken.
    pub accepted: usize,
    /// Requests whose touchpoint was refused.
    pub refused: usize,
    /// Requests that have not reached their receiver, or that it did not want now.
    pub missed: usize,
    /// Requests whose result is unknown.
    pub unknown: usize,
    /// Touchpoints that wait for their lane.
    pub waiting: usize,
    /// Milliseconds from the due time of an opened touchpoint to its opening, the largest of all.
    pub open_lag_ms: Option<u64>,
}

impl Seen {
    /// Returns what a change of a run has done.
    pub fn of(before: &Run, after: &Run, now: Timestamp) -> Self {
        let pairs = before.touchpoints.iter().zip(&after.touchpoints);
        let (mut expired, mut unconfirmed, mut missing) = (0, 0, 0);
        for (old, new) in pairs {
            let came = |state| usize::from(old.state != state && new.state == state);
            expired += came(TouchpointState::Expired);
            unconfirmed += came(TouchpointState::Unconfirmed);
            missing += usize::from(old.outcome.is_none() && new.outcome.is_some());
        }
        let opened = after.opened().filter(|_| before.opened().is_none());
        let lag = opened.map(|(_, due_at)| now.duration_since(due_at).as_millis());
        let lapses = |run: &Run| run.hand_over.as_ref().map_or(0, |it| it.lapses);
        Self {
            opened: usize::from(opened.is_some()),
            expired,
            unconfirmed,
            lapsed: usize::from(lapses(after) > lapses(before)),
            missing,
            held: usize::from(after.held.is_some() && before.held.is_none()),
            open_lag_ms: lag.map(|lag| u64::try_from(lag).unwrap_or_default()),
            ..Self::default()
        }
    }

    /// Counts the answer to a request.
    pub fn count(&mut self, answered: &Answered) {
        self.sent += 1;
        match answered.run {
            Answer::Taken { .. } => self.accepted += 1,
            Answer::Refused => self.refused += 1,
            Answer::Unknown { .. } => self.unknown += 1,
            _ => self.missed += 1,
        }
    }

    pub fn add(&mut self, other: &Self) {
        self.opened += other.opened;
        self.expired += other.expired;
        self.unconfirmed += other.unconfirmed;
        self.lapsed += other.lapsed;
        self.missing += other.missing;
        self.held += other.held;
        self.sent += other.sent;
        self.accepted += other.accepted;
        self.refused += other.refused;
        self.missed += other.missed;
        self.unknown += other.unknown;
        self.waiting += other.waiting;
        self.open_lag_ms = self.open_lag_ms.max(other.open_lag_ms);
    }
}
