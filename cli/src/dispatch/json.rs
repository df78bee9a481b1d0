//! JSON form of the status of dispatch.

use aws::store::{DueRun, HoldScope};
use domain::{
    channel::Channel,
    ids::{AccountId, LeadId, RunId, WorkflowId},
};
use jiff::Timestamp;
use serde::Serialize;

use super::lanes::Lane;
use crate::queue::counts::Counts;

/// Output of the command.
#[derive(Serialize)]
pub struct Status {
    pub lanes: Vec<Lane>,
    pub oldest_due_run: Option<DueOut>,
    pub holds: Vec<HoldOut>,
    pub releases: Vec<ReleaseOut>,
    /// `None` if the URL of the queue is not known.
    pub queue: Option<Counts>,
    pub dead_letters: Option<Counts>,
}

#[derive(Serialize)]
pub struct DueOut {
    pub account_id: AccountId,
    pub lead_id: LeadId,
    pub run_id: RunId,
    pub channel: Channel,
    pub kind: &'static str,
    pub due_at: Timestamp,
}

/// Everything whose runs are held. Both ids are `None` for all accounts.
#[derive(Serialize)]
pub struct HoldOut {
    #[serde(flatten)]
    pub scope: ScopeOut,
    /// Name of the paused workflow. `None` for a hold of an operator.
    pub workflow: Option<String>,
    pub since: Option<Timestamp>,
    pub reason: Option<String>,
    /// Number of runs that wait, at most a few thousand.
    pub held_runs: usize,
}

/// An order to release the runs that an ended hold has held.
#[derive(Serialize)]
pub struct ReleaseOut {
    #[serde(flatten)]
    pub scope: ScopeOut,
    pub held_runs: usize,
    pub empty_since: Option<Timestamp>,
}

#[derive(Clone, Copy, Serialize)]
pub struct ScopeOut {
    pub account_id: Option<AccountId>,
    pub workflow_id: Option<WorkflowId>,
}

impl From<HoldScope> for ScopeOut {
    fn from(scope: HoldScope) -> Self {
        let (account_id, workflow_id) = match scope {
            HoldScope::All => (None, None),
            HoldScope::Account(account) => (Some(account), None),
            HoldScope::Workflow(account, workflow) => (Some(account), Some(workflow)),
        };
        Self {
            account_id,
            workflow_id,
        }
    }
}

impl From<DueRun> for DueOut {
    fn from(due: DueRun) -> Self {
        Self {
            account_id: due.run.account_id,
            lead_id: due.run.lead_id,
            run_id: due.run.run_id,
            channel: due.channel,
            kind: due.kind.as_str(),
            due_at: due.at,
        }
    }
}
