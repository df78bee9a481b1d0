//! `GET /suppressions`.

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use domain::page::List;

use super::reply::{SuppressionOut, SuppressionsReply};
#[cfg(feature = "description")]
use crate::schema::{
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

/// List suppressions, the newest first
///
/// Returns a page of the account's suppressions. Nothing in it shows an address: to look one up, check it.
///
/// To read on, send `pagination.next_cursor` as `cursor`. The last page has no `next_cursor`. A new suppression
/// can be missing for some milliseconds.
#[utoipa::path(
    get,
    path = "/api/public/suppressions",
    operation_id = "listSuppressions",
    tag = "Suppressions",
    params(PageParams),
    responses(
        (status = 200, description = "A page of suppressions.", body = SuppressionsReply<'static>),
        Keyed,
        Checked,
    ),
)]
pub async fn list(
    State(state): State<AppState>,
    Caller(account): Caller,
    parameters: Parameters,
) -> Result<Response, ApiError> {
    let list = List::Suppressions;
    let request = parameters.page(account.id, list)?;
    let page = state.store.suppressions(account.id, &request).await?;
    let suppressions = page.items.iter();
    let body = SuppressionsReply {
        success: true,
        suppressions: suppressions
            .map(|(address, it)| SuppressionOut::new(*address, it))
            .collect(),
        pagination: Pagination::new(account.id, list, &request, page.next.as_deref()),
    };
    Ok(Json(body).into_response())
}
