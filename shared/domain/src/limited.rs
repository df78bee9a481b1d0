//! The subject of a limit.

use crate::{api_key::ApiKeyHash, ids::AccountId};

/// The subject of a limit.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Limited {
    /// All keys of an account together.
    Account(AccountId),
    /// The claims and outcomes of an account.
    Touchpoints(AccountId),
    /// One key.
    Key(ApiKeyHash),
}
