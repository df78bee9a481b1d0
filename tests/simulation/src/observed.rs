//! Everything that clients observed during a schedule, and what the invariants need beside the
//! table.

use std::collections::{BTreeMap, BTreeSet};

use domain::{
    ids::{LeadId, RunId},
    run::Owner,
};
use jiff::Timestamp;
use serde_json::Value;

use crate::{
    hand_overs::{Log, Pushes},
    queue::Message,
};

/// Maximum number of leads in an array of a schedule.
pub const MOST_LEADS: usize = 4;

/// Parts of a reply that each replay repeats.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Promise {
    pub run: String,
    pub warning: String,
}

/// Observations of a schedule.
#[derive(Debug, Default)]
pub struct Observed {
    /// Lead and run of every 201 that named a run.
    pub promised: BTreeSet<(String, String)>,
    /// Lead of every 201.
    pub created: BTreeSet<String>,
    /// Lead that each idempotency key and index stand for.
    leads_of_keys: BTreeMap<(String, usize), String>,
    /// First promise to each idempotency key and index.
    pub promises: BTreeMap<(String, usize), Promise>,
    /// Number of events of each lead.
    pub event_tries: BTreeMap<String, usize>,
    /// Reply to the events of each lead and idempotency key.
    events: BTreeMap<(String, String), String>,
    /// Number of requests to erase each lead.
    pub erase_tries: BTreeMap<String, usize>,
    /// Leads whose erasure was confirmed.
    pub erased: BTreeSet<String>,
    /// Number of requests to assign each lead.
    pub assign_tries: BTreeMap<String, usize>,
    /// Leads whose stop was confirmed.
    pub stopped: BTreeSet<String>,
    /// Number of requests to resume each lead.
    pub resume_tries: BTreeMap<String, usize>,
    /// Claims of touchpoints that were confirmed.
    pub claims: Vec<Claimed>,
    /// Everything that callers have received.
    pub hand_overs: Log,
    /// Everything that the receiver of webhooks has received.
    pub pushes: Pushes,
    /// Ids of suppressions that were confirmed.
    pub suppressions: BTreeSet<String>,
    /// Path and body of the last outcome that was taken in.
    pub reported: Option<(String, Value)>,
    /// Messages that failed too often.
    pub dead_letters: Vec<Message>,
    /// Breaches that were seen while the schedule ran.
    pub problems: Vec<String>,
    /// Events, for the reader of a failure.
    pub log: Vec<String>,
    /// Number of polls of each handler.
    pub polls: Vec<u32>,
    /// Key and body of each idempotent request.
    pub requests: Vec<(String, Value)>,
    /// Keys of idempotent requests that were sent with another body too, each with the index of the
    /// first lead that differs.
    pub contested: BTreeMap<String, usize>,
}

/// Lead and run. The run is the newest one if it is `None`.
pub type Place = (LeadId, Option<RunId>);

/// A claim that was confirmed.
#[derive(Clone, Debug)]
pub struct Claimed {
    pub place: Place,
    /// Index of the touchpoint.
    pub index: u16,
    pub owner: Owner,
    pub at: Timestamp,
    pub until: Timestamp,
    /// Whether its owner has begun to settle it, or someone to report its outcome.
    pub is_over: bool,
}

impl Observed {
    /// Takes in a confirmed claim. Returns the breach if another one is still in force.
    pub fn claimed(&mut self, claimed: Claimed) -> Option<String> {
        let mut others = self.claims.iter().filter(|other| {
            (other.place, other.index) == (claimed.place, claimed.index) && !other.is_over
        });
        let is_shared = others.any(|other| claimed.at < other.until && other.at < claimed.until);
        self.claims.push(claimed.clone());
        is_shared.then(|| format!("two workers have {} of {:?}", claimed.index, claimed.place))
    }

    /// Returns the key of a new idempotent request.
    pub fn new_key(&mut self, body: &Value) -> String {
        let key = Self::key(self.requests.len());
        self.requests.push((key.clone(), body.clone()));
        key
    }

    /// Returns the key of the idempotent request with this number.
    pub fn key(number: usize) -> String {
        format!("request-{number}")
    }

    /// Takes in the promise of a reply. `known` has the promises from before the request was sent,
    /// which a replay must repeat.
    pub fn promised_again(
        &mut self,
        key_and_index: (String, usize),
        known: &BTreeMap<(String, usize), Promise>,
        promise: Promise,
    ) {
        // A promise without a run means that the start could not be listed as pending.
        let first = known.get(&key_and_index).filter(|it| !it.run.is_empty());
        let is_repeated = first.is_none_or(|first| {
            first.run == promise.run
                && (first.warning.is_empty() || first.warning == promise.warning)
        });
        if !is_repeated {
            let problem = format!("{key_and_index:?} was promised {first:?}, then {promise:?}");
            self.problems.push(problem);
        }
        self.promises.entry(key_and_index).or_insert(promise);
    }

    /// Takes in the reply to an event. Returns the first reply to the same key.
    pub fn event(&mut self, lead: &str, key: &str, reply: &str) -> String {
        let first = self.events.entry((lead.to_owned(), key.to_owned()));
        first.or_insert_with(|| reply.to_owned()).clone()
    }

    /// Counts an event of a lead. Returns its key.
    pub fn new_event(&mut self, lead: &str) -> String {
        let number = self.event_tries.entry(lead.to_owned()).or_default();
        *number += 1;
        format!("event-{number}")
    }

    /// Returns the number of events of a lead that were confirmed.
    pub fn confirmed_events(&self, lead: &str) -> usize {
        self.events.keys().filter(|(of, _)| of == lead).count()
    }

    /// Counts a request to erase a lead.
    pub fn count_erasure(&mut self, lead: &str) {
        *self.erase_tries.entry(lead.to_owned()).or_default() += 1;
    }

    /// Counts a request to resume a lead.
    pub fn count_resume(&mut self, lead: &str) {
        *self.resume_tries.entry(lead.to_owned()).or_default() += 1;
    }

    /// Counts a request to assign a lead.
    pub fn count_assignment(&mut self, lead: &str) {
        *self.assign_tries.entry(lead.to_owned()).or_default() += 1;
    }

    /// Takes in a reply that names a lead, with its idempotency key and index. `run` is empty if
    /// the reply promised no run.
    pub fn created(&mut self, key: Option<(&str, usize)>, lead: &str, run: &str) {
        self.created.insert(lead.to_owned());
        if !run.is_empty() {
            self.promised.insert((lead.to_owned(), run.to_owned()));
        }
        if let Some((key, index)) = key {
            let key_and_index = (key.to_owned(), index);
            let before = self.leads_of_keys.insert(key_and_index, lead.to_owned());
            if before.is_some_and(|before| before != lead) {
                self.problems.push(format!("{key} made two leads"));
            }
        }
    }
}
