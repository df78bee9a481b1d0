//! `POST /suppressions`.

use axum::{
    Extension,
    extract::State,
    response::{IntoResponse, Response},
};
use http::StatusCode;

use super::{many, request::Request, write::write};
#[cfg(feature = "description")]
use crate::schema::{
    bodies::NewSuppressions,
    refusals::{Keyed, Raced, WithBody},
};
use crate::{
    auth::Caller,
    http::{
        body::JsonBody, error::ApiError, exchange::RequestId, outcome_counts::OutcomeCounts,
        reader::Reader,
    },
    limit::Charges,
    state::AppState,
};

/// Suppress an address, or many
///
/// Stores that a phone number or an e-mail address must not be contacted, on some channels or on `all`. Use it
/// for people who ask for it, for wrong addresses, and for lists of another system.
///
/// Takes one suppression, or an array of 1 to 1,000. An address is kept as a hash: no reply shows it, and the
/// suppression outlives the erasure of a lead. A repeat adds channels, and the heavier reason stays.
#[utoipa::path(
    post,
    path = "/api/public/suppressions",
    operation_id = "addSuppressions",
    tag = "Suppressions",
    request_body = NewSuppressions,
    responses(
        (status = 201, description = "Every address is suppressed. The reply to an array has a result for each.", body = inline(many::Added)),
        (status = 207, description = "Some addresses of the array are suppressed, and others are refused.", body = many::ManyReply),
        (status = 400, description = "No address is suppressed.", body = many::RefusedSuppressions),
        Keyed,
        WithBody,
        Raced,
    ),
)]
pub async fn add(
    State(state): State<AppState>,
    Caller(account): Caller,
    Extension(RequestId(request_id)): Extension<RequestId>,
    Extension(charges): Extension<Charges>,
    JsonBody(body): JsonBody,
) -> Result<Response, ApiError> {
    let is_array = body.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'[');
    if is_array {
        return many::add(&state, &account, &charges, &request_id, &body).await;
    }
    let reader = Reader::of_object(&body)?;
    let secret = state.catalogue.secret(account.id).await?;
    let request = Request::read(reader, &account, &secret, state.clock.now())?;
    let mut counts = OutcomeCounts::default();
    let (reply, is_new) = write(&state, &account, &request).await?;
    counts.suppressions += u64::from(is_new);
    Ok((StatusCode::CREATED, Extension(counts), axum::Json(reply)).into_response())
}
