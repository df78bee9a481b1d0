//! The subject of a limit.

use crate::{api_key::ApiKeyHash, ids::AccountId};

/// The subject of a limit.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Limited {
    /// All keys of an account together.
    Account(AccountId),
    /// One key.
    Key(ApiKeyHash),
}
