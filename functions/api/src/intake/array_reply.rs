//! The reply to an array ([contract](../../../../docs/contract.md#many-at-once)).

use axum::{
    Extension, Json,
    response::{IntoResponse, Response},
};
use http::StatusCode;
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

#[cfg(feature = "description")]
use super::reply::CreatedReply;
use super::{
    outcome::{Acceptance, Outcome, counts},
    reply::mark_replay,
};
#[cfg(feature = "description")]
use crate::http::envelope::Envelope;
use crate::http::{
    error::{ApiError, Problems},
    failed::{FailedOut, NoneDone, with_index},
};

/// The reply to an array. If no lead was created, it also has the fields of an error.
#[derive(Serialize, ToSchema)]
#[schema(as = CreatedManyReply, description = "The reply to an array: a result for each lead, in the order of the request.")]
pub struct ArrayReply<'a> {
    success: bool,
    #[schema(example = 3)]
    total: usize,
    #[schema(example = 2)]
    created: usize,
    #[schema(example = 1)]
    failed: usize,
    #[schema(value_type = Vec<LeadResult>)]
    results: Vec<Box<RawValue>>,
    #[schema(ignore)]
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    error: Option<NoneDone<'a>>,
}

/// Returns the reply for an array: a result for each lead. If all leads failed for the same reason, and it is
/// not a reason of each lead's own, the reply is that error.
pub fn array(
    outcomes: Vec<Outcome>,
    request_id: &str,
    api_url: &str,
) -> Result<Response, ApiError> {
    let counts = counts(outcomes.iter().map(Result::as_ref));
    if let Some(error) = common_error(&outcomes) {
        return Ok((Extension(counts), error).into_response());
    }
    let total = outcomes.len();
    let created = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    let is_new = |outcome: &Outcome| {
        let how = outcome.as_ref().map(|accepted| accepted.how);
        how.is_ok_and(|how| how != Acceptance::Replayed)
    };
    let is_replay = created > 0 && !outcomes.iter().any(is_new);
    let status = match created {
        0 => StatusCode::BAD_REQUEST,
        _ if created == total => StatusCode::CREATED,
        _ => StatusCode::MULTI_STATUS,
    };
    let message = none_created_message(&outcomes);
    let results = outcomes
        .into_iter()
        .enumerate()
        .map(|(index, outcome)| result(index, outcome, api_url))
        .collect::<Result<_, _>>()
        .map_err(|_| ApiError::Internal(None))?;
    let none_created = ApiError::Validation(Problems::default());
    let body = ArrayReply {
        success: created > 0,
        total,
        created,
        failed: total - created,
        results,
        error: (created == 0).then(|| NoneDone::new(&none_created, message, request_id, api_url)),
    };
    let response = (status, Extension(counts), Json(body)).into_response();
    Ok(mark_replay(response, is_replay))
}

/// Returns the message of an array without a created lead: it has the first problem of the first lead.
fn none_created_message(outcomes: &[Outcome]) -> String {
    let first = outcomes.iter().find_map(|outcome| outcome.as_ref().err());
    let problem = first.and_then(ApiError::problems);
    let problem = problem.and_then(|problems| problems.iter().next());
    let problem = match (problem, first) {
        (Some(problem), _) => problem.message.clone(),
        (None, Some(error)) => error.to_string(),
        (None, None) => String::new(),
    };
    format!("None of the leads could be created. The first problem, of results[0]: {problem}")
}

/// Returns the error of the whole array. `None` if a lead was created, or leads failed for reasons of their
/// own.
fn common_error(outcomes: &[Outcome]) -> Option<ApiError> {
    let all = |is: fn(&ApiError) -> bool| outcomes.iter().all(|it| it.as_ref().is_err_and(is));
    let is_unconfirmed = |error: &ApiError| matches!(error, ApiError::Unconfirmed(_));
    if all(|error| matches!(error, ApiError::IdempotencyKeyOfErased)) {
        Some(ApiError::IdempotencyKeyOfErased)
    } else if all(|error| error.status() == StatusCode::UNPROCESSABLE_ENTITY) {
        Some(ApiError::KeyOfOtherArray)
    } else if !all(|error| error.status() == StatusCode::SERVICE_UNAVAILABLE) {
        None
    } else if outcomes
        .iter()
        .any(|outcome| outcome.as_ref().is_err_and(is_unconfirmed))
    {
        Some(ApiError::Unconfirmed(None))
    } else {
        Some(ApiError::NotStored)
    }
}

/// Returns one result: the body of the reply to the lead alone, with its index in front.
pub fn result(
    index: usize,
    outcome: Outcome,
    api_url: &str,
) -> Result<Box<RawValue>, serde_json::Error> {
    let body = match outcome {
        Ok(accepted) => accepted.body,
        Err(error) => serde_json::to_string(&FailedOut::new(&error, api_url))?,
    };
    with_index(index, &body)
}

#[cfg(feature = "description")]
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "it only describes")]
pub enum Created<'a> {
    One(CreatedReply<'a>),
    Many(ArrayReply<'a>),
}

/// One result, for the lead at its place in the request.
#[cfg(feature = "description")]
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "it only describes")]
pub enum LeadResult {
    Created(CreatedResult),
    Refused(RefusedResult),
}

#[cfg(feature = "description")]
#[derive(Serialize, ToSchema)]
pub struct CreatedResult {
    index: usize,
    #[serde(flatten)]
    reply: CreatedReply<'static>,
}

#[cfg(feature = "description")]
#[derive(Serialize, ToSchema)]
pub struct RefusedResult {
    index: usize,
    #[serde(flatten)]
    reply: FailedOut<'static>,
}

/// An error. If all leads of an array were refused, it also has the result of each lead.
#[cfg(feature = "description")]
#[derive(Serialize, ToSchema)]
pub struct RefusedLeads {
    #[serde(flatten)]
    error: Envelope<'static>,
    #[schema(nullable = false)]
    success: Option<bool>,
    #[schema(nullable = false)]
    total: Option<usize>,
    #[schema(nullable = false)]
    created: Option<usize>,
    #[schema(nullable = false)]
    failed: Option<usize>,
    #[schema(nullable = false)]
    results: Option<Vec<LeadResult>>,
}
