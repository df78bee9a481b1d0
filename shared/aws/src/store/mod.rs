//! Everything Leadgate keeps in DynamoDB: one table, laid out in docs/data-model.md.
//!
//! Owns the keys, the items' shapes and the conditions of every write; turns the SDK's errors into
//! [`StoreError`]. Knows no HTTP and no queue. There is no Scan. The SDK's calls on the way of a single lead are
//! in boxes: each is 5 KB, and the futures around it are moved more than once.

mod account;
mod api_key;
mod bucket;
mod campaign;
mod enrolment;
mod erase;
mod error;
mod history;
mod intake;
mod item;
mod keys;
mod lead;
mod lead_list;
mod patch;
mod run;
mod start;
mod transaction;
mod unsent;
mod update;
mod workflow;

use std::sync::Arc;

use aws_sdk_dynamodb::Client;

pub use self::{
    bucket::{Taken, Withdrawal},
    enrolment::{Enrolment, WaitingStart},
    error::StoreError,
    intake::{Batched, Stored, StoredMany},
    keys::UNSENT_SHARDS,
    unsent::{UnsentEnd, UnsentPage, UnsentStart},
};

/// What became of a lead that was looked for.
#[derive(Clone, Debug, PartialEq)]
pub enum Sought<T> {
    /// It is there.
    Found(T),
    /// It was there, and was erased.
    Erased,
    /// It is not there, and nothing says that it ever was.
    Absent,
}

impl<T> Sought<T> {
    /// What was found, if it is there.
    pub fn found(self) -> Option<T> {
        match self {
            Self::Found(found) => Some(found),
            Self::Erased | Self::Absent => None,
        }
    }
}

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
