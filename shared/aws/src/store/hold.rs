//! Holds, and the orders to release the runs that a hold has held.

use aws_sdk_dynamodb::types::{Delete, TransactWriteItem};
use domain::{
    ids::{AccountId, WorkflowId},
    run::HeldBy,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    Store, StoreError,
    error::DamageError,
    hold_scope::HoldScope,
    item::{Entity, Items, damaged, decode, encode, text},
    keys::{self, Key},
    transaction::{incomplete, written},
};

/// An operator's hold of all runs of an account, or of all accounts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    pub since: Timestamp,
    /// Reason, in the operator's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl Entity for Hold {
    const NAME: &'static str = "hold";
    const VERSION: u8 = 1;
}

/// The order to release the runs that an ended hold has held. wake-runs carries it out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReleaseOrder {
    pub scope: HoldScope,
    /// Random id, so that a later order is another one.
    pub id: Uuid,
    /// Time since which no run was left. `None` if some were.
    pub empty_since: Option<Timestamp>,
}

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ReleaseItem {
    /// Sort key, which has the scope.
    sk: String,
    order_id: Uuid,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    empty_since: Option<Timestamp>,
}

impl Entity for ReleaseItem {
    const NAME: &'static str = "release";
    const VERSION: u8 = 1;
}

impl From<&ReleaseOrder> for ReleaseItem {
    fn from(order: &ReleaseOrder) -> Self {
        let ReleaseOrder {
            scope,
            id,
            empty_since,
        } = *order;
        Self {
            sk: keys::release(scope).sk,
            order_id: id,
            empty_since,
        }
    }
}

impl TryFrom<ReleaseItem> for ReleaseOrder {
    type Error = StoreError;

    fn try_from(item: ReleaseItem) -> Result<Self, StoreError> {
        let scope = item
            .sk
            .strip_prefix(keys::RELEASES)
            .and_then(HoldScope::parse);
        Ok(Self {
            scope: scope.ok_or(damaged::<ReleaseItem>(DamageError::Value("sk")))?,
            id: item.order_id,
            empty_since: item.empty_since,
        })
    }
}

impl Store {
    /// Holds all runs of an account, or of all accounts. A repeat replaces the reason.
    ///
    /// # Errors
    /// The errors of a [write](StoreError#writes).
    pub async fn hold(&self, scope: HoldScope, hold: &Hold) -> Result<(), StoreError> {
        self.transact(vec![
            written(self.put(encode(keys::hold(scope), hold)?))?,
            self.cancel_release(scope)?,
        ])
        .await
    }

    /// Ends a hold, and orders the release of the runs that it has held.
    ///
    /// # Errors
    /// The errors of a [write](StoreError#writes). [`StoreError::Conflict`] if there is no such hold.
    pub async fn unhold(&self, scope: HoldScope) -> Result<(), StoreError> {
        let delete = self
            .delete(keys::hold(scope))
            .condition_expression("et = :hold");
        let delete = delete.expression_attribute_values(":hold", text(Hold::NAME));
        let delete = delete.build().map_err(incomplete)?;
        self.transact(vec![
            TransactWriteItem::builder().delete(delete).build(),
            self.order_release(scope)?,
        ])
        .await
    }

    /// Returns the hold of an account, or of all accounts. `None` if there is none.
    ///
    /// # Errors
    /// The errors of a [read](StoreError#reads).
    pub async fn hold_of(&self, scope: HoldScope) -> Result<Option<Hold>, StoreError> {
        self.read(&keys::hold(scope)).await
    }

    /// Returns the hold that is in force for the runs of a workflow. `None` if there is none.
    ///
    /// # Errors
    /// The errors of a [read](StoreError#reads).
    pub async fn held_by(
        &self,
        account: AccountId,
        workflow: WorkflowId,
    ) -> Result<Option<HeldBy>, StoreError> {
        let items = self.read_together(hold_keys(account, workflow)).await?;
        Ok(hold_in(&items, account, workflow))
    }

