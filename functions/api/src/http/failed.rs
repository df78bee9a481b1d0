//! Failed elements of an array ([contract](../../../../docs/contract.md#many-at-once)).

use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::{
    envelope::doc_url,
    error::{ApiError, Problem, Problems},
    problem::Hints,
};

/// A lead of an array that was not created.
#[derive(Serialize, ToSchema)]
#[schema(as = RefusedLead)]
pub struct FailedOut<'a> {
    pub success: bool,
    pub error: &'a str,
    pub message: String,
    pub code: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub details: Option<&'a [Problem]>,
    /// The number of all problems. `details` and `message` show the first 20.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = 1)]
    pub problems_total: Option<usize>,
    /// Sentences that may show the cause, such as a misspelt key.
    #[serde(skip_serializing_if = "Hints::is_empty")]
    #[schema(required = false)]
    pub hints: Hints,
    /// The page about `code`, with its cause and its solution.
    #[schema(example = "https://leads.example.com/docs/errors#validation_error")]
    pub doc_url: String,
}

/// The fields of an error, in the reply to an array of which nothing was done.
#[derive(Serialize)]
pub struct NoneDone<'a> {
    error: &'a str,
    message: String,
    code: &'a str,
    request_id: &'a str,
    doc_url: String,
}

impl<'a> FailedOut<'a> {
    /// `api_url` is the address of the API. If it is empty, `doc_url` is relative to the API.
    pub fn new(error: &'a ApiError, api_url: &str) -> Self {
        Self {
            success: false,
            error: error.title(),
            message: error.to_string(),
            code: error.code(),
            details: error.problems().map(Problems::shown),
            problems_total: error.problems().map(Problems::total),
            hints: error.hints(),
            doc_url: doc_url(error.code(), api_url),
        }
    }
}

impl<'a> NoneDone<'a> {
    /// Returns the fields of `error`, which is fixed, with a message of its own.
    pub fn new(error: &ApiError, message: String, request_id: &'a str, api_url: &str) -> Self {
        Self {
            error: error.title(),
            message,
            code: error.code(),
            request_id,
            doc_url: doc_url(error.code(), api_url),
        }
    }
}

/// Returns one result of an array: the body of the reply to the element alone, with its index in
/// front.
///
/// # Errors
/// An error of serde, which never occurs.
pub fn with_index(index: usize, body: &str) -> Result<Box<RawValue>, serde_json::Error> {
    let fields = body.strip_prefix('{').unwrap_or_default();
    RawValue::from_string(format!(r#"{{"index":{index},{fields}"#))
}

/// Changes the message for JSON of another type to `what`: an element of an array is always JSON. The
/// place becomes the start of the element in the body.
pub fn of_element(
    error: ApiError,
    (body, element): (&[u8], &RawValue),
    what: &'static str,
) -> ApiError {
    let ApiError::MalformedJson { .. } = error else {
        return error;
    };
    let start = element.get().as_ptr().addr() - body.as_ptr().addr();
    let before = body.get(..start).unwrap_or_default();
    let mut lines = before.split(|byte| *byte == b'\n');
    ApiError::MalformedJson {
        what,
        line: lines.clone().count(),
        column: lines.next_back().map_or(0, <[u8]>::len) + 1,
    }
}
