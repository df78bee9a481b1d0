//! The table of the states of a run. The walk sees exactly these transitions, and
//! docs/run-states.md shows them.

use std::collections::BTreeSet;

use super::events::{Event, Machine, State, Transition};

/// Transitions from one state to another that have the same effect.
pub(super) struct Row {
    pub machine: Machine,
    pub from: State,
    pub events: &'static [Event],
    pub to: State,
    pub effect: &'static str,
}

/// Returns each transition of the rows.
pub(super) fn transitions<'a>(rows: impl Iterator<Item = &'a Row>) -> BTreeSet<Transition> {
    let each = |it: &'a Row| {
        it.events
            .iter()
            .map(|event| (it.machine, it.from, *event, it.to))
    };
    rows.flat_map(each).collect()
}
