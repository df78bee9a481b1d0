//! Secrets of webhooks. Each webhook has an item, which the list of all webhooks has too.

use aws_sdk_dynamodb::types::TransactWriteItem;
use domain::{
    destination::WebhookSecrets,
    ids::AccountId,
    webhook_secret::{WebhookSecret, WebhookSecretError},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    Store, StoreError,
    error::DamageError,
    item::{Entity, damaged, encode, text},
    keys::{self, Key},
    transaction::incomplete,
};

#[derive(Serialize, Deserialize)]
pub(super) struct SecretsItem {
    gsi1pk: String,
    gsi1sk: String,
    secret: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    previous: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    previous_until: Option<Timestamp>,
    is_shown: bool,
}

impl Entity for SecretsItem {
    const NAME: &'static str = "webhook";
    const VERSION: u8 = 1;
}

impl SecretsItem {
    pub(super) fn new(account: AccountId, destination: &str, secrets: &WebhookSecrets) -> Self {
        let WebhookSecrets {
            current,
            previous,
            is_shown,
        } = secrets;
        let (previous, previous_until) = previous.clone().unzip();
        Self {
            gsi1pk: keys::WEBHOOK_LIST.to_owned(),
            gsi1sk: format!("{account}#{destination}"),
            secret: current.reveal(),
            previous: previous.as_ref().map(WebhookSecret::reveal),
            previous_until,
            is_shown: *is_shown,
        }
    }
}

impl TryFrom<SecretsItem> for WebhookSecrets {
    type Error = StoreError;

    fn try_from(item: SecretsItem) -> Result<Self, StoreError> {
        let wrong = |_: WebhookSecretError| damaged::<SecretsItem>(DamageError::Value("secret"));
        let previous = item.previous.map(|it| it.parse().map_err(wrong));
        Ok(Self {
            current: item.secret.parse().map_err(wrong)?,
            previous: previous.transpose()?.zip(item.previous_until),
            is_shown: item.is_shown,
        })
    }
}

impl Store {
    /// Returns the secrets of a webhook. `None` if there are none.
    ///
    /// # Errors
    /// The errors of a [read](StoreError#reads).
    pub async fn webhook_secrets(
        &self,
        account: AccountId,
        destination: &str,
    ) -> Result<Option<WebhookSecrets>, StoreError> {
        let item: Option<SecretsItem> = self.read(&keys::webhook(account, destination)).await?;
        item.map(WebhookSecrets::try_from).transpose()
    }

    /// Writes the secrets of a webhook.
    ///
    /// # Errors
    /// The errors of a [write](StoreError#writes). [`StoreError::Conflict`] if the stored secret is
    /// neither the current nor the previous one of `secrets`.
    pub async fn put_webhook_secrets(
        &self,
        account: AccountId,
        destination: &str,
        secrets: &WebhookSecrets,
    ) -> Result<(), StoreError> {
        let item = SecretsItem::new(account, destination, secrets);
        let previous = item.previous.as_ref().unwrap_or(&item.secret);
        self.client
            .put_item()
            .table_name(&*self.table)
            .condition_expression("attribute_not_exists(pk) OR secret IN (:current, :previous)")
            .expression_attribute_values(":current", text(&item.secret))
            .expression_attribute_values(":previous", text(previous))
            .set_item(Some(encode(keys::webhook(account, destination), &item)?))
            .send()
            .await?;
        Ok(())
    }

    /// Deletes the secrets of a webhook and the state of its lane. It needs no condition, because the
    /// destination is gone.
    ///
    /// # Errors
    /// The errors of a [write](StoreError#writes).
    pub async fn delete_webhook(
        &self,
        account: AccountId,
        destination: &str,
    ) -> Result<(), StoreError> {
        let keys = [
            keys::webhook(account, destination),
            keys::health(account, destination),
            keys::pushed_bucket(account, destination),
        ];
        let deletes = keys.map(|key| {
            let delete = self.delete(key).build().map_err(incomplete)?;
            Ok(TransactWriteItem::builder().delete(delete).build())
        });
        let deletes: Result<_, StoreError> = deletes.into_iter().collect();
        self.transact(deletes?).await
    }

    /// Returns all webhooks: their accounts, and the names of their destinations.
    ///
    /// # Errors
    /// The errors of a [read](StoreError#reads), except [`StoreError::Damaged`].
    pub async fn webhooks(&self) -> Result<Vec<(AccountId, String)>, StoreError> {
        let mut items = self
            .client
            .query()
            .table_name(&*self.table)
            .index_name(keys::LIST_INDEX)
            .key_condition_expression("gsi1pk = :partition")
            .expression_attribute_values(":partition", text(keys::WEBHOOK_LIST))
            .into_paginator()
            .items()
            .send();
        let mut webhooks = Vec::new();
        while let Some(item) = items.try_next().await? {
            webhooks.extend(Key::of(item).and_then(|key| {
                let account = keys::parse_account_partition(&key.pk)?;
                let name = key.sk.strip_prefix(keys::WEBHOOKS)?.to_owned();
                Some((account, name))
            }));
        }
        Ok(webhooks)
    }
}
