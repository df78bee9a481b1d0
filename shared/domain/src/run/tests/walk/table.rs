//! The table of the states of a run. The walk sees exactly these transitions, and
//! docs/run-states.md shows them.

use std::collections::BTreeSet;

use super::events::{
    Event::{self, *},
    Machine::{self, Cadence, Run, Touchpoint},
    OPEN, START, State, Transition,
};

/// Transitions from one state to another that have the same effect.
pub(super) struct Row {
    pub machine: Machine,
    pub from: State,
    pub events: &'static [Event],
    pub to: State,
    pub effect: &'static str,
}

const fn row(
    machine: Machine,
    from: State,
    events: &'static [Event],
    to: State,
    effect: &'static str,
) -> Row {
    Row {
        machine,
        from,
        events,
        to,
        effect,
    }
}

const IS_HELD: State = "active, held";
const ENDS: &str = "The run has ended. Its scheduled touchpoints are cancelled.";
const COMPLETES: &str = "An outcome completes the cadence, or no touchpoint is left.";
const CANCELS: &str = "An outcome cancels the cadence, or the run ends.";

pub(super) const TABLE: &[Row] = &[
    row(
        Touchpoint,
        START,
        &[Plan],
        "scheduled",
        "The planner gives it a due time.",
    ),
    row(
        Touchpoint,
        START,
        &[Outcome, Contact],
        "scheduled",
        "A callback adds a call if none is left.",
    ),
    row(
        Touchpoint,
        START,
        &[Plan],
        "skipped",
        "The lead has no address for the channel.",
    ),
    row(
        Touchpoint,
        START,
        &[Plan],
        "cancelled",
        "The run has waited for its paused workflow. A person or an outcome has stopped it meanwhile.",
    ),
    row(
        Touchpoint,
        "scheduled",
        &[Claim],
        "claimed",
        "One worker or one caller has it, for a lease.",
    ),
    row(
        Touchpoint,
        "scheduled",
        &[Deferred],
        "scheduled",
        "It had gone back, and now waits for the time that the receiver named.",
    ),
    row(
        Touchpoint,
        "scheduled",
        &[Outcome],
        "done",
        "It had gone back after a claim, and has an outcome even so.",
    ),
    row(
        Touchpoint,
        "scheduled",
        &[Outcome, Contact, Time],
        "skipped",
        "An outcome skips its step or its channel.",
    ),
    row(
        Touchpoint,
        "scheduled",
        &[Outcome, Contact, Time, Stop, Status, End],
        "cancelled",
        "The cadence is paused, completed or cancelled, or the run ends.",
    ),
    row(
        Touchpoint,
        "scheduled",
        &[Time],
        "expired",
        "Its hand-over had begun, and its time is used up. Nothing else moves.",
    ),
    row(
        Touchpoint,
        "claimed",
        &[Taken],
        "dispatched",
        "Its outcome is awaited, and the status can become `contacted`. If it was late, the rest moves.",
    ),
    row(
        Touchpoint,
        "claimed",
        &[Refused, Back, Deferred, Time],
        "scheduled",
        "It waits for another try. A refusal does so once, and a pulled lease that lapses three times.",
    ),
    row(
        Touchpoint,
        "claimed",
        &[Unknown, Time],
        OPEN,
        "It may have gone out, or the worker that pushed it has died. If it was late, the rest moves.",
    ),
    row(
        Touchpoint,
        "claimed",
        &[Time],
        "unconfirmed",
        "The lease lapsed, and no other try may follow.",
    ),
    row(
        Touchpoint,
        "claimed",
        &[Outcome],
        "done",
        "The outcome ends the claim, and has its effect on the run.",
    ),
    row(
        Touchpoint,
        "claimed",
        &[Refused, Template],
        "failed",
        "The receiver has refused it twice, or its message cannot be filled in. A person should look.",
    ),
    row(
        Touchpoint,
        "claimed",
        &[Skip],
        "skipped",
        "It must not go out, for a reason of its own.",
    ),
    row(
        Touchpoint,
        "claimed",
        &[Refused, Back, Skip, Template, Deferred],
        "cancelled",
        "It did not go out, and the run does not go on.",
    ),
    row(
        Touchpoint,
        OPEN,
        &[Claim, Back, Unknown, Deferred],
        OPEN,
        "It is tried again, under the same id.",
    ),
    row(
        Touchpoint,
        OPEN,
        &[Taken],
        "dispatched",
        "Its outcome is awaited.",
    ),
    row(
        Touchpoint,
        OPEN,
        &[Outcome],
        "done",
        "The outcome has its effect on the run.",
    ),
    row(
        Touchpoint,
        OPEN,
        &[Claim, Open, Refused, Skip, Template, Time],
        "unconfirmed",
        "No other try may follow: refused, out of time, another destination, or a run that is held or stopped.",
    ),
    row(
        Touchpoint,
        "dispatched",
        &[Outcome, Time],
        "done",
        "The outcome has its effect on the run. A missing one is `no_outcome`.",
    ),
    row(
        Touchpoint,
        "dispatched",
        &[Deferred],
        "scheduled",
        "The receiver could not make the contact yet. It waits for another try.",
    ),
    row(
        Touchpoint,
        "dispatched",
        &[Deferred],
        "cancelled",
        "The receiver could not make the contact yet, and the run does not go on.",
    ),
    row(
        Touchpoint,
        "unconfirmed",
        &[Outcome],
        "done",
        "The outcome settles it.",
    ),
    row(
        Touchpoint,
        "failed",
        &[Outcome],
        "done",
        "It had been claimed, and an outcome came late.",
    ),
    row(
        Touchpoint,
        "skipped",
        &[Outcome],
        "done",
        "It had been claimed, and an outcome came late.",
    ),
    row(
        Touchpoint,
        "expired",
        &[Outcome],
        "done",
        "It had been claimed, and an outcome came late.",
    ),
    row(
        Touchpoint,
        "cancelled",
        &[Outcome],
        "done",
        "It had been claimed, and an outcome came late.",
    ),
    row(
        Touchpoint,
        "cancelled",
        &[Resume, Outcome],
        "scheduled",
        "The cadence is active again, and it moves by the length of the pause.",
    ),
    row(
        Touchpoint,
        "done",
        &[Outcome],
        "done",
        "A heavier outcome replaces a lighter one.",
    ),
    row(
        Cadence,
        "pending",
        &[Plan],
        "active",
        "The touchpoints have their due times.",
    ),
    row(
        Cadence,
        "pending",
        &[Plan],
        "paused",
        "The workflow is paused. Nothing is planned.",
    ),
    row(
        Cadence,
        "pending",
        &[Plan],
        "completed",
        "No step can reach the lead.",
    ),
    row(
        Cadence,
        "pending",
        &[Plan],
        "cancelled",
        "The workflow is missing.",
    ),
    row(
        Cadence,
        "active",
        &[Hold],
        IS_HELD,
        "No touchpoint goes out.",
    ),
    row(
        Cadence,
        "active",
        &[Stop, Outcome, Contact],
        "paused",
        "A person has the lead. What is scheduled is cancelled.",
    ),
    row(
        Cadence,
        "active",
        &[Claim, Open, Refused, Skip, Template, Outcome, Contact, Time],
        "completed",
        COMPLETES,
    ),
    row(
        Cadence,
        "active",
        &[Outcome, Contact, Time, Status, End],
        "cancelled",
        CANCELS,
    ),
    row(
        Cadence,
        IS_HELD,
        &[Release],
        "active",
        "The rest moves by the length of the hold.",
    ),
    row(
        Cadence,
        IS_HELD,
        &[Outcome, Contact],
        "active",
        "No touchpoint is scheduled any more, so nothing is left to hold.",
    ),
    row(
        Cadence,
        IS_HELD,
        &[Stop, Outcome, Contact],
        "paused",
        "A person has the lead. What is scheduled is cancelled.",
    ),
    row(
        Cadence,
        IS_HELD,
        &[Outcome, Contact, Time],
        "completed",
        COMPLETES,
    ),
    row(
        Cadence,
        IS_HELD,
        &[Outcome, Contact, Status, End],
        "cancelled",
        CANCELS,
    ),
    row(
        Cadence,
        "paused",
        &[Plan],
        "active",
        "The workflow is not paused any more. The run is planned from now on.",
    ),
    row(
        Cadence,
        "paused",
        &[Resume],
        "active",
        "The cancelled touchpoints are scheduled again, later by the length of the pause.",
    ),
    row(
        Cadence,
        "paused",
        &[Plan, Resume],
        "completed",
        "No touchpoint is left, or no step can reach the lead.",
    ),
    row(
        Cadence,
        "paused",
        &[Outcome, Contact],
        "completed",
        COMPLETES,
    ),
    row(
        Cadence,
        "paused",
        &[Outcome, Contact, Status, End],
        "cancelled",
        CANCELS,
    ),
    row(
        Cadence,
        "completed",
        &[Resume, Outcome],
        "active",
        "A resume or a callback after an answer reopens what an outcome has completed.",
    ),
    row(
        Cadence,
        "completed",
        &[Outcome, Contact],
        "cancelled",
        "The workflow cancels the cadence with this outcome.",
    ),
    row(
        Cadence,
        "cancelled",
        &[Plan],
        "completed",
        "The workflow is not paused any more, and no step can reach the lead.",
    ),
    row(
        Run,
        "queued",
        &[Plan],
        "running",
        "The touchpoints have their due times.",
    ),
    row(
        Run,
        "queued",
        &[Plan],
        "completed",
        "No step can reach the lead.",
    ),
    row(Run, "queued", &[Plan], "failed", "The workflow is missing."),
    row(
        Run,
        "queued",
        &[Status, Contact],
        "completed",
        "The lead has a terminal status.",
    ),
    row(
        Run,
        "queued",
        &[Contact, End],
        "stopped",
        "The person may not be contacted, or another run replaces this one.",
    ),
    row(
        Run,
        "running",
        &[Status],
        "completed",
        "The lead has a terminal status.",
    ),
    row(
        Run,
        "running",
        &[
            Claim, Open, Refused, Skip, Template, Outcome, Contact, Time, Resume,
        ],
        "completed",
        "The cadence has run out without reaching a person, or an outcome sets a terminal status.",
    ),
    row(Run, "running", &[Outcome, Contact, End], "stopped", ENDS),
];

/// Returns each transition of the table.
pub(super) fn transitions() -> BTreeSet<Transition> {
    let rows = TABLE.iter();
    let each = |it: &'static Row| {
        it.events
            .iter()
            .map(|event| (it.machine, it.from, *event, it.to))
    };
    rows.flat_map(each).collect()
}
