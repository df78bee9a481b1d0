//! Items: their conversion, the check of `et` and `v`, and the calls that several entities share.

use aws_sdk_dynamodb::{error::SdkError, operation::put_item::PutItemError, types::AttributeValue};
use domain::page::{Page, PageRequest};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_dynamo::{Item, from_item, to_item};

use super::{
    Store, StoreError,
    error::DamageError,
    keys::{self, Key},
};

/// A shape of item.
pub(super) trait Entity: Serialize + DeserializeOwned {
    /// Name of the entity, in `et`.
    const NAME: &'static str;
    /// Version of the shape that this code writes and reads, in `v`.
    const VERSION: u8;
}

/// Attributes that every item has beside its keys.
#[derive(Serialize, Deserialize)]
pub(super) struct Header {
    et: String,
    v: u8,
}

impl Entity for Header {
    const NAME: &'static str = "header";
    const VERSION: u8 = 0;
}

/// Entity of a tombstone.
pub(super) const ERASED: &str = "erased";

pub(super) type Attributes = std::collections::HashMap<String, AttributeValue>;

/// Items by their keys.
pub(super) type Items = std::collections::HashMap<Key, Attributes>;

/// Returns a string attribute.
pub(super) fn text(value: impl ToString) -> AttributeValue {
    AttributeValue::S(value.to_string())
}

/// Returns the item of `entity` under `key`, with `et` and `v`.
pub(super) fn encode<E: Entity>(key: Key, entity: &E) -> Result<Attributes, StoreError> {
    let mut item: Attributes = to_item(entity).map_err(|cause| damaged::<E>(cause.into()))?;
    item.extend(key.into_item());
    item.insert("et".to_owned(), AttributeValue::S(E::NAME.to_owned()));
    item.insert("v".to_owned(), AttributeValue::N(E::VERSION.to_string()));
    Ok(item)
}

/// Returns the entity of an item.
///
/// # Errors
/// [`StoreError::Damaged`], also if `et` or `v` is not the expected one.
pub(super) fn decode<E: Entity>(item: Attributes) -> Result<E, StoreError> {
    let is_this_kind = matches!(item.get("et"), Some(AttributeValue::S(et)) if et == E::NAME)
        && matches!(item.get("v"), Some(AttributeValue::N(v)) if *v == E::VERSION.to_string());
    if !is_this_kind {
        return Err(damaged::<E>(DamageError::Kind));
    }
    from_item(Item::from(item)).map_err(|cause| damaged::<E>(cause.into()))
}

/// Returns the error of a damaged item of `E`.
pub(super) fn damaged<E: Entity>(cause: DamageError) -> StoreError {
    StoreError::Damaged {
        entity: E::NAME,
        cause,
    }
}

/// Returns whether an item is a tombstone.
pub(super) fn is_erased(item: &Attributes) -> bool {
    matches!(item.get("et"), Some(AttributeValue::S(et)) if et == ERASED)
}

/// Returns the item that made the condition of a put fail. `None` if the put failed for another
/// reason.
pub(super) fn existing_item<R>(error: &SdkError<PutItemError, R>) -> Option<&Attributes> {
    match error.as_service_error()? {
        PutItemError::ConditionalCheckFailedException(failed) => failed.item.as_ref(),
        _ => None,
    }
}

impl Store {
    /// Reads an item consistently: it includes all writes that are done. `None` if there is no
    /// item.
    pub(super) async fn read<E: Entity>(&self, key: &Key) -> Result<Option<E>, StoreError> {
        self.read_item(key).await?.map(decode).transpose()
    }

    /// Opens the connection for the first request, by reading an item that does not exist. Costs
    /// half a read unit.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::NoAnswer`] and [`StoreError::Unexpected`]. The
    /// caller can ignore them.
    pub async fn warm_up(&self) -> Result<(), StoreError> {
        self.read::<Header>(&keys::absent()).await.map(|_| ())
    }

    pub(super) async fn read_item(&self, key: &Key) -> Result<Option<Attributes>, StoreError> {
        let get = self
            .client
            .get_item()
            .table_name(&*self.table)
            .set_key(Some(key.clone().into_item()))
            .consistent_read(true);
        Ok(Box::pin(get.send()).await?.item)
    }

    /// Writes an item that must not exist yet.
    ///
    /// # Errors
    /// The errors of a [write](StoreError#writes). [`StoreError::Conflict`] if the item exists.
    pub(super) async fn create<E: Entity>(&self, key: Key, entity: &E) -> Result<(), StoreError> {
        self.client
            .put_item()
            .table_name(&*self.table)
            .set_item(Some(encode(key, entity)?))
            .condition_expression("attribute_not_exists(pk)")
            .send()
            .await?;
        Ok(())
    }

    /// Reads a page of the items whose sort key starts with `prefix`, in the order of the sort
    /// keys. A position is the rest of a sort key, without the prefix.
    pub(super) async fn page<E: Entity>(
        &self,
        partition: String,
        prefix: &str,
        request: &PageRequest,
    ) -> Result<Page<E>, StoreError> {
        let start = request.after.as_ref().map(|position| {
            Key {
                pk: partition.clone(),
                sk: format!("{prefix}{position}"),
            }
            .into_item()
        });
        let limit = usize::from(request.limit);
        let mut items = Vec::new();
        let mut pages = self
            .client
            .query()
            .table_name(&*self.table)
            .key_condition_expression("pk = :pk AND begins_with(sk, :prefix)")
            .expression_attribute_values(":pk", AttributeValue::S(partition))
            .expression_attribute_values(":prefix", AttributeValue::S(prefix.to_owned()))
            .consistent_read(true)
            .set_exclusive_start_key(start)
            // If there is one item more than requested, there is another page.
            .limit(i32::from(request.limit) + 1)
            .into_paginator()
            .send();
        while let Some(page) = pages.next().await {
            items.extend(page?.items.unwrap_or_default());
            if items.len() > limit {
                break;
            }
        }
        let has_more = items.len() > limit;
        items.truncate(limit);
        let next = match items.last().and_then(|item| item.get("sk")) {
            Some(AttributeValue::S(sk)) if has_more => sk.strip_prefix(prefix).map(str::to_owned),
            _ => None,
        };
        let items = items.into_iter().map(decode).collect::<Result<_, _>>()?;
        Ok(Page { items, next })
    }
}
