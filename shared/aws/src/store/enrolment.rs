//! Enrolments: which run a lead is on, and what becomes of it. Every change is a transaction that holds
//! only if the lead is there, its start is still the one that was read, and nobody else has changed the run
//! meanwhile; so concurrent changes end as if one had come after the other.

use aws_sdk_dynamodb::types::{
    AttributeValue, ConditionCheck, Delete, Put, TransactWriteItem, Update, builders::PutBuilder,
};
use domain::{
    activity::Activity,
    ids::{AccountId, JobId, LeadId, RunId, WorkflowId},
    lead::{Lead, Start},
    run::Run,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_dynamo::to_attribute_value;

use super::{
    Store, StoreError,
    history::ActivityItem,
    item::{Attributes, Entity, damaged, decode, encode, text},
    keys,
    lead::LeadItem,
    run::RunItem,
    transaction::incomplete,
};

/// A run that a change was computed from.
#[derive(Clone, Debug, PartialEq)]
pub struct Enrolment {
    /// The run, as it is or would be built.
    pub run: Run,
    /// Whether it is in the table. If it is not, its start is under way.
    pub is_built: bool,
}

/// A start that waits until its workflow is not paused any more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WaitingStart {
    /// The lead.
    pub lead_id: LeadId,
    /// The run that is to be planned.
    pub run_id: RunId,
    /// The order.
    pub job_id: JobId,
}

impl Entity for WaitingStart {
    const NAME: &'static str = "waiting_start";
    const VERSION: u8 = 1;
}

impl Store {
    /// Changes the run of a lead, and notes it down in the lead's history.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if the lead is gone, has another start, or its run was changed meanwhile.
    pub async fn change_run(
        &self,
        enrolment: &Enrolment,
        activity: &Activity,
    ) -> Result<(), StoreError> {
        let run = &enrolment.run;
        let check = ConditionCheck::builder()
            .table_name(&*self.table)
            .set_key(Some(keys::lead(run.account_id, run.lead_id).into_item()))
            .condition_expression("#start.run_id = :run")
            .expression_attribute_names("#start", "start")
            .expression_attribute_values(":run", text(run.id))
            .build()
            .map_err(incomplete)?;
        let check = TransactWriteItem::builder().condition_check(check).build();
        let mut writes = vec![
            check,
            self.activity_write(run.account_id, run.lead_id, &ActivityItem::new(activity))?,
        ];
        writes.extend(self.run_writes(enrolment)?);
        self.transact(writes).await
    }

    /// Gives a lead another start, and ends the run that it is on, if it is on one. The start is marked
    /// as unsent, as of `since`, until the mark is cleared.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if the lead is gone, or was changed meanwhile.
    pub async fn assign(
        &self,
        lead: &Lead,
        start: &Start,
        ended: Option<&Enrolment>,
        since: Timestamp,
    ) -> Result<(), StoreError> {
        let (account, id) = (lead.account_id, lead.profile.id);
        let item = to_attribute_value(start).map_err(|error| damaged::<LeadItem>(error.into()))?;
        let update = Update::builder()
            .table_name(&*self.table)
            .set_key(Some(keys::lead(account, id).into_item()))
            .update_expression(
                "SET #start = :start, workflow_id = :workflow, gsi2pk = :shard, gsi2sk = :since",
            )
            .expression_attribute_names("#start", "start")
            .expression_attribute_values(":start", item)
            .expression_attribute_values(":workflow", text(start.workflow.id))
            .expression_attribute_values(":shard", text(keys::pending_of(id)))
            .expression_attribute_values(":since", text(keys::pending_since(since)));
        let update = match &lead.start {
            None => update
                .condition_expression("et = :lead AND attribute_not_exists(#start)")
                .expression_attribute_values(":lead", text(LeadItem::NAME)),
            Some(before) => update
                .condition_expression("#start.run_id = :before")
                .expression_attribute_values(":before", text(before.run_id)),
        };
        let update = update.build().map_err(incomplete)?;
        let mut writes = vec![TransactWriteItem::builder().update(update).build()];
        if let Some(before) = &lead.start {
            // The lead says of its start itself when it was ordered; of those before, the history does.
            writes.push(self.activity_write(account, id, &ActivityItem::of_start(before))?);
        }
        if let Some(ended) = ended {
            writes.extend(self.run_writes(ended)?);
        }
        self.transact(writes).await
    }

