//! Accounts and their API keys. A key's item carries what a request needs of its account, so that
//! authentication is one read.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Store, StoreError, item::Entity, keys};
use crate::domain::{account::Account, api_key::ApiKeyHash, ids::AccountId};

#[derive(Serialize, Deserialize)]
struct AccountItem {
    id: AccountId,
    name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    default_country: Option<String>,
    created_at: Timestamp,
}

#[derive(Serialize, Deserialize)]
struct ApiKeyItem {
    account_id: AccountId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    default_country: Option<String>,
    created_at: Timestamp,
    gsi1pk: String,
    gsi1sk: String,
}

impl Entity for AccountItem {
    const NAME: &'static str = "account";
    const VERSION: u8 = 1;
}

impl Entity for ApiKeyItem {
    const NAME: &'static str = "api_key";
    const VERSION: u8 = 1;
}

impl Store {
    /// The account that a key opens; none: the key is not known.
    ///
    /// # Errors
    /// As of any read.
    pub async fn account_of_key(&self, hash: &ApiKeyHash) -> Result<Option<Account>, StoreError> {
        let item: Option<ApiKeyItem> = self.read(&keys::api_key(hash)).await?;
        Ok(item.map(|item| Account {
            id: item.account_id,
            default_country: item.default_country,
        }))
    }

    /// Creates an account.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if it is there already.
    pub async fn create_account(
        &self,
        account: &Account,
        name: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let item = AccountItem {
            id: account.id,
            name: name.to_owned(),
            default_country: account.default_country.clone(),
            created_at: now,
        };
        self.create(keys::account(account.id), &item).await
    }

    /// Whether an account is there.
    ///
    /// # Errors
    /// As of any read.
    pub async fn has_account(&self, id: AccountId) -> Result<bool, StoreError> {
        let item: Option<AccountItem> = self.read(&keys::account(id)).await?;
        Ok(item.is_some())
    }

    /// Lets a key open an account. Only the key's hash is stored.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if the key is known already.
    pub async fn create_key(
        &self,
        hash: &ApiKeyHash,
        account: &Account,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let item = ApiKeyItem {
            account_id: account.id,
            default_country: account.default_country.clone(),
            created_at: now,
            gsi1pk: keys::account_keys(account.id),
            gsi1sk: now.to_string(),
        };
        self.create(keys::api_key(hash), &item).await
    }
}
