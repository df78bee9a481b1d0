//! `POST /workflows/{id}/preview`: plans touchpoints without a lead. It writes nothing.

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use domain::{
    cadence::{Reachability, plan},
    ids::WorkflowId,
    time::whole_second,
};
use jiff::{Timestamp, tz::TimeZone};
use serde::Serialize;
use utoipa::ToSchema;

use crate::runs::{TouchpointOut, touchpoints};
#[cfg(feature = "description")]
use crate::schema::{
    bodies::PreviewRequest,
    domain_types,
    refusals::{Checked, Keyed, Naming, WithBody},
};
use crate::{
    auth::Caller,
    http::{body::JsonBody, error::ApiError, path::PathId, reader::Reader},
    state::AppState,
};

#[derive(Serialize, ToSchema)]
struct PreviewReply<'a> {
    success: bool,
    #[schema(required, example = "America/Santiago")]
    timezone: Option<&'a str>,
    at: Timestamp,
    touchpoints: Vec<TouchpointOut<'a>>,
}

/// Preview the touchpoints of a lead
///
/// Returns the touchpoints that a lead would get, and stores nothing. Use it to check a workflow's
/// hours and intervals before you enrol leads.
///
/// Each touchpoint has the time in UTC in `due_at`, and in the workflow's time zone in `local`.
/// `reasons` gives the reasons for a moved or skipped touchpoint.
#[utoipa::path(
    post,
    path = "/api/public/workflows/{id}/preview",
    operation_id = "previewWorkflow",
    tag = "Workflows",
    params(("id" = domain_types::WorkflowId, Path, description = "The workflow's id.")),
    request_body = PreviewRequest,
    responses(
        (status = 200, description = "The touchpoints.", body = PreviewReply<'static>),
        Keyed,
        Checked,
        Naming,
        WithBody,
    ),
)]
pub async fn preview(
    State(state): State<AppState>,
    Caller(account): Caller,
    PathId(id): PathId<WorkflowId>,
    JsonBody(body): JsonBody,
) -> Result<Response, ApiError> {
    let mut reader = Reader::of_object(&body)?;
    let reach = Reachability {
        phone: reader.flag("phone").unwrap_or(true),
        email: reader.flag("email").unwrap_or(true),
    };
    let at = reader.time("at").unwrap_or_else(|| state.clock.now());
    let timezone: Option<TimeZone> = reader.timezone("timezone");
    reader.finish(&["phone", "email", "at", "timezone"])?;
    let workflow = state.store.workflow(account.id, id).await?;
    let workflow = workflow.ok_or(ApiError::NotFound("Workflow"))?;
    let (at, zone) = (
        whole_second(at),
        timezone.as_ref().unwrap_or(&workflow.timezone),
    );
    let planned = plan(&workflow.cadence, zone, reach, None, at);
    let body = PreviewReply {
        success: true,
        timezone: zone.iana_name(),
        at,
        touchpoints: touchpoints(&planned, Some(&workflow)),
    };
    Ok(Json(body).into_response())
}
