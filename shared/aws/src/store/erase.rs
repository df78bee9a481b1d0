//! Erasure of a lead, its runs and its history (docs/adr/0008-erased-leads-leave-a-tombstone.md).
//!
//! One write replaces the lead with a tombstone, which has no personal data. From then on, no read
//! returns anything of the lead. The second index lists the tombstone until the runs and the
//! history are erased too. The call that wrote the tombstone erases them. If it fails,
//! requeue-starts does.
//!
//! An erased run also leaves a tombstone. A delivery that has read the lead just before writes its
//! run only if there is no item, and so fails.

use aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure;
use domain::ids::{AccountId, LeadId, RunId, WorkflowId};
use futures::{StreamExt, TryStreamExt, stream};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{
    Store, StoreError,
    item::{Attributes, ERASED, Entity, decode, encode, existing_item, is_erased, text},
    keys::{self, Key},
};

/// Lifetime of a lead's tombstone. It is longer than a start can wait in queues: 14 days, and 14
/// more after a redrive.
const LEAD_TOMBSTONE: SignedDuration = SignedDuration::from_hours(30 * 24);
/// Lifetime of a run's tombstone. It is longer than a delivery that has read the lead can take. It
/// is shorter than the lifetime of the lead's tombstone, because the same idempotency key can then
/// create a new run with the same id.
const RUN_TOMBSTONE: SignedDuration = SignedDuration::from_hours(24);
/// Maximum number of runs and history entries that are erased at once.
const WRITES_AT_ONCE: usize = 16;
/// Maximum number of attempts to replace a lead whose start changes after each read.
const TRIES: u32 = 10;

/// The item that replaces an erased lead or an erased run.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Tombstone {
    /// The run of the lead's start. It may not be in the table yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    run_id: Option<RunId>,
    /// The workflow of the lead's start, for the run's waiting note.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    workflow_id: Option<WorkflowId>,
    /// End of the tombstone, in seconds since 1970. DynamoDB deletes it then. `None` if there is
    /// more to erase.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ttl: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    gsi2pk: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    gsi2sk: Option<String>,
}

impl Entity for Tombstone {
    const NAME: &'static str = ERASED;
    const VERSION: u8 = 1;
}

impl Tombstone {
    pub(super) fn unfinished(
        run_id: Option<RunId>,
        workflow_id: Option<WorkflowId>,
        since: Timestamp,
    ) -> Self {
        Self {
            run_id,
            workflow_id,
            ttl: None,
            gsi2pk: Some(keys::UNFINISHED_ERASURES.to_owned()),
            gsi2sk: Some(keys::pending_since(since)),
        }
    }

    /// Returns whether everything behind the tombstone is erased.
    pub(super) fn is_finished(&self) -> bool {
        self.ttl.is_some()
    }

    pub(super) fn until(at: Result<Timestamp, jiff::Error>, now: Timestamp) -> Self {
        Self {
            run_id: None,
            workflow_id: None,
            ttl: Some(at.unwrap_or(now).as_second()),
            gsi2pk: None,
            gsi2sk: None,
        }
    }
}

/// An item beside a lead in its partition: a run, the tombstone of a run, or an entry of the history.
struct Beside {
    key: Key,
    is_erased: bool,
    /// Workflow and id of a run that is not planned, and may have a waiting note.
    waiting: Option<(WorkflowId, RunId)>,
}

impl Beside {
    /// Returns the parts of an item. `None` if it has no key.
    fn of(item: Attributes) -> Option<Self> {
        // A run that ended while it waited still has its note.
        let touchpoints = item.get("touchpoints").and_then(|list| list.as_l().ok());
        let is_planned = touchpoints.is_some_and(|list| !list.is_empty());
        let workflow = item.get("workflow").and_then(|workflow| {
            let id = workflow.as_m().ok()?.get("id")?.as_s().ok()?;
            id.parse().ok()
        });
        let is_erased = is_erased(&item);
        let key = Key::of(item)?;
        let run = key
            .sk
            .strip_prefix(keys::RUNS)
            .and_then(|run| run.parse().ok());
        Some(Self {
            waiting: workflow.zip(run).filter(|_| !is_planned),
            is_erased,
            key,
        })
    }
}

impl Store {
    /// Erases a lead, its runs and its history. Returns whether there was anything to erase.
    ///
    /// # Errors
    /// The errors of a [write](StoreError#writes). The lead may be erased already, but not its runs
    /// and its history. [`StoreError::Conflict`] if its start was changed after each of ten reads.
    pub async fn erase_lead(
        &self,
        account: AccountId,
        id: LeadId,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let key = keys::lead(account, id);
        for _ in 0..TRIES {
            let Some(item) = self.read_item(&key).await? else {
                return Ok(false);
            };
            let tombstone = if is_erased(&item) {
                decode(item)?
            } else {
                match self.put_tombstone_for(key.clone(), &item, now).await {
                    Err(StoreError::Conflict) => continue,
                    tombstone => tombstone?,
                }
            };
            if tombstone.ttl.is_some() {
                return Ok(false);
            }
            self.finish_erasure(account, id, &tombstone, now).await?;
            return Ok(true);
        }
        Err(StoreError::Conflict)
    }

