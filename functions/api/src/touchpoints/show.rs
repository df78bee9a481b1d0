//! `GET /touchpoints/{id}`.

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};

use super::{
    outcome::read_run,
    reply::{TouchpointDetails, TouchpointReply},
};
#[cfg(feature = "description")]
use crate::schema::{
    domain_types,
    refusals::{Keyed, Naming},
};
use crate::{
    auth::Caller,
    http::{error::ApiError, path::TouchpointId},
    runs::touchpoint_out,
    state::AppState,
};

/// Show a touchpoint
///
/// Returns a touchpoint with its tries and the outcomes that were reported. Use it to see what
/// happened to one contact.
#[utoipa::path(
    get,
    path = "/api/public/touchpoints/{id}",
    operation_id = "showTouchpoint",
    tag = "Touchpoints",
    params(("id" = domain_types::TouchpointId, Path, description = "The touchpoint's id.")),
    responses(
        (status = 200, description = "The touchpoint.", body = TouchpointReply<'static>),
        Keyed,
        Naming,
    ),
)]
pub async fn show(
    State(state): State<AppState>,
    Caller(account): Caller,
    TouchpointId(id): TouchpointId,
) -> Result<Response, ApiError> {
    let secret = state.catalogue.secret(account.id).await?;
    let unknown = || ApiError::NotFound("Touchpoint");
    let touchpoint = secret.touchpoint(&id, account.id).ok_or_else(unknown)?;
    let (_, run, workflow) = read_run(&state, touchpoint).await?;
    let entries = state.store.contact_entries(touchpoint).await?;
    let out = touchpoint_out(&run, touchpoint.index, &workflow, &secret);
    let entries = entries.iter().map(|entry| &entry.activity);
    let body = TouchpointReply {
        success: true,
        touchpoint: TouchpointDetails::new(
            out.ok_or_else(unknown)?,
            (&run, touchpoint.index),
            entries,
        ),
    };
    Ok(Json(body).into_response())
}
