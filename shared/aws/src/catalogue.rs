//! Workflows, campaigns, destinations and secrets of webhooks for the functions: read from the store and cached in the
//! process for 30 seconds. A missing workflow or campaign is not cached, so that a new one works at once.

use std::{num::NonZeroUsize, sync::Arc};

use domain::{
    account::AccountSettings,
    campaign::Campaign,
    destination::{Destinations, WebhookSecrets},
    ids::{AccountId, CampaignId, WorkflowId},
    workflow::{Workflow, WorkflowLabel},
};
use jiff::SignedDuration;

use crate::{
    account_secret::AccountSecret,
    cache::Cache,
    clock::Clock,
    store::{Store, StoreError},
};

/// Maximum age of a cached workflow or campaign, and of cached destinations.
const LIFETIME: SignedDuration = SignedDuration::from_secs(30);
/// Lifetime of a value that never changes.
const FOR_EVER: SignedDuration = SignedDuration::MAX;
/// Maximum number of cached workflows, of cached campaigns, and of accounts with cached destinations.
const CAPACITY: NonZeroUsize = NonZeroUsize::new(1_000).unwrap();

/// The workflows, campaigns and destinations of all accounts. Clones share one cache.
#[derive(Clone, Debug)]
pub struct Catalogue {
    store: Store,
    clock: Clock,
    workflows: Arc<Cache<(AccountId, WorkflowId), Arc<Workflow>>>,
    versions: Arc<Cache<(AccountId, WorkflowId, u32), Arc<Workflow>>>,
    campaigns: Arc<Cache<(AccountId, CampaignId), Arc<Campaign>>>,
    destinations: Arc<Cache<AccountId, Arc<Destinations>>>,
    webhooks: Arc<Cache<(AccountId, String), Arc<WebhookSecrets>>>,
    secrets: Arc<Cache<AccountId, AccountSecret>>,
    settings: Arc<Cache<AccountId, Arc<AccountSettings>>>,
}

impl Catalogue {
    /// Returns the catalogue of `store`, with an empty cache.
    pub fn new(store: Store, clock: Clock) -> Self {
        Self {
            store,
            clock,
            workflows: Arc::new(Cache::new(CAPACITY)),
            versions: Arc::new(Cache::new(CAPACITY)),
            campaigns: Arc::new(Cache::new(CAPACITY)),
            destinations: Arc::new(Cache::new(CAPACITY)),
            webhooks: Arc::new(Cache::new(CAPACITY)),
            secrets: Arc::new(Cache::new(CAPACITY)),
            settings: Arc::new(Cache::new(CAPACITY)),
        }
    }

    /// Returns a workflow of an account, at most 30 seconds old. `None` if there is none.
    ///
    /// # Errors
    /// Same as [`Store::workflow`].
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

    /// Returns the version of a workflow that a run follows. It never changes, so the process keeps
    /// it.
    ///
    /// # Errors
    /// Same as [`Store::workflow_version`]. [`StoreError::NotFound`] if there is no such version.
    pub async fn version(
        &self,
        account: AccountId,
        label: &WorkflowLabel,
    ) -> Result<Arc<Workflow>, StoreError> {
        let key = (account, label.id, label.version);
        if let Some(version) = self.versions.get(&key, self.clock.now()) {
            return Ok(version);
        }
        let version = self
            .store
            .workflow_version(account, label.id, label.version);
        let version = Arc::new(version.await?.ok_or(StoreError::NotFound)?);
        let copy = Arc::clone(&version);
        self.versions.put(key, copy, self.clock.now(), FOR_EVER);
        Ok(version)
    }

    /// Returns the secret of an account. It never changes, so the process keeps it.
    ///
    /// # Errors
    /// Same as [`Store::account_secret`].
    pub async fn secret(&self, account: AccountId) -> Result<AccountSecret, StoreError> {
        let now = self.clock.now();
        if let Some(secret) = self.secrets.get(&account, now) {
            return Ok(secret);
        }
        let secret = self.store.account_secret(account).await?;
        self.secrets.put(account, secret, now, FOR_EVER);
        Ok(secret)
    }

    /// Returns a campaign of an account, at most 30 seconds old. `None` if there is none.
    ///
    /// # Errors
    /// Same as [`Store::campaign`].
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

    /// Returns the destinations of an account, at most 30 seconds old.
    ///
    /// # Errors
    /// Same as [`Store::destinations`].
    pub async fn destinations(&self, account: AccountId) -> Result<Arc<Destinations>, StoreError> {
        let now = self.clock.now();
        if let Some(destinations) = self.destinations.get(&account, now) {
            return Ok(destinations);
        }
        let destinations = Arc::new(self.store.destinations(account).await?);
        let copy = Arc::clone(&destinations);
        self.destinations.put(account, copy, now, LIFETIME);
        Ok(destinations)
    }

    /// Returns the settings of an account, at most 30 seconds old. `None` if there is no such account.
    ///
    /// # Errors
    /// Same as [`Store::account`].
    pub async fn settings(
        &self,
        account: AccountId,
    ) -> Result<Option<Arc<AccountSettings>>, StoreError> {
        let now = self.clock.now();
        if let Some(settings) = self.settings.get(&account, now) {
            return Ok(Some(settings));
        }
        let found = self.store.account(account).await?;
        let settings = found.map(|it| Arc::new(it.settings(None)));
        if let Some(settings) = &settings {
            self.settings
                .put(account, Arc::clone(settings), now, LIFETIME);
        }
        Ok(settings)
    }

    /// Returns the secrets of a webhook, at most 30 seconds old. `None` if there are none.
    ///
    /// # Errors
    /// Same as [`Store::webhook_secrets`].
    pub async fn webhook_secrets(
        &self,
        account: AccountId,
        destination: &str,
    ) -> Result<Option<Arc<WebhookSecrets>>, StoreError> {
        let (key, now) = ((account, destination.to_owned()), self.clock.now());
        if let Some(secrets) = self.webhooks.get(&key, now) {
            return Ok(Some(secrets));
        }
        let secrets = self.store.webhook_secrets(account, destination).await?;
        let secrets = secrets.map(Arc::new);
        if let Some(secrets) = &secrets {
            self.webhooks.put(key, Arc::clone(secrets), now, LIFETIME);
        }
        Ok(secrets)
    }
}
