//! The runs that a hold is about.

use std::fmt;

use domain::{
    ids::{AccountId, WorkflowId},
    run::HeldBy,
};

/// The runs that a hold is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HoldScope {
    /// All runs of all accounts.
    All,
    /// All runs of an account.
    Account(AccountId),
    /// All runs of a workflow: its pause.
    Workflow(AccountId, WorkflowId),
}

impl HoldScope {
    /// Returns the scope of the hold of a run.
    pub fn new(account: AccountId, by: HeldBy) -> Self {
        match by {
            HeldBy::All => Self::All,
            HeldBy::Account => Self::Account(account),
            HeldBy::Workflow(workflow) => Self::Workflow(account, workflow),
        }
    }

    /// Reads a scope. `None` if the text is none.
    pub(super) fn parse(text: &str) -> Option<Self> {
        if text == ALL {
            return Some(Self::All);
        }
        let (account, rest) = text.split_once('#')?;
        let account = account.parse().ok()?;
        match rest.strip_prefix(WORKFLOW) {
            Some(workflow) => Some(Self::Workflow(account, workflow.parse().ok()?)),
            None => (rest == ACCOUNT).then_some(Self::Account(account)),
        }
    }
}

const ALL: &str = "ALL";
const ACCOUNT: &str = "ACCOUNT";
const WORKFLOW: &str = "WORKFLOW#";

/// Writes the scope as the keys have it.
impl fmt::Display for HoldScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str(ALL),
            Self::Account(account) => write!(f, "{account}#{ACCOUNT}"),
            Self::Workflow(account, workflow) => write!(f, "{account}#{WORKFLOW}{workflow}"),
        }
    }
}
