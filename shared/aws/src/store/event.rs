//! Contacts outside of touchpoints, and receipts of requests with an idempotency key.

use aws_sdk_dynamodb::types::TransactWriteItem;
use domain::{
    activity::Activity,
    idempotency::IdempotencyKey,
    ids::{AccountId, LeadId},
};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    Store, StoreError,
    enrolment::CurrentRun,
    item::{Entity, decode, encode},
    keys,
    transaction::written,
};

/// Lifetime of a receipt.
const LIFETIME: SignedDuration = SignedDuration::from_hours(48);

/// The receipt of an event.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct EventReceipt {
    /// A hash of the parsed request.
    pub fingerprint: String,
    /// Body of the reply.
    pub reply: String,
    /// End of the receipt, in seconds since 1970.
    ttl: i64,
}

impl std::fmt::Debug for EventReceipt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("EventReceipt(redacted)")
    }
}

impl Entity for EventReceipt {
    const NAME: &'static str = "event_receipt";
    const VERSION: u8 = 1;
}

impl EventReceipt {
    pub fn new(fingerprint: String, reply: String, now: Timestamp) -> Self {
        let ttl = now.saturating_add(LIFETIME).unwrap_or(now);
        Self {
            fingerprint,
            reply,
            ttl: ttl.as_second(),
        }
    }
}

/// Sort key of a receipt. The idempotency key itself is not in the table.
fn receipt_key(key: &IdempotencyKey) -> String {
    let id = Uuid::new_v5(&Uuid::NAMESPACE_OID, key.as_str().as_bytes());
    format!("{}{id}", keys::EVENT_RECEIPTS)
}

impl Store {
    /// Reads the receipt of an event. `None` if no event of the lead has this idempotency key.
    ///
    /// # Errors
    /// The errors of a [read](StoreError#reads).
    pub async fn event_receipt(
        &self,
        account: AccountId,
        lead: LeadId,
        key: &IdempotencyKey,
    ) -> Result<Option<EventReceipt>, StoreError> {
        let got = self
            .client
            .get_item()
            .table_name(&*self.table)
            .set_key(Some(
                keys::event_receipt(account, lead, &receipt_key(key)).into_item(),
            ))
            .consistent_read(true)
            .send()
            .await?;
        got.item.map(decode).transpose()
    }

    /// Adds an event to a lead's history, with the changed run and the receipt if there are any. All
    /// is written, or nothing.
    ///
    /// # Errors
    /// The errors of a [write](StoreError#writes). [`StoreError::Conflict`] if the lead was erased,
    /// if the run was changed since it was read, or if another event has the idempotency key.
    pub async fn record_event(
        &self,
        (account, lead): (AccountId, LeadId),
        event: &Activity,
        changed: Option<&CurrentRun>,
        receipt: Option<(&IdempotencyKey, &EventReceipt)>,
    ) -> Result<(), StoreError> {
        let mut writes = match changed {
            Some(current) => self.change_writes(current, event)?,
            None => self.contact_writes(account, lead, event)?,
        };
        if let Some((key, receipt)) = receipt {
            writes.push(self.receipt_write(account, lead, key, receipt)?);
        }
        self.transact(writes).await
    }

    fn receipt_write(
        &self,
        account: AccountId,
        lead: LeadId,
        key: &IdempotencyKey,
        receipt: &EventReceipt,
    ) -> Result<TransactWriteItem, StoreError> {
        let key = keys::event_receipt(account, lead, &receipt_key(key));
        let put = self.put(encode(key, receipt)?);
        // DynamoDB deletes an item some time after its end.
        written(put.condition_expression("attribute_not_exists(pk)"))
    }
}
