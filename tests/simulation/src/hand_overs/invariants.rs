//! The statements about hand-overs that hold when every run has ended, on the raw table and on the log
//! of the callers.

use std::collections::BTreeMap;

use serde_json::Value;

use super::run_item::{RunItem, State, weight};
use crate::{answer::text, observed::Observed};

/// Returns the breaches.
pub fn breaches(items: &[Value], observed: &Observed) -> Vec<String> {
    let mut breaches = Vec::new();
    let unfinished = items
        .iter()
        .filter(|it| text(&it["et"]["S"]) == "run" && it["gsi2pk"].is_object());
    breaches.extend(unfinished.map(|it| format!("a run never ends: {it}")));
    let runs: BTreeMap<_, _> = items
        .iter()
        .filter_map(RunItem::read)
        .map(|run| (run.id.clone(), run))
        .collect();
    let log = &observed.hand_overs;
    for handed_over in log.handed_over.iter().filter(|it| !it.is_over) {
        let Some(run) = runs.get(&handed_over.run) else {
            continue;
        };
        let state = run.touchpoints[handed_over.index].state;
        if !matches!(state, State::Done | State::Unconfirmed) {
            breaches.push(format!(
                "a lease that lapsed was dropped as {state:?}: {handed_over:?}"
            ));
        }
    }
    for ((run, index), heaviest) in &log.outcomes {
        let Some(run) = runs.get(run) else {
            continue;
        };
        let outcome = run.touchpoints[*index].outcome.map_or(0, weight);
        if outcome < *heaviest {
            breaches.push(format!("{index} of {} has lost its outcome", run.id));
        }
    }
    breaches
}