    /// Returns the write of the order to release the runs of a hold that ends.
    pub(super) fn order_release(&self, scope: HoldScope) -> Result<TransactWriteItem, StoreError> {
        let order = ReleaseOrder {
            scope,
            id: Uuid::new_v4(),
            empty_since: None,
        };
        written(self.put(encode(keys::release(scope), &ReleaseItem::from(&order))?))
    }

    /// Returns the write that takes a release order back, because its hold is in force again.
    pub(super) fn cancel_release(&self, scope: HoldScope) -> Result<TransactWriteItem, StoreError> {
        let delete = self.delete(keys::release(scope));
        let delete = delete.build().map_err(incomplete)?;
        Ok(TransactWriteItem::builder().delete(delete).build())
    }

    pub(super) fn delete(&self, key: Key) -> aws_sdk_dynamodb::types::builders::DeleteBuilder {
        Delete::builder()
            .table_name(&*self.table)
            .set_key(Some(key.into_item()))
    }

    /// Returns all release orders.
    ///
    /// # Errors
    /// The errors of a [read](StoreError#reads).
    pub async fn release_orders(&self) -> Result<Vec<ReleaseOrder>, StoreError> {
        let mut items = self
            .client
            .query()
            .table_name(&*self.table)
            .key_condition_expression("pk = :pk AND begins_with(sk, :releases)")
            .expression_attribute_values(":pk", text(keys::OPERATOR))
            .expression_attribute_values(":releases", text(keys::RELEASES))
            .consistent_read(true)
            .into_paginator()
            .items()
            .send();
        let mut orders = Vec::new();
        while let Some(item) = items.try_next().await? {
            orders.push(decode::<ReleaseItem>(item)?.try_into()?);
        }
        Ok(orders)
    }

    /// Notes whether an order has runs left. Does nothing if the order was replaced or taken back.
    ///
    /// # Errors
    /// The errors of a [write](StoreError#writes).
    pub async fn note_release(&self, order: &ReleaseOrder) -> Result<(), StoreError> {
        let put = self
            .client
            .put_item()
            .table_name(&*self.table)
            .set_item(Some(encode(
                keys::release(order.scope),
                &ReleaseItem::from(order),
            )?))
            .condition_expression(IS_THIS_ORDER)
            .expression_attribute_values(":id", text(order.id));
        unless_replaced(put.send().await)
    }

    /// Drops an order that is carried out. Does nothing if the order was replaced or taken back.
    ///
    /// # Errors
    /// The errors of a [write](StoreError#writes).
    pub async fn drop_release(&self, order: &ReleaseOrder) -> Result<(), StoreError> {
        let delete = self
            .client
            .delete_item()
            .table_name(&*self.table)
            .set_key(Some(keys::release(order.scope).into_item()))
            .condition_expression(IS_THIS_ORDER)
            .expression_attribute_values(":id", text(order.id));
        unless_replaced(delete.send().await)
    }
}

const IS_THIS_ORDER: &str = "order_id = :id";

fn unless_replaced<T, E>(result: Result<T, E>) -> Result<(), StoreError>
where
    StoreError: From<E>,
{
    match result.map_err(StoreError::from) {
        Ok(_) | Err(StoreError::Conflict) => Ok(()),
        Err(error) => Err(error),
    }
}

/// Returns everything that can hold the runs of a workflow, the widest first.
fn holds(account: AccountId, workflow: WorkflowId) -> [(HeldBy, Key); 3] {
    let kinds = [HeldBy::All, HeldBy::Account, HeldBy::Workflow(workflow)];
    kinds.map(|by| (by, keys::hold(HoldScope::new(account, by))))
}

/// Returns the keys of everything that can hold the runs of a workflow.
pub(super) fn hold_keys(account: AccountId, workflow: WorkflowId) -> [Key; 3] {
    holds(account, workflow).map(|(_, key)| key)
}

/// Returns the widest of the holds that are in force. `items` are those of [`hold_keys`].
pub(super) fn hold_in(items: &Items, account: AccountId, workflow: WorkflowId) -> Option<HeldBy> {
    let mut holds = holds(account, workflow).into_iter();
    let held = holds.find(|(_, key)| items.contains_key(key));
    held.map(|(by, _)| by)
}
