//! `GET /leads` ([contract](../../../../docs/contract.md#get-leads)).

use aws::telemetry::ErrorChain;
use axum::{
    Extension, Json,
    extract::State,
    response::{IntoResponse, Response},
};
use domain::{lead::LeadFilter, page::List};

use super::reply::{LeadsReply, ListedLead};
#[cfg(feature = "description")]
use crate::schema::{
    parameters::{LeadParams, PageParams},
    refusals::{Checked, Keyed},
};
use crate::{
    auth::Caller,
    http::{
        error::ApiError,
        paging::{Pagination, Parameters},
    },
    limit::Charges,
    state::AppState,
};

/// List leads, the newest first
///
/// Returns a page of the account's leads. Use it to find leads by campaign, workflow or time of
/// creation.
///
/// To read on, send `pagination.next_cursor` as `cursor`, with the same filters. The last page has
/// no `next_cursor`.
#[utoipa::path(
    get,
    path = "/api/public/leads",
    operation_id = "listLeads",
    tag = "Leads",
    params(LeadParams, PageParams),
    responses(
        (status = 200, description = "A page of leads.", body = LeadsReply<'static>),
        Keyed,
        Checked,
    ),
)]
pub async fn list(
    State(state): State<AppState>,
    Caller(account): Caller,
    Extension(charges): Extension<Charges>,
    mut parameters: Parameters,
) -> Result<Response, ApiError> {
    let filter = LeadFilter {
        campaign_id: parameters.take("campaign_id"),
        workflow_id: parameters.take("workflow_id"),
        created_after: parameters.take_time("created_after"),
        created_before: parameters.take_time("created_before"),
    };
    let list = List::Leads(&filter);
    let request = parameters.page(account.id, list)?;
    let listed = state.store.leads(account.id, &filter, &request).await?;
    let page = listed.page;
    // Charged after the work, which is done whatever the limit says.
    let further = listed.further_queries;
    charges.charge_done(&state.limiter, further).await;
    let pagination = Pagination::new(account.id, list, &request, page.next.as_deref());
    let mut leads = Vec::with_capacity(page.items.len());
    for lead in page.items {
        match lead {
            Ok(lead) => leads.push(lead),
            // The other leads are shown all the same.
            Err((position, error)) => {
                tracing::error!(lead.position = position, error = %ErrorChain(&error), "a lead cannot be listed");
            }
        }
    }
    let body = LeadsReply {
        success: true,
        leads: leads.iter().map(ListedLead::from).collect(),
        pagination,
    };
    Ok(Json(body).into_response())
}
