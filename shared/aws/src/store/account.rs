//! Accounts, and lists of items that the first index has only in part.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use base64::{Engine, prelude::BASE64_STANDARD as STANDARD};
use domain::{
    account::{Account, AccountPatch},
    country::Country,
    ids::AccountId,
    limit::Limit,
    patch::Change,
};
use futures::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    Store, StoreError,
    error::DamageError,
    item::{Entity, damaged, text},
    keys::{self, Key},
    update::Update,
};
use crate::{account_secret::AccountSecret, randomness};

/// Maximum number of items of a list that are read at once.
const READ_AT_ONCE: usize = 16;

#[derive(Serialize, Deserialize)]
pub(super) struct AccountItem {
    id: AccountId,
    name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    default_country: Option<Country>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    limit: Option<Limit>,
    created_at: Timestamp,
    /// 32 bytes in base64. `None` for an account from before there were ids of touchpoints, until
    /// its next change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
    // `None` for an account from before there was a list of all accounts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    gsi1pk: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    gsi1sk: Option<String>,
}

impl Entity for AccountItem {
    const NAME: &'static str = "account";
    const VERSION: u8 = 1;
}

impl From<AccountItem> for Account {
    fn from(item: AccountItem) -> Self {
        let AccountItem {
            id,
            name,
            default_country,
            limit,
            created_at,
            secret: _,
            gsi1pk: _,
            gsi1sk: _,
        } = item;
        Self {
            id,
            name,
            default_country,
            limit,
            created_at,
        }
    }
}

impl AccountItem {
    pub(super) fn new(account: &Account, secret: Option<AccountSecret>) -> Self {
        let Account {
            id,
            name,
            default_country,
            limit,
            created_at,
        } = account.clone();
        Self {
            id,
            name,
            default_country,
            limit,
            created_at,
            secret: secret.map(encoded),
            gsi1pk: Some(keys::ACCOUNTS.to_owned()),
            gsi1sk: Some(keys::created_position(created_at, id)),
        }
    }
}

/// Returns a new secret. `None` if the operating system returns no random bytes.
fn new_secret() -> Option<AccountSecret> {
    randomness::secret().ok().map(AccountSecret)
}

fn encoded(secret: AccountSecret) -> String {
    STANDARD.encode(secret.0)
}

impl Store {
    /// Creates an account with a new secret.
    ///
    /// # Errors
    /// Same as [`Store::create_account_with`].
    pub async fn create_account(&self, account: &Account) -> Result<(), StoreError> {
        self.create_account_with(account, new_secret()).await
    }

    /// Creates an account with a secret. Without one, its first change gives it one.
    ///
    /// # Errors
    /// The errors of a [write](StoreError#writes). [`StoreError::Conflict`] if the account exists.
    pub async fn create_account_with(
        &self,
        account: &Account,
        secret: Option<AccountSecret>,
    ) -> Result<(), StoreError> {
        let key = keys::account(account.id);
        self.create(key, &AccountItem::new(account, secret)).await
    }

    /// Returns the secret of an account.
    ///
    /// # Errors
    /// The errors of a [read](StoreError#reads). [`StoreError::Damaged`] if the account has no
    /// secret, and [`StoreError::NotFound`] if there is no such account.
    pub async fn account_secret(&self, id: AccountId) -> Result<AccountSecret, StoreError> {
        let item: Option<AccountItem> = self.read(&keys::account(id)).await?;
        let secret = item.ok_or(StoreError::NotFound)?.secret;
        let secret = secret.and_then(|text| STANDARD.decode(text).ok()?.try_into().ok());
        let damage = || damaged::<AccountItem>(DamageError::Value("secret"));
        secret.map(AccountSecret).ok_or_else(damage)
    }

    /// Returns an account. `None` if there is none.
    ///
    /// # Errors
    /// The errors of a [read](StoreError#reads).
    pub async fn account(&self, id: AccountId) -> Result<Option<Account>, StoreError> {
        let item: Option<AccountItem> = self.read(&keys::account(id)).await?;
        Ok(item.map(Account::from))
    }

