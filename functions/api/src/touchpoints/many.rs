//! `POST /touchpoints/outcomes`: outcomes of up to 100 touchpoints, each with its own result.

use axum::{
    Extension,
    extract::State,
    response::{IntoResponse, Response},
};
use domain::account::AccountSettings;
use http::StatusCode;
#[cfg(feature = "description")]
use serde::Serialize;
use serde_json::value::RawValue;
use tokio::time::{Duration, Instant};
#[cfg(feature = "description")]
use utoipa::ToSchema;

#[cfg(feature = "description")]
use super::reply::ReportedReply;
use super::{
    one::settled_body,
    report::{FIELDS, Report},
};
#[cfg(feature = "description")]
use crate::http::{envelope::Envelope, failed::FailedOut};
#[cfg(feature = "description")]
use crate::schema::{
    bodies::OutcomeReports,
    refusals::{Keyed, WithBody},
};
use crate::{
    auth::Caller,
    http::{
        body::{JsonBody, malformed},
        error::ApiError,
        exchange::RequestId,
        failed::of_element,
        fields::Elements,
        outcome_counts::OutcomeCounts,
        reader::Reader,
        results::Results,
    },
    limit::Charges,
    state::AppState,
};

/// Maximum number of outcomes of one request.
const MOST: usize = 100;
/// Time after which no outcome is begun, so that the reply comes within the request's time.
const BUDGET: Duration = Duration::from_secs(12);

/// The reply to several outcomes.
#[cfg(feature = "description")]
#[derive(Serialize, ToSchema)]
#[schema(as = OutcomesReply)]
struct ManyReply {
    success: bool,
    #[schema(example = 2)]
    total: usize,
    /// The number of outcomes that were taken in.
    #[schema(example = 1)]
    accepted: usize,
    #[schema(example = 1)]
    failed: usize,
    results: Vec<OutcomeResult>,
}

/// One result, for the outcome at its place in the request.
#[cfg(feature = "description")]
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
#[expect(dead_code, clippy::large_enum_variant, reason = "it only describes")]
enum OutcomeResult {
    Accepted(AcceptedOutcome),
    Failed(FailedOutcome),
}

#[cfg(feature = "description")]
#[derive(Serialize, ToSchema)]
struct AcceptedOutcome {
    index: usize,
    #[serde(flatten)]
    reply: ReportedReply<'static>,
}

#[cfg(feature = "description")]
#[derive(Serialize, ToSchema)]
struct FailedOutcome {
    index: usize,
    #[serde(flatten)]
    reply: FailedOut<'static>,
}

/// An error. If all outcomes of an array were refused, it also has the result of each.
#[cfg(feature = "description")]
#[derive(Serialize, ToSchema)]
struct RefusedOutcomes {
    #[serde(flatten)]
    error: Envelope<'static>,
    #[schema(nullable = false)]
    success: Option<bool>,
    #[schema(nullable = false)]
    total: Option<usize>,
    #[schema(nullable = false)]
    accepted: Option<usize>,
    #[schema(nullable = false)]
    failed: Option<usize>,
    #[schema(nullable = false)]
    results: Option<Vec<OutcomeResult>>,
}

/// Report the outcomes of several touchpoints
///
/// Takes an array of 1 to 100 outcomes, each with the `id` of its touchpoint. A wrong one does not
/// stop the others: `results` in the reply has an entry for each, with its `index`.
#[utoipa::path(
    post,
    path = "/api/public/touchpoints/outcomes",
    operation_id = "reportOutcomes",
    tag = "Touchpoints",
    request_body = OutcomeReports,
    responses(
        (status = 200, description = "Every outcome was taken in.", body = ManyReply),
        (status = 207, description = "Some outcomes were taken in, and others were refused.", body = ManyReply),
        (status = 400, description = "No outcome was taken in.", body = RefusedOutcomes),
        Keyed,
        WithBody,
    ),
)]
pub async fn report(
    State(state): State<AppState>,
    Caller(account): Caller,
    Extension(RequestId(request_id)): Extension<RequestId>,
    Extension(charges): Extension<Charges>,
    JsonBody(body): JsonBody,
) -> Result<Response, ApiError> {
    let elements: Elements<'_> = serde_json::from_slice(&body)
        .map_err(|error| malformed(&error, &body, "The body must be a JSON array of outcomes"))?;
    if elements.count == 0 || elements.count > MOST {
        let what = format!(
            "must hold 1 to {MOST} outcomes; it holds {}",
            elements.count
        );
        return Err(ApiError::invalid("the array", what));
    }
    let further = elements.count.saturating_sub(1);
    charges.charge_more(&state.limiter, further).await?;
    // One after the other: several outcomes of one run follow each other.
    let begun = Instant::now();
    let mut results = Results::new(&state.api_url);
    let mut counts = OutcomeCounts::default();
    for element in elements.first {
        results.push(match begun.elapsed() > BUDGET {
            true => Err(ApiError::NotTaken),
            false => settle_element(&state, &account, (&body, element), &mut counts).await,
        })?;
    }
    let response = results.into_response(StatusCode::OK, "outcomes", &request_id);
    Ok((Extension(counts), response).into_response())
}

async fn settle_element(
    state: &AppState,
    account: &AccountSettings,
    (body, element): (&[u8], &RawValue),
    counts: &mut OutcomeCounts,
) -> Result<Box<RawValue>, ApiError> {
    let what = "The element must be a JSON object: one outcome";
    let reader = Reader::of_object(element.get().as_bytes());
    let mut reader = reader.map_err(|error| of_element(error, (body, element), what))?;
    let secret = state.catalogue.secret(account.id).await?;
    let id = reader.text("id");
    if id.is_none() && !reader.has_problem_with("id") {
        reader.problem("id", "is required");
    }
    let report = Report::read(&mut reader, state.clock.now());
    let known: Vec<_> = ["id"].into_iter().chain(FIELDS).collect();
    let report = reader.finish_with(&known, report)?;
    let touchpoint = id.and_then(|id| secret.touchpoint(id.trim(), account.id));
    let touchpoint = touchpoint.ok_or(ApiError::NotFound("Touchpoint"))?;
    settled_body(state, account, touchpoint, &report, counts).await
}
