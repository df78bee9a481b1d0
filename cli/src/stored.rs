//! What an account has in the table, read as a whole.

use aws::store::{Store, StoreError};
use domain::{
    account::AccountRecord,
    campaign::Campaign,
    ids::AccountId,
    page::{Page, PageRequest},
    workflow::Workflow,
};

const PAGE: u16 = 200;

/// An account with its workflows and its campaigns, both oldest first.
pub(crate) struct StoredAccount {
    pub(crate) record: AccountRecord,
    pub(crate) workflows: Vec<Workflow>,
    pub(crate) campaigns: Vec<Campaign>,
}

impl StoredAccount {
    /// None: there is no such account.
    pub(crate) async fn read(store: &Store, id: AccountId) -> Result<Option<Self>, StoreError> {
        let Some(record) = store.account(id).await? else {
            return Ok(None);
        };
        Ok(Some(Self {
            record,
            workflows: all(async |page| store.workflows(id, page).await).await?,
            campaigns: all(async |page| store.campaigns(id, page).await).await?,
        }))
    }
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
