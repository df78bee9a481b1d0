//! The reply to an array whose elements are taken in on their own
//! ([contract](../../../../docs/contract.md#post-touchpointsoutcomes)).

use std::error::Error;

use aws::telemetry::ErrorChain;
use axum::{
    Json,
    response::{IntoResponse, Response},
};
use http::StatusCode;
use serde::Serialize;
use serde_json::value::RawValue;

use super::{
    error::{ApiError, Problems},
    failed::{FailedOut, NoneDone, with_index},
};

/// The results of an array, in the order of the request.
pub struct Results<'a> {
    api_url: &'a str,
    results: Vec<Box<RawValue>>,
    accepted: usize,
    first_problem: Option<String>,
    has_logged: bool,
}

/// If no element was taken in, the reply also has the fields of an error.
#[derive(Serialize)]
struct ResultsReply<'a> {
    success: bool,
    total: usize,
    accepted: usize,
    failed: usize,
    results: Vec<Box<RawValue>>,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    error: Option<NoneDone<'a>>,
}

impl<'a> Results<'a> {
    pub fn new(api_url: &'a str) -> Self {
        Self {
            api_url,
            results: Vec::new(),
            accepted: 0,
            first_problem: None,
            has_logged: false,
        }
    }

    /// Adds the reply to the next element. The first cause of an error goes to the log.
    ///
    /// # Errors
    /// [`ApiError::Internal`] if it cannot be written as JSON, which nothing in it can cause.
    pub fn push(&mut self, taken: Result<Box<RawValue>, ApiError>) -> Result<(), ApiError> {
        let index = self.results.len();
        let result = match taken {
            Ok(reply) => {
                self.accepted += 1;
                with_index(index, reply.get())
            }
            Err(error) => {
                if let Some(cause) = error.source().filter(|_| !self.has_logged) {
                    self.has_logged = true;
                    tracing::error!(error = %ErrorChain(cause), "an element was not taken in");
                }
                self.first_problem.get_or_insert_with(|| error.to_string());
                let failed = FailedOut::new(&error, self.api_url);
                serde_json::to_string(&failed).and_then(|body| with_index(index, &body))
            }
        };
        self.results
            .push(result.map_err(|_| ApiError::Internal(None))?);
        Ok(())
    }

    /// Returns the reply: `all` if every element was taken in, 207 if some were, and 400 if none was.
    /// `what` is the name of the elements.
    pub fn into_response(self, all: StatusCode, what: &str, request_id: &str) -> Response {
        let Self {
            api_url,
            results,
            accepted,
            first_problem,
            has_logged: _,
        } = self;
        let total = results.len();
        let status = match accepted {
            0 => StatusCode::BAD_REQUEST,
            _ if accepted == total => all,
            _ => StatusCode::MULTI_STATUS,
        };
        let none = ApiError::Validation(Problems::default());
        let error = first_problem.filter(|_| accepted == 0).map(|problem| {
            let message = format!(
                "None of the {what} could be taken in. The first problem, of results[0]: {problem}"
            );
            NoneDone::new(&none, message, request_id, api_url)
        });
        let body = ResultsReply {
            success: accepted > 0,
            total,
            accepted,
            failed: total - accepted,
            results,
            error,
        };
        (status, Json(body)).into_response()
    }
}
