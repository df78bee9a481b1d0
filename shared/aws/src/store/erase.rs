//! Erasing a lead, its runs and its history.
//!
//! One write takes the lead away: a tombstone without personal data stands in its place, and no read shows
//! anything of it any more. The tombstone is listed as unfinished until everything beside it is erased too; the
//! call that put it does that, and if it cannot, finish-up does (functions/requeue-starts). A run leaves a
//! tombstone as well: a delivery that read the lead just before builds its run on the condition that nothing
//! is there, and finds the tombstone.

use aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure;
use domain::ids::{AccountId, LeadId, RunId};
use futures::{StreamExt, TryStreamExt, stream};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{
    Store, StoreError,
    item::{Attributes, ERASED, Entity, decode, encode, is_erased, item_there, text},
    keys::{self, Key},
};

/// Longer than a start can wait in a queue: 14 days, and 14 more once it was redriven.
const LEAD_TOMBSTONE: SignedDuration = SignedDuration::from_hours(30 * 24);
/// Longer than a delivery that has read the lead can be under way. Shorter than the lead's, by whose id
/// the run's can come again.
const RUN_TOMBSTONE: SignedDuration = SignedDuration::from_hours(24);
const WRITES_AT_ONCE: usize = 16;
/// How often a lead is read again whose start was changed meanwhile.
const TRIES: u32 = 10;

/// What stands in the place of a lead or a run that was erased.
#[derive(Serialize, Deserialize)]
struct Tombstone {
    /// The run that the lead's start had ordered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    run_id: Option<RunId>,
    /// When DynamoDB may drop the tombstone, in seconds since 1970; none: there is more to erase.
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
    fn unfinished(run_id: Option<RunId>, since: Timestamp) -> Self {
        Self {
            run_id,
            ttl: None,
            gsi2pk: Some(keys::UNFINISHED_ERASURES.to_owned()),
            gsi2sk: Some(keys::pending_since(since)),
        }
    }

    fn until(at: Result<Timestamp, jiff::Error>, now: Timestamp) -> Self {
        Self {
            run_id: None,
            ttl: Some(at.unwrap_or(now).as_second()),
            gsi2pk: None,
            gsi2sk: None,
        }
    }
}

impl Store {
    /// Erases a lead with its runs and its history, and says whether there was anything to erase.
    ///
    /// # Errors
    /// As of any write. The lead may be gone by then, and what stands beside it not yet;
    /// [`StoreError::Conflict`] if its start is changed by others all the time.
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
            self.finish_erasure(account, id, tombstone.run_id, now)
                .await?;
            return Ok(true);
        }
        Err(StoreError::Conflict)
    }

    /// Leads whose erasure was begun before `before` and is not finished, at most a hundred.
    ///
    /// # Errors
    /// As of any read.
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

    /// Puts a tombstone in the place of a lead, and gives the tombstone that is there then.
    async fn put_tombstone_for(
        &self,
        key: Key,
        lead: &Attributes,
        now: Timestamp,
    ) -> Result<Tombstone, StoreError> {
        // As it stands there: a damaged lead can be erased too.
        let run = lead
            .get("start")
            .and_then(|start| start.as_m().ok())
            .and_then(|start| start.get("run_id"));
        let run_id = run.and_then(|run| run.as_s().ok()?.parse().ok());
        let tombstone = Tombstone::unfinished(run_id, now);
        let put = self
            .client
            .put_item()
            .table_name(&*self.table)
            .set_item(Some(encode(key, &tombstone)?))
            .expression_attribute_names("#start", "start")
            .expression_attribute_values(":erased", text(Tombstone::NAME))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        // A start that was ordered since the lead was read would go on unnoticed.
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
        match item_there(&error) {
            Some(there) if is_erased(there) => decode(there.clone()),
            _ => Err(error.into()),
        }
    }

    /// Erases what stands beside a lead's tombstone, then finishes the tombstone.
    async fn finish_erasure(
        &self,
        account: AccountId,
        id: LeadId,
        ordered: Option<RunId>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut beside = self.beside_lead(account, id).await?;
        // The run that was ordered may be under way.
        let ordered = ordered.map(|run| keys::run(account, id, run));
        beside.extend(ordered.filter(|run| !beside.contains(run)));
        stream::iter(beside)
            .map(|key| self.erase_beside(key, now))
            .buffer_unordered(WRITES_AT_ONCE)
            .try_collect::<()>()
            .await?;
        let finished = Tombstone::until(now.checked_add(LEAD_TOMBSTONE), now);
        self.put_tombstone(keys::lead(account, id), &finished).await
    }

    /// The keys of what there is of a lead beside itself.
    async fn beside_lead(&self, account: AccountId, id: LeadId) -> Result<Vec<Key>, StoreError> {
        let mut items = self
            .client
            .query()
            .table_name(&*self.table)
            .key_condition_expression("pk = :pk AND sk < :lead")
            .expression_attribute_values(":pk", text(keys::lead_partition(account, id)))
            .expression_attribute_values(":lead", text(keys::LEAD))
            .projection_expression("pk, sk")
            .consistent_read(true)
            .into_paginator()
            .items()
            .send();
        let mut beside = Vec::new();
        while let Some(item) = items.try_next().await? {
            beside.extend(Key::of(item));
        }
        Ok(beside)
    }

    /// Erases a run or an entry of the history. Without a condition: whatever is there goes.
    async fn erase_beside(&self, key: Key, now: Timestamp) -> Result<(), StoreError> {
        if key.sk.starts_with(keys::RUNS) {
            let tombstone = Tombstone::until(now.checked_add(RUN_TOMBSTONE), now);
            return self.put_tombstone(key, &tombstone).await;
        }
        self.client
            .delete_item()
            .table_name(&*self.table)
            .set_key(Some(key.into_item()))
            .send()
            .await?;
        Ok(())
    }

    /// Puts a tombstone where something was erased, or another tombstone is.
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
