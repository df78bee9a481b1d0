//! Campaigns.

use domain::{
    campaign::Campaign,
    ids::{AccountId, CampaignId},
    page::{Page, PageRequest},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Store, StoreError, item::Entity, keys};

#[derive(Serialize, Deserialize)]
pub(super) struct CampaignItem {
    id: CampaignId,
    name: String,
    created_at: Timestamp,
}

impl Entity for CampaignItem {
    const NAME: &'static str = "campaign";
    const VERSION: u8 = 1;
}

impl From<CampaignItem> for Campaign {
    fn from(
        CampaignItem {
            id,
            name,
            created_at,
        }: CampaignItem,
    ) -> Self {
        Self {
            id,
            name,
            created_at,
        }
    }
}

impl From<Campaign> for CampaignItem {
    fn from(
        Campaign {
            id,
            name,
            created_at,
        }: Campaign,
    ) -> Self {
        Self {
            id,
            name,
            created_at,
        }
    }
}

impl Store {
    /// Returns a campaign of an account. `None` if there is none.
    ///
    /// # Errors
    /// The errors of a [read](StoreError#reads).
    pub async fn campaign(
        &self,
        account: AccountId,
        id: CampaignId,
    ) -> Result<Option<Campaign>, StoreError> {
        let item: Option<CampaignItem> = self.read(&keys::campaign(account, id)).await?;
        Ok(item.map(Campaign::from))
    }

    /// Returns a page of an account's campaigns, oldest first.
    ///
    /// # Errors
    /// The errors of a [read](StoreError#reads).
    pub async fn campaigns(
        &self,
        account: AccountId,
        request: &PageRequest,
    ) -> Result<Page<Campaign>, StoreError> {
        let partition = keys::account_partition(account);
        let page: Page<CampaignItem> = self.page(partition, keys::CAMPAIGNS, request).await?;
        Ok(page.map(Campaign::from))
    }

    /// Removes a campaign. Its leads keep its id, but replies show no campaign for them.
    ///
    /// # Errors
    /// The errors of a [write](StoreError#writes). [`StoreError::NotFound`] if there is no such
    /// campaign.
    pub async fn remove_campaign(
        &self,
        account: AccountId,
        id: CampaignId,
    ) -> Result<(), StoreError> {
        self.client
            .delete_item()
            .table_name(&*self.table)
            .set_key(Some(keys::campaign(account, id).into_item()))
            .condition_expression("attribute_exists(pk)")
            .send()
            .await
            .map_err(StoreError::of_existing)?;
        Ok(())
    }

    /// Creates a campaign.
    ///
    /// # Errors
    /// The errors of a [write](StoreError#writes). [`StoreError::Conflict`] if the campaign exists.
    pub async fn create_campaign(
        &self,
        account: AccountId,
        campaign: &Campaign,
    ) -> Result<(), StoreError> {
        let item = CampaignItem::from(campaign.clone());
        self.create(keys::campaign(account, campaign.id), &item)
            .await
    }
}
