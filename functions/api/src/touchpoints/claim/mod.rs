//! `POST /touchpoints/claim`: callers take the touchpoints that are due.

mod candidates;
mod request;
mod take;
mod tokens;

use aws::store::RunOfLead;
use axum::{
    Extension, Json,
    extract::State,
    response::{IntoResponse, Response},
};
use domain::{
    channel::Channel,
    ids::{AccountId, LeadId},
    run::Run,
};
use jiff::SignedDuration;

pub use self::take::Taken;
use self::{candidates::Candidates, request::ClaimRequest, take::take, tokens::Tokens};
#[cfg(feature = "description")]
use crate::schema::{
    bodies::ClaimBody,
    refusals::{Checked, Keyed, Naming, WithBody},
};
use crate::{
    auth::Caller,
    http::{body::JsonBody, dispatch_counts::DispatchCounts, error::ApiError},
    state::AppState,
};

use super::due::ClaimReply;

/// Time for which a process remembers that callers pull from a lane.
const PULL_NOTED: SignedDuration = SignedDuration::from_hours(1);
/// Number of touchpoints that cannot go out after which a claim ends. It bounds the time of a claim: each of them
/// is settled by a write of its own, and thousands can be due.
const MOST_PASSED_OVER: usize = 50;

/// Claim the touchpoints that are due
///
/// Gives the caller up to `limit` touchpoints that are due, each for a lease. Make the contact, and
/// report its outcome before the lease ends. The list is empty if nothing is due. It is shorter or empty
/// if the destination of a channel has a rate that is used up, or if many touchpoints in a row cannot go out. A
/// channel with a webhook has nothing to claim.
///
/// Each touchpoint goes to one caller only. Those that came due within the last two minutes come first,
/// the newest first, then the others, oldest first. A lease that ends without an outcome puts the touchpoint back, three
/// times at most.
#[utoipa::path(
    post,
    path = "/api/public/touchpoints/claim",
    operation_id = "claimTouchpoints",
    tag = "Touchpoints",
    request_body = ClaimBody,
    responses(
        (status = 200, description = "The touchpoints that the caller has now.", body = ClaimReply<'static>),
        Keyed,
        Checked,
        Naming,
        WithBody,
    ),
)]
pub async fn claim(
    State(state): State<AppState>,
    Caller(account): Caller,
    JsonBody(body): JsonBody,
) -> Result<Response, ApiError> {
    let mut request = ClaimRequest::read(&body)?;
    // Leadgate sends the touchpoints of a webhook's channels.
    let destinations = state.catalogue.destinations(account.id).await?;
    let is_pulled = |channel: &Channel| destinations.webhook_of(*channel).is_none();
    request.channels.retain(is_pulled);
    let open_times = destinations.open_times();
    note_pulls(&state, account.id, &request).await?;
    let secret = state.catalogue.secret(account.id).await?;
    let mut counts = DispatchCounts::default();
    let mut tokens = Tokens::new(&state, account.id).await?;
    let mut claimed = Vec::new();
    if let Some(lead) = request.lead_id {
        let mut runs = of_lead(&state, account.id, lead, &request).await?;
        let runs = tokens.admit(&mut runs, 1).await?;
        claimed = take(&state, runs, request.lease, open_times, &mut counts).await?;
    } else {
        let mut candidates = Candidates::new(&state, account.id, tokens, &request);
        while claimed.len() < request.limit && counts.passed_over < MOST_PASSED_OVER {
            let most = (request.limit - claimed.len()).min(MOST_PASSED_OVER - counts.passed_over);
            let runs = candidates.next(most).await?;
            if runs.is_empty() {
                break;
            }
            let offered = runs.len();
            let taken = take(&state, runs, request.lease, open_times, &mut counts).await?;
            candidates.is_contended = taken.len() < offered;
            candidates.tokens.spend(&taken);
            claimed.extend(taken);
        }
    }
    let mut campaigns = Vec::with_capacity(claimed.len());
    for it in &claimed {
        campaigns.push(match it.lead.profile.campaign_id {
            Some(id) => state.catalogue.campaign(account.id, id).await?,
            None => None,
        });
    }
    let pairs = claimed.iter().zip(&campaigns);
    let touchpoints = pairs.filter_map(|(it, campaign)| it.out(campaign.as_deref(), &secret));
    let reply = ClaimReply {
        success: true,
        touchpoints: touchpoints.collect(),
    };
    Ok((Extension(counts), Json(reply)).into_response())
}

/// Returns the run of a lead whose touchpoint is due on one of the channels. Empty if there is none.
async fn of_lead(
    state: &AppState,
    account: AccountId,
    lead: LeadId,
    request: &ClaimRequest,
) -> Result<Vec<RunOfLead>, ApiError> {
    let found = state.store.lead_with_newest_run(account, lead).await?;
    let (lead, run) = found.ok_or(ApiError::NotFound("Lead"))?;
    let is_meant = |run: &Run| {
        let opened = run.opened();
        opened.is_some_and(|(channel, _)| request.channels.contains(&channel))
    };
    let run = run.filter(is_meant);
    Ok(run
        .into_iter()
        .map(|run| RunOfLead {
            run,
            lead: lead.clone(),
        })
        .collect())
}

/// Notes that callers pull from the lanes of a request, once an hour: the alarm for a lane's backlog
/// counts only such lanes.
async fn note_pulls(
    state: &AppState,
    account: AccountId,
    request: &ClaimRequest,
) -> Result<(), ApiError> {
    for channel in &request.channels {
        let (lane, now) = ((account, *channel), state.clock.now());
        if state.pulled.get(&lane, now).is_none() {
            state.store.note_pull(account, *channel, now).await?;
            state.pulled.put(lane, (), now, PULL_NOTED);
        }
    }
    Ok(())
}
