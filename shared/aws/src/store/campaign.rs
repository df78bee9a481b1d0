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
struct CampaignItem {
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

impl Store {
    /// A campaign of an account.
    ///
    /// # Errors
    /// As of any read.
    pub async fn campaign(
        &self,
        account: AccountId,
        id: CampaignId,
    ) -> Result<Option<Campaign>, StoreError> {
        let item: Option<CampaignItem> = self.read(&keys::campaign(account, id)).await?;
        Ok(item.map(Campaign::from))
    }

    /// An account's campaigns, oldest first.
    ///
    /// # Errors
    /// As of any read.
    pub async fn campaigns(
        &self,
        account: AccountId,
        request: &PageRequest,
    ) -> Result<Page<Campaign>, StoreError> {
        let partition = keys::account_partition(account);
        let page: Page<CampaignItem> = self.page(partition, keys::CAMPAIGNS, request).await?;
        Ok(page.map(Campaign::from))
    }

    /// Removes a campaign. Its leads keep its id, and show no campaign.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if it is not there.
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
            .await?;
        Ok(())
    }

    /// Creates a campaign.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if it is there already.
    pub async fn create_campaign(
        &self,
        account: AccountId,
        campaign: &Campaign,
    ) -> Result<(), StoreError> {
        let Campaign {
            id,
            name,
            created_at,
        } = campaign.clone();
        let item = CampaignItem {
            id,
            name,
            created_at,
        };
        self.create(keys::campaign(account, id), &item).await
    }
}
