//! Metrics of runs.

use domain::{
    cadence::{Reason, TouchpointState},
    run::Run,
};
use jiff::Timestamp;

/// Metrics of a run that was built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RunMetrics {
    /// Milliseconds from the sending of the start to the building of the run.
    pub lag_ms: u64,
    /// Number of scheduled touchpoints.
    pub planned: usize,
    /// Number of touchpoints that are skipped because the lead has no phone number.
    pub skipped_no_phone: usize,
    /// Number of touchpoints that are skipped because the lead has no email address.
    pub skipped_no_email: usize,
}

impl RunMetrics {
    /// Returns the metrics of `run`, which is built at `now` from a start that was sent at
    /// `sent_at`.
    pub fn new(run: &Run, sent_at: Timestamp, now: Timestamp) -> Self {
        let skipped = |reason| {
            let touchpoints = run.touchpoints.iter();
            touchpoints
                .filter(|touchpoint| touchpoint.reasons.contains(&reason))
                .count()
        };
        let lag = now.duration_since(sent_at).as_millis();
        Self {
            lag_ms: u64::try_from(lag).unwrap_or_default(),
            planned: run
                .touchpoints
                .iter()
                .filter(|touchpoint| touchpoint.state == TouchpointState::Scheduled)
                .count(),
            skipped_no_phone: skipped(Reason::NoPhone),
            skipped_no_email: skipped(Reason::NoEmail),
        }
    }
}
