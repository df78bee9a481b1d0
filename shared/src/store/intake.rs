//! Taking leads in: one by one with a condition, or many at a time without.

use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

use aws_sdk_dynamodb::{
    error::SdkError,
    types::{
        AttributeValue, PutRequest, ReturnValuesOnConditionCheckFailure, WriteRequest,
        error::ConditionalCheckFailedException,
    },
};
use futures::{StreamExt, stream};

use super::{
    Store, StoreError,
    item::{decode, encode},
    keys,
    lead::LeadItem,
};
use crate::domain::{idempotency::Receipt, lead::Lead};

/// What BatchWriteItem takes at most.
const BATCH: usize = 25;
const BATCHES_AT_ONCE: usize = 8;
/// DynamoDB leaves items unprocessed when it throttles: waits between the tries for those.
const BACKOFF: [Duration; 4] = [
    Duration::from_millis(50),
    Duration::from_millis(150),
    Duration::from_millis(450),
    Duration::from_millis(1_350),
];

/// What became of a lead that was to be stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stored {
    /// It is stored now.
    New,
    /// It was stored before, by a request with this receipt.
    Before(Receipt),
}

/// What became of many, in their order.
#[derive(Debug, Default)]
pub struct StoredMany {
    /// Which of them are stored.
    pub stored: Vec<bool>,
    /// Why others are not.
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
    ) -> Result<Stored, StoreError> {
        let key = keys::lead(lead.account_id, lead.id);
        let put = self
            .client
            .put_item()
            .table_name(&*self.table)
            .set_item(Some(encode(key, &LeadItem::new(lead, receipt))?))
            .condition_expression("attribute_not_exists(pk)")
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        let Err(error) = put else {
            return Ok(Stored::New);
        };
        let Some(there) = item_there(&error) else {
            return Err(error.into());
        };
        let before = decode::<LeadItem>(there.clone())?;
        match (before.into_receipt(), receipt) {
            (Some(before), Some(_)) => Ok(Stored::Before(before)),
            // A random id is there because an earlier attempt of this very write got through, and its
            // answer did not: the SDK has sent it again.
            (None, None) => Ok(Stored::New),
            _ => Err(StoreError::Conflict),
        }
    }

    /// Stores many new leads, 25 at a time. Without conditions, which batches cannot have: the ids must
    /// be new ones.
    pub async fn create_leads(&self, leads: &[Lead]) -> StoredMany {
        let mut many = StoredMany::default();
        let batches: Vec<_> = leads
            .chunks(BATCH)
            .map(|batch| self.create_batch(batch))
            .collect();
        let mut batches = stream::iter(batches).buffered(BATCHES_AT_ONCE);
        while let Some((stored, error)) = batches.next().await {
            many.stored.extend(stored);
            many.errors.extend(error);
        }
        many
    }

    async fn create_batch(&self, leads: &[Lead]) -> (Vec<bool>, Option<StoreError>) {
        let partitions = leads
            .iter()
            .map(|lead| keys::lead_partition(lead.account_id, lead.id));
        match self.write_batch(leads).await {
            Ok(left) => (partitions.map(|pk| !left.contains(&pk)).collect(), None),
            Err(error) => (vec![false; leads.len()], Some(error)),
        }
    }

    /// Writes a batch and gives the partitions of those that DynamoDB would not take.
    async fn write_batch(&self, leads: &[Lead]) -> Result<HashSet<String>, StoreError> {
        let mut requests = leads
            .iter()
            .map(put_request)
            .collect::<Result<Vec<_>, _>>()?;
        let mut backoff = BACKOFF.into_iter();
        loop {
            let reply = self
                .client
                .batch_write_item()
                .request_items(&*self.table, requests)
                .send()
                .await?;
            requests = reply
                .unprocessed_items
                .and_then(|mut tables| tables.remove(&*self.table))
                .unwrap_or_default();
            if requests.is_empty() {
                return Ok(HashSet::new());
            }
            let Some(pause) = backoff.next() else { break };
            tokio::time::sleep(pause).await;
        }
        Ok(requests.iter().filter_map(partition).collect())
    }
}

fn put_request(lead: &Lead) -> Result<WriteRequest, StoreError> {
    let key = keys::lead(lead.account_id, lead.id);
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

/// The item that stood in the way of a conditional put.
fn item_there<R>(
    error: &SdkError<aws_sdk_dynamodb::operation::put_item::PutItemError, R>,
) -> Option<&HashMap<String, AttributeValue>> {
    use aws_sdk_dynamodb::operation::put_item::PutItemError;
    match error.as_service_error()? {
        PutItemError::ConditionalCheckFailedException(ConditionalCheckFailedException {
            item,
            ..
        }) => item.as_ref(),
        _ => None,
    }
}
