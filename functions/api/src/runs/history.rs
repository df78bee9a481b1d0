//! `GET /leads/{id}/history`.

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use domain::{
    activity::{Activity, ActivityKind},
    ids::LeadId,
    outcome::Outcome,
    page::List,
    time::whole_second,
};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

#[cfg(feature = "description")]
use crate::schema::{
    domain_types,
    parameters::PageParams,
    refusals::{Checked, Keyed, Naming},
};
use crate::{
    auth::Caller,
    http::{
        error::ApiError,
        paging::{Pagination, Parameters},
        path::PathId,
    },
    leads::ListedLead,
    state::AppState,
};

#[derive(Serialize, ToSchema)]
struct HistoryReply<'a> {
    success: bool,
    lead: ListedLead<'a>,
    history: Vec<ActivityOut<'a>>,
    pagination: Pagination,
}

#[derive(Serialize, ToSchema)]
#[schema(as = Activity)]
struct ActivityOut<'a> {
    #[serde(rename = "type")]
    #[schema(example = "activity")]
    kind: &'static str,
    #[schema(example = "system")]
    channel: &'static str,
    #[schema(value_type = domain_types::ActivityKind)]
    activity_type: ActivityKind,
    #[schema(example = "Status changed")]
    title: &'static str,
    #[schema(required, example = "New -> Won")]
    description: Option<String>,
    #[schema(example = "api")]
    actor_type: &'static str,
    #[schema(required)]
    actor_id: Option<&'a str>,
    timestamp: Timestamp,
}

impl<'a> From<&'a Activity> for ActivityOut<'a> {
    fn from(activity: &'a Activity) -> Self {
        let Activity {
            kind,
            subject,
            reason,
            actor,
            contact,
            at,
        } = activity;
        let parts: Vec<&str> = [subject, reason]
            .into_iter()
            .flatten()
            .map(String::as_str)
            .collect();
        let outcome = contact.as_ref().and_then(|it| it.outcome);
        let is_missing = outcome == Some(Outcome::NoOutcome);
        Self {
            kind: "activity",
            channel: contact.as_ref().map_or("system", |it| it.channel.as_str()),
            activity_type: *kind,
            title: match kind {
                ActivityKind::LeadCreated => "Lead created",
                ActivityKind::WorkflowAssigned => "Workflow assigned",
                ActivityKind::StatusChanged => "Status changed",
                ActivityKind::AutomationStopped => "Automation stopped",
                ActivityKind::AutomationResumed => "Automation resumed",
                ActivityKind::TouchpointClaimed => "Touchpoint claimed",
                ActivityKind::TouchpointSent => "Touchpoint sent",
                ActivityKind::TouchpointLapsed => "Lease ended without an outcome",
                ActivityKind::TouchpointReleased => "Touchpoint released",
                ActivityKind::TouchpointEnded => "Touchpoint ended",
                ActivityKind::TouchpointOutcome if is_missing => "Outcome missing",
                ActivityKind::TouchpointOutcome => "Outcome reported",
                ActivityKind::ContactReported => "Contact reported",
            },
            description: (!parts.is_empty()).then(|| parts.join(": ")),
            actor_type: if actor.is_some() { "user" } else { "api" },
            actor_id: actor.as_deref(),
            timestamp: whole_second(*at),
        }
    }
}

/// Show what has happened to a lead
///
/// Returns a page of a lead's history, the oldest entry first. Use it to show people what was done,
/// when and by whom.
///
/// To read on, send `pagination.next_cursor` as `cursor`.
#[utoipa::path(
    get,
    path = "/api/public/leads/{id}/history",
    operation_id = "showHistory",
    tag = "Runs",
    params(("id" = domain_types::LeadId, Path, description = "The lead's id."), PageParams),
    responses(
        (status = 200, description = "A page of the history, the oldest first.", body = HistoryReply<'static>),
        Keyed,
        Checked,
        Naming,
    ),
)]
pub async fn history(
    State(state): State<AppState>,
    Caller(account): Caller,
    PathId(id): PathId<LeadId>,
    parameters: Parameters,
) -> Result<Response, ApiError> {
    let list = List::History(id);
    let request = parameters.page(account.id, list)?;
    let lead = state.store.lead(account.id, id).await?.found();
    let lead = lead.ok_or(ApiError::NotFound("Lead"))?;
    let page = state.store.history(&lead, &request).await?;
    let body = HistoryReply {
        success: true,
        lead: ListedLead::from(&lead.profile),
        history: page.items.iter().map(ActivityOut::from).collect(),
        pagination: Pagination::new(account.id, list, &request, page.next.as_deref()),
    };
    Ok(Json(body).into_response())
}
