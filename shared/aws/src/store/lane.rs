//! Lanes: one account's touchpoints of a channel. A lane has an item once a caller has pulled from it.

use domain::{channel::Channel, ids::AccountId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    Store, StoreError,
    item::{Entity, encode, text},
    keys::{self, Key},
};

/// Maximum number of lanes that are watched.
const MOST_LANES: i32 = 1_000;

/// A lane from which callers have pulled.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct LaneItem {
    gsi1pk: String,
    gsi1sk: String,
    /// Time of the last pull, to the hour.
    pulled_at: Timestamp,
}

impl Entity for LaneItem {
    const NAME: &'static str = "lane";
    const VERSION: u8 = 1;
}

impl LaneItem {
    pub(super) fn new(account: AccountId, channel: Channel, pulled_at: Timestamp) -> Self {
        Self {
            gsi1pk: keys::PULLED_LANES.to_owned(),
            gsi1sk: format!("{account}#{channel}"),
            pulled_at,
        }
    }
}

impl Store {
    /// Notes that a caller pulls from a lane. It needs no condition, because each note replaces the
    /// one before.
    ///
    /// # Errors
    /// The errors of a [write](StoreError#writes).
    pub async fn note_pull(
        &self,
        account: AccountId,
        channel: Channel,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let lane = LaneItem::new(account, channel, at);
        self.client
            .put_item()
            .table_name(&*self.table)
            .set_item(Some(encode(keys::lane(account, channel), &lane)?))
            .send()
            .await?;
        Ok(())
    }

    /// Returns the hour of the last pull from a lane. `None` if no caller has pulled from it.
    ///
    /// # Errors
    /// The errors of a [read](StoreError#reads).
    pub async fn last_pull(
        &self,
        account: AccountId,
        channel: Channel,
    ) -> Result<Option<Timestamp>, StoreError> {
        let lane: Option<LaneItem> = self.read(&keys::lane(account, channel)).await?;
        Ok(lane.map(|lane| lane.pulled_at))
    }

    /// Returns the lanes from which callers have pulled, at most 1,000.
    ///
    /// # Errors
    /// The errors of a [read](StoreError#reads), except [`StoreError::Damaged`].
    pub async fn pulled_lanes(&self) -> Result<Vec<(AccountId, Channel)>, StoreError> {
        let reply = self
            .client
            .query()
            .table_name(&*self.table)
            .index_name(keys::LIST_INDEX)
            .key_condition_expression("gsi1pk = :partition")
            .expression_attribute_values(":partition", text(keys::PULLED_LANES))
            .limit(MOST_LANES)
            .send()
            .await?;
        let items = reply.items.unwrap_or_default().into_iter();
        let lane = |key: Key| {
            let account = keys::parse_account_partition(&key.pk)?;
            Some((account, keys::parse_lane(&key.sk)?))
        };
        Ok(items.filter_map(Key::of).filter_map(lane).collect())
    }
}
