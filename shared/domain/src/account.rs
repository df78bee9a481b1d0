//! Accounts: the customers of a deployment.

use jiff::Timestamp;

use super::{
    country::Country,
    ids::AccountId,
    limit::{Limit, Limits},
    patch::Change,
};

/// A customer of the deployment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Partition of everything that the account owns.
    pub id: AccountId,
    /// Display name.
    pub name: String,
    /// Country of phone numbers that have no country code. `None` if such numbers are refused.
    pub default_country: Option<Country>,
    /// Limit that all keys of the account share. `None` if the account has no limit.
    pub limit: Option<Limit>,
    pub created_at: Timestamp,
}

/// The part of an account that each of its API keys copies. A request then needs one read to
/// authenticate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountSettings {
    pub id: AccountId,
    /// Same as [`Account::default_country`].
    pub default_country: Option<Country>,
    /// Limits of the account and of the key that copies these settings.
    pub limits: Limits,
}

/// A change of an account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccountPatch {
    /// New display name. `None` keeps the present one.
    pub name: Option<String>,
    pub default_country: Change<Country>,
    pub limit: Change<Limit>,
}

impl Account {
    /// Returns the settings for an API key of the account. `key_limit` is the key's own limit.
    pub fn settings(&self, key_limit: Option<Limit>) -> AccountSettings {
        AccountSettings {
            id: self.id,
            default_country: self.default_country,
            limits: Limits {
                account: self.limit,
                key: key_limit,
            },
        }
    }
}
