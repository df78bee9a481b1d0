//! Starts whose message could not be sent: leads that carry a mark in the second index until
//! requeue-starts has sent it.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use domain::{
    ids::{AccountId, LeadId},
    lead::Start,
};
use jiff::Timestamp;
use serde_dynamo::from_attribute_value;

use super::{Store, StoreError, error::DamageError, item::text, keys};

const PENDING_PAGE: i32 = 100;

/// A start that waits to be sent, and the mark that says so.
#[derive(Clone, Debug, PartialEq)]
pub struct PendingStart {
    /// Whose lead it is.
    pub account_id: AccountId,
    /// The lead.
    pub lead_id: LeadId,
    /// What is to be started.
    pub start: Start,
    mark: String,
}

/// Some of a shard's unsent starts.
#[derive(Debug)]
pub struct PendingPage {
    /// The starts.
    pub starts: Vec<Result<PendingStart, StoreError>>,
    /// Where to go on, if there may be more.
    pub end: Option<PendingPosition>,
}

/// The end of a page.
#[derive(Debug)]
pub struct PendingPosition(HashMap<String, AttributeValue>);

impl PendingStart {
    /// Since when it waits.
    pub fn since(&self) -> Option<Timestamp> {
        self.mark.parse().ok()
    }

    /// A start that was marked when it was ordered ([`Store::assign`]).
    pub fn marked(account_id: AccountId, lead_id: LeadId, start: Start, since: Timestamp) -> Self {
        Self {
            account_id,
            lead_id,
            start,
            mark: keys::pending_since(since),
        }
    }
}

impl Store {
    /// Marks a lead whose start could not be sent. `reply` is what its receipt is to say from now on, if
    /// it has one: the first reply says that the start is delayed, and so must a replay.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if the lead is not there, or has no start.
    pub async fn set_pending(
        &self,
        account: AccountId,
        lead: LeadId,
        since: Timestamp,
        reply: Option<&str>,
    ) -> Result<(), StoreError> {
        let mark = self
            .client
            .update_item()
            .table_name(&*self.table)
            .set_key(Some(keys::lead(account, lead).into_item()))
            .condition_expression("attribute_exists(#start)")
            .expression_attribute_names("#start", "start")
            .expression_attribute_values(":shard", AttributeValue::S(keys::pending_of(lead)))
            .expression_attribute_values(":since", AttributeValue::S(keys::pending_since(since)));
        let mark = match reply {
            None => mark.update_expression("SET gsi2pk = :shard, gsi2sk = :since"),
            Some(reply) => mark
                .update_expression("SET gsi2pk = :shard, gsi2sk = :since, receipt.reply = :reply")
                .expression_attribute_values(":reply", AttributeValue::S(reply.to_owned())),
        };
        Box::pin(mark.send()).await?;
        Ok(())
    }

    /// A page of the marked starts of a shard, oldest first, behind the page that `after` ended; one that is
    /// damaged stands as its error. The index lags behind the table, so one that was just cleared may show
    /// once more.
    ///
    /// # Errors
    /// As of any read.
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
            .expression_attribute_values(":shard", text(keys::unsent(shard)))
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

    /// Takes the mark off, unless it has been set anew or the lead has another start since it was read.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if the lead is gone or was marked again.
    pub async fn clear_pending(&self, unsent: &PendingStart) -> Result<(), StoreError> {
        self.client
            .update_item()
            .table_name(&*self.table)
            .set_key(Some(
                keys::lead(unsent.account_id, unsent.lead_id).into_item(),
            ))
            .update_expression("REMOVE gsi2pk, gsi2sk")
            .condition_expression("gsi2sk = :mark AND #start.run_id = :run")
            .expression_attribute_names("#start", "start")
            .expression_attribute_values(":mark", text(&unsent.mark))
            .expression_attribute_values(":run", text(unsent.start.run_id))
            .send()
            .await?;
        Ok(())
    }
}

fn decode_pending(mut item: HashMap<String, AttributeValue>) -> Result<PendingStart, StoreError> {
    let damaged = |attribute| StoreError::Damaged {
        entity: "lead",
        cause: DamageError::Value(attribute),
    };
    let (account_id, lead_id) = item
        .get("pk")
        .and_then(|pk| pk.as_s().ok())
        .and_then(|pk| keys::parse_lead_partition(pk))
        .ok_or_else(|| damaged("pk"))?;
    let mark = match item.remove("gsi2sk") {
        Some(AttributeValue::S(mark)) => mark,
        _ => return Err(damaged("gsi2sk")),
    };
    let start = item.remove("start").ok_or_else(|| damaged("start"))?;
    let start = from_attribute_value(start).map_err(|_| damaged("start"))?;
    Ok(PendingStart {
        account_id,
        lead_id,
        start,
        mark,
    })
}
