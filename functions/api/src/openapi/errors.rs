//! Every error that a client can meet, with its cause and its cure: what docs/errors.md and the replies of
//! docs/openapi.json are made of.

use std::fmt::Write;

use aws::store::StoreError;
use http::StatusCode;

use crate::{
    envelope::Envelope,
    error::{ApiError, Problem},
};

/// A request id for examples.
const REQUEST_ID: &str = "JKJaXmPLvHcESHA=";

/// One of each, as a client would read it. `explain` has a word on each of them.
pub(super) fn errors() -> Vec<ApiError> {
    vec![
        ApiError::Validation(vec![Problem::new("email", "is not a valid email address")]),
        ApiError::WorkflowIdRequired(vec![Problem::new("workflow_id", "is required")]),
        ApiError::MalformedJson {
            what: "The body is not valid JSON",
            line: 1,
            column: 16,
        },
        ApiError::IncompleteBody,
        ApiError::MissingApiKey,
        ApiError::InvalidApiKey,
        ApiError::NotFound("Lead"),
        ApiError::NoActiveRun,
        ApiError::UnknownRoute,
        ApiError::MethodNotAllowed,
        ApiError::Conflict,
        ApiError::PayloadTooLarge("The body is over 5 MiB; send fewer leads at once"),
        ApiError::UnsupportedMediaType,
        ApiError::IdempotencyKeyReused,
        ApiError::IdempotencyKeyOfErased,
        ApiError::RateLimited {
            name: "account",
            rate: 10,
            seconds: 1,
        },
        ApiError::Internal(None),
        ApiError::Unavailable(StoreError::Conflict),
        ApiError::NotStored,
        ApiError::Unconfirmed(None),
        ApiError::ChangeUnconfirmed(StoreError::Conflict),
        ApiError::TimedOut,
    ]
}

/// Cause and cure. An error that is new here belongs into `errors` as well.
fn explain(error: &ApiError) -> (&'static str, &'static str) {
    match error {
        ApiError::Validation(_) => (
            "Fields of the body, parameters of the query or the `Idempotency-Key` are missing or wrong.",
            "Change what `details` names: it has an entry for every problem, not just for the first.",
        ),
        ApiError::WorkflowIdRequired(_) => (
            "The automation of a lead is stopped and resumed for one workflow, and the body names none.",
            "Send `workflow_id`.",
        ),
        ApiError::MalformedJson { .. } => (
            "The body is not JSON, not UTF-8, or not the kind of JSON that the path takes.",
            "Look at the line and the column that `message` names.",
        ),
        ApiError::IncompleteBody => (
            "The connection ended before the body did.",
            "Send the request again.",
        ),
        ApiError::MissingApiKey => (
            "The request has no `X-API-Key` header, or an empty one.",
            "Send the key in that header.",
        ),
        ApiError::InvalidApiKey => (
            "The key is mistyped, unknown, revoked or expired; the reply does not say which.",
            "Compare the key with the one that was handed out, or ask for a new one.",
        ),
        ApiError::NotFound(_) => (
            "There is no such lead, run, workflow or campaign, it was erased, or it belongs to another account; the \
             reply does not say which.",
            "Check the id, and that the key is of the account that the id came from.",
        ),
        ApiError::NoActiveRun => (
            "The lead is on no run, its run has ended, or it is one of another workflow.",
            "Look at `active_workflow_run` of the lead; assign the lead to the workflow first.",
        ),
        ApiError::UnknownRoute => (
            "No path of the API is spelt like this.",
            "Compare the path with [openapi.json](openapi.json); there is no slash at its end.",
        ),
        ApiError::MethodNotAllowed => (
            "The path is there, and does not take the method.",
            "Use one of the methods in the `Allow` header.",
        ),
        ApiError::Conflict => (
            "Other requests changed the same lead at the same moment, and this one gave up.",
            "Send the request again.",
        ),
        ApiError::PayloadTooLarge(_) => (
            "The body is over 5 MiB, a lead or a change over 64 KiB, a lead would become too large to be stored, or \
             the reply to an array would be over 6 MiB.",
            "Do what `message` says: send fewer leads at once, or less metadata.",
        ),
        ApiError::UnsupportedMediaType => (
            "The `Content-Type` is neither `application/json` nor `application/*+json`.",
            "Send JSON, and say so; a request without a `Content-Type` is read as JSON.",
        ),
        ApiError::IdempotencyKeyReused => (
            "The `Idempotency-Key` was used for a request with another body.",
            "Use a new key for a new request, and the same body for the same key.",
        ),
        ApiError::IdempotencyKeyOfErased => (
            "The lead that was created with this `Idempotency-Key` has been erased.",
            "Use a new key to create it anew.",
        ),
        ApiError::RateLimited { .. } => (
            "The account or the key has a limit, and it is used up. `RateLimit` and `RateLimit-Policy` say more.",
            "Wait for the seconds of `Retry-After`; send many leads as one array rather than one by one.",
        ),
        ApiError::Internal(_) => (
            "A fault of the service. It is in its log under the request's id.",
            "Report it with the `request_id`.",
        ),
        ApiError::Unavailable(_) => (
            "The store cannot be reached or is throttling. Nothing was stored.",
            "Send the request again after the seconds of `Retry-After`.",
        ),
        ApiError::NotStored => (
            "The store did not take the lead, or none of an array's leads.",
            "Send the request again after the seconds of `Retry-After`.",
        ),
        ApiError::Unconfirmed(_) => (
            "The store's answer was lost on the way, so nobody knows whether the lead is stored.",
            "Send the request again with the same `Idempotency-Key`; without one, look for the lead first.",
        ),
        ApiError::ChangeUnconfirmed(_) => (
            "The store's answer was lost on the way, so nobody knows whether the change was made.",
            "Read the lead, and send the change again if it was not made.",
        ),
        ApiError::TimedOut => (
            "The request was not done within 28 seconds.",
            "Send it again, an intake with the same `Idempotency-Key`.",
        ),
    }
}

/// The body that a client gets.
pub(super) fn body(error: &ApiError) -> Envelope<'_> {
    Envelope::new(error, REQUEST_ID)
}

/// Every code once, in the order of `errors`.
pub(super) fn codes(errors: &[ApiError]) -> Vec<&'static str> {
    let mut codes: Vec<_> = errors.iter().map(ApiError::code).collect();
    let mut seen = std::collections::HashSet::new();
    codes.retain(|code| seen.insert(*code));
    codes
}

/// The page of errors, docs/errors.md.
///
/// # Errors
/// None that is known of: every body can be written as JSON.
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
            let (cause, cure) = explain(error);
            let body = serde_json::to_string(&body(error))?;
            let _ = writeln!(
                page,
                "\n**{}**: {error}\n\n* Cause: {cause}\n* Cure: {cure}\n\n      {body}",
                error.title()
            );
        }
    }
    Ok(page)
}

const HEAD: &str = "\
# Errors

<!-- Made by `cargo leadgate errors --to docs/errors.md`; edit functions/api/src/openapi/errors.rs. -->

Every reply with a status of 400 or more has the same JSON body: `error` (a title), `message` (a sentence), `code` (for
programs; one of the headings below), `request_id`, and `details` where fields are wrong. Programs go by the status and
the `code`; the words of `error` and `message` are for people. `request_id` is also in the header `X-Request-Id` of every
reply.

A status of 429 or 503 comes with `Retry-After`, in seconds. Requests that read, and intakes with an `Idempotency-Key`, can
always be sent again.
";
