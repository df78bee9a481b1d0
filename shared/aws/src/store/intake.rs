//! Creation of leads: one by one with a condition, or many at once without.

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
    item::{decode, encode, existing_item, is_erased},
    keys,
    lead::LeadItem,
};

/// Maximum number of writes in a call of BatchWriteItem. DynamoDB sets it.
pub(super) const BATCH: usize = 25;
/// Maximum number of calls of BatchWriteItem at once, for one array of leads.
const BATCHES_AT_ONCE: usize = 8;
/// Mean pauses before DynamoDB gets the rest of a batch again: the items that it left unprocessed,
/// or all if it throttled the call.
const BACKOFF: [Duration; 4] = [
    Duration::from_millis(50),
    Duration::from_millis(150),
    Duration::from_millis(450),
    Duration::from_millis(1_350),
];

/// Result of storing a new lead.
#[derive(Clone, Debug, PartialEq)]
pub enum Created {
    /// The lead is stored now.
    New,
    /// An earlier request stored the lead, and left this receipt. The lead is as it is now.
    Existing(Box<Lead>, Receipt),
    /// An earlier request stored the lead, which was erased since.
    Erased,
}

/// Result for one lead of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WriteStatus {
    Stored,
    NotStored,
    /// DynamoDB did not answer, so the lead may be stored.
    Unknown,
}

/// Result of storing many new leads.
#[derive(Debug, Default)]
pub struct BatchResult {
    /// The result for each lead, in the order of the leads.
    pub leads: Vec<WriteStatus>,
    /// Reasons for which some leads are not stored.
    pub errors: Vec<StoreError>,
}

impl Store {
    /// Stores a new lead together with its start, in one write. With a receipt, the request
    /// determines the id, so that the same request finds the lead.
    ///
    /// # Errors
    /// The errors of a [write](StoreError#writes). [`StoreError::Conflict`] if another lead has the
    /// id.
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
        let Some(existing) = existing_item(&error) else {
            return Err(error.into());
        };
        if is_erased(existing) {
            // With a random id, an earlier attempt of this write stored the lead. See below.
            return Ok(receipt.map_or(Created::New, |_| Created::Erased));
        }
        let existing = decode::<LeadItem>(existing.clone())?;
        match (existing.into_replayable()?, receipt) {
            (Some((lead, existing)), Some(_)) => Ok(Created::Existing(Box::new(lead), existing)),
            // An item with the same random id is from an earlier attempt of this write. Its answer
            // was lost, and the SDK has sent the write again.
            (None, None) => Ok(Created::New),
            _ => Err(StoreError::Conflict),
        }
    }

    /// Stores many new leads, 25 in a call. Their ids must be new, because a batch has no
    /// conditions. Begins no call after `until`.
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

    /// Writes a batch. `requests` keeps the writes that DynamoDB has not confirmed. Returns their
    /// status, and the error of the last call.
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
                // The SDK must not send a batch again that DynamoDB may have done, or may still do.
                // A second write would undo changes that the leads got since the first one.
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
                Some(pause) if !requests.is_empty() => {
                    // With jitter, so that calls that were throttled together do not meet again.
                    tokio::time::sleep(pause.mul_f64(0.5 + fastrand::f64())).await;
                }
                Some(_) => {}
                None => break,
            }
        }
        (WriteStatus::NotStored, refused)
    }

    /// Returns the lead of an idempotent request, and its receipt. `None` if there is no such lead,
    /// if it was erased, or if it has no receipt.
    ///
    /// # Errors
    /// The errors of a [read](StoreError#reads).
    pub async fn replayable(
        &self,
        account: AccountId,
        lead: LeadId,
    ) -> Result<Option<(Lead, Receipt)>, StoreError> {
        let item = self.read_item(&keys::lead(account, lead)).await?;
        let item = item.filter(|item| !is_erased(item)).map(decode::<LeadItem>);
        item.transpose()?
            .map_or(Ok(None), LeadItem::into_replayable)
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
