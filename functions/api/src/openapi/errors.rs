//! docs/errors.md, and the examples of errors in docs/openapi.json. Both are made from
//! [`ApiError::spec`].

use std::fmt::Write;

use aws::store::StoreError;
use http::StatusCode;

use crate::http::{
    envelope::Envelope,
    error::{ApiError, Problem},
    error_spec::ErrorSpec,
    routes::UnknownPath,
};

/// The request id of examples.
const REQUEST_ID: &str = "JKJaXmPLvHcESHA=";
/// The address of the API in examples.
const API_URL: &str = "https://leads.example.com";

/// Returns one example of each error.
pub fn errors() -> Vec<ApiError> {
    vec![
        ApiError::Validation(
            Problem::of_value("email", "nope", "is not a valid email address").into(),
        ),
        ApiError::WorkflowIdRequired(Problem::new("workflow_id", "is required").into()),
        ApiError::MalformedJson {
            what: "The body is not valid JSON",
            line: 1,
            column: 16,
        },
        ApiError::EmptyBody,
        ApiError::IncompleteBody,
        ApiError::Unreadable,
        ApiError::MissingApiKey { found: None },
        ApiError::InvalidApiKey { flaw: None },
        ApiError::InvalidToken,
        ApiError::NotFound("Lead"),
        ApiError::NoActiveRun,
        ApiError::UnknownRoute(UnknownPath::new("/api/public/lead")),
        ApiError::MethodNotAllowed {
            allowed: "GET and POST".to_owned(),
        },
        ApiError::Conflict,
        ApiError::NotDispatched,
        ApiError::HasOutcome,
        ApiError::LeaseLapsed,
        ApiError::Suppressed,
        ApiError::PayloadTooLarge("The body is over 2 MB; send less at once"),
        ApiError::UnsupportedMediaType,
        ApiError::IdempotencyKeyReused,
        ApiError::KeyOfOtherArray,
        ApiError::IdempotencyKeyOfErased,
        ApiError::RateLimited {
            name: "account",
            rate: 10,
            seconds: 1,
        },
        ApiError::Internal(None),
        ApiError::Unavailable(StoreError::Conflict),
        ApiError::NotStored,
        ApiError::NotTaken,
        ApiError::Unconfirmed(None),
        ApiError::ChangeUnconfirmed(StoreError::Conflict),
        ApiError::SuppressionUnconfirmed(StoreError::Conflict),
        ApiError::TimedOut,
    ]
}

/// Returns the body that a client gets.
pub fn body(error: &ApiError) -> Envelope<'_> {
    Envelope::new(error, REQUEST_ID, API_URL)
}

/// Returns every code once, in the order of `errors`.
pub fn codes(errors: &[ApiError]) -> Vec<&'static str> {
    let mut codes: Vec<_> = errors.iter().map(ApiError::code).collect();
    let mut seen = std::collections::HashSet::new();
    codes.retain(|code| seen.insert(*code));
    codes
}

/// Returns the page docs/errors.md.
///
/// # Errors
/// [`serde_json::Error`] if a body cannot be written as JSON, which no body can cause.
pub fn errors_page() -> Result<String, serde_json::Error> {
    let errors = errors();
    let mut page = HEAD.to_owned();
    for code in codes(&errors) {
        let of_code: Vec<_> = errors.iter().filter(|error| error.code() == code).collect();
        let status = of_code
            .first()
            .map_or(StatusCode::OK, |error| error.status());
        // Writing to a String cannot fail.
        let _ = writeln!(page, "\n## {code}\n\nStatus {status}.");
        for error in of_code {
            let ErrorSpec {
                cause, solution, ..
            } = error.spec();
            let body = serde_json::to_string(&body(error))?;
            let _ = writeln!(
                page,
                "\n**{}**: {error}\n\n* Cause: {cause}\n* Solution: {solution}\n\n      {body}",
                error.title()
            );
        }
    }
    page.push_str(TAIL);
    Ok(page)
}

const HEAD: &str = "\
# Errors

<!-- Made by `cargo leadgate errors --to docs/errors.md`; edit functions/api/src/http/error_spec.rs. -->

Every reply with a status of 400 or more has the same JSON body: `error` (a title), `message` (a sentence), `code` (for
programs; one of the headings below), `request_id`, `doc_url` (this page), and where fields are wrong, `details` and
`problems_total`. `hints` has sentences about a likely mistake, if there is one. Programs go by the status and the `code`; the words of `error` and `message` are for people. `request_id` is also in the header
`X-Request-Id` of every reply.

A status of 429 or 503 comes with `Retry-After`, in seconds. Requests that read, and intakes with an `Idempotency-Key`, can
always be sent again.
";

const TAIL: &str = "\
\n## Replies of the gateway

API Gateway answers some requests itself, before or instead of Leadgate. These replies have only `message`: no `code`, no
`request_id` and no `Retry-After`.

| status | message | cause | solution |
| --- | --- | --- | --- |
| 413 | `Request Entity Too Large` | The body is over 10 MB. | Send smaller bodies. |
| 429 | `Too Many Requests` | All callers together send more than the stack takes. | Wait a second, and send the request again. |
| 500 | `Internal Server Error` | Leadgate crashed, or Lambda has no capacity or refuses the request. | Send the request again. |
| 503 | `Service Unavailable` | Leadgate did not answer within 30 seconds, or AWS has a fault. | Send the request again. |

A lead of a request that ended with 500 or 503 may be stored. With an `Idempotency-Key`, a second request creates no second
lead.
";