    /// Returns all accounts, oldest first. The index lags behind the table, on AWS by some
    /// milliseconds.
    ///
    /// # Errors
    /// The errors of a [read](StoreError#reads).
    pub async fn accounts(&self) -> Result<Vec<Account>, StoreError> {
        let listed = self
            .listed::<AccountItem>(keys::ACCOUNTS.to_owned())
            .await?;
        Ok(listed.into_iter().map(|(_, item)| item.into()).collect())
    }

    /// Changes an account, and the copies of its settings in its keys. An account
    /// without a secret gets one. If a call fails, some keys
    /// may have the old settings. The same change, made again, finishes it.
    ///
    /// # Errors
    /// The errors of a [write](StoreError#writes). [`StoreError::NotFound`] if there is no such
    /// account.
    pub async fn change_account(
        &self,
        account: &Account,
        patch: AccountPatch,
    ) -> Result<(), StoreError> {
        let AccountPatch {
            name,
            default_country,
            limit,
        } = patch;
        let limit = limit.map(|limit| {
            let number = |number: u32| AttributeValue::N(number.to_string());
            AttributeValue::M(HashMap::from([
                ("rate".to_owned(), number(limit.rate())),
                ("burst".to_owned(), number(limit.burst())),
            ]))
        });
        let id = account.id;
        let mut update = Update::default();
        update.change("name", name.map_or(Change::Keep, Change::Set));
        update.change("default_country", default_country.clone());
        update.change_value("limit", limit.clone());
        // Gives a secret to an account from before there were ids of touchpoints.
        if let Some(secret) = new_secret() {
            update.assign(
                "secret = if_not_exists(secret, :secret)",
                ":secret",
                text(encoded(secret)),
            );
        }
        // Lists an account from before there was a list of all accounts.
        update.set("gsi1pk", text(keys::ACCOUNTS));
        update.set(
            "gsi1sk",
            text(keys::created_position(account.created_at, id)),
        );
        self.update(keys::account(id), update).await?;
        if (&default_country, &limit) == (&Change::Keep, &Change::Keep) {
            return Ok(());
        }
        for (hash, _) in self.api_keys(id).await? {
            let mut update = Update::default();
            update.change("default_country", default_country.clone());
            update.change_value("account_limit", limit.clone());
            self.update(keys::api_key(&hash), update).await?;
        }
        Ok(())
    }

    /// Changes an item that must exist.
    async fn update(&self, key: Key, update: Update) -> Result<(), StoreError> {
        let expression = update.expression();
        let values = (!update.values.is_empty()).then_some(update.values);
        self.client
            .update_item()
            .table_name(&*self.table)
            .set_key(Some(key.into_item()))
            .update_expression(expression)
            .condition_expression("attribute_exists(pk)")
            .set_expression_attribute_names(Some(update.names))
            .set_expression_attribute_values(values)
            .send()
            .await
            .map_err(StoreError::of_existing)?;
        Ok(())
    }

    /// Returns the items of a partition of the list index, in its order. The index has a part of
    /// each item, so this reads each item from the table.
    pub(super) async fn listed<E: Entity>(
        &self,
        partition: String,
    ) -> Result<Vec<(Key, E)>, StoreError> {
        let mut items = self
            .client
            .query()
            .table_name(&*self.table)
            .index_name(keys::LIST_INDEX)
            .key_condition_expression("gsi1pk = :partition")
            .expression_attribute_values(":partition", text(partition))
            .into_paginator()
            .items()
            .send();
        let mut listed = Vec::new();
        while let Some(item) = items.try_next().await? {
            listed.extend(Key::of(item));
        }
        let found: Vec<_> = stream::iter(listed)
            .map(|key| async move {
                let item = self.read::<E>(&key).await?;
                Ok::<_, StoreError>(item.map(|item| (key, item)))
            })
            .buffered(READ_AT_ONCE)
            .try_collect()
            .await?;
        Ok(found.into_iter().flatten().collect())
    }
}
