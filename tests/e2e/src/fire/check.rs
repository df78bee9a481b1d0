//! What must hold when everything is healed, read from the raw table and the queue.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{
    aws::text,
    wire::Wire,
    world::{POISON, Told},
};

/// Promises that are not kept.
pub(super) fn promises(items: &[Value], told: &Told) -> Vec<String> {
    let leads = leads(items);
    let is_kept =
        |lead: &str, run: &str| leads.get(lead).is_some_and(|it| runs_of(it).contains(run));
    let promised = told.promised.iter();
    promised
        .filter(|(lead, run)| !told.erase_tries.contains_key(lead) && !is_kept(lead, run))
        .map(|(lead, run)| format!("{lead} was promised the run {run}, and it is not there"))
        .collect()
}

/// Whether there is something for requeue-starts to do.
pub(super) fn is_marked(items: &[Value]) -> bool {
    items.iter().any(|item| item.get("gsi2pk").is_some())
}

/// Leads that wait for a run.
pub(super) fn stalled(items: &[Value]) -> Vec<String> {
    let leads = leads(items).into_iter();
    leads
        .filter(|(_, items)| waits_for(items).is_some())
        .map(|(lead, _)| lead.to_owned())
        .collect()
}

/// What does not hold.
pub(super) fn problems(items: &[Value], told: &Told, wire: &Wire) -> Vec<String> {
    let mut problems = Vec::new();
    if is_marked(items) {
        problems.push("there are marks that requeue-starts does not see".to_owned());
    }
    for (lead, items) in leads(items) {
        problems.extend(problems_of(lead, &items, told));
    }
    for run in wire.built_twice() {
        problems.push(format!("{run} was built twice"));
    }
    for message in told.dead.iter().filter(|message| message.body != POISON) {
        problems.push(format!("{message:?} is a dead letter"));
    }
    problems
}

/// The items of each lead's partition.
fn leads(items: &[Value]) -> BTreeMap<&str, Vec<&Value>> {
    let mut leads: BTreeMap<&str, Vec<&Value>> = BTreeMap::new();
    for item in items {
        let pk = text(&item["pk"]["S"]).strip_prefix("LEAD#");
        if let Some((_, lead)) = pk.and_then(|pk| pk.split_once('#')) {
            leads.entry(lead).or_default().push(item);
        }
    }
    leads
}

/// The lead itself, if it is there.
fn itself<'a>(items: &[&'a Value]) -> Option<&'a Value> {
    items.iter().copied().find(|item| kind(item) == "lead")
}

/// The run that a lead was ordered and does not have.
fn waits_for<'a>(items: &[&'a Value]) -> Option<&'a str> {
    let start = text(&itself(items)?["start"]["M"]["run_id"]["S"]);
    Some(start).filter(|start| !start.is_empty() && !runs_of(items).contains(start))
}

fn runs_of<'a>(items: &[&'a Value]) -> BTreeSet<&'a str> {
    let runs = items.iter().filter(|item| kind(item) == "run");
    runs.map(|run| text(&run["sk"]["S"]).trim_start_matches("RUN#"))
        .collect()
}

fn kind(item: &Value) -> &str {
    text(&item["et"]["S"])
}

/// What does not hold of a lead.
fn problems_of(lead: &str, items: &[&Value], told: &Told) -> Vec<String> {
    let mut problems = Vec::new();
    let runs = runs_of(items);
    if itself(items).is_none() {
        if let Some(left) = items.iter().find(|item| kind(item) != "erased") {
            problems.push(format!("{lead} is not there, and of it there is {left}"));
        }
        return problems;
    }
    if told.erased.contains(lead) {
        problems.push(format!("{lead} was erased and is there"));
    }
    if let Some(run) = waits_for(items) {
        problems.push(format!("{lead} waits for the run {run} for ever"));
    }
    let tries = told.assign_tries.get(lead).copied().unwrap_or_default();
    if runs.len() > 1 + tries {
        problems.push(format!("{lead} has the runs {runs:?}"));
    }
    let is_left_alone = tries == 0 && !told.erase_tries.contains_key(lead);
    if told.stopped.contains(lead) && is_left_alone {
        let run = items.iter().find(|item| kind(item) == "run");
        if !run.is_some_and(|run| run["human_takeover"]["BOOL"] == true) {
            problems.push(format!("{lead} was stopped and goes on"));
        }
    }
    problems
}
