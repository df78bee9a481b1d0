//! `GET /touchpoints`.

use std::{fmt, sync::Arc};

use aws::{
    store::{ListedRun, OpenRun, RunOfLead},
    telemetry::ErrorChain,
};
use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use domain::{
    account::AccountSettings,
    cadence::{Channel, TouchpointState},
    ids::{LeadId, RunId},
    page::{List, Page, PageRequest},
    run::Run,
    touchpoint_filter::{ListedState, TouchpointFilter},
    workflow::Workflow,
};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

#[cfg(feature = "description")]
use crate::schema::{
    domain_types,
    parameters::{PageParams, TouchpointParams},
    refusals::{Checked, Keyed, Naming},
};
use crate::{
    auth::Caller,
    http::{
        error::ApiError,
        paging::{Pagination, Parameters},
    },
    runs::{TouchpointOut, planned_by, touchpoint_out},
    state::AppState,
};

/// Maximum number of runs of a lead that are listed.
const MOST_RUNS: usize = 200;

/// The reply to `GET /touchpoints`.
#[derive(Serialize, ToSchema)]
struct TouchpointsReply<'a> {
    success: bool,
    touchpoints: Vec<ListedTouchpoint<'a>>,
    pagination: Pagination,
}

/// A touchpoint with the ids of its lead and its run.
#[derive(Serialize, ToSchema)]
struct ListedTouchpoint<'a> {
    #[serde(flatten)]
    touchpoint: TouchpointOut<'a>,
    #[schema(value_type = domain_types::LeadId)]
    lead_id: LeadId,
    #[schema(value_type = domain_types::RunId)]
    workflow_run_id: RunId,
}

/// List touchpoints
///
/// Returns a page of touchpoints: those that you can claim now, those that callers have, those that need
/// a person, or all of one lead.
///
/// To read on, send `pagination.next_cursor` as `cursor`, with the same filters. A page can have fewer
/// touchpoints than `limit` and still not be the last one.
#[utoipa::path(
    get,
    path = "/api/public/touchpoints",
    operation_id = "listTouchpoints",
    tag = "Touchpoints",
    params(TouchpointParams, PageParams),
    responses(
        (status = 200, description = "A page of touchpoints.", body = TouchpointsReply<'static>),
        Keyed,
        Checked,
        Naming,
    ),
)]
pub async fn list(
    State(state): State<AppState>,
    Caller(account): Caller,
    mut parameters: Parameters,
) -> Result<Response, ApiError> {
    let filter = TouchpointFilter {
        state: parameters.take("state"),
        channel: parameters.take_channel("channel"),
        lead_id: parameters.take("lead_id"),
    };
    parameters.require_state(&filter);
    let list = List::Touchpoints(&filter);
    let request = parameters.page(account.id, list)?;
    let Page { items, next } = found(&state, &account, &filter, &request).await?;
    let pagination = Pagination::new(account.id, list, &request, next.as_deref());
    let secret = state.catalogue.secret(account.id).await?;
    let touchpoints = items.iter().filter_map(|found| {
        let touchpoint = touchpoint_out(&found.run, found.index, &found.workflow, &secret)?;
        Some(ListedTouchpoint {
            touchpoint,
            lead_id: found.run.lead_id,
            workflow_run_id: found.run.id,
        })
    });
    let body = TouchpointsReply {
        success: true,
        touchpoints: touchpoints.collect(),
        pagination,
    };
    Ok(Json(body).into_response())
}

/// A touchpoint that passes a filter.
struct Found {
    run: Run,
    workflow: Arc<Workflow>,
    index: u16,
}

async fn found(
    state: &AppState,
    account: &AccountSettings,
    filter: &TouchpointFilter,
    request: &PageRequest,
) -> Result<Page<Found>, ApiError> {
    match (filter.lead_id, filter.state) {
        (Some(lead), _) => of_lead(state, account, lead, filter, request).await,
        (None, Some(ListedState::Is(needed))) if needed.needs_a_person() => {
            let page = state.store.attentions(account.id, request).await?;
            let places = page.items.iter().map(ListedRun::of_touchpoint);
            let runs = planned(state, &places.collect::<Vec<_>>()).await?;
            let items = page.items.iter().filter_map(|place| {
                let (run, workflow) = runs.iter().find(|(run, _)| run.id == place.run_id)?;
                let found = Found {
                    run: run.clone(),
                    workflow: Arc::clone(workflow),
                    index: place.index,
                };
                passes(&found, filter, state.clock.now()).then_some(found)
            });
            Ok(Page {
                items: items.collect(),
                next: page.next,
            })
        }
        _ => opened(state, account, filter, request).await,
    }
}

/// Returns the touchpoints of a lead, those of its newest run first.
async fn of_lead(
    state: &AppState,
    account: &AccountSettings,
    lead: LeadId,
    filter: &TouchpointFilter,
    request: &PageRequest,
) -> Result<Page<Found>, ApiError> {
    let is_there = state.store.lead(account.id, lead).await?.found();
    is_there.ok_or(ApiError::NotFound("Lead"))?;
    let (runs, now) = (
        state.store.runs(account.id, lead, MOST_RUNS).await?,
        state.clock.now(),
    );
    let mut items = Vec::new();
    let mut is_behind = request.after.is_none();
    for run in runs {
        let Some(workflow) = planned_by(state, &run).await? else {
            continue;
        };
        for index in (0..).take(run.touchpoints.len()) {
            let found = Found {
                run: run.clone(),
                workflow: Arc::clone(&workflow),
                index,
            };
            if !is_behind {
                is_behind = request.after == Some(found.position());
            } else if passes(&found, filter, now) {
                items.push(found);
            }
        }
    }
    Ok(cut(items, request))
}

