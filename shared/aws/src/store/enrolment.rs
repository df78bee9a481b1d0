//! Changes of a lead's enrolment and of its run.
//!
//! Each change is a transaction. Its conditions are that the lead exists, that its start is the one
//! that the caller has read, and that the run has not changed since. So concurrent changes have the
//! same effect as one change after the other.

use aws_sdk_dynamodb::types::{AttributeValue, ConditionCheck, Delete, TransactWriteItem, Update};
use domain::{
    activity::Activity,
    ids::{AccountId, LeadId},
    lead::{Lead, Start},
    run::Run,
};
use jiff::Timestamp;
use serde_dynamo::to_attribute_value;

use super::{
    Store, StoreError,
    history::ActivityItem,
    item::{Entity, damaged, encode, text},
    keys,
    lead::LeadItem,
    run::RunItem,
    transaction::{incomplete, written},
    waiting::WaitingNote,
};

/// The run of a lead's present start.
#[derive(Clone, Debug, PartialEq)]
pub struct CurrentRun {
    pub run: Run,
    pub origin: RunOrigin,
}

/// Origin of a run that a caller changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunOrigin {
    /// The caller has read the run from the table.
    Stored,
    /// The run is not in the table yet, and the caller has built it. Its start is under way.
    New,
}

/// Condition that the run is the one that was read.
const IS_UNCHANGED: &str = "et = :run AND revision = :revision";

impl Store {
    /// Writes a changed run, and adds the change to the lead's history.
    ///
    /// # Errors
    /// The errors of a [write](StoreError#writes). [`StoreError::Conflict`] if the lead was erased,
    /// has another start, or if its run was changed since it was read.
    pub async fn change_run(
        &self,
        current: &CurrentRun,
        activity: &Activity,
    ) -> Result<(), StoreError> {
        self.transact(self.change_writes(current, activity)?).await
    }

    pub(super) fn change_writes(
        &self,
        current: &CurrentRun,
        activity: &Activity,
    ) -> Result<Vec<TransactWriteItem>, StoreError> {
        let run = &current.run;
        let check = ConditionCheck::builder()
            .table_name(&*self.table)
            .set_key(Some(keys::lead(run.account_id, run.lead_id).into_item()))
            .condition_expression("#start.run_id = :run")
            .expression_attribute_names("#start", "start")
            .expression_attribute_values(":run", text(run.id))
            .build()
            .map_err(incomplete)?;
        let check = TransactWriteItem::builder().condition_check(check).build();
        let item = ActivityItem::new(activity);
        let mut writes = vec![
            check,
            self.activity_write(run.account_id, run.lead_id, &item)?,
        ];
        writes.extend(self.run_writes(current)?);
        Ok(writes)
    }

    /// Writes a run that has changed since `before`, and adds contacts to the lead's history, in order.
    /// The run need not be the one of the lead's present start. A change without contacts costs one
    /// write.
    ///
    /// # Errors
    /// The errors of a [write](StoreError#writes). [`StoreError::Conflict`] if the run was changed
    /// since it was read, or if it was erased.
    pub async fn write_run(
        &self,
        before: &Run,
        run: &Run,
        contacts: &[Activity],
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let attentions = self.attention_writes(before, run, now)?;
        if contacts.is_empty() && attentions.is_empty() {
            return self.write_run_alone(run).await;
        }
        let current = CurrentRun {
            run: run.clone(),
            origin: RunOrigin::Stored,
        };
        let mut writes = self.run_writes(&current)?;
        for contact in contacts {
            let item = ActivityItem::new(contact);
            writes.push(self.activity_write(run.account_id, run.lead_id, &item)?);
        }
        writes.extend(attentions);
        self.transact(writes).await
    }

    /// Adds a contact to the history of a lead, without a change of a run.
    ///
    /// # Errors
    /// The errors of a [write](StoreError#writes). [`StoreError::Conflict`] if the lead was erased.
    pub async fn add_contact(
        &self,
        account: AccountId,
        lead: LeadId,
        contact: &Activity,
    ) -> Result<(), StoreError> {
        self.transact(self.contact_writes(account, lead, contact)?)
            .await
    }

    pub(super) fn contact_writes(
        &self,
        account: AccountId,
        lead: LeadId,
        contact: &Activity,
    ) -> Result<Vec<TransactWriteItem>, StoreError> {
        let check = ConditionCheck::builder()
            .table_name(&*self.table)
            .set_key(Some(keys::lead(account, lead).into_item()))
            .condition_expression("et = :lead")
            .expression_attribute_values(":lead", text(LeadItem::NAME))
            .build()
            .map_err(incomplete)?;
        let check = TransactWriteItem::builder().condition_check(check).build();
        let item = ActivityItem::new(contact);
        Ok(vec![check, self.activity_write(account, lead, &item)?])
    }

