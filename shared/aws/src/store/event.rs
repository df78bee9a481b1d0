//! Receipts of events with an idempotency key.

use aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure;
use domain::{
    idempotency::IdempotencyKey,
    ids::{AccountId, LeadId},
};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    Store, StoreError,
    item::{Attributes, Entity, decode, encode, existing_item},
    keys,
};

/// Lifetime of a receipt.
const LIFETIME: SignedDuration = SignedDuration::from_hours(48);

/// The receipt of an event.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct EventReceipt {
    /// Sort key, made from the idempotency key.
    sk: String,
    /// A hash of the parsed request.
    pub fingerprint: String,
    pub begun_at: Timestamp,
    /// Body of the reply. `None` until the event is recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply: Option<String>,
    /// End of the receipt, in seconds since 1970.
    ttl: i64,
}

impl std::fmt::Debug for EventReceipt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "EventReceipt({}, redacted)", self.begun_at)
    }
}

impl Entity for EventReceipt {
    const NAME: &'static str = "event_receipt";
    const VERSION: u8 = 1;
}

impl EventReceipt {
    pub fn new(key: &IdempotencyKey, fingerprint: String, begun_at: Timestamp) -> Self {
        let id = Uuid::new_v5(&Uuid::NAMESPACE_OID, key.as_str().as_bytes());
        let ttl = begun_at.saturating_add(LIFETIME).unwrap_or(begun_at);
        Self {
            sk: format!("{}{id}", keys::EVENT_RECEIPTS),
            fingerprint,
            begun_at,
            reply: None,
            ttl: ttl.as_second(),
        }
    }

    fn item(&self, account: AccountId, lead: LeadId) -> Result<Attributes, StoreError> {
        encode(keys::event_receipt(account, lead, &self.sk), self)
    }
}

impl Store {
    /// Claims an idempotency key for an event of a lead. Returns the receipt that is there already.
    ///
    /// # Errors
    /// The errors of a [write](StoreError#writes), except [`StoreError::Conflict`].
    pub async fn claim_event(
        &self,
        account: AccountId,
        lead: LeadId,
        receipt: &EventReceipt,
    ) -> Result<Option<EventReceipt>, StoreError> {
        let put = self
            .client
            .put_item()
            .table_name(&*self.table)
            .set_item(Some(receipt.item(account, lead)?))
            .condition_expression("attribute_not_exists(pk)")
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        match put.send().await {
            Ok(_) => Ok(None),
            Err(error) => match existing_item(&error) {
                Some(existing) => decode(existing.clone()).map(Some),
                None => Err(error.into()),
            },
        }
    }

    /// Writes the receipt of an event that is recorded.
    ///
    /// # Errors
    /// The errors of a [write](StoreError#writes). [`StoreError::Conflict`] if the lead was erased.
    pub async fn finish_event(
        &self,
        account: AccountId,
        lead: LeadId,
        receipt: &EventReceipt,
    ) -> Result<(), StoreError> {
        self.client
            .put_item()
            .table_name(&*self.table)
            .set_item(Some(receipt.item(account, lead)?))
            .condition_expression("attribute_exists(pk)")
            .send()
            .await?;
        Ok(())
    }
}
