//! Why a start is a dead letter, as far as its body and the table tell now; the log of start-workflow tells
//! what was when it failed.

use aws::{
    queue::{MessageError, WorkflowStart},
    store::{Lookup, Store, StoreError},
    telemetry::ErrorChain,
};
use serde::Serialize;

/// What stands in the way of a start, or does not any more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Reason {
    /// For programs.
    #[serde(rename = "reason")]
    pub(super) word: &'static str,
    /// For people.
    #[serde(rename = "explanation")]
    pub(super) text: String,
}

impl Reason {
    fn new(word: &'static str, text: impl Into<String>) -> Self {
        Self {
            word,
            text: text.into(),
        }
    }
}

/// Without the table, only that it can be read is known.
pub(super) async fn of(
    start: &Result<WorkflowStart, MessageError>,
    store: Option<&Store>,
) -> Result<Reason, StoreError> {
    let start = match start {
        Ok(start) => start,
        Err(error) => {
            return Ok(Reason::new(
                "unreadable",
                format!("cannot be read: {error}"),
            ));
        }
    };
    let Some(store) = store else {
        return Ok(Reason::new(
            "unknown",
            "can be read; pass --table to know more",
        ));
    };
    match look(start, store).await {
        Err(error @ StoreError::Damaged { .. }) => Ok(Reason::new(
            "damaged",
            format!("fails for as long as {}", ErrorChain(&error)),
        )),
        looked => looked,
    }
}

async fn look(start: &WorkflowStart, store: &Store) -> Result<Reason, StoreError> {
    let account = start.account_id;
    let lead = match store.lead(account, start.lead_id).await? {
        Lookup::Found(lead) => lead,
        Lookup::Erased => {
            return Ok(Reason::new(
                "lead_erased",
                "its lead was erased: a redrive clears it away",
            ));
        }
        Lookup::Missing => {
            return Ok(Reason::new(
                "lead_absent",
                "its lead was never stored: a redrive clears it away",
            ));
        }
    };
    if lead.start.is_none_or(|it| it.run_id != start.run_id) {
        return Ok(Reason::new(
            "superseded",
            "its lead has another start by now: a redrive clears it away",
        ));
    }
    let run = store.run(account, start.lead_id, start.run_id).await?;
    Ok(match run {
        Some(run) if run.is_waiting() => Reason::new(
            "run_waits",
            "its run waits for its paused workflow: a redrive does no harm",
        ),
        Some(_) => Reason::new("run_is_there", "its run is there: a redrive clears it away"),
        None => {
            // A workflow that cannot be read keeps its runs from being built.
            store.workflow_of_run(account, start.workflow_id).await?;
            Reason::new("run_is_missing", "its run would be built now: redrive it")
        }
    })
}
