//! Everything Leadgate keeps in DynamoDB: one table, laid out in docs/data-model.md.
//!
//! Owns the keys, the items' shapes and the conditions of every write; turns the SDK's errors into
//! [`StoreError`]. Knows no HTTP and no queue. There is no Scan.

mod account;
mod campaign;
mod error;
mod intake;
mod item;
mod keys;
mod lead;
mod run;
mod unsent;
mod workflow;

use std::sync::Arc;

use aws_sdk_dynamodb::Client;

pub use self::{
    error::StoreError,
    intake::{Batched, Stored, StoredMany},
    keys::UNSENT_SHARDS,
    unsent::UnsentStart,
};

/// The table. Clones share one client.
#[derive(Clone, Debug)]
pub struct Store {
    client: Client,
    table: Arc<str>,
}

impl Store {
    /// The store in `table`.
    pub fn new(client: Client, table: &str) -> Self {
        Self {
            client,
            table: table.into(),
        }
    }

    /// Opens the connection by reading an item that does not exist, so that the first request finds it
    /// open. Half a read unit.
    ///
    /// # Errors
    /// As of any read; a caller can go on without.
    pub async fn warm_up(&self) -> Result<(), StoreError> {
        self.read::<item::Header>(&keys::nothing())
            .await
            .map(|_| ())
    }
}
