//! Taking leads in: one by one with a condition, or many at a time without.

use std::{collections::HashSet, time::Duration};

use aws_sdk_dynamodb::{
    config::{Builder, retry::RetryConfig},
    types::{PutRequest, ReturnValuesOnConditionCheckFailure, WriteRequest},
};
use domain::{
    idempotency::Receipt,
    ids::{AccountId, LeadId},
    lead::Lead,
};
use futures::{StreamExt, stream};
use tokio::time::Instant;

use super::{
    Store, StoreError,
    item::{decode, encode, is_erased, item_there},
    keys,
    lead::LeadItem,
};

/// What BatchWriteItem takes at most.
pub(super) const BATCH: usize = 25;
const BATCHES_AT_ONCE: usize = 8;
/// Waits between the tries for what DynamoDB leaves unprocessed or refuses when it throttles.
const BACKOFF: [Duration; 4] = [
    Duration::from_millis(50),
    Duration::from_millis(150),
    Duration::from_millis(450),
    Duration::from_millis(1_350),
];

/// What became of a lead that was to be stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Created {
    /// It is stored now.
    New,
    /// It was stored before, by a request with this receipt.
    Existing(Receipt),
    /// It was stored before, and has been erased since.
    Erased,
}

/// What became of one lead of many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WriteStatus {
    /// It is stored.
    Stored,
    /// It is not stored.
    NotStored,
    /// DynamoDB did not say.
    Unknown,
}

/// What became of many, in their order.
#[derive(Debug, Default)]
pub struct BatchResult {
    /// One for each lead.
    pub leads: Vec<WriteStatus>,
    /// Why some are not stored.
    pub errors: Vec<StoreError>,
}

impl Store {
    /// Stores a new lead together with its order to start a run, in one write. With a receipt, its id is
    /// the request's own, and the same request finds it there.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if the id is another lead's.
    pub async fn create_lead(
        &self,
        lead: &Lead,
        receipt: Option<&Receipt>,
    ) -> Result<Created, StoreError> {
        let key = keys::lead(lead.account_id, lead.profile.id);
        let put = self
            .client
            .put_item()
            .table_name(&*self.table)
            .set_item(Some(encode(key, &LeadItem::new(lead, receipt))?))
            .condition_expression("attribute_not_exists(pk)")
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let Err(error) = Box::pin(put.send()).await else {
            return Ok(Created::New);
        };
        let Some(there) = item_there(&error) else {
            return Err(error.into());
        };
        if is_erased(there) {
            // See below: a random id was there through an earlier attempt.
            return Ok(receipt.map_or(Created::New, |_| Created::Erased));
        }
        let before = decode::<LeadItem>(there.clone())?;
        match (before.into_receipt(), receipt) {
            (Some(before), Some(_)) => Ok(Created::Existing(before)),
            // A random id is there because an earlier attempt of this very write got through, and its
            // answer did not: the SDK has sent it again.
            (None, None) => Ok(Created::New),
            _ => Err(StoreError::Conflict),
        }
    }

    /// Stores many new leads, 25 at a time. Without conditions, which batches cannot have: the ids must
    /// be new ones. No call is begun after `until`.
    pub async fn create_leads(&self, leads: &[Lead], until: Instant) -> BatchResult {
        let mut many = BatchResult::default();
        let batches = leads
            .chunks(BATCH)
            .map(|batch| self.create_batch(batch, until));
        let batches: Vec<_> = batches.collect();
        let mut batches = stream::iter(batches).buffered(BATCHES_AT_ONCE);
        while let Some((leads, error)) = batches.next().await {
            many.leads.extend(leads);
            many.errors.extend(error);
        }
        many
    }

    async fn create_batch(
        &self,
        leads: &[Lead],
        until: Instant,
    ) -> (Vec<WriteStatus>, Option<StoreError>) {
        let mut left = match leads.iter().map(put_request).collect::<Result<Vec<_>, _>>() {
            Ok(requests) => requests,
            Err(error) => return (vec![WriteStatus::NotStored; leads.len()], Some(error)),
        };
        let (outcome, error) = self.write_batch(&mut left, until).await;
        let left: HashSet<String> = left.iter().filter_map(partition).collect();
        let leads = leads.iter().map(|lead| {
            let is_left = left.contains(&keys::lead_partition(lead.account_id, lead.profile.id));
            if is_left {
                outcome
            } else {
                WriteStatus::Stored
            }
        });
        (leads.collect(), error)
    }

    /// Writes a batch. What is left in `requests` was not taken, or that is not known.
    pub(super) async fn write_batch(
        &self,
        requests: &mut Vec<WriteRequest>,
        until: Instant,
    ) -> (WriteStatus, Option<StoreError>) {
        let mut backoff = BACKOFF.into_iter();
        let mut refused = None;
        while !requests.is_empty() && Instant::now() < until {
            let write = self
                .client
                .batch_write_item()
                .request_items(&*self.table, requests.clone())
                .customize()
                // What may have been done, or is under way still, is not sent again: without a condition, it
                // would undo what has happened to the leads since, their marks too.
                .config_override(Builder::new().retry_config(RetryConfig::disabled()));
            refused = match write.send().await.map_err(StoreError::from) {
                Ok(reply) => {
                    *requests = reply
                        .unprocessed_items
                        .and_then(|mut tables| tables.remove(&*self.table))
                        .unwrap_or_default();
                    None
                }
                Err(error) if error.is_throttled() => Some(error),
                Err(error) if error.is_retryable() => return (WriteStatus::Unknown, Some(error)),
                Err(error) => return (WriteStatus::NotStored, Some(error)),
            };
            match backoff.next() {
                Some(pause) if !requests.is_empty() => tokio::time::sleep(pause).await,
                Some(_) => {}
                None => break,
            }
        }
        (WriteStatus::NotStored, refused)
    }

    /// The receipt of a named request's lead, if the lead is there.
    ///
    /// # Errors
    /// As of any read.
    pub async fn receipt(
        &self,
        account: AccountId,
        lead: LeadId,
    ) -> Result<Option<Receipt>, StoreError> {
        let item = self.read_item(&keys::lead(account, lead)).await?;
        let item = item.filter(|item| !is_erased(item)).map(decode::<LeadItem>);
        Ok(item.transpose()?.and_then(LeadItem::into_receipt))
    }
}

fn put_request(lead: &Lead) -> Result<WriteRequest, StoreError> {
    let key = keys::lead(lead.account_id, lead.profile.id);
    let put = PutRequest::builder()
        .set_item(Some(encode(key, &LeadItem::new(lead, None))?))
        .build()
        .map_err(|error| StoreError::Unexpected(Box::new(error.into())))?;
    Ok(WriteRequest::builder().put_request(put).build())
}

fn partition(request: &WriteRequest) -> Option<String> {
    request
        .put_request()?
        .item()
        .get("pk")?
        .as_s()
        .ok()
        .cloned()
}
