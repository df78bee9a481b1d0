//! `POST /touchpoints/outcomes`: outcomes of up to 100 touchpoints, each with its own result.

use axum::{
    Extension, Json,
    extract::State,
    response::{IntoResponse, Response},
};
use domain::account::AccountSettings;
use http::StatusCode;
use serde::Serialize;
use serde_json::value::RawValue;
use tokio::time::{Duration, Instant};
use utoipa::ToSchema;

#[cfg(feature = "description")]
use super::reply::ReportedReply;
use super::{
    one::settled_body,
    report::{FIELDS, Report},
};
#[cfg(feature = "description")]
use crate::http::envelope::Envelope;
#[cfg(feature = "description")]
use crate::schema::{
    bodies::OutcomeReports,
    refusals::{Keyed, WithBody},
};
use crate::{
    auth::Caller,
    http::{
        body::{JsonBody, malformed},
        error::{ApiError, Problems},
        exchange::RequestId,
        failed::{FailedOut, NoneDone, of_element, with_index},
        fields::Elements,
        outcome_counts::OutcomeCounts,
        reader::Reader,
    },
    limit::Charges,
    state::AppState,
};

/// Maximum number of outcomes of one request.
const MOST: usize = 100;
/// Time after which no outcome is begun, so that the reply comes within the request's time.
const BUDGET: Duration = Duration::from_secs(12);

/// The reply to several outcomes. If none was taken in, it also has the fields of an error.
#[derive(Serialize, ToSchema)]
#[schema(as = OutcomesReply)]
struct ManyReply<'a> {
    success: bool,
    #[schema(example = 2)]
    total: usize,
    /// The number of outcomes that were taken in.
    #[schema(example = 1)]
    accepted: usize,
    #[schema(example = 1)]
    failed: usize,
    #[schema(value_type = Vec<OutcomeResult>)]
    results: Vec<Box<RawValue>>,
    #[schema(ignore)]
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    error: Option<NoneDone<'a>>,
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
        (status = 200, description = "Every outcome was taken in.", body = ManyReply<'static>),
        (status = 207, description = "Some outcomes were taken in, and others were refused.", body = ManyReply<'static>),
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
    let mut results = Vec::with_capacity(elements.count);
    let (mut accepted, mut first_problem) = (0, None);
    let mut counts = OutcomeCounts::default();
    for (index, element) in elements.first.into_iter().enumerate() {
        let settled = match begun.elapsed() > BUDGET {
            true => Err(ApiError::NotTaken),
            false => settle_element(&state, &account, (&body, element), &mut counts).await,
        };
        let reply = match settled {
            Ok(reply) => {
                accepted += 1;
                with_index(index, reply.get())
            }
            Err(error) => {
                first_problem.get_or_insert_with(|| error.to_string());
                let failed = FailedOut::new(&error, &state.api_url);
                serde_json::to_string(&failed).and_then(|body| with_index(index, &body))
            }
        };
        results.push(reply.map_err(|_| ApiError::Internal(None))?);
    }
    let total = results.len();
    let status = match accepted {
        0 => StatusCode::BAD_REQUEST,
        _ if accepted == total => StatusCode::OK,
        _ => StatusCode::MULTI_STATUS,
    };
    let none = ApiError::Validation(Problems::default());
    let error = first_problem.filter(|_| accepted == 0).map(|problem| {
        let message = format!(
            "None of the outcomes could be taken in. The first problem, of results[0]: {problem}"
        );
        NoneDone::new(&none, message, &request_id, &state.api_url)
    });
    let body = ManyReply {
        success: accepted > 0,
        total,
        accepted,
        failed: total - accepted,
        results,
        error,
    };
    Ok((status, Extension(counts), Json(body)).into_response())
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
