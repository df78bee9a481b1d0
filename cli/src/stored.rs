//! Reads an account in the table, and the workflows, campaigns, destinations and histories in it.

use aws::store::{Store, StoreError};
use domain::{
    account::Account,
    activity::Activity,
    campaign::Campaign,
    destination::Destinations,
    ids::AccountId,
    lead::Lead,
    page::{Page, PageRequest},
    workflow::Workflow,
};

use crate::{
    ids::{self, IdError, Kind},
    target::TargetError,
};

/// Number of items in a page: the maximum of the API's lists.
const PAGE: u16 = 200;

/// An account with its workflows and its campaigns, both oldest first, and its destinations.
pub struct StoredAccount {
    pub account: Account,
    pub workflows: Vec<Workflow>,
    pub campaigns: Vec<Campaign>,
    pub destinations: Destinations,
}

impl StoredAccount {
    /// Reads an account with everything that a file can define.
    ///
    /// # Errors
    /// Same as [`account`], and [`TargetError::Store`].
    pub async fn read(store: &Store, id: AccountId) -> Result<Self, TargetError> {
        Ok(Self {
            account: account(store, id).await?,
            workflows: workflows(store, id).await?,
            campaigns: campaigns(store, id).await?,
            destinations: store.destinations(id).await?,
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

/// Returns all workflows of an account, oldest first.
///
/// # Errors
/// The errors of a read of the store.
pub async fn workflows(store: &Store, account: AccountId) -> Result<Vec<Workflow>, StoreError> {
    all(async |page| store.workflows(account, page).await).await
}

/// Returns all removed workflows of an account, oldest first.
///
/// # Errors
/// The errors of a read of the store.
pub async fn removed_workflows(
    store: &Store,
    account: AccountId,
) -> Result<Vec<Workflow>, StoreError> {
    all(async |page| store.removed_workflows(account, page).await).await
}

/// Returns all campaigns of an account, oldest first.
///
/// # Errors
/// The errors of a read of the store.
pub async fn campaigns(store: &Store, account: AccountId) -> Result<Vec<Campaign>, StoreError> {
    all(async |page| store.campaigns(account, page).await).await
}

/// Returns the whole history of a lead, oldest first.
///
/// # Errors
/// The errors of a read of the store.
pub async fn history(store: &Store, lead: &Lead) -> Result<Vec<Activity>, StoreError> {
    all(async |page| store.history(lead, page).await).await
}

/// Returns the workflow of an account with this name, whole id or short id.
///
/// # Errors
/// [`TargetError::Id`] if it is not exactly one, or [`TargetError::Store`].
pub async fn workflow(
    store: &Store,
    account: AccountId,
    text: &str,
) -> Result<Workflow, TargetError> {
    let all = workflows(store, account).await?;
    Ok(workflow_in(all, text)?)
}

/// Returns the workflow of a list with this name, whole id or short id.
///
/// # Errors
/// [`IdError`] if it is not exactly one.
pub fn workflow_in(all: Vec<Workflow>, text: &str) -> Result<Workflow, IdError> {
    let id = |workflow: &Workflow| workflow.id.to_string();
    ids::find_named(Kind::Workflow, text, all, id, |workflow| &workflow.name)
}

/// Returns the campaign of an account with this name, whole id or short id.
///
/// # Errors
/// [`TargetError::Id`] if it is not exactly one, or [`TargetError::Store`].
pub async fn campaign(
    store: &Store,
    account: AccountId,
    text: &str,
) -> Result<Campaign, TargetError> {
    let all = campaigns(store, account).await?;
    let id = |campaign: &Campaign| campaign.id.to_string();
    let found = ids::find_named(Kind::Campaign, text, all, id, |campaign| &campaign.name);
    Ok(found?)
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
