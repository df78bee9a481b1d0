//! `POST /leads` (CONTRACT section 3): one lead, or an array of them.

use axum::{
    Extension,
    extract::{FromRequestParts, State},
    response::Response,
};
use domain::{account::Account, idempotency::IdempotencyKey};
use http::request::Parts;

use super::{
    body::JsonBody,
    draft::Draft,
    enrolment::{Named, Wanted, enrol},
    intake::take_in,
    many, reply,
};
use crate::{
    auth::Caller,
    envelope::RequestId,
    error::{ApiError, Problem},
    limit::Ticket,
    openapi::bodies::{Created, NewLeads, RefusedLeads},
    openapi::parameters::IdempotencyParams,
    openapi::refusals::{Keyed, Replayable, WithBody},
    state::AppState,
};

/// A lead's item must stay far below the 400 KB that DynamoDB takes.
pub(super) const LEAD_LIMIT: usize = 64 * 1024;

/// What the client calls the request, if it does.
pub(crate) struct RequestName(Option<IdempotencyKey>);

impl<S: Sync> FromRequestParts<S> for RequestName {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let Some(value) = parts.headers.get("idempotency-key") else {
            return Ok(Self(None));
        };
        // What is no visible ASCII is no key either.
        match value.to_str().unwrap_or_default().parse() {
            Ok(key) => Ok(Self(Some(key))),
            Err(error) => Err(ApiError::Validation(vec![Problem::new(
                "Idempotency-Key",
                error,
            )])),
        }
    }
}

/// Create a lead, or many
///
/// Leads of an array are created even when others are not. A lead is never lost over its workflow: it is created, and
/// `warning` says what was not done.
#[utoipa::path(
    post,
    path = "/api/public/leads",
    operation_id = "createLeads",
    tag = "Leads",
    params(IdempotencyParams),
    request_body = NewLeads,
    responses(
        (status = 201, description = "All are created. One lead is answered with its own reply, an array with a result for each.", body = inline(Created<'static>)),
        (status = 207, description = "Some leads of the array are created.", body = reply::ManyReply<'static>),
        (status = 400, description = "Nothing is created.", body = RefusedLeads),
        Keyed,
        WithBody,
        Replayable,
    ),
)]
pub(crate) async fn create(
    State(state): State<AppState>,
    Caller(account): Caller,
    RequestName(key): RequestName,
    Extension(RequestId(request_id)): Extension<RequestId>,
    Extension(ticket): Extension<Ticket>,
    JsonBody(body): JsonBody,
) -> Result<Response, ApiError> {
    let is_array = body.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'[');
    if is_array {
        // In a box, which only arrays pay for.
        Box::pin(many::create(
            &state,
            &account,
            key.as_ref(),
            (&request_id, &ticket),
            &body,
        ))
        .await
    } else {
        create_one(&state, &account, key.as_ref(), &body).await
    }
}

async fn create_one(
    state: &AppState,
    account: &Account,
    key: Option<&IdempotencyKey>,
    body: &[u8],
) -> Result<Response, ApiError> {
    let draft = read_draft(body, account, key.map(|_| ""))?;
    let request_hash = draft.request_hash.clone();
    let named = Named::of(key, 0, request_hash.as_deref());
    let wanted = Wanted::look_up(state, account, std::iter::once(&draft)).await?;
    let enrolment = enrol(
        account,
        draft,
        &wanted,
        named,
        &state.random,
        state.clock.now(),
    );
    let taken = take_in(state, account, named, enrolment).await?;
    Ok(reply::created(taken))
}

/// Reads one lead's JSON text. `kind` as of [`Draft::read`].
pub(crate) fn read_draft(
    body: &[u8],
    account: &Account,
    kind: Option<&str>,
) -> Result<Draft, ApiError> {
    if body.len() > LEAD_LIMIT {
        return Err(ApiError::PayloadTooLarge("A lead must not be over 64 KiB"));
    }
    Draft::read(body, account, kind)
}
