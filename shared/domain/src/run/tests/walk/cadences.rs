//! Transitions of a cadence.

use super::{
    events::{
        Event::{self, *},
        Machine, State,
    },
    table::Row,
};

const IS_HELD: State = "active, held";
const COMPLETES: &str = "An outcome completes the cadence, or no touchpoint is left.";
const CANCELS: &str = "An outcome cancels the cadence, or the run ends.";

const fn row(from: State, events: &'static [Event], to: State, effect: &'static str) -> Row {
    Row {
        machine: Machine::Cadence,
        from,
        events,
        to,
        effect,
    }
}

pub(super) const CADENCES: &[Row] = &[
    row(
        "pending",
        &[Plan],
        "active",
        "The touchpoints have their due times.",
    ),
    row(
        "pending",
        &[Plan],
        "paused",
        "The workflow is paused. Nothing is planned.",
    ),
    row(
        "pending",
        &[Plan],
        "completed",
        "No step can reach the lead.",
    ),
    row("pending", &[Plan], "cancelled", "The workflow is missing."),
    row("active", &[Hold], IS_HELD, "No touchpoint goes out."),
    row(
        "active",
        &[Stop, Outcome, Contact],
        "paused",
        "A person has the lead. What is scheduled is cancelled.",
    ),
    row(
        "active",
        &[Claim, Open, Refused, Skip, Template, Outcome, Contact, Time],
        "completed",
        COMPLETES,
    ),
    row(
        "active",
        &[Outcome, Contact, Time, Status, End],
        "cancelled",
        CANCELS,
    ),
    row(
        IS_HELD,
        &[Release],
        "active",
        "The rest moves by the length of the hold.",
    ),
    row(
        IS_HELD,
        &[Outcome, Contact],
        "active",
        "No touchpoint is scheduled any more, so nothing is left to hold.",
    ),
    row(
        IS_HELD,
        &[Stop, Outcome, Contact],
        "paused",
        "A person has the lead. What is scheduled is cancelled.",
    ),
    row(
        IS_HELD,
        &[Claim, Outcome, Contact, Time],
        "completed",
        COMPLETES,
    ),
    row(
        IS_HELD,
        &[Outcome, Contact, Status, End],
        "cancelled",
        CANCELS,
    ),
    row(
        "paused",
        &[Plan],
        "active",
        "The workflow is not paused any more. The run is planned from now on.",
    ),
    row(
        "paused",
        &[Resume],
        "active",
        "The cancelled touchpoints are scheduled again, later by the length of the pause.",
    ),
    row(
        "paused",
        &[Plan, Resume],
        "completed",
        "No touchpoint is left, or no step can reach the lead.",
    ),
    row("paused", &[Outcome, Contact], "completed", COMPLETES),
    row(
        "paused",
        &[Outcome, Contact, Status, End],
        "cancelled",
        CANCELS,
    ),
    row(
        "completed",
        &[Resume, Outcome],
        "active",
        "A resume or a callback after an answer reopens what an outcome has completed.",
    ),
    row(
        "completed",
        &[Outcome, Contact],
        "cancelled",
        "The workflow cancels the cadence with this outcome.",
    ),
    row(
        "cancelled",
        &[Plan],
        "completed",
        "The workflow is not paused any more, and no step can reach the lead.",
    ),
];
