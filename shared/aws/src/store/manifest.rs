//! Manifests: the leads of idempotent arrays
//! (docs/adr/0006-idempotent-requests-leave-a-receipt.md).
//!
//! A lead's own receipt keeps two requests for that lead apart. A manifest keeps two arrays apart:
//! it is written before the leads, so that of two different arrays one stores nothing.

use aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure;
use domain::{
    idempotency::{Manifest, Mark},
    ids::{AccountId, LeadId},
};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{
    Store, StoreError,
    item::{Entity, decode, encode, existing_item, text},
    keys,
};

/// Lifetime of a manifest, 48 hours. Leadgate promises to keep an idempotency key for 24.
const LIFETIME: SignedDuration = SignedDuration::from_hours(48);
/// Maximum number of writes. Only another array that is sent at the same moment makes a second one
/// necessary.
const TRIES: u32 = 3;

#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct ManifestItem {
    /// The marks of the leads, with commas between them.
    leads: String,
    ttl: i64,
}

impl Entity for ManifestItem {
    const NAME: &'static str = "manifest";
    const VERSION: u8 = 1;
}

impl ManifestItem {
    pub(super) fn new(manifest: &Manifest, now: Timestamp) -> Self {
        Self {
            leads: manifest.to_string(),
            ttl: now.saturating_add(LIFETIME).unwrap_or(now).as_second(),
        }
    }
}

impl Store {
    /// Records the leads of an idempotent array. `first` is the id that the key gives to the first
    /// lead. Returns false if the key belongs to another array.
    ///
    /// # Errors
    /// The errors of a [write](StoreError#writes). [`StoreError::Conflict`] if other arrays were
    /// recorded before each write.
    pub async fn record_manifest(
        &self,
        account: AccountId,
        first: LeadId,
        marks: &[Mark],
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let (mut manifest, mut before) = (Manifest::new(marks), None::<String>);
        for _ in 0..TRIES {
            let item = encode(
                keys::manifest(account, first),
                &ManifestItem::new(&manifest, now),
            )?;
            let put = self
                .client
                .put_item()
                .table_name(&*self.table)
                .set_item(Some(item))
                .return_values_on_condition_check_failure(
                    ReturnValuesOnConditionCheckFailure::AllOld,
                );
            let put = match before {
                None => put.condition_expression("attribute_not_exists(pk)"),
                Some(before) => put
                    .condition_expression("leads = :before")
                    .expression_attribute_values(":before", text(before)),
            };
            let Err(error) = put.send().await else {
                return Ok(true);
            };
            let Some(existing) = existing_item(&error) else {
                return Err(error.into());
            };
            let existing = decode::<ManifestItem>(existing.clone())?.leads;
            let Some(after) = Manifest::from(existing.as_str()).after(marks) else {
                return Ok(false);
            };
            if after.to_string() == existing {
                return Ok(true);
            }
            (manifest, before) = (after, Some(existing));
        }
        Err(StoreError::Conflict)
    }
}