    /// Writes a run that waits for its workflow and must not exist yet.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if it is there already.
    pub async fn create_waiting_run(&self, run: Run) -> Result<(), StoreError> {
        let is_built = false;
        self.transact(self.run_writes(&Enrolment { run, is_built })?)
            .await
    }

    /// Writes the plan of a run that has waited.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if it was changed meanwhile.
    pub async fn plan_waiting_run(&self, run: Run) -> Result<(), StoreError> {
        let key = keys::waiting_start(run.account_id, run.workflow.id, run.id);
        // Without a condition, as below: the run's own decides.
        let delete = Delete::builder()
            .table_name(&*self.table)
            .set_key(Some(key.into_item()))
            .build()
            .map_err(incomplete)?;
        let is_built = true;
        let mut writes = self.run_writes(&Enrolment { run, is_built })?;
        writes.push(TransactWriteItem::builder().delete(delete).build());
        self.transact(writes).await
    }

    /// Notes down that a start does not wait any more. Without a condition: there may be no such note.
    ///
    /// # Errors
    /// As of any write.
    pub async fn forget_waiting(
        &self,
        account: AccountId,
        workflow: WorkflowId,
        run: RunId,
    ) -> Result<(), StoreError> {
        let key = keys::waiting_start(account, workflow, run);
        self.client
            .delete_item()
            .table_name(&*self.table)
            .set_key(Some(key.into_item()))
            .send()
            .await?;
        Ok(())
    }

    /// The starts that wait for a workflow, oldest first.
    ///
    /// # Errors
    /// As of any read.
    pub async fn waiting_starts(
        &self,
        account: AccountId,
        workflow: WorkflowId,
    ) -> Result<Vec<WaitingStart>, StoreError> {
        let mut items = self
            .client
            .query()
            .table_name(&*self.table)
            .key_condition_expression("pk = :pk AND begins_with(sk, :prefix)")
            .expression_attribute_values(":pk", text(keys::account_partition(account)))
            .expression_attribute_values(":prefix", text(keys::waiting_starts(workflow)))
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

    /// The writes of a run: the run itself and, for a new one that waits, that it does.
    fn run_writes(&self, enrolment: &Enrolment) -> Result<Vec<TransactWriteItem>, StoreError> {
        let Enrolment { run, is_built } = enrolment;
        let key = keys::run(run.account_id, run.lead_id, run.id);
        let mut changed = run.clone();
        changed.revision += u32::from(*is_built);
        let put = self.put(encode(key, &RunItem::from(&changed))?);
        let put = if *is_built {
            put.condition_expression("et = :run AND revision = :revision")
                .expression_attribute_values(":run", text(RunItem::NAME))
                .expression_attribute_values(
                    ":revision",
                    AttributeValue::N(run.revision.to_string()),
                )
        } else {
            put.condition_expression("attribute_not_exists(pk)")
        };
        let mut writes = vec![finish(put)?];
        if !is_built && run.is_waiting() {
            let waiting = WaitingStart {
                lead_id: run.lead_id,
                run_id: run.id,
                job_id: run.job_id,
            };
            let key = keys::waiting_start(run.account_id, run.workflow.id, run.id);
            writes.push(finish(self.put(encode(key, &waiting)?))?);
        }
        Ok(writes)
    }

    /// Without a condition: nobody else writes an entry of that position.
    fn activity_write(
        &self,
        account: AccountId,
        lead: LeadId,
        item: &ActivityItem,
    ) -> Result<TransactWriteItem, StoreError> {
        finish(self.put(encode(item.key(account, lead), item)?))
    }

    fn put(&self, item: Attributes) -> PutBuilder {
        Put::builder().table_name(&*self.table).set_item(Some(item))
    }
}

fn finish(put: PutBuilder) -> Result<TransactWriteItem, StoreError> {
    let put = put.build().map_err(incomplete)?;
    Ok(TransactWriteItem::builder().put(put).build())
}
