//! Everything that clients observed during a schedule, and what the invariants need beside the
//! table.

use std::collections::{BTreeMap, BTreeSet};

use domain::{
    ids::{LeadId, RunId},
    run::Owner,
};
use jiff::Timestamp;
use serde_json::Value;

use crate::queue::Message;

/// Observations of a schedule.
#[derive(Debug, Default)]
pub struct Observed {
    /// Lead and run of every 201 that named a run.
    pub promised: BTreeSet<(String, String)>,
    /// Lead of every 201.
    pub created: BTreeSet<String>,
    /// Lead that each idempotency key and index stand for.
    leads_of_keys: BTreeMap<(String, usize), String>,
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
        let key = format!("request-{}", self.requests.len());
        self.requests.push((key.clone(), body.clone()));
        key
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
