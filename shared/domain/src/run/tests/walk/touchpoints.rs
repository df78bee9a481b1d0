//! Transitions of a touchpoint.

use super::{
    events::{
        Event::{self, *},
        Machine, OPEN, START, State,
    },
    table::Row,
};

const fn row(from: State, events: &'static [Event], to: State, effect: &'static str) -> Row {
    Row {
        machine: Machine::Touchpoint,
        from,
        events,
        to,
        effect,
    }
}

pub(super) const TOUCHPOINTS: &[Row] = &[
    row(
        START,
        &[Plan],
        "scheduled",
        "The planner gives it a due time.",
    ),
    row(
        START,
        &[Outcome, Contact],
        "scheduled",
        "A callback adds a call if none is left.",
    ),
    row(
        START,
        &[Plan],
        "skipped",
        "The lead has no address for the channel.",
    ),
    row(
        START,
        &[Plan],
        "cancelled",
        "The run has waited for its paused workflow. A person or an outcome has stopped it meanwhile.",
    ),
    row(
        "scheduled",
        &[Claim],
        "claimed",
        "One worker or one caller has it, for a lease.",
    ),
    row(
        "scheduled",
        &[Deferred],
        "scheduled",
        "It had gone back, and now waits for the time that the receiver named.",
    ),
    row(
        "scheduled",
        &[Outcome],
        "done",
        "It had gone back after a claim, and has an outcome even so.",
    ),
    row(
        "scheduled",
        &[Outcome, Contact, Time],
        "skipped",
        "An outcome skips its step or its channel.",
    ),
    row(
        "scheduled",
        &[Outcome, Contact, Time, Stop, Status, End],
        "cancelled",
        "The cadence is paused, completed or cancelled, or the run ends.",
    ),
    row(
        "scheduled",
        &[Claim, Outcome, Contact, Time, Stop, Status, End],
        "unconfirmed",
        "It had gone back after a lapsed lease, and no other try may follow.",
    ),
    row(
        "scheduled",
        &[Time],
        "expired",
        "Its hand-over had begun, and its time is used up. Nothing else moves.",
    ),
    row(
        "claimed",
        &[Taken],
        "dispatched",
        "Its outcome is awaited, and the status can become `contacted`. If it was late, the rest moves.",
    ),
    row(
        "claimed",
        &[Refused, Back, Deferred, Time],
        "scheduled",
        "It waits for another try. A refusal does so once, and a pulled lease that lapses three times.",
    ),
    row(
        "claimed",
        &[Unknown, Time],
        OPEN,
        "It may have gone out, or the worker that pushed it has died. If it was late, the rest moves.",
    ),
    row(
        "claimed",
        &[Refused, Back, Skip, Template, Deferred, Time],
        "unconfirmed",
        "The lease, or one before it, has lapsed, and no other try may follow.",
    ),
    row(
        "claimed",
        &[Outcome],
        "done",
        "The outcome ends the claim, and has its effect on the run.",
    ),
    row(
        "claimed",
        &[Refused, Template],
        "failed",
        "The receiver has refused it twice, or its message cannot be filled in. A person should look.",
    ),
    row(
        "claimed",
        &[Skip],
        "skipped",
        "It must not go out, for a reason of its own.",
    ),
    row(
        "claimed",
        &[Refused, Back, Skip, Template, Deferred],
        "cancelled",
        "It did not go out, and the run does not go on.",
    ),
    row(
        OPEN,
        &[Claim, Back, Unknown, Deferred],
        OPEN,
        "It is tried again, under the same id.",
    ),
    row(OPEN, &[Taken], "dispatched", "Its outcome is awaited."),
    row(
        OPEN,
        &[Outcome],
        "done",
        "The outcome has its effect on the run.",
    ),
    row(
        OPEN,
        &[Claim, Open, Refused, Skip, Template, Time],
        "unconfirmed",
        "No other try may follow: refused, out of time, another destination, or a run that is held or stopped.",
    ),
    row(
        "dispatched",
        &[Outcome, Time],
        "done",
        "The outcome has its effect on the run. A missing one is `no_outcome`.",
    ),
    row(
        "dispatched",
        &[Deferred],
        "scheduled",
        "The receiver could not make the contact yet. It waits for another try.",
    ),
    row(
        "dispatched",
        &[Deferred],
        "cancelled",
        "The receiver could not make the contact yet, and the run does not go on.",
    ),
    row("unconfirmed", &[Outcome], "done", "The outcome settles it."),
    row(
        "unconfirmed",
        &[Resend],
        "scheduled",
        "An operator schedules it again: for now, or for the next opening of its windows.",
    ),
    row(
        "failed",
        &[Resend],
        "scheduled",
        "An operator schedules it again: for now, or for the next opening of its windows.",
    ),
    row(
        "failed",
        &[Outcome],
        "done",
        "It had been claimed, and an outcome came late.",
    ),
    row(
        "skipped",
        &[Outcome],
        "done",
        "It had been claimed, and an outcome came late.",
    ),
    row(
        "expired",
        &[Outcome],
        "done",
        "It had been claimed, and an outcome came late.",
    ),
    row(
        "cancelled",
        &[Outcome],
        "done",
        "It had been claimed, and an outcome came late.",
    ),
    row(
        "cancelled",
        &[Outcome, Contact],
        "skipped",
        "An outcome skips its step or its channel, so that no resume brings it back.",
    ),
    row(
        "cancelled",
        &[Resume, Outcome],
        "scheduled",
        "The cadence is active again, and it moves by the length of the pause.",
    ),
    row(
        "done",
        &[Outcome],
        "done",
        "A heavier outcome replaces a lighter one.",
    ),
];