    /// Returns at most 100 leads whose erasure began before `before` and is not finished.
    ///
    /// # Errors
    /// The errors of a [read](StoreError#reads), except [`StoreError::Damaged`].
    pub async fn unfinished_erasures(
        &self,
        before: Timestamp,
    ) -> Result<Vec<(AccountId, LeadId)>, StoreError> {
        let reply = self
            .client
            .query()
            .table_name(&*self.table)
            .index_name(keys::PENDING_INDEX)
            .key_condition_expression("gsi2pk = :unfinished AND gsi2sk < :before")
            .expression_attribute_values(":unfinished", text(keys::UNFINISHED_ERASURES))
            .expression_attribute_values(":before", text(keys::pending_since(before)))
            .limit(100)
            .send()
            .await?;
        let items = reply.items.unwrap_or_default().into_iter();
        Ok(items
            .filter_map(Key::of)
            .filter_map(|key| keys::parse_lead_partition(&key.pk))
            .collect())
    }

    /// Replaces a lead with a tombstone. Returns the tombstone that is in its place now, which can
    /// be another call's.
    async fn put_tombstone_for(
        &self,
        key: Key,
        lead: &Attributes,
        now: Timestamp,
    ) -> Result<Tombstone, StoreError> {
        // Read from the raw item, so that a damaged lead can be erased too.
        let run = lead
            .get("start")
            .and_then(|start| start.as_m().ok())
            .and_then(|start| start.get("run_id"));
        let run_id = run.and_then(|run| run.as_s().ok()?.parse().ok());
        let workflow = lead.get("workflow_id");
        let workflow_id = workflow.and_then(|id| id.as_s().ok()?.parse().ok());
        let tombstone = Tombstone::unfinished(run_id, workflow_id, now);
        let put = self
            .client
            .put_item()
            .table_name(&*self.table)
            .set_item(Some(encode(key, &tombstone)?))
            .expression_attribute_names("#start", "start")
            .expression_attribute_values(":erased", text(Tombstone::NAME))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        // With another start since the read, the tombstone would have the wrong run.
        let put = match run {
            None => {
                put.condition_expression("et <> :erased AND attribute_not_exists(#start.run_id)")
            }
            Some(run) => put
                .condition_expression("et <> :erased AND #start.run_id = :run")
                .expression_attribute_values(":run", run.clone()),
        };
        let Err(error) = put.send().await else {
            return Ok(tombstone);
        };
        match existing_item(&error) {
            Some(existing) if is_erased(existing) => decode(existing.clone()),
            _ => Err(error.into()),
        }
    }

    /// Erases the runs, their waiting notes and the history of a lead, then finishes its tombstone.
    async fn finish_erasure(
        &self,
        account: AccountId,
        id: LeadId,
        tombstone: &Tombstone,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let beside = self.beside_lead(account, id).await?;
        let ordered = tombstone
            .run_id
            .map(|run| (run, keys::run(account, id, run)));
        // start-workflow may be about to write the run of the start, and its waiting note.
        let ordered = ordered.filter(|(_, run)| {
            let mut stored = beside.iter().filter(|item| !item.is_erased);
            !stored.any(|item| item.key == *run)
        });
        self.erase_all(account, beside, now).await?;
        if let Some((run, key)) = ordered {
            self.put_run_tombstone(key, now).await?;
            if let Some(workflow) = tombstone.workflow_id {
                self.forget_waiting(account, workflow, run).await?;
            }
        }
        // An outcome that was written beside the first look has left an entry of the history. No run
        // takes one any more.
        let mut left = self.beside_lead(account, id).await?;
        left.retain(|item| !item.is_erased);
        self.erase_all(account, left, now).await?;
        let finished = Tombstone::until(now.checked_add(LEAD_TOMBSTONE), now);
        self.put_tombstone(keys::lead(account, id), &finished).await
    }

    async fn erase_all(
        &self,
        account: AccountId,
        items: Vec<Beside>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        stream::iter(items)
            .map(|item| self.erase_beside(account, item, now))
            .buffer_unordered(WRITES_AT_ONCE)
            .try_collect()
            .await
    }

    /// Returns a lead's runs and the entries of its history.
    async fn beside_lead(&self, account: AccountId, id: LeadId) -> Result<Vec<Beside>, StoreError> {
        let mut items = self
            .client
            .query()
            .table_name(&*self.table)
            .key_condition_expression("pk = :pk AND sk < :lead")
            .expression_attribute_values(":pk", text(keys::lead_partition(account, id)))
            .expression_attribute_values(":lead", text(keys::LEAD))
            .projection_expression("pk, sk, et, touchpoints[0], #workflow.id")
            .expression_attribute_names("#workflow", "workflow")
            .consistent_read(true)
            .into_paginator()
            .items()
            .send();
        let mut beside = Vec::new();
        while let Some(item) = items.try_next().await? {
            beside.extend(Beside::of(item));
        }
        Ok(beside)
    }

    /// Erases a run or an entry of the history, without a condition. A waiting note goes before its
    /// run, because the run names the note.
    async fn erase_beside(
        &self,
        account: AccountId,
        item: Beside,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        if let Some((workflow, run)) = item.waiting {
            self.forget_waiting(account, workflow, run).await?;
        }
        if item.key.sk.starts_with(keys::RUNS) {
            return self.put_run_tombstone(item.key, now).await;
        }
        self.client
            .delete_item()
            .table_name(&*self.table)
            .set_key(Some(item.key.into_item()))
            .send()
            .await?;
        Ok(())
    }

    async fn put_run_tombstone(&self, run: Key, now: Timestamp) -> Result<(), StoreError> {
        let tombstone = Tombstone::until(now.checked_add(RUN_TOMBSTONE), now);
        self.put_tombstone(run, &tombstone).await
    }

    /// Writes a tombstone, without a condition.
    async fn put_tombstone(&self, key: Key, tombstone: &Tombstone) -> Result<(), StoreError> {
        self.client
            .put_item()
            .table_name(&*self.table)
            .set_item(Some(encode(key, tombstone)?))
            .send()
            .await?;
        Ok(())
    }
}
