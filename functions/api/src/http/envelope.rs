//! The body of every error ([contract](../../../../docs/contract.md#errors)).

use serde::Serialize;
use utoipa::ToSchema;

use super::{
    error::{ApiError, Problem, Problems},
    problem::Hints,
};

/// The JSON body of a reply with a status of 400 or more.
#[derive(Serialize, ToSchema)]
#[schema(as = Error, description = "Body of every reply with a status of 400 or more. Programs should test `code`.")]
pub struct Envelope<'a> {
    #[schema(example = "Validation error")]
    error: &'a str,
    #[schema(example = "email \"nope\" is not a valid email address")]
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
    /// Sentences that may show the cause, such as a misspelt key.
    #[serde(skip_serializing_if = "Hints::is_empty")]
    #[schema(required = false)]
    hints: Hints,
    /// The page about `code`, with its cause and its solution.
    #[schema(example = "https://leads.example.com/docs/errors#validation_error")]
    doc_url: String,
}

impl<'a> Envelope<'a> {
    /// `api_url` is the address of the API. If it is empty, `doc_url` is relative to the API.
    pub fn new(error: &'a ApiError, request_id: &'a str, api_url: &str) -> Self {
        Self {
            error: error.title(),
            message: error.to_string(),
            code: error.code(),
            request_id,
            details: error.problems().map(Problems::shown),
            problems_total: error.problems().map(Problems::total),
            hints: error.hints(),
            doc_url: doc_url(error.code(), api_url),
        }
    }
}

/// Returns the address of the page about a code.
pub fn doc_url(code: &str, api_url: &str) -> String {
    format!("{api_url}/docs/errors#{code}")
}
