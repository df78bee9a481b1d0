//! The client of the table.

use std::sync::Arc;

use aws_sdk_dynamodb::Client;

/// The DynamoDB table. Clones share one client.
#[derive(Clone, Debug)]
pub struct Store {
    pub(super) client: Client,
    pub(super) table: Arc<str>,
}

impl Store {
    /// Returns the store in `table`.
    pub fn new(client: Client, table: &str) -> Self {
        Self {
            client,
            table: table.into(),
        }
    }
}
