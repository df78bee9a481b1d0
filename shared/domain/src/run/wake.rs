//! Wakes: the next thing that must happen to a run.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{channel::Channel, ids::WorkflowId};

/// Kind of a wake.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WakeKind {
    /// A touchpoint is due.
    HandOver,
    /// A touchpoint is tried again.
    Retry,
    /// A pulled touchpoint has used up its time.
    Expiry,
    /// The outcome of the last touchpoint is missing.
    MissingOutcome,
}

impl WakeKind {
    pub const ALL: [Self; 4] = [
        Self::HandOver,
        Self::Retry,
        Self::Expiry,
        Self::MissingOutcome,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::HandOver => "hand_over",
            Self::Retry => "retry",
            Self::Expiry => "expiry",
            Self::MissingOutcome => "missing_outcome",
        }
    }
}

/// The thing that holds a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeldBy {
    /// The run's workflow is paused.
    Workflow(WorkflowId),
    /// An operator holds all runs of the account.
    Account,
    /// An operator holds all runs of all accounts.
    All,
}

impl HeldBy {
    /// Returns the word for clients.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Workflow(_) => "workflow",
            Self::Account | Self::All => "operator",
        }
    }
}

/// A run that waits at a hand-over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Held {
    pub by: HeldBy,
    pub since: Timestamp,
}

/// The entry of a run in the second index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wake {
    /// Something happens at this time.
    Due {
        at: Timestamp,
        kind: WakeKind,
        channel: Channel,
    },
    /// The run waits for the end of the hold.
    Held(HeldBy),
}
