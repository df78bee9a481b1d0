//! Addresses of people, by their keyed hashes (docs/adr/0023-an-address-has-one-item.md).
//!
//! The item of an address has its suppression, and shows nothing of the address. It belongs to no lead,
//! so it outlives the erasure of a lead.

use aws_sdk_dynamodb::types::{AttributeValue, ReturnValuesOnConditionCheckFailure};
use domain::{
    address::AddressHash,
    ids::AccountId,
    suppression::{Address, Channels, Ended, Suppression},
};
use serde::{Deserialize, Serialize};

use super::{
    Store, StoreError,
    item::{Attributes, Entity, decode, encode, existing_item},
    keys,
};

#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct AddressItem {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    suppression: Option<Suppression>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    ended: Vec<Ended>,
    /// Number of changes of the address.
    revision: u32,
    // Only while the address is suppressed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    gsi1pk: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    gsi1sk: Option<String>,
}

impl Entity for AddressItem {
    const NAME: &'static str = "address";
    const VERSION: u8 = 1;
}

/// An address as it was read.
#[derive(Default)]
pub(super) struct ReadAddress {
    pub(super) address: Address,
    /// `None` if there is no item.
    revision: Option<u32>,
}

impl AddressItem {
    pub(super) fn new(
        account: AccountId,
        hash: AddressHash,
        address: &Address,
        revision: u32,
    ) -> Self {
        let Address { suppression, ended } = address.clone();
        let listed_at = suppression.as_ref().map(|it| it.created_at);
        Self {
            gsi1pk: listed_at.map(|_| keys::suppressions(account)),
            gsi1sk: listed_at.map(|at| keys::created_position(at, hash)),
            suppression,
            ended,
            revision,
        }
    }

    /// Returns whether the entry in the first index is the one of the suppression.
    pub(super) fn has_its_entry(&self, account: AccountId, hash: AddressHash) -> bool {
        let address = Address {
            suppression: self.suppression.clone(),
            ended: self.ended.clone(),
        };
        *self == Self::new(account, hash, &address, self.revision)
    }

    pub(super) fn is_suppressed(&self) -> bool {
        self.suppression.is_some()
    }
}

impl From<AddressItem> for ReadAddress {
    fn from(item: AddressItem) -> Self {
        let AddressItem {
            suppression,
            ended,
            revision,
            gsi1pk: _,
            gsi1sk: _,
        } = item;
        Self {
            address: Address { suppression, ended },
            revision: Some(revision),
        }
    }
}

/// Returns the suppressed channels in the item of an address. `None` if there are none.
pub(super) fn suppressed_channels(item: Attributes) -> Result<Option<Channels>, StoreError> {
    let item: AddressItem = decode(item)?;
    Ok(item.suppression.map(|it| it.channels))
}

impl Store {
    /// Reads an address consistently. It is the default if there is no item.
    pub(super) async fn read_address(
        &self,
        account: AccountId,
        hash: AddressHash,
    ) -> Result<ReadAddress, StoreError> {
        let item: Option<AddressItem> = self.read(&keys::address(account, hash)).await?;
        Ok(item.map(ReadAddress::from).unwrap_or_default())
    }

    /// Writes an address if it was not changed since it was read. Otherwise returns it as it is now.
    pub(super) async fn write_address(
        &self,
        account: AccountId,
        hash: AddressHash,
        address: &Address,
        read: &ReadAddress,
    ) -> Result<Option<ReadAddress>, StoreError> {
        let revision = read.revision.map_or(0, |revision| revision + 1);
        let item = AddressItem::new(account, hash, address, revision);
        let put = self
            .client
            .put_item()
            .table_name(&*self.table)
            .set_item(Some(encode(keys::address(account, hash), &item)?))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let put = match read.revision {
            None => put.condition_expression("attribute_not_exists(pk)"),
            Some(revision) => put
                .condition_expression("revision = :read")
                .expression_attribute_values(":read", AttributeValue::N(revision.to_string())),
        };
        let Err(error) = Box::pin(put.send()).await else {
            return Ok(None);
        };
        match existing_item(&error) {
            Some(existing) => {
                let item: AddressItem = decode(existing.clone())?;
                Ok(Some(item.into()))
            }
            None => Err(error.into()),
        }
    }
}
