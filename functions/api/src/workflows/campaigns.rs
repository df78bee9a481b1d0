//! `GET /campaigns` ([contract](../../../../docs/contract.md#get-campaigns)).

use axum::{Json, extract::State};
use domain::{campaign::Campaign, ids::CampaignId, page::List};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

#[cfg(feature = "description")]
use crate::schema::{
    domain_types,
    parameters::PageParams,
    refusals::{Checked, Keyed},
};
use crate::{
    auth::Caller,
    http::{
        error::ApiError,
        paging::{Pagination, Parameters},
    },
    state::AppState,
};

#[derive(Serialize, ToSchema)]
pub struct CampaignsReply {
    success: bool,
    campaigns: Vec<CampaignOut>,
    pagination: Pagination,
}

#[derive(Serialize, ToSchema)]
#[schema(as = Campaign)]
struct CampaignOut {
    #[schema(value_type = domain_types::CampaignId)]
    id: CampaignId,
    #[schema(example = "Spring Launch")]
    name: String,
    created_at: Timestamp,
}

impl From<Campaign> for CampaignOut {
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

/// List campaigns
///
/// Returns a page of the account's campaigns. Use it to find the `campaign_id` for new leads.
///
/// To read on, send `pagination.next_cursor` as `cursor`.
#[utoipa::path(
    get,
    path = "/api/public/campaigns",
    operation_id = "listCampaigns",
    tag = "Campaigns",
    params(PageParams),
    responses(
        (status = 200, description = "A page of campaigns.", body = CampaignsReply),
        Keyed,
        Checked,
    ),
)]
pub async fn list(
    State(state): State<AppState>,
    Caller(account): Caller,
    parameters: Parameters,
) -> Result<Json<CampaignsReply>, ApiError> {
    let request = parameters.page(account.id, List::Campaigns)?;
    let page = state.store.campaigns(account.id, &request).await?;
    Ok(Json(CampaignsReply {
        success: true,
        pagination: Pagination::new(account.id, List::Campaigns, &request, page.next.as_deref()),
        campaigns: page.items.into_iter().map(CampaignOut::from).collect(),
    }))
}
