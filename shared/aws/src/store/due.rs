//! Entries of runs in the second index: what is due when, and what is held.

use domain::{
    ids::{AccountId, LeadId, RunId},
    run::HeldBy,
};
use futures::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;

use super::{
    Store, StoreError,
    item::text,
    keys::{self, Key},
};

/// Maximum number of entries that one read returns, from each partition.
const PAGE: i32 = 500;

/// The key of a run that the second index lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListedRun {
    pub account_id: AccountId,
    pub lead_id: LeadId,
    pub run_id: RunId,
}

impl Store {
    /// Returns the runs that are due at `at` or before, at most 500 of each shard, the oldest of
    /// each shard first. The index lags behind the table, so a run may be due no more.
    ///
    /// # Errors
    /// The errors of a [read](StoreError#reads), except [`StoreError::Damaged`].
    pub async fn due_runs(&self, at: Timestamp) -> Result<Vec<ListedRun>, StoreError> {
        let bound = &keys::due_bound(at);
        let shards = stream::iter(0..keys::WAKE_SHARDS)
            .map(|shard| self.listed_runs(keys::due_runs(shard), bound.clone()))
            .buffer_unordered(usize::from(keys::WAKE_SHARDS));
        let shards: Vec<_> = shards.try_collect().await?;
        Ok(shards.into_iter().flatten().collect())
    }

    /// Returns at most 500 of the runs that something holds, oldest first.
    ///
    /// # Errors
    /// The errors of a [read](StoreError#reads), except [`StoreError::Damaged`].
    pub async fn held_runs(
        &self,
        account: AccountId,
        by: HeldBy,
    ) -> Result<Vec<ListedRun>, StoreError> {
        let partition = keys::held_runs(account, by);
        self.listed_runs(partition, keys::LEAD_LIST_END.to_owned())
            .await
    }

    async fn listed_runs(
        &self,
        partition: String,
        bound: String,
    ) -> Result<Vec<ListedRun>, StoreError> {
        let reply = self
            .client
            .query()
            .table_name(&*self.table)
            .index_name(keys::PENDING_INDEX)
            .key_condition_expression("gsi2pk = :partition AND gsi2sk < :bound")
            .expression_attribute_values(":partition", text(partition))
            .expression_attribute_values(":bound", text(bound))
            .limit(PAGE)
            .send()
            .await?;
        let items = reply.items.unwrap_or_default().into_iter();
        Ok(items.filter_map(Key::of).filter_map(listed_run).collect())
    }
}

fn listed_run(key: Key) -> Option<ListedRun> {
    let (account_id, lead_id) = keys::parse_lead_partition(&key.pk)?;
    Some(ListedRun {
        account_id,
        lead_id,
        run_id: key.sk.strip_prefix(keys::RUNS)?.parse().ok()?,
    })
}
