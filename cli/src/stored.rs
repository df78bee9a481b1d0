//! The complete content of an account in the table.

use aws::store::{Store, StoreError};
use domain::{
    account::Account,
    campaign::Campaign,
    ids::AccountId,
    page::{Page, PageRequest},
    workflow::Workflow,
};

use crate::{
    ids::{IdError, Kind},
    target::TargetError,
};

/// Number of items in a page: the maximum of the API's lists.
const PAGE: u16 = 200;

/// An account with its workflows and its campaigns, both oldest first.
pub struct StoredAccount {
    pub account: Account,
    pub workflows: Vec<Workflow>,
    pub campaigns: Vec<Campaign>,
}

impl StoredAccount {
    /// Reads an account with everything that a file can define.
    ///
    /// # Errors
    /// Same as [`account`], and [`TargetError::Store`].
    pub async fn read(store: &Store, id: AccountId) -> Result<Self, TargetError> {
        Ok(Self {
            account: account(store, id).await?,
            workflows: all(async |page| store.workflows(id, page).await).await?,
            campaigns: all(async |page| store.campaigns(id, page).await).await?,
        })
    }
}

/// Reads an account.
///
/// # Errors
/// [`TargetError::Id`] if there is no such account, or [`TargetError::Store`].
pub async fn account(store: &Store, id: AccountId) -> Result<Account, TargetError> {
    let found = store.account(id).await?;
    let unknown = || IdError::Unknown {
        kind: Kind::Account,
        id: id.to_string(),
    };
    Ok(found.ok_or_else(unknown)?)
}

async fn all<T>(
    read: impl AsyncFn(&PageRequest) -> Result<Page<T>, StoreError>,
) -> Result<Vec<T>, StoreError> {
    let mut request = PageRequest {
        limit: PAGE,
        after: None,
    };
    let mut found = Vec::new();
    loop {
        let page = read(&request).await?;
        found.extend(page.items);
        request.after = page.next;
        if request.after.is_none() {
            return Ok(found);
        }
    }
}
