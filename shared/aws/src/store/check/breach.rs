//! Breaches of the rules. They have ids only, and no data of a person.

use std::fmt;

use domain::{
    address::AddressHash,
    ids::{AccountId, LeadId, RunId, WorkflowId},
};
use serde::Serialize;

/// A rule of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// Every item has a key and a kind of Leadgate.
    Unknown,
    /// Every item can be read.
    Damaged,
    /// A run has the entry in the second index that its attributes give.
    Entry,
    /// A run has one entry in the second index if its cadence is active, or if it carries a claim or
    /// an open try. All others have none.
    EntryCount,
    /// A run has the entry in the list of open touchpoints that its attributes give.
    OpenEntry,
    /// A record of a touchpoint that needs a person belongs to one that is unconfirmed or failed.
    AttentionLeft,
    /// The states of a run fit together.
    RunState,
    /// The newest run is the one of the lead's start, or older. Only it is active.
    NewestRun,
    /// The version of the workflow that a run follows is there.
    VersionMissing,
    /// A workflow is equal to the version that it names.
    VersionDiffers,
    /// A workflow has a pause exactly while it is paused.
    Pause,
    /// A run that waits for its workflow has a waiting note.
    NoteMissing,
    /// A waiting note belongs to a run that waits or has ended.
    NoteLeft,
    /// A run or an entry of the history has a lead.
    Orphan,
    /// The second index lists a lead only while its start is pending, and a tombstone only until its
    /// erasure is finished.
    PendingEntry,
    /// Every lead is in the list of its account.
    LeadList,
    /// An address is in the list of its account's suppressions exactly while it is suppressed.
    SuppressionList,
}

impl Rule {
    pub const ALL: [Self; 17] = [
        Self::Unknown,
        Self::Damaged,
        Self::Entry,
        Self::EntryCount,
        Self::OpenEntry,
        Self::AttentionLeft,
        Self::RunState,
        Self::NewestRun,
        Self::VersionMissing,
        Self::VersionDiffers,
        Self::Pause,
        Self::NoteMissing,
        Self::NoteLeft,
        Self::Orphan,
        Self::PendingEntry,
        Self::LeadList,
        Self::SuppressionList,
    ];

    /// Returns the fault, without the place.
    pub fn fault(self) -> &'static str {
        match self {
            Self::Unknown => "an item has an unknown key or kind",
            Self::Damaged => "an item cannot be read",
            Self::Entry => "the entry in the second index is not the one of the run",
            Self::EntryCount => "the state of the run gives it the wrong number of index entries",
            Self::OpenEntry => {
                "the entry in the list of open touchpoints is not the one of the run"
            }
            Self::AttentionLeft => "a touchpoint is listed for a person, and needs none",
            Self::RunState => "the states of the run contradict each other",
            Self::NewestRun => "the lead has a run that is not the one of its start",
            Self::VersionMissing => "the run follows a version of its workflow that is not there",
            Self::VersionDiffers => "the workflow differs from its stored version",
            Self::Pause => "the stored pause contradicts the workflow",
            Self::NoteMissing => "the run waits for its workflow and has no waiting note",
            Self::NoteLeft => "a waiting note names a run that does not wait",
            Self::Orphan => "runs or history are left of a lead that is not there",
            Self::PendingEntry => "the second index lists the lead without a reason",
            Self::LeadList => "the list of the account does not have the lead",
            Self::SuppressionList => "the list of suppressions contradicts the address",
        }
    }

    /// Returns what an operator can do.
    pub fn remedy(self) -> &'static str {
        match self {
            Self::Unknown => "find the program that wrote it; a newer version of Leadgate may have",
            Self::Damaged => "restore the item from a backup, or erase the lead",
            Self::Entry | Self::OpenEntry => {
                "stop the lead's automation and resume it with its cadence, which makes the entry again; \
                 if the run has ended, remove its gsi1pk, gsi1sk, gsi2pk and gsi2sk by hand"
            }
            Self::AttentionLeft => "delete the item ATTENTION# beside the lead by hand",
            Self::EntryCount | Self::RunState | Self::NewestRun => {
                "assign the lead to a workflow again"
            }
            Self::VersionMissing => "assign the lead to a workflow that is there",
            Self::VersionDiffers | Self::Pause => "change the workflow with `leadgate apply`",
            Self::NoteMissing => "assign the lead to the workflow again",
            Self::NoteLeft => "resume the workflow: its next start removes the note",
            Self::Orphan => "delete the items of LEAD#<account>#<lead> from the table by hand",
            Self::PendingEntry => "wait a minute for requeue-starts, and check again",
            Self::LeadList => "restore the lead from a backup, or erase it",
            Self::SuppressionList => "remove the suppression, and suppress the address again",
        }
    }
}

/// A rule that does not hold, and the place.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Breach {
    pub account_id: Option<AccountId>,
    pub lead_id: Option<LeadId>,
    pub workflow_id: Option<WorkflowId>,
    pub run_id: Option<RunId>,
    /// Id of the suppression of an address.
    pub suppression_id: Option<String>,
    pub rule: Rule,
}

/// Partition of a breach, apart from the account's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Within {
    Lead(LeadId),
    Address(AddressHash),
}

impl Breach {
    pub(super) fn new(rule: Rule) -> Self {
        Self {
            account_id: None,
            lead_id: None,
            workflow_id: None,
            run_id: None,
            suppression_id: None,
            rule,
        }
    }

    pub(super) fn of_account(rule: Rule, account: AccountId) -> Self {
        Self {
            account_id: Some(account),
            ..Self::new(rule)
        }
    }

    pub(super) fn of_workflow(rule: Rule, account: AccountId, workflow: WorkflowId) -> Self {
        Self {
            workflow_id: Some(workflow),
            ..Self::of_account(rule, account)
        }
    }

    pub(super) fn of_lead(rule: Rule, account: AccountId, lead: LeadId) -> Self {
        Self {
            lead_id: Some(lead),
            ..Self::of_account(rule, account)
        }
    }

    /// Returns the breach of a run and its waiting note.
    pub(super) fn of_place(
        rule: Rule,
        (account, workflow, run): (AccountId, WorkflowId, RunId),
        lead: LeadId,
    ) -> Self {
        Self {
            workflow_id: Some(workflow),
            run_id: Some(run),
            ..Self::of_lead(rule, account, lead)
        }
    }

    pub(super) fn of_address(rule: Rule, account: AccountId, address: AddressHash) -> Self {
        Self {
            suppression_id: Some(address.suppression_id()),
            ..Self::of_account(rule, account)
        }
    }

    pub(super) fn place(&self) -> (Option<AccountId>, Option<Within>) {
        let address = self.suppression_id.as_deref();
        let address = address.and_then(AddressHash::of_suppression);
        let within = self.lead_id.map(Within::Lead);
        (self.account_id, within.or(address.map(Within::Address)))
    }
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            account_id,
            lead_id,
            workflow_id,
            run_id,
            suppression_id,
            rule,
        } = self;
        f.write_str(rule.fault())?;
        let mut separator = ": ";
        let mut place = |name: &str, id: Option<String>| {
            let Some(id) = id else { return Ok(()) };
            let written = write!(f, "{separator}{name} {id}");
            separator = ", ";
            written
        };
        place("account", account_id.map(|id| id.to_string()))?;
        place("lead", lead_id.map(|id| id.to_string()))?;
        place("workflow", workflow_id.map(|id| id.to_string()))?;
        place("run", run_id.map(|id| id.to_string()))?;
        place("suppression", suppression_id.clone())
    }
}
