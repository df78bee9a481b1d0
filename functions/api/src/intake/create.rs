//! The handler of `POST /leads`.

use axum::{Extension, extract::State, response::Response};
use tokio::time::Instant;

use super::{array, array_reply, one, reply};
#[cfg(feature = "description")]
use crate::schema::{
    bodies::NewLeads,
    parameters::IdempotencyParams,
    refusals::{Keyed, Replayable, WithBody},
};
use crate::{
    auth::Caller,
    http::{body::JsonBody, error::ApiError, exchange::RequestId, idempotency::IdempotencyHeader},
    limit::Charges,
    state::AppState,
};

/// Create a lead, or many
///
/// Stores one lead, or an array of up to 1,000 leads. With a `workflow_id`, a lead also enters that
/// workflow, and its first touchpoint is planned. Use it for each new contact, for example from a
/// form.
///
/// Keep `lead.id` of the reply: all other requests take it. A lead with an unknown workflow or
/// campaign is stored too, and `warning` in the reply gives the reason. In an array, a wrong lead
/// does not stop the others: `results` in the reply has an entry for each lead, with its `index`.
///
/// Send an `Idempotency-Key`, so that a request can be sent again without a second lead.
#[utoipa::path(
    post,
    path = "/api/public/leads",
    operation_id = "createLeads",
    tag = "Leads",
    params(IdempotencyParams),
    request_body = NewLeads,
    responses(
        (status = 201, description = "Every lead is created. The reply to an array has a result for each lead.", body = inline(array_reply::Created<'static>)),
        (status = 207, description = "Some leads of the array are created, and others are refused.", body = array_reply::ArrayReply<'static>),
        (status = 400, description = "No lead is created.", body = array_reply::RefusedLeads),
        Keyed,
        WithBody,
        Replayable,
    ),
)]
pub async fn create(
    State(state): State<AppState>,
    Caller(account): Caller,
    IdempotencyHeader(key): IdempotencyHeader,
    Extension(RequestId(request_id)): Extension<RequestId>,
    Extension(charges): Extension<Charges>,
    JsonBody(body): JsonBody,
) -> Result<Response, ApiError> {
    let is_array = body.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'[');
    if is_array {
        // In a box, so that a single lead does not pay for the larger future.
        let outcomes = Box::pin(async {
            let begun = Instant::now();
            let leads = array::parse(&body)?;
            let further = leads.len().saturating_sub(1);
            charges.charge_more(&state.limiter, further).await?;
            array::create(&state, &account, key.as_ref(), (&body, &leads), begun).await
        });
        return array_reply::array(outcomes.await?, &request_id, &state.api_url);
    }
    let accepted = one::create(&state, &account, key.as_ref(), &body).await?;
    Ok(reply::created(accepted))
}
