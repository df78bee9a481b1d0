//! An account, as far as a request needs to know it.

use super::ids::AccountId;

/// The account that an API key opens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Everything the account owns is stored under this id.
    pub id: AccountId,
    /// ISO 3166 alpha-2 code in which phone numbers without a country are read; none: they are refused.
    pub default_country: Option<String>,
}
