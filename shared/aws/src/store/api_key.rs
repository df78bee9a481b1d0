//! API keys. The item of a key has a copy of the account's settings, so that authentication is one
//! read. The table does not have the key itself.

use domain::{
    account::AccountSettings,
    api_key::{ApiKeyHash, ApiKeyRecord},
    country::Country,
    ids::{AccountId, ApiKeyId},
    limit::{Limit, Limits},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    Store, StoreError,
    item::{Entity, text},
    keys,
};

#[derive(Serialize, Deserialize)]
pub(super) struct ApiKeyItem {
    // A key from before keys had ids has no id, no name and no last characters.
    #[serde(default)]
    id: Option<ApiKeyId>,
    account_id: AccountId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    default_country: Option<Country>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    account_limit: Option<Limit>,
    /// Limit of the key itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    limit: Option<Limit>,
    #[serde(default)]
    name: String,
    #[serde(default)]
    last4: String,
    created_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    expires_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    revoked_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    last_used: Option<Timestamp>,
    gsi1pk: String,
    gsi1sk: String,
}

impl Entity for ApiKeyItem {
    const NAME: &'static str = "api_key";
    const VERSION: u8 = 1;
}

impl ApiKeyItem {
    pub(super) fn into_record(self, hash: &ApiKeyHash) -> ApiKeyRecord {
        let Self {
            id,
            account_id,
            default_country,
            account_limit,
            limit,
            name,
            last4,
            created_at,
            expires_at,
            revoked_at,
            last_used,
            gsi1pk: _,
            gsi1sk: _,
        } = self;
        ApiKeyRecord {
            id: id.unwrap_or_else(|| ApiKeyId::of_hash(account_id, hash)),
            account: AccountSettings {
                id: account_id,
                default_country,
                limits: Limits {
                    account: account_limit,
                    key: limit,
                },
            },
            name,
            last4,
            created_at,
            expires_at,
            revoked_at,
            last_used,
        }
    }
}

impl From<&ApiKeyRecord> for ApiKeyItem {
    fn from(record: &ApiKeyRecord) -> Self {
        let ApiKeyRecord {
            id,
            account:
                AccountSettings {
                    id: account_id,
                    default_country,
                    limits: Limits { account, key },
                },
            name,
            last4,
            created_at,
            expires_at,
            revoked_at,
            last_used,
        } = record.clone();
        Self {
            id: Some(id),
            account_id,
            default_country,
            account_limit: account,
            limit: key,
            name,
            last4,
            created_at,
            expires_at,
            revoked_at,
            last_used,
            gsi1pk: keys::account_keys(account_id),
            gsi1sk: keys::created_position(created_at, id),
        }
    }
}

impl Store {
    /// Returns the record of a key. `None` if there is no such key. The key may be revoked or
    /// expired: see [`ApiKeyRecord::is_valid_at`].
    ///
    /// # Errors
    /// The errors of a [read](StoreError#reads).
    pub async fn api_key(&self, hash: &ApiKeyHash) -> Result<Option<ApiKeyRecord>, StoreError> {
        let item: Option<ApiKeyItem> = self.read(&keys::api_key(hash)).await?;
        Ok(item.map(|item| item.into_record(hash)))
    }

    /// Stores a new key, as its hash.
    ///
    /// # Errors
    /// The errors of a [write](StoreError#writes). [`StoreError::Conflict`] if the key exists.
    pub async fn create_api_key(
        &self,
        hash: &ApiKeyHash,
        record: &ApiKeyRecord,
    ) -> Result<(), StoreError> {
        self.create(keys::api_key(hash), &ApiKeyItem::from(record))
            .await
    }

    /// Returns the keys of an account, oldest first, including revoked and expired ones. The index
    /// lags behind the table, on AWS by some milliseconds.
    ///
    /// # Errors
    /// The errors of a [read](StoreError#reads).
    pub async fn api_keys(
        &self,
        account: AccountId,
    ) -> Result<Vec<(ApiKeyHash, ApiKeyRecord)>, StoreError> {
        let listed = self.listed::<ApiKeyItem>(keys::account_keys(account));
        let records = listed.await?.into_iter().filter_map(|(key, item)| {
            let hash = keys::parse_api_key(&key.pk)?;
            let record = item.into_record(&hash);
            Some((hash, record))
        });
        Ok(records.collect())
    }

    /// Revokes a key from `now` on. Its item stays.
    ///
    /// # Errors
    /// The errors of a [write](StoreError#writes). [`StoreError::Conflict`] if there is no such
    /// key, or if it is revoked already.
    pub async fn revoke_api_key(
        &self,
        hash: &ApiKeyHash,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.client
            .update_item()
            .table_name(&*self.table)
            .set_key(Some(keys::api_key(hash).into_item()))
            .update_expression("SET revoked_at = :now")
            .condition_expression("attribute_exists(pk) AND attribute_not_exists(revoked_at)")
            .expression_attribute_values(":now", text(now))
            .send()
            .await?;
        Ok(())
    }

    /// Writes the hour of a key's last use.
    ///
    /// # Errors
    /// The errors of a [write](StoreError#writes). [`StoreError::Conflict`] if the item has this
    /// hour or a later one, or if there is no such key.
    pub async fn record_use(&self, hash: &ApiKeyHash, hour: Timestamp) -> Result<(), StoreError> {
        let update = self
            .client
            .update_item()
            .table_name(&*self.table)
            .set_key(Some(keys::api_key(hash).into_item()))
            .update_expression("SET last_used = :hour")
            .condition_expression(
                "attribute_exists(pk) AND (attribute_not_exists(last_used) OR last_used < :hour)",
            )
            .expression_attribute_values(":hour", text(hour));
        Box::pin(update.send()).await?;
        Ok(())
    }
}
