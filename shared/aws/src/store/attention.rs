//! Touchpoints that need a person: each has a record beside its run, which the list index lists.

use aws_sdk_dynamodb::types::TransactWriteItem;
use domain::{
    activity::Activity,
    ids::{AccountId, RunId},
    page::{Page, PageRequest},
    run::Run,
    time::whole_second,
    touchpoint_id::TouchpointRef,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    Store, StoreError,
    item::{Entity, encode, text},
    keys::{self, Key},
    transaction::{incomplete, written},
};

/// The record that a touchpoint needs a person.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Attention {
    gsi1pk: String,
    gsi1sk: String,
}

impl Entity for Attention {
    const NAME: &'static str = "attention";
    const VERSION: u8 = 1;
}

impl Attention {
    pub(super) fn new(account: AccountId, run: RunId, index: u16, since: Timestamp) -> Self {
        Self {
            gsi1pk: keys::attentions(account),
            gsi1sk: keys::created_position(whole_second(since), format!("{run}#{index}")),
        }
    }
}

impl Store {
    /// Returns the writes of the records that a change of a run makes and ends.
    pub(super) fn attention_writes(
        &self,
        before: &Run,
        after: &Run,
        now: Timestamp,
    ) -> Result<Vec<TransactWriteItem>, StoreError> {
        let key = |index| keys::attention(after.account_id, after.lead_id, after.id, index);
        let mut writes = Vec::new();
        for index in after.needing_a_person_since(before) {
            let attention = Attention::new(after.account_id, after.id, index, now);
            writes.push(written(self.put(encode(key(index), &attention)?))?);
        }
        for index in after.settled_since(before) {
            let delete = self.delete(key(index)).build().map_err(incomplete)?;
            writes.push(TransactWriteItem::builder().delete(delete).build());
        }
        Ok(writes)
    }

    /// Takes a touchpoint off the list of those that need a person, and adds an entry to the lead's
    /// history. The touchpoint keeps its state.
    ///
    /// # Errors
    /// The errors of a [write](StoreError#writes). [`StoreError::Conflict`] if the touchpoint is not on
    /// the list, or if the lead was erased.
    pub async fn settle_attention(
        &self,
        touchpoint: &TouchpointRef,
        entry: &Activity,
    ) -> Result<(), StoreError> {
        let TouchpointRef {
            account_id,
            lead_id,
            run_id,
            index,
        } = *touchpoint;
        let delete = self
            .delete(keys::attention(account_id, lead_id, run_id, index))
            .condition_expression("et = :attention")
            .expression_attribute_values(":attention", text(Attention::NAME));
        let delete = delete.build().map_err(incomplete)?;
        let mut writes = self.contact_writes(account_id, lead_id, entry)?;
        writes.push(TransactWriteItem::builder().delete(delete).build());
        self.transact(writes).await
    }

    /// Returns a page of the touchpoints of an account that need a person, the oldest first. The index
    /// lags behind the table, so a touchpoint may be settled.
    ///
    /// # Errors
    /// The errors of a [read](StoreError#reads), except [`StoreError::Damaged`].
    pub async fn attentions(
        &self,
        account: AccountId,
        request: &PageRequest,
    ) -> Result<Page<TouchpointRef>, StoreError> {
        let limit = usize::from(request.limit);
        let query = self
            .client
            .query()
            .table_name(&*self.table)
            .index_name(keys::LIST_INDEX)
            .key_condition_expression("gsi1pk = :partition AND gsi1sk > :after")
            .expression_attribute_values(":partition", text(keys::attentions(account)))
            .expression_attribute_values(":after", text(request.after.as_deref().unwrap_or("!")))
            .limit(i32::from(request.limit) + 1);
        let reply = query.send().await?;
        let mut items = reply.items.unwrap_or_default();
        let has_more = items.len() > limit;
        items.truncate(limit);
        let position = items
            .last()
            .and_then(|item| item.get("gsi1sk")?.as_s().ok());
        let next = position.cloned().filter(|_| has_more);
        let items = items.into_iter().filter_map(Key::of).filter_map(touchpoint);
        Ok(Page {
            items: items.collect(),
            next,
        })
    }
}

fn touchpoint(key: Key) -> Option<TouchpointRef> {
    let (account_id, lead_id) = keys::parse_lead_partition(&key.pk)?;
    let (run_id, index) = keys::parse_attention(&key.sk)?;
    Some(TouchpointRef {
        account_id,
        lead_id,
        run_id,
        index,
    })
}
