//! Accounts.

use jiff::Timestamp;

use super::{
    country::Country,
    ids::AccountId,
    limit::{Limit, Limits},
    patch::Change,
};

/// An account, as far as a request needs to know it: what its API keys open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Everything the account owns is stored under this id.
    pub id: AccountId,
    /// In which phone numbers without a country are read; none: they are refused.
    pub default_country: Option<Country>,
    /// What its requests, with the key that opened it, have to keep to.
    pub limits: Limits,
}

/// An account, as its operator knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountRecord {
    /// What its keys open, without limits of their own.
    pub account: Account,
    /// Its display name.
    pub name: String,
    /// When it was created.
    pub created_at: Timestamp,
}

/// A change of an account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccountPatch {
    /// Another display name.
    pub name: Option<String>,
    /// Another country, or none.
    pub default_country: Change<Country>,
    /// Another limit, or none.
    pub limit: Change<Limit>,
}
