//! Counts of touchpoints, for the metrics of a request's log line.

use domain::{cadence::TouchpointState, run::Run};

/// Numbers of the touchpoints that a request has changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DispatchCounts {
    /// Touchpoints that a caller has now.
    pub claimed: usize,
    /// Touchpoints that were due and did not go out: expired, suppressed, held or outside of their windows. No
    /// metric has them.
    pub passed_over: usize,
    /// Leases that had ended without an outcome.
    pub lapsed: usize,
    /// Touchpoints that may have gone out, and are not tried again.
    pub unconfirmed: usize,
}

impl DispatchCounts {
    /// Returns the counts of a change of a run, without the claims.
    pub fn of(before: &Run, after: &Run) -> Self {
        let count = |run: &Run| {
            let touchpoints = run.touchpoints.iter();
            touchpoints
                .filter(|it| it.state == TouchpointState::Unconfirmed)
                .count()
        };
        let lapses = |run: &Run| run.hand_over.as_ref().map_or(0, |it| it.lapses);
        Self {
            claimed: 0,
            passed_over: 0,
            lapsed: usize::from(lapses(after) > lapses(before)),
            unconfirmed: count(after).saturating_sub(count(before)),
        }
    }

    pub fn add(&mut self, other: Self) {
        self.claimed += other.claimed;
        self.passed_over += other.passed_over;
        self.lapsed += other.lapsed;
        self.unconfirmed += other.unconfirmed;
    }
}
