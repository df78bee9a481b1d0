//! Transitions of a run.

use super::{
    events::{
        Event::{self, *},
        Machine, State,
    },
    table::Row,
};

const ENDS: &str = "The run has ended. Its scheduled touchpoints are cancelled.";

const fn row(from: State, events: &'static [Event], to: State, effect: &'static str) -> Row {
    Row {
        machine: Machine::Run,
        from,
        events,
        to,
        effect,
    }
}

pub(super) const RUNS: &[Row] = &[
    row(
        "queued",
        &[Plan],
        "running",
        "The touchpoints have their due times.",
    ),
    row(
        "queued",
        &[Plan],
        "completed",
        "No step can reach the lead.",
    ),
    row("queued", &[Plan], "failed", "The workflow is missing."),
    row(
        "queued",
        &[Status, Contact],
        "completed",
        "The lead has a terminal status.",
    ),
    row(
        "queued",
        &[Contact, End],
        "stopped",
        "The person may not be contacted, or another run replaces this one.",
    ),
    row(
        "running",
        &[Status],
        "completed",
        "The lead has a terminal status.",
    ),
    row(
        "running",
        &[
            Claim, Open, Refused, Skip, Template, Outcome, Contact, Time, Resume,
        ],
        "completed",
        "The cadence has run out without reaching a person, or an outcome sets a terminal status.",
    ),
    row("running", &[Outcome, Contact, End], "stopped", ENDS),
    row(
        "completed",
        &[Outcome],
        "stopped",
        "The person wants no more contacts.",
    ),
    row(
        "stopped",
        &[Status],
        "completed",
        "The lead has a terminal status.",
    ),
];
