//! API keys. A key's item carries what a request needs of its account, so that authentication is one
//! read; the key itself is nowhere.

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
struct ApiKeyItem {
    // A key that was made before keys had ids and names has neither, nor its last characters.
    #[serde(default)]
    id: Option<ApiKeyId>,
    account_id: AccountId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    default_country: Option<Country>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    account_limit: Option<Limit>,
    /// The key's own.
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
    fn into_record(self, hash: &ApiKeyHash) -> ApiKeyRecord {
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
            gsi1sk: keys::made(created_at, id),
        }
    }
}

impl Store {
    /// What is kept of a key; none: it is not known. Whether it opens anything is the record's to say.
    ///
    /// # Errors
    /// As of any read.
    pub async fn api_key(&self, hash: &ApiKeyHash) -> Result<Option<ApiKeyRecord>, StoreError> {
        let item: Option<ApiKeyItem> = self.read(&keys::api_key(hash)).await?;
        Ok(item.map(|item| item.into_record(hash)))
    }

    /// Lets a key open an account. Only the key's hash is stored.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if the key is known already.
    pub async fn create_api_key(
        &self,
        hash: &ApiKeyHash,
        record: &ApiKeyRecord,
    ) -> Result<(), StoreError> {
        self.create(keys::api_key(hash), &ApiKeyItem::from(record))
            .await
    }

    /// An account's keys, oldest first, those that open nothing any more too. The index lags behind the
    /// table, on AWS by some milliseconds.
    ///
    /// # Errors
    /// As of any read.
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

    /// Notes down that a key opens nothing from `now` on. Its item stays.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if the key is not known, or was revoked before.
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

    /// Notes down the hour in which a key was used.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if it, or a later one, is noted already.
    pub async fn record_use(&self, hash: &ApiKeyHash, hour: Timestamp) -> Result<(), StoreError> {
        let note = self
            .client
            .update_item()
            .table_name(&*self.table)
            .set_key(Some(keys::api_key(hash).into_item()))
            .update_expression("SET last_used = :hour")
            .condition_expression(
                "attribute_exists(pk) AND (attribute_not_exists(last_used) OR last_used < :hour)",
            )
            .expression_attribute_values(":hour", text(hour));
        Box::pin(note.send()).await?;
        Ok(())
    }
}
