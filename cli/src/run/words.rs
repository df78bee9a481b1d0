//! A run in words.

use domain::{
    cadence::{Touchpoint, TouchpointState},
    outcome::Outcome,
    run::{CadenceState, HeldBy, Run, RunStatus},
};
use jiff::Timestamp;

use crate::output::relative;

/// Returns the state of a run in one or two words.
pub fn state(run: &Run) -> &'static str {
    match (run.status, run.cadence_state) {
        (RunStatus::Queued | RunStatus::Running, _) if run.human_takeover => "taken over",
        (RunStatus::Queued, CadenceState::Pending) => "queued",
        (RunStatus::Queued, _) => "waiting",
        (RunStatus::Running, CadenceState::Paused) => "paused",
        (RunStatus::Running, _) if run.held.is_some() => "held",
        (RunStatus::Running, _) => "running",
        (RunStatus::Completed, _) => "completed",
        (RunStatus::Stopped, _) => "stopped",
        (RunStatus::Failed, _) => "failed",
    }
}

/// Returns the state of a run with its reason.
pub fn state_with_reason(run: &Run, now: Timestamp) -> String {
    let state = state(run);
    let since = run.held.map(|held| held.since).or(run.paused_at);
    let since = since.map_or_else(String::new, |since| format!(" {}", relative(since, now)));
    let mut outcomes = run.touchpoints.iter().filter_map(|it| it.outcome);
    let reason = match state {
        "taken over" => "nothing goes out until the lead is handed back",
        "queued" => "its touchpoints are planned within the next minutes",
        "waiting" => "its workflow is paused",
        "held" => match run.held.map(|held| held.by) {
            Some(HeldBy::All) => "an operator holds all accounts",
            Some(HeldBy::Account) => "an operator holds the account",
            Some(HeldBy::Workflow(_)) | None => "its workflow is paused",
        },
        "paused" => "the automation was resumed without its cadence",
        "completed" if run.current_status.is_terminal => "its status ends the run",
        "completed" => "no touchpoint is left",
        "stopped" if outcomes.any(Outcome::suppresses) => "the person wants no more contacts",
        "stopped" => "the lead has a newer run, or the person wants no more contacts",
        "failed" => "its workflow was removed before the run was planned",
        _ => {
            let cadence = match run.cadence_state {
                CadenceState::Completed => "its cadence was completed",
                CadenceState::Cancelled => "its cadence was cancelled by an outcome",
                _ => return state.to_owned(),
            };
            return format!("{state}: {cadence}{since}");
        }
    };
    format!("{state}{since}: {reason}")
}

/// Returns the touchpoint whose turn it is, with its index. `None` if none is left, or if the
/// cadence does not go on.
pub fn next(run: &Run) -> Option<(usize, &Touchpoint)> {
    let index = run.next_index().filter(|_| run.goes_on())?;
    Some((usize::from(index), run.touchpoint(index)?))
}

/// Returns the number of touchpoints in each state, such as `1 done, 8 cancelled`. It is empty if
/// none is planned.
pub fn counts(run: &Run) -> String {
    let states = [
        TouchpointState::Done,
        TouchpointState::Unconfirmed,
        TouchpointState::Failed,
        TouchpointState::Expired,
        TouchpointState::Skipped,
        TouchpointState::Cancelled,
        TouchpointState::Dispatched,
        TouchpointState::Claimed,
        TouchpointState::Scheduled,
    ];
    let count = |state| {
        let touchpoints = run.touchpoints.iter();
        let count = touchpoints.filter(|it| it.state == state).count();
        (count > 0).then(|| format!("{count} {state}"))
    };
    let counts: Vec<_> = states.into_iter().filter_map(count).collect();
    counts.join(", ")
}

/// Returns the state of a touchpoint, with its outcome and the reasons why it differs from its
/// step.
pub fn of_touchpoint(touchpoint: &Touchpoint) -> String {
    let mut text = touchpoint.state.to_string();
    if let Some(outcome) = touchpoint.outcome {
        text += &format!(": {outcome}");
    }
    let reasons: Vec<_> = touchpoint.reasons.iter().map(ToString::to_string).collect();
    if !reasons.is_empty() {
        text += &format!(" ({})", reasons.join(", "));
    }
    text
}
