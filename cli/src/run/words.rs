//! A run in words.

use domain::{
    cadence::{Touchpoint, TouchpointState},
    run::{CadenceState, Run, RunStatus},
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
        (RunStatus::Running, _) => "running",
        (RunStatus::Completed, _) => "completed",
        (RunStatus::Stopped, _) => "replaced",
        (RunStatus::Failed, _) => "failed",
    }
}

/// Returns the state of a run with its reason.
pub fn state_with_reason(run: &Run, now: Timestamp) -> String {
    let state = state(run);
    let since = run
        .paused_at
        .map_or_else(String::new, |since| format!(" {}", relative(since, now)));
    let reason = match state {
        "taken over" => "nothing goes out until the lead is handed back",
        "queued" => "its touchpoints are planned within the next minutes",
        "waiting" => "its workflow is paused",
        "paused" => "the automation was resumed without its cadence",
        "completed" if run.current_status.is_terminal => "its status ends the run",
        "completed" => "no touchpoint is left",
        "replaced" => "the lead has a newer run",
        "failed" => "its workflow was removed before the run was planned",
        _ => return state.to_owned(),
    };
    format!("{state}{since}: {reason}")
}

/// Returns the touchpoint that goes out next. `None` if none is left, or if the cadence is held up.
pub fn next(run: &Run) -> Option<(usize, &Touchpoint)> {
    let is_left = |(_, touchpoint): &(usize, &Touchpoint)| {
        matches!(
            touchpoint.state,
            TouchpointState::Scheduled | TouchpointState::Dispatched
        )
    };
    run.touchpoints.iter().enumerate().find(is_left)
}

/// Returns the number of touchpoints in each state, such as `1 done, 8 cancelled`. It is empty if
/// none is planned.
pub fn counts(run: &Run) -> String {
    let states = [
        TouchpointState::Done,
        TouchpointState::Failed,
        TouchpointState::Skipped,
        TouchpointState::Cancelled,
        TouchpointState::Dispatched,
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

/// Returns the state of a touchpoint, with the reasons why it differs from its step.
pub fn of_touchpoint(touchpoint: &Touchpoint) -> String {
    let reasons: Vec<_> = touchpoint.reasons.iter().map(ToString::to_string).collect();
    let state = touchpoint.state;
    match reasons.is_empty() {
        true => state.to_string(),
        false => format!("{state} ({})", reasons.join(", ")),
    }
}
