//! Entries of the history about outcomes that no client has reported.

use domain::{
    activity::{Activity, ActivityKind, Contact},
    run::Run,
};
use jiff::Timestamp;

/// Returns the entries of the outcomes that were missing in `before` and that `after` has.
pub(crate) fn missing_outcomes(before: &Run, after: &Run, now: Timestamp) -> Vec<Activity> {
    let pairs = before.touchpoints.iter().zip(&after.touchpoints);
    let settled = (0..)
        .zip(pairs)
        .filter(|(_, (old, new))| old.outcome != new.outcome);
    let entries = settled.filter_map(|(index, (_, touchpoint))| {
        let outcome = touchpoint.outcome?;
        let what = format!("{}: {outcome}", touchpoint.name());
        let contact = Contact {
            outcome: Some(outcome),
            ..Contact::of(after.id, index, touchpoint)
        };
        Some(Activity {
            contact: Some(contact),
            ..Activity::new(ActivityKind::TouchpointOutcome, &what, now)
        })
    });
    let mut entries: Vec<_> = entries.collect();
    if let Some(subject) = entries.last_mut().and_then(|last| last.subject.as_mut())
        && before.cadence_state != after.cadence_state
    {
        *subject += &format!(", cadence {}", after.cadence_state);
    }
    entries
}
