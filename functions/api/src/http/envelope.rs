//! The body of every error ([contract](../../../../docs/contract.md#errors)).

use serde::Serialize;
use utoipa::ToSchema;

use super::error::{ApiError, Problem, Problems};

/// The JSON body of a reply with a status of 400 or more.
#[derive(Serialize, ToSchema)]
#[schema(as = Error, description = "What a status of 400 or more is answered with. Programs go by `code`.")]
pub struct Envelope<'a> {
    #[schema(example = "Validation error")]
    error: &'a str,
    #[schema(example = "email is not a valid email address")]
    message: String,
    #[schema(example = "validation_error")]
    code: &'a str,
    #[schema(example = "JKJaXmPLvHcESHA=")]
    request_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    details: Option<&'a [Problem]>,
    /// The number of all problems. `details` and `message` show the first 20.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = 1)]
    problems_total: Option<usize>,
}

impl<'a> Envelope<'a> {
    pub fn new(error: &'a ApiError, request_id: &'a str) -> Self {
        Self {
            error: error.title(),
            message: error.to_string(),
            code: error.code(),
            request_id,
            details: error.problems().map(Problems::shown),
            problems_total: error.problems().map(Problems::total),
        }
    }
}
