//! The findings of a check, and the rules that compare partitions with each other.

use std::collections::{BTreeMap, BTreeSet};

use domain::ids::{AccountId, LeadId, RunId, WorkflowId};

use super::breach::{Breach, Rule};

/// The findings of a check.
#[derive(Default)]
pub(super) struct Findings {
    pub(super) counts: Counts,
    pub(super) breaches: BTreeSet<Breach>,
    /// Versions of workflows that runs follow, each with the breach of one of the runs if the
    /// version is not there.
    pub(super) followed: BTreeMap<(AccountId, WorkflowId, u32), Breach>,
    pub(super) versions: BTreeSet<(AccountId, WorkflowId, u32)>,
    /// Runs that wait for their workflow.
    pub(super) waiting: BTreeMap<(AccountId, WorkflowId, RunId), LeadId>,
    /// Runs that have ended and may have waited. Their waiting note may still be there.
    pub(super) waited: BTreeSet<RunId>,
    pub(super) notes: BTreeMap<(AccountId, WorkflowId, RunId), LeadId>,
    /// Leads whose erasure is not finished.
    pub(super) erasing: BTreeSet<LeadId>,
}

/// Numbers of items that a check has seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Counts {
    pub items: usize,
    pub accounts: usize,
    pub workflows: usize,
    pub leads: usize,
    pub runs: usize,
    /// Runs that the second index lists as due.
    pub due: usize,
    /// Runs that the second index lists as held.
    pub held: usize,
    /// Runs whose touchpoint callers can pull.
    pub open: usize,
    /// Runs that wait for their paused workflow.
    pub waiting: usize,
    /// Starts whose message may not be sent.
    pub pending_starts: usize,
    /// Erasures that are not finished.
    pub unfinished_erasures: usize,
    /// Addresses that are suppressed.
    pub suppressions: usize,
}

impl Findings {
    /// Returns the findings with those of the rules that compare partitions.
    pub(super) fn compared(mut self) -> Self {
        for (version, breach) in &self.followed {
            if !self.versions.contains(version) {
                self.breaches.insert(breach.clone());
            }
        }
        for (place, lead) in &self.waiting {
            if !self.notes.contains_key(place) {
                let breach = Breach::of_place(Rule::NoteMissing, *place, *lead);
                self.breaches.insert(breach);
            }
        }
        for (place, lead) in &self.notes {
            let is_known = self.waiting.contains_key(place) || self.waited.contains(&place.2);
            if !is_known && !self.erasing.contains(lead) {
                let breach = Breach::of_place(Rule::NoteLeft, *place, *lead);
                self.breaches.insert(breach);
            }
        }
        self
    }
}
