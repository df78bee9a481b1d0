//! Reasons why the runs of dead letters are not built, as the message and the table show them now.
//! The log of start-workflow has the error of each delivery.

use aws::{
    queue::{MessageError, WorkflowStart},
    store::{Lookup, Store, StoreError},
    telemetry::ErrorChain,
};

use super::reason::Reason;

/// Returns the reason for a start. Without the table, it depends on the message alone.
pub async fn of(
    start: &Result<WorkflowStart, MessageError>,
    store: Option<&Store>,
) -> Result<Reason, StoreError> {
    let start = match start {
        Ok(start) => start,
        Err(error) => return Ok(Reason::unreadable(error)),
    };
    let Some(store) = store else {
        return Ok(Reason::unknown());
    };
    match of_table(start, store).await {
        Err(error @ StoreError::Damaged { .. }) => {
            let text = format!("repair the item, then redrive: {}", ErrorChain(&error));
            Ok(Reason::new("damaged", text))
        }
        reason => reason,
    }
}

async fn of_table(start: &WorkflowStart, store: &Store) -> Result<Reason, StoreError> {
    let account = start.account_id;
    let lead = match store.lead(account, start.lead_id).await? {
        Lookup::Found(lead) => lead,
        Lookup::Erased => {
            let text = "the lead is erased: a redrive removes the message";
            return Ok(Reason::new("lead_erased", text));
        }
        Lookup::Missing => {
            let text = "the lead was never stored: a redrive removes the message";
            return Ok(Reason::new("lead_absent", text));
        }
    };
    if lead.start.is_none_or(|it| it.run_id != start.run_id) {
        let text = "the lead has a newer start: a redrive removes the message";
        return Ok(Reason::new("superseded", text));
    }
    let run = store.run(account, start.lead_id, start.run_id).await?;
    Ok(match run {
        Some(run) if run.is_waiting() => {
            let text = "the run waits for its paused workflow: a redrive does no harm";
            Reason::new("run_waits", text)
        }
        Some(_) => Reason::new(
            "run_is_there",
            "the run is built: a redrive removes the message",
        ),
        None => {
            // Fails if the workflow cannot be read, which also prevents the run.
            store.workflow_of_run(account, start.workflow_id).await?;
            Reason::new("run_is_missing", "a redrive builds the run now")
        }
    })
}