    async fn write_run_alone(&self, run: &Run) -> Result<(), StoreError> {
        let mut changed = run.clone();
        changed.revision += 1;
        let key = keys::run(run.account_id, run.lead_id, run.id);
        self.client
            .put_item()
            .table_name(&*self.table)
            .set_item(Some(encode(key, &RunItem::from(&changed))?))
            .condition_expression(IS_UNCHANGED)
            .expression_attribute_values(":run", text(RunItem::NAME))
            .expression_attribute_values(":revision", AttributeValue::N(run.revision.to_string()))
            .send()
            .await?;
        Ok(())
    }

    /// Gives a lead another start, and writes `ended`, the ended run of its present start. `None`
    /// if no run ends. The new start is pending since `since`, until [`Store::clear_pending`].
    ///
    /// # Errors
    /// The errors of a [write](StoreError#writes). [`StoreError::Conflict`] if the lead was erased,
    /// or if its start or its run was changed since it was read.
    pub async fn assign(
        &self,
        lead: &Lead,
        start: &Start,
        ended: Option<&CurrentRun>,
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
            .expression_attribute_values(":shard", text(keys::pending_starts_of(id)))
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
            // The lead's item records only its present start. The history records the earlier ones.
            writes.push(self.activity_write(account, id, &ActivityItem::of_start(before))?);
        }
        if let Some(ended) = ended {
            writes.extend(self.run_writes(ended)?);
        }
        self.transact(writes).await
    }

    /// Writes a new run that waits for its workflow, and its waiting note.
    ///
    /// # Errors
    /// The errors of a [write](StoreError#writes). [`StoreError::Conflict`] if the run exists, or
    /// if it was erased.
    pub async fn create_waiting_run(&self, run: Run) -> Result<(), StoreError> {
        let origin = RunOrigin::New;
        self.transact(self.run_writes(&CurrentRun { run, origin })?)
            .await
    }

    /// Writes the plan of a run that has waited, and removes its waiting note.
    ///
    /// # Errors
    /// The errors of a [write](StoreError#writes). [`StoreError::Conflict`] if the run was changed
    /// since it was read, or if it was erased.
    pub async fn plan_waiting_run(&self, run: Run) -> Result<(), StoreError> {
        let key = keys::waiting_note(run.account_id, run.workflow.id, run.id);
        // The run's own condition holds for both writes.
        let delete = Delete::builder()
            .table_name(&*self.table)
            .set_key(Some(key.into_item()))
            .build()
            .map_err(incomplete)?;
        let origin = RunOrigin::Stored;
        let mut writes = self.run_writes(&CurrentRun { run, origin })?;
        writes.push(TransactWriteItem::builder().delete(delete).build());
        self.transact(writes).await
    }

    /// Returns the writes of a run. For a new run that waits, they include its waiting note.
    fn run_writes(&self, current: &CurrentRun) -> Result<Vec<TransactWriteItem>, StoreError> {
        let CurrentRun { run, origin } = current;
        let key = keys::run(run.account_id, run.lead_id, run.id);
        let mut changed = run.clone();
        changed.revision += u32::from(*origin == RunOrigin::Stored);
        let put = self.put(encode(key, &RunItem::from(&changed))?);
        let put = match origin {
            RunOrigin::Stored => put
                .condition_expression(IS_UNCHANGED)
                .expression_attribute_values(":run", text(RunItem::NAME))
                .expression_attribute_values(
                    ":revision",
                    AttributeValue::N(run.revision.to_string()),
                ),
            RunOrigin::New => put.condition_expression("attribute_not_exists(pk)"),
        };
        let mut writes = vec![written(put)?];
        if *origin == RunOrigin::New && run.is_waiting() {
            let key = keys::waiting_note(run.account_id, run.workflow.id, run.id);
            writes.push(written(self.put(encode(key, &WaitingNote::of(run))?))?);
        }
        Ok(writes)
    }

    /// Returns the write of a history entry. It needs no condition, because its position is unique.
    fn activity_write(
        &self,
        account: AccountId,
        lead: LeadId,
        item: &ActivityItem,
    ) -> Result<TransactWriteItem, StoreError> {
        written(self.put(encode(item.key(account, lead), item)?))
    }
}
