//! Waiting notes: which runs wait until their workflow is not paused any more.

use domain::{
    ids::{AccountId, JobId, LeadId, RunId, WorkflowId},
    run::Run,
};
use serde::{Deserialize, Serialize};

use super::{
    Store, StoreError,
    item::{Entity, decode, text},
    keys,
};

/// A record of a run that waits for its paused workflow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WaitingNote {
    pub lead_id: LeadId,
    pub run_id: RunId,
    /// Id of the start.
    pub job_id: JobId,
}

impl Entity for WaitingNote {
    const NAME: &'static str = "waiting_start";
    const VERSION: u8 = 1;
}

impl WaitingNote {
    pub(super) fn of(run: &Run) -> Self {
        Self {
            lead_id: run.lead_id,
            run_id: run.id,
            job_id: run.job_id,
        }
    }
}

impl Store {
    /// Removes the waiting note of a run. Does nothing if there is none.
    ///
    /// # Errors
    /// The errors of a [write](StoreError#writes).
    pub async fn forget_waiting(
        &self,
        account: AccountId,
        workflow: WorkflowId,
        run: RunId,
    ) -> Result<(), StoreError> {
        let key = keys::waiting_note(account, workflow, run);
        self.client
            .delete_item()
            .table_name(&*self.table)
            .set_key(Some(key.into_item()))
            .send()
            .await?;
        Ok(())
    }

    /// Returns the waiting notes of a workflow, oldest run first.
    ///
    /// # Errors
    /// The errors of a [read](StoreError#reads).
    pub async fn waiting_starts(
        &self,
        account: AccountId,
        workflow: WorkflowId,
    ) -> Result<Vec<WaitingNote>, StoreError> {
        let mut items = self
            .client
            .query()
            .table_name(&*self.table)
            .key_condition_expression("pk = :pk AND begins_with(sk, :prefix)")
            .expression_attribute_values(":pk", text(keys::account_partition(account)))
            .expression_attribute_values(":prefix", text(keys::waiting_notes(workflow)))
            .consistent_read(true)
            .into_paginator()
            .items()
            .send();
        let mut waiting = Vec::new();
        while let Some(item) = items.try_next().await? {
            waiting.push(decode(item)?);
        }
        Ok(waiting)
    }
}
