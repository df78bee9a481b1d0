//! Invariants: rules that hold when the faults are over. They are checked on the raw table and the
//! queue.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use aws::store::{Counts, check};
use aws_sdk_dynamodb::types::AttributeValue;
use domain::{ids::LeadId, lead::MAX_SIZE};
use local::demo;
use serde_json::{Value, json};

use crate::{
    answer::text,
    observed::{MOST_LEADS, Observed},
    queue::POISON,
};

/// Attributes that a tombstone may have.
const OF_TOMBSTONE: [&str; 9] = [
    "pk",
    "sk",
    "et",
    "v",
    "ttl",
    "run_id",
    "workflow_id",
    "gsi2pk",
    "gsi2sk",
];

/// Returns the promises that are not kept: a run that a 201 named must be there.
pub fn broken_promises(items: &[Value], observed: &Observed) -> Vec<String> {
    let leads = leads(items);
    let is_kept =
        |lead: &str, run: &str| leads.get(lead).is_some_and(|it| runs_of(it).contains(run));
    let promised = observed.promised.iter();
    promised
        .filter(|(lead, run)| !observed.erase_tries.contains_key(lead) && !is_kept(lead, run))
        .map(|(lead, run)| format!("{lead} was promised the run {run}, and it is not there"))
        .collect()
}

/// Tells whether requeue-starts has something to do.
pub fn is_pending(items: &[Value]) -> bool {
    let is_work = |item: &Value| kind(item) != "run" && item.get("gsi2pk").is_some();
    items.iter().any(is_work)
}

/// Returns the leads that wait for a run.
pub fn stalled(items: &[Value]) -> Vec<String> {
    let leads = leads(items).into_iter();
    leads
        .filter(|(_, items)| waits_for(items).is_some())
        .map(|(lead, _)| lead.to_owned())
        .collect()
}

/// Returns the breaches of all invariants but the promises.
pub fn breaches(items: &[Value], observed: &Observed, built_twice: &[String]) -> Vec<String> {
    let mut breaches = Vec::new();
    if is_pending(items) {
        breaches.push("there are pending starts that requeue-starts does not see".to_owned());
    }
    for item in items.iter().filter(|item| kind(item) == "erased") {
        let mut names = item.as_object().into_iter().flatten().map(|(name, _)| name);
        if let Some(name) = names.find(|name| !OF_TOMBSTONE.contains(&name.as_str())) {
            breaches.push(format!("a tombstone has {name}: {item}"));
        }
    }
    for (lead, items) in leads(items) {
        breaches.extend(breaches_of(lead, &items, observed));
    }
    let checked = check(items.iter().map(attributes));
    breaches.extend(checked.breaches.iter().map(ToString::to_string));
    let Counts { waiting, held, .. } = checked.counts;
    if (waiting, held) != (0, 0) {
        breaches.push(format!("{waiting} runs wait and {held} are held for ever"));
    }
    let contested = observed.contested.iter();
    breaches.extend(contested.filter_map(|(key, first)| mixed(items, key, *first)));
    for run in built_twice {
        breaches.push(format!("{run} was built twice"));
    }
    let dead_letters = observed.dead_letters.iter();
    for message in dead_letters.filter(|message| message.body != POISON) {
        breaches.push(format!("{message:?} is a dead letter"));
    }
    breaches
}

/// Returns the attributes of an item in DynamoDB's JSON.
pub fn attributes(item: &Value) -> HashMap<String, AttributeValue> {
    let item: serde_dynamo::Item = serde_json::from_value(item.clone()).expect("an item");
    item.into()
}

/// Returns the breach of a key whose leads come from more than one request.
fn mixed(items: &[Value], key: &str, first: usize) -> Option<String> {
    let (account, key) = (demo::ACCOUNT_ID.parse().ok()?, key.parse().ok()?);
    let leads = leads(items);
    let origins: BTreeSet<_> = (first..MOST_LEADS)
        .filter_map(|index| {
            let id = LeadId::of_request(account, &key, index).to_string();
            let lead = lead_item(leads.get(id.as_str())?)?;
            Some(lead["metadata"]["M"]["company"]["S"].as_str())
        })
        .collect();
    (origins.len() > 1).then(|| format!("{} has leads of {origins:?}", key.as_str()))
}

/// Returns the bytes of a lead's metadata in JSON.
fn size(lead: &Value) -> usize {
    let metadata = lead["metadata"]["M"].as_object().into_iter().flatten();
    metadata
        .map(|(key, value)| json!(key).to_string().len() + text(&value["S"]).len() + 2)
        .sum()
}

/// Returns the items of each lead's partition.
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

/// Returns the item of the lead. `None` if there is no lead.
fn lead_item<'a>(items: &[&'a Value]) -> Option<&'a Value> {
    items.iter().copied().find(|item| kind(item) == "lead")
}

/// Returns the run that a lead's start orders. `None` if the run is there, or no run was ordered.
fn waits_for<'a>(items: &[&'a Value]) -> Option<&'a str> {
    let start = text(&lead_item(items)?["start"]["M"]["run_id"]["S"]);
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

/// Returns the breaches of one lead.
fn breaches_of(lead: &str, items: &[&Value], observed: &Observed) -> Vec<String> {
    let mut breaches = Vec::new();
    let runs = runs_of(items);
    if lead_item(items).is_none() {
        if let Some(left) = items.iter().find(|item| kind(item) != "erased") {
            breaches.push(format!("{lead} is not there, and has left {left}"));
        }
        return breaches;
    }
    let size = lead_item(items).map_or(0, size);
    if size > MAX_SIZE {
        breaches.push(format!("{lead} has {size} bytes"));
    }
    let is_event = |item: &&&Value| {
        let contact = &item["contact"]["M"];
        kind(item) == "activity" && contact.is_object() && contact["index"].is_null()
    };
    let events = items.iter().filter(is_event).count();
    let tried = observed.event_tries.get(lead).copied().unwrap_or_default();
    // An outcome of an ended run can add such an entry too.
    let is_known = observed.created.contains(lead) && observed.hand_overs.handed_over.is_empty();
    if is_known && (events > tried || events < observed.confirmed_events(lead)) {
        breaches.push(format!("{lead} has {events} events of {tried}"));
    }
    if observed.erased.contains(lead) {
        breaches.push(format!("{lead} was erased and is there"));
    }
    if let Some(run) = waits_for(items) {
        breaches.push(format!("{lead} waits for the run {run} for ever"));
    }
    let tries = observed.assign_tries.get(lead).copied().unwrap_or_default();
    if runs.len() > 1 + tries {
        breaches.push(format!("{lead} has the runs {runs:?}"));
    }
    let is_left_alone = tries == 0
        && !observed.resume_tries.contains_key(lead)
        && !observed.erase_tries.contains_key(lead);
    if observed.stopped.contains(lead) && is_left_alone {
        let run = items.iter().find(|item| kind(item) == "run");
        if !run.is_some_and(|run| run["human_takeover"]["BOOL"] == true) {
            breaches.push(format!("{lead} was stopped and goes on"));
        }
    }
    breaches
}