/// Returns the open touchpoints of an account, by channel, then oldest first.
async fn opened(
    state: &AppState,
    account: &AccountSettings,
    filter: &TouchpointFilter,
    request: &PageRequest,
) -> Result<Page<Found>, ApiError> {
    let after = request.after.as_deref().and_then(OpenPosition::parse);
    let limit = usize::from(request.limit);
    let (mut items, now) = (Vec::new(), state.clock.now());
    let channels = Channel::ALL
        .into_iter()
        .filter(|it| filter.channel.is_none_or(|channel| channel == *it))
        .skip_while(|it| after.as_ref().is_some_and(|after| after.channel != *it));
    let (mut next, mut has_more) = (None, false);
    'channels: for channel in channels {
        let after = after.as_ref().filter(|after| after.channel == channel);
        let from = after.map_or(Timestamp::UNIX_EPOCH, |after| after.due_at);
        let page = u8::try_from(request.limit).unwrap_or(u8::MAX);
        let mut listing = state.store.open_runs(account.id, channel, from..now, page);
        let mut waiting = listing.next().await?;
        while let Some(first) = waiting.take() {
            // Those of one instant come in no order.
            let mut together = vec![first];
            while let Some(open) = listing.next().await? {
                if open.due_at != first.due_at {
                    waiting = Some(open);
                    break;
                }
                together.push(open);
            }
            together.sort_by_key(|open| open.run.run_id);
            together.retain(|open| {
                let behind = |after: &OpenPosition| {
                    (after.due_at, after.run_id) < (open.due_at, open.run.run_id)
                };
                after.is_none_or(behind)
            });
            for chunk in together.chunks(limit.max(1)) {
                let listed: Vec<_> = chunk.iter().map(|open| open.run).collect();
                let runs = planned(state, &listed).await?;
                for open in chunk {
                    if items.len() == limit {
                        has_more = true;
                        break 'channels;
                    }
                    next = Some(OpenPosition::of(channel, open).to_string());
                    let run = runs.iter().find(|(run, _)| run.id == open.run.run_id);
                    let found = run.and_then(|(run, workflow)| {
                        let index = run.hand_over.as_ref()?.index;
                        Some(Found {
                            run: run.clone(),
                            workflow: Arc::clone(workflow),
                            index,
                        })
                    });
                    items.extend(found.filter(|found| passes(found, filter, now)));
                }
            }
        }
    }
    let next = next.filter(|_| has_more);
    Ok(Page { items, next })
}

/// Reads runs with the versions of their workflows. Leaves out those that cannot be read.
async fn planned(
    state: &AppState,
    listed: &[ListedRun],
) -> Result<Vec<(Run, Arc<Workflow>)>, ApiError> {
    let mut planned = Vec::new();
    for run in state.store.runs_of_leads(listed).await? {
        match run {
            Ok(RunOfLead { run, .. }) => {
                if let Some(workflow) = planned_by(state, &run).await? {
                    planned.push((run, workflow));
                }
            }
            // The other touchpoints are shown all the same.
            Err(error) => {
                tracing::error!(error = %ErrorChain(&error), "a touchpoint cannot be listed");
            }
        }
    }
    Ok(planned)
}

fn passes(found: &Found, filter: &TouchpointFilter, now: Timestamp) -> bool {
    let Some(touchpoint) = found.run.touchpoint(found.index) else {
        return false;
    };
    let is_open = found.run.opened().is_some() && found.run.next_index() == Some(found.index);
    let has_state = match filter.state {
        None => true,
        Some(ListedState::Due) => is_open && !found.run.is_claimed(now),
        // A caller has it only until its lease ends.
        Some(ListedState::Is(TouchpointState::Claimed)) if filter.lead_id.is_none() => {
            is_open && found.run.is_claimed(now)
        }
        Some(ListedState::Is(state)) => touchpoint.state == state,
    };
    has_state && filter.channel.is_none_or(|it| touchpoint.channel == it)
}

fn cut(mut items: Vec<Found>, request: &PageRequest) -> Page<Found> {
    let limit = usize::from(request.limit);
    let has_more = items.len() > limit;
    items.truncate(limit);
    let next = items.last().map(Found::position).filter(|_| has_more);
    Page { items, next }
}

impl Found {
    fn position(&self) -> String {
        format!("{}#{}", self.run.id, self.index)
    }
}

/// Position in the list of open touchpoints.
struct OpenPosition {
    channel: Channel,
    due_at: Timestamp,
    run_id: RunId,
}

impl OpenPosition {
    fn of(channel: Channel, open: &OpenRun) -> Self {
        Self {
            channel,
            due_at: open.due_at,
            run_id: open.run.run_id,
        }
    }

    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.splitn(3, '#');
        Some(Self {
            channel: Channel::of_word(parts.next()?)?,
            due_at: parts.next()?.parse().ok()?,
            run_id: parts.next()?.parse().ok()?,
        })
    }
}

impl fmt::Display for OpenPosition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            channel,
            due_at,
            run_id,
        } = self;
        write!(f, "{channel}#{due_at}#{run_id}")
    }
}
