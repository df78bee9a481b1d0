//! `POST /suppressions` with an array: each suppression has its own result.

use axum::{
    Extension,
    response::{IntoResponse, Response},
};
use domain::account::AccountSettings;
use futures::{StreamExt, stream};
use http::StatusCode;
#[cfg(feature = "description")]
use serde::Serialize;
use tokio::time::{Duration, Instant};
#[cfg(feature = "description")]
use utoipa::ToSchema;

#[cfg(feature = "description")]
use super::reply::SuppressedReply;
use super::{request::Request, write::write};
#[cfg(feature = "description")]
use crate::http::envelope::Envelope;
use crate::{
    http::{
        body::malformed,
        error::ApiError,
        failed::{FailedOut, of_element},
        fields::Elements,
        outcome_counts::OutcomeCounts,
        reader::Reader,
        results::Results,
        size::{FRAME, INDEX, REPLY_LIMIT, size_of},
    },
    limit::Charges,
    state::AppState,
};

/// Maximum number of suppressions that are written at the same time.
const CONCURRENT_WRITES: usize = 16;
/// Time after which no suppression is begun, so that the reply comes within the request's time.
const BUDGET: Duration = Duration::from_secs(12);
/// Maximum size of the reply to one suppression, in bytes, as a part of a JSON string: its note of 200
/// characters takes at most 1,400.
const LONGEST_REPLY: usize = 3_000;

/// The reply to one suppression, or to an array.
#[cfg(feature = "description")]
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "it only describes")]
pub enum Added {
    One(SuppressedReply<'static>),
    Many(ManyReply),
}

/// The reply to several suppressions.
#[cfg(feature = "description")]
#[derive(Serialize, ToSchema)]
#[schema(as = AddedSuppressions)]
pub struct ManyReply {
    success: bool,
    #[schema(example = 2)]
    total: usize,
    /// The number of addresses that are suppressed.
    #[schema(example = 1)]
    accepted: usize,
    #[schema(example = 1)]
    failed: usize,
    results: Vec<SuppressionResult>,
}

/// One result, for the suppression at its place in the request.
#[cfg(feature = "description")]
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "it only describes")]
enum SuppressionResult {
    Accepted(AcceptedSuppression),
    Failed(FailedSuppression),
}

#[cfg(feature = "description")]
#[derive(Serialize, ToSchema)]
struct AcceptedSuppression {
    index: usize,
    #[serde(flatten)]
    reply: SuppressedReply<'static>,
}

#[cfg(feature = "description")]
#[derive(Serialize, ToSchema)]
struct FailedSuppression {
    index: usize,
    #[serde(flatten)]
    reply: FailedOut<'static>,
}

/// An error. If all suppressions of an array were refused, it also has the result of each.
#[cfg(feature = "description")]
#[derive(Serialize, ToSchema)]
pub struct RefusedSuppressions {
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
    results: Option<Vec<SuppressionResult>>,
}

/// Stores the valid suppressions of an array.
///
/// # Errors
/// [`ApiError::Validation`] and [`ApiError::MalformedJson`] if it is no array of 1 to 1,000 elements;
/// [`ApiError::PayloadTooLarge`] if the reply could be over 6 MiB; errors of the limits and of the account's
/// secret. Errors of single suppressions are in their results.
pub async fn add(
    state: &AppState,
    account: &AccountSettings,
    charges: &Charges,
    request_id: &str,
    body: &[u8],
) -> Result<Response, ApiError> {
    let begun = Instant::now();
    let elements: Elements<'_> = serde_json::from_slice(body)
        .map_err(|error| malformed(&error, body, "The body must be an array of suppressions"))?;
    if elements.count == 0 || elements.count > Elements::MOST {
        let what = format!(
            "must hold 1 to {} suppressions; it holds {}",
            Elements::MOST,
            elements.count
        );
        return Err(ApiError::invalid("the array", what));
    }
    charges
        .charge_more(&state.limiter, elements.count - 1)
        .await?;
    let secret = state.catalogue.secret(account.id).await?;
    let now = state.clock.now();
    let requests = elements.first.into_iter().map(|element| {
        let reader = Reader::of_object(element.get().as_bytes()).map_err(|error| {
            let what = "The element must be a JSON object: one suppression";
            of_element(error, (body, element), what)
        })?;
        Request::read(reader, account, &secret, now)
    });
    let requests: Vec<_> = requests.collect();
    check_size(&requests, &state.api_url)?;
    let writes: Vec<_> = requests
        .into_iter()
        .map(async |request| {
            let request = request?;
            match begun.elapsed() > BUDGET {
                true => Err(ApiError::NotTaken),
                false => write(state, account, &request).await,
            }
        })
        .collect();
    let mut written = stream::iter(writes).buffered(CONCURRENT_WRITES);
    let mut results = Results::new(&state.api_url);
    let mut counts = OutcomeCounts::default();
    while let Some(written) = written.next().await {
        results.push(written.map(|(reply, is_new)| {
            counts.suppressions += u64::from(is_new);
            reply
        }))?;
    }
    let response = results.into_response(StatusCode::CREATED, "suppressions", request_id);
    Ok((Extension(counts), response).into_response())
}

/// Refuses an array if the reply could be over 6 MiB. After a write, a reply that Lambda refuses could not be
/// given.
fn check_size(requests: &[Result<Request, ApiError>], api_url: &str) -> Result<(), ApiError> {
    let mut size = FRAME;
    for request in requests {
        size += INDEX
            + match request {
                Ok(_) => LONGEST_REPLY + api_url.len(),
                Err(error) => size_of(&FailedOut::new(error, api_url))?,
            };
    }
    match size > REPLY_LIMIT {
        true => Err(ApiError::PayloadTooLarge(
            "The reply to so many suppressions would be over 6 MiB; send fewer at once",
        )),
        false => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use aws::clients::OPERATION_TIMEOUT as CALL;

    use super::*;
    use crate::REQUEST_TIMEOUT;

    #[test]
    fn an_array_that_meets_every_timeout_is_answered_within_the_requests_time() {
        // The key is read before; a suppression that was begun in time is written.
        assert!(CALL + BUDGET + CALL < REQUEST_TIMEOUT);
    }
}
