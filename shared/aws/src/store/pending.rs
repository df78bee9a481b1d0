//! Pending starts: starts whose message could not be sent. The second index lists their leads until
//! requeue-starts has sent the message.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use domain::{
    ids::{AccountId, LeadId},
    lead::Start,
};
use jiff::Timestamp;
use serde_dynamo::from_attribute_value;

use super::{Store, StoreError, error::DamageError, item::text, keys};

/// Maximum number of starts in a page.
const PENDING_PAGE: i32 = 100;

/// A pending start of a lead.
#[derive(Clone, Debug, PartialEq)]
pub struct PendingStart {
    pub account_id: AccountId,
    pub lead_id: LeadId,
    pub start: Start,
    /// Position in the index: the time since which the start is pending.
    position: String,
}

/// A page of the pending starts of a shard.
#[derive(Debug)]
pub struct PendingPage {
    /// The starts, oldest first. A damaged one is an error.
    pub starts: Vec<Result<PendingStart, StoreError>>,
    /// End of the page. `None` if it is the last one.
    pub end: Option<PendingPosition>,
}

/// End of a page, after which the next one begins.
#[derive(Debug)]
pub struct PendingPosition(HashMap<String, AttributeValue>);

impl PendingStart {
    /// Returns a start that is pending since [`Store::assign`] has written it.
    pub fn new(account_id: AccountId, lead_id: LeadId, start: Start, since: Timestamp) -> Self {
        Self {
            account_id,
            lead_id,
            start,
            position: keys::pending_since(since),
        }
    }

    /// Returns the time since which the start is pending. `None` if the item has no valid time.
    pub fn since(&self) -> Option<Timestamp> {
        self.position.parse().ok()
    }
}

impl Store {
    /// Lists the start of a lead as pending. `rest` replaces the rest of the reply in the receipt of
    /// an idempotent request: the first reply warns that the start is delayed, and so must a replay.
    ///
    /// # Errors
    /// The errors of a [write](StoreError#writes). [`StoreError::NotFound`] if there is no such
    /// lead, or if it has no start.
    pub async fn set_pending(
        &self,
        account: AccountId,
        lead: LeadId,
        since: Timestamp,
        rest: Option<&str>,
    ) -> Result<(), StoreError> {
        let update = self
            .client
            .update_item()
            .table_name(&*self.table)
            .set_key(Some(keys::lead(account, lead).into_item()))
            .condition_expression("attribute_exists(#start)")
            .expression_attribute_names("#start", "start")
            .expression_attribute_values(":shard", AttributeValue::S(keys::pending_starts_of(lead)))
            .expression_attribute_values(":since", AttributeValue::S(keys::pending_since(since)));
        let update = match rest {
            None => update.update_expression("SET gsi2pk = :shard, gsi2sk = :since"),
            Some(rest) => update
                .update_expression("SET gsi2pk = :shard, gsi2sk = :since, receipt.reply = :rest")
                .expression_attribute_values(":rest", AttributeValue::S(rest.to_owned())),
        };
        Box::pin(update.send())
            .await
            .map_err(StoreError::of_existing)?;
        Ok(())
    }

    /// Returns the page of a shard's pending starts that begins after `after`. The index lags
    /// behind the table, so a start may occur once more after [`Store::clear_pending`].
    ///
    /// # Errors
    /// The errors of a [read](StoreError#reads), except [`StoreError::Damaged`].
    pub async fn pending_starts(
        &self,
        shard: u8,
        after: Option<PendingPosition>,
    ) -> Result<PendingPage, StoreError> {
        let reply = self
            .client
            .query()
            .table_name(&*self.table)
            .index_name(keys::PENDING_INDEX)
            .key_condition_expression("gsi2pk = :shard")
            .expression_attribute_values(":shard", text(keys::pending_starts(shard)))
            .set_exclusive_start_key(after.map(|PendingPosition(key)| key))
            .limit(PENDING_PAGE)
            .send()
            .await?;
        let items = reply.items.unwrap_or_default().into_iter();
        Ok(PendingPage {
            starts: items.map(decode_pending).collect(),
            end: reply.last_evaluated_key.map(PendingPosition),
        })
    }

    /// Removes a start from the pending starts.
    ///
    /// # Errors
    /// The errors of a [write](StoreError#writes). [`StoreError::Conflict`] if the lead was erased,
    /// has another start, or if the start is not pending since the same time any more.
    pub async fn clear_pending(&self, pending: &PendingStart) -> Result<(), StoreError> {
        self.client
            .update_item()
            .table_name(&*self.table)
            .set_key(Some(
                keys::lead(pending.account_id, pending.lead_id).into_item(),
            ))
            .update_expression("REMOVE gsi2pk, gsi2sk")
            .condition_expression("gsi2sk = :position AND #start.run_id = :run")
            .expression_attribute_names("#start", "start")
            .expression_attribute_values(":position", text(&pending.position))
            .expression_attribute_values(":run", text(pending.start.run_id))
            .send()
            .await?;
        Ok(())
    }
}

pub(super) fn decode_pending(
    mut item: HashMap<String, AttributeValue>,
) -> Result<PendingStart, StoreError> {
    let damaged = |attribute| StoreError::Damaged {
        entity: "lead",
        cause: DamageError::Value(attribute),
    };
    let (account_id, lead_id) = item
        .get("pk")
        .and_then(|pk| pk.as_s().ok())
        .and_then(|pk| keys::parse_lead_partition(pk))
        .ok_or_else(|| damaged("pk"))?;
    let position = match item.remove("gsi2sk") {
        Some(AttributeValue::S(position)) => position,
        _ => return Err(damaged("gsi2sk")),
    };
    let start = item.remove("start").ok_or_else(|| damaged("start"))?;
    let start = from_attribute_value(start).map_err(|_| damaged("start"))?;
    Ok(PendingStart {
        account_id,
        lead_id,
        start,
        position,
    })
}
