//! Workflows and campaigns as the functions see them: read from the store and kept in the process for
//! 30 seconds. What is not there is asked for every time, so that a new one works at once.

use std::{num::NonZeroUsize, sync::Arc};

use domain::{
    campaign::Campaign,
    ids::{AccountId, CampaignId, WorkflowId},
    workflow::Workflow,
};
use jiff::SignedDuration;

use crate::{
    cache::Cache,
    clock::Clock,
    store::{Store, StoreError},
};

const LIFETIME: SignedDuration = SignedDuration::from_secs(30);
const CAPACITY: NonZeroUsize = NonZeroUsize::new(1_000).unwrap();

/// The workflows and campaigns of all accounts. Clones share what they keep.
#[derive(Clone, Debug)]
pub struct Catalogue {
    store: Store,
    clock: Clock,
    workflows: Arc<Cache<(AccountId, WorkflowId), Arc<Workflow>>>,
    campaigns: Arc<Cache<(AccountId, CampaignId), Arc<Campaign>>>,
}

impl Catalogue {
    /// The catalogue in `store`.
    pub fn new(store: Store, clock: Clock) -> Self {
        Self {
            store,
            clock,
            workflows: Arc::new(Cache::new(CAPACITY)),
            campaigns: Arc::new(Cache::new(CAPACITY)),
        }
    }

    /// A workflow of an account, at most 30 seconds old.
    ///
    /// # Errors
    /// As of [`Store::workflow`].
    pub async fn workflow(
        &self,
        account: AccountId,
        id: WorkflowId,
    ) -> Result<Option<Arc<Workflow>>, StoreError> {
        let now = self.clock.now();
        if let Some(workflow) = self.workflows.get(&(account, id), now) {
            return Ok(Some(workflow));
        }
        let workflow = self.store.workflow(account, id).await?.map(Arc::new);
        if let Some(workflow) = &workflow {
            self.workflows
                .put((account, id), Arc::clone(workflow), now, LIFETIME);
        }
        Ok(workflow)
    }

    /// A campaign of an account, at most 30 seconds old.
    ///
    /// # Errors
    /// As of [`Store::campaign`].
    pub async fn campaign(
        &self,
        account: AccountId,
        id: CampaignId,
    ) -> Result<Option<Arc<Campaign>>, StoreError> {
        let now = self.clock.now();
        if let Some(campaign) = self.campaigns.get(&(account, id), now) {
            return Ok(Some(campaign));
        }
        let campaign = self.store.campaign(account, id).await?.map(Arc::new);
        if let Some(campaign) = &campaign {
            self.campaigns
                .put((account, id), Arc::clone(campaign), now, LIFETIME);
        }
        Ok(campaign)
    }
}
