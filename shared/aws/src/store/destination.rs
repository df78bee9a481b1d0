//! Destinations. One item has all destinations of an account, so no write can put a channel into two of
//! them.

use aws_sdk_dynamodb::types::AttributeValue;
use domain::{
    channel::Channel,
    destination::{Destination, Destinations, Rate, Recipient},
    ids::AccountId,
    timing::{ExpiresAfter, MinGap, OutcomeTimeout, Timing},
};
use serde::{Deserialize, Serialize};

use super::{
    Store, StoreError,
    error::DamageError,
    item::{Entity, damaged, encode},
    keys,
};

#[derive(Serialize, Deserialize)]
pub(super) struct DestinationsItem {
    destinations: Vec<DestinationFields>,
    revision: u32,
}

#[derive(Serialize, Deserialize)]
struct DestinationFields {
    name: String,
    channels: Vec<Channel>,
    /// Whether callers pull. Otherwise there is a webhook.
    pull: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    webhook: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    rate: Option<RateFields>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    expires_after: Option<ExpiresAfter>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    outcome_timeout: Option<OutcomeTimeout>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    min_gap: Option<MinGap>,
}

#[derive(Serialize, Deserialize)]
struct RateFields {
    in_ten_seconds: u16,
    burst: u16,
}

impl Entity for DestinationsItem {
    const NAME: &'static str = "destinations";
    const VERSION: u8 = 1;
}

impl From<&Destinations> for DestinationsItem {
    fn from(destinations: &Destinations) -> Self {
        let fields = |it: &Destination| DestinationFields {
            name: it.name.clone(),
            channels: it.channels.clone(),
            pull: it.webhook().is_none(),
            webhook: it.webhook().map(|url| url.reveal().to_owned()),
            rate: it.rate.map(|rate| RateFields {
                in_ten_seconds: rate.in_ten_seconds(),
                burst: rate.burst(),
            }),
            expires_after: it.timing.expires_after,
            outcome_timeout: it.timing.outcome_timeout,
            min_gap: it.timing.min_gap,
        };
        Self {
            destinations: destinations.list().iter().map(fields).collect(),
            revision: destinations.revision,
        }
    }
}

impl TryFrom<DestinationsItem> for Destinations {
    type Error = StoreError;

    fn try_from(item: DestinationsItem) -> Result<Self, StoreError> {
        let wrong = || damaged::<DestinationsItem>(DamageError::Value("destinations"));
        let destination = |it: DestinationFields| {
            let rate = it.rate.map(
                |RateFields {
                     in_ten_seconds,
                     burst,
                 }| { Rate::new(in_ten_seconds, Some(burst)) },
            );
            let to = match it.webhook {
                None => it.pull.then_some(Recipient::Pull)?,
                Some(url) => Recipient::Webhook(url.parse().ok()?),
            };
            Some(Destination {
                name: it.name,
                channels: it.channels,
                to,
                rate: rate.transpose().ok()?,
                timing: Timing {
                    expires_after: it.expires_after,
                    outcome_timeout: it.outcome_timeout,
                    min_gap: it.min_gap,
                },
            })
        };
        let list: Option<_> = item.destinations.into_iter().map(destination).collect();
        Self::new(list.ok_or_else(wrong)?, item.revision).map_err(|_| wrong())
    }
}

impl Store {
    /// Returns the destinations of an account.
    ///
    /// # Errors
    /// The errors of a [read](StoreError#reads).
    pub async fn destinations(&self, account: AccountId) -> Result<Destinations, StoreError> {
        let item: Option<DestinationsItem> = self.read(&keys::destinations(account)).await?;
        item.map_or_else(|| Ok(Destinations::default()), Destinations::try_from)
    }

    /// Replaces all destinations of an account. They have the revision that was read.
    ///
    /// # Errors
    /// The errors of a [write](StoreError#writes). [`StoreError::Conflict`] if they were changed since.
    pub async fn replace_destinations(
        &self,
        account: AccountId,
        destinations: &Destinations,
    ) -> Result<(), StoreError> {
        let mut item = DestinationsItem::from(destinations);
        let before = item.revision;
        item.revision += 1;
        let put = self
            .client
            .put_item()
            .table_name(&*self.table)
            .set_item(Some(encode(keys::destinations(account), &item)?));
        let put = match before {
            0 => put.condition_expression("attribute_not_exists(pk)"),
            before => put
                .condition_expression("revision = :before")
                .expression_attribute_values(":before", AttributeValue::N(before.to_string())),
        };
        put.send().await?;
        Ok(())
    }
}
