//! The one table of errors: status, title, code, cause and solution.

use http::StatusCode;

use super::error::ApiError;

/// The fixed properties of an error. docs/errors.md and docs/openapi.json are made from them.
pub struct ErrorSpec {
    pub status: StatusCode,
    pub title: &'static str,
    pub code: &'static str,
    /// The cause of the error.
    pub cause: &'static str,
    /// The action that the client can take.
    pub solution: &'static str,
}

impl ErrorSpec {
    const fn new(status: StatusCode, [title, code, cause, solution]: [&'static str; 4]) -> Self {
        Self {
            status,
            title,
            code,
            cause,
            solution,
        }
    }
}

impl ApiError {
    /// Returns the fixed properties. This is the only place that lists them.
    pub fn spec(&self) -> ErrorSpec {
        use StatusCode as S;
        match self {
            Self::Validation(_) => ErrorSpec::new(
                S::BAD_REQUEST,
                [
                    "Validation error",
                    "validation_error",
                    "Fields of the body, parameters of the query or the `Idempotency-Key` are missing \
                    or wrong.",
                    "Change the fields that `details` names. It has the first 20 problems, and `problems_total` is \
                    the number of all.",
                ],
            ),
            Self::WorkflowIdRequired(_) => ErrorSpec::new(
                S::BAD_REQUEST,
                [
                    "workflow_id is required",
                    "validation_error",
                    "Stop and resume work on one workflow, and the body names none.",
                    "Send `workflow_id`.",
                ],
            ),
            Self::MalformedJson { .. } => ErrorSpec::new(
                S::BAD_REQUEST,
                [
                    "Malformed JSON",
                    "malformed_json",
                    "The body is not JSON, not UTF-8, or not the kind of JSON that the path takes.",
                    "Look at the line and the column that `message` names.",
                ],
            ),
            Self::EmptyBody => ErrorSpec::new(
                S::BAD_REQUEST,
                [
                    "Malformed JSON",
                    "malformed_json",
                    "The request has no body, or its body is white space.",
                    "Send the JSON object that the path takes.",
                ],
            ),
            Self::IncompleteBody => ErrorSpec::new(
                S::BAD_REQUEST,
                [
                    "Malformed JSON",
                    "malformed_json",
                    "The connection ended before the body did.",
                    "Send the request again.",
                ],
            ),
            Self::Unreadable => ErrorSpec::new(
                S::BAD_REQUEST,
                [
                    "Validation error",
                    "validation_error",
                    "The address has a raw character such as a space, a quote, `<` or `>`, or a header is \
                    broken.",
                    "Percent-encode such characters in the address. Most libraries for URLs do that.",
                ],
            ),
            Self::MissingApiKey { .. } => ErrorSpec::new(
                S::UNAUTHORIZED,
                [
                    "Missing API key",
                    "missing_api_key",
                    "The request has no `X-API-Key` header, or an empty one.",
                    "Send the key in that header. `hints` names another place where the request may have it.",
                ],
            ),
            Self::InvalidApiKey { .. } => ErrorSpec::new(
                S::UNAUTHORIZED,
                [
                    "Invalid API key",
                    "invalid_api_key",
                    "The key is mistyped, unknown, revoked or expired. The reply does not say which.",
                    "Compare the key with the original, or ask for a new one. `hints` names quotes or `Bearer` around \
                    the key: send the key alone.",
                ],
            ),
            Self::InvalidToken => ErrorSpec::new(
                S::UNAUTHORIZED,
                [
                    "Invalid token",
                    "invalid_token",
                    "The `token` of a `reply_url` is incomplete, is over 30 days old, or is of another touchpoint. Or \
                    there is no such touchpoint. The reply does not say which.",
                    "Use the `reply_url` as it came, with its whole query. Or leave `token` out, and send the API key.",
                ],
            ),
            Self::NotFound(_) => ErrorSpec::new(
                S::NOT_FOUND,
                [
                    "Not found",
                    "not_found",
                    "There is no such lead, run, touchpoint, suppression, workflow or campaign, or it was erased, or \
                    it belongs to another account. The reply does not say which.",
                    "Check the id, and that the key is of the account that the id came from.",
                ],
            ),
            Self::NoActiveRun => ErrorSpec::new(
                S::NOT_FOUND,
                [
                    "No active workflow run found for this lead and workflow",
                    "not_found",
                    "The lead has no run, its run has ended, or its run is in another workflow.",
                    "Look at `active_workflow_run` of the lead; assign the lead to the workflow first.",
                ],
            ),
            Self::UnknownRoute(_) => ErrorSpec::new(
                S::NOT_FOUND,
                [
                    "Not found",
                    "not_found",
                    "No route of the API has this path.",
                    "Compare the path with [openapi.json](openapi.json). `message` has the nearest path, if there is one.",
                ],
            ),
            Self::MethodNotAllowed { .. } => ErrorSpec::new(
                S::METHOD_NOT_ALLOWED,
                [
                    "Method not allowed",
                    "method_not_allowed",
                    "The path exists, but does not accept the method.",
                    "Use one of the methods that `message` and the `Allow` header name.",
                ],
            ),
            Self::Conflict => ErrorSpec::new(
                S::CONFLICT,
                [
                    "Conflict",
                    "conflict",
                    "Other requests changed the same lead at the same moment, and this one gave up.",
                    "Send the request again.",
                ],
            ),
            Self::NotDispatched => ErrorSpec::new(
                S::CONFLICT,
                [
                    "Not dispatched",
                    "not_dispatched",
                    "The touchpoint was never claimed, so no contact can have been made.",
                    "Look at `state` and `due_at` of the touchpoint. Report a contact outside of a touchpoint as an \
                    event of the lead.",
                ],
            ),
            Self::HasOutcome => ErrorSpec::new(
                S::CONFLICT,
                [
                    "Conflict",
                    "conflict",
                    "`deferred` puts a touchpoint back, and this touchpoint has an outcome, or its turn is over.",
                    "Look at `state` and `outcome` of the touchpoint. Report an outcome instead of `deferred`.",
                ],
            ),
            Self::LeaseLapsed => ErrorSpec::new(
                S::CONFLICT,
                [
                    "Lease lapsed",
                    "lease_lapsed",
                    "The lease has ended, the `token` is not that of the present lease, or the run has stopped or \
                     ended.",
                    "Claim touchpoints again. Report the outcome of a contact that was made: it is accepted all the \
                     same.",
                ],
            ),
            Self::Suppressed => ErrorSpec::new(
                S::CONFLICT,
                [
                    "Suppressed",
                    "suppressed",
                    "The person may not be contacted any more, so the lease is not extended.",
                    "Do not make the contact.",
                ],
            ),
            Self::PayloadTooLarge(_) => ErrorSpec::new(
                S::PAYLOAD_TOO_LARGE,
                [
                    "Payload too large",
                    "payload_too_large",
                    "The body is over 2 MB (2,000,000 bytes), a lead or another object is over 64 KiB, a lead \
                    would become too large to be stored, or the reply to an array would be over 6 MiB.",
                    "Follow `message`: send fewer leads at once, or smaller ones.",
                ],
            ),
            Self::UnsupportedMediaType => ErrorSpec::new(
                S::UNSUPPORTED_MEDIA_TYPE,
                [
                    "Unsupported media type",
                    "unsupported_media_type",
                    "The `Content-Type` is neither `application/json` nor `application/*+json`.",
                    "Send JSON with one of these types. A request without a `Content-Type` is read as JSON.",
                ],
            ),
            Self::IdempotencyKeyReused => ErrorSpec::new(
                S::UNPROCESSABLE_ENTITY,
                [
                    "Idempotency key reused",
                    "idempotency_key_reused",
                    "The `Idempotency-Key` was used for a request with another body.",
                    "Use a new key for a new request, and the same body for the same key.",
                ],
            ),
            Self::KeyOfOtherArray => ErrorSpec::new(
                S::UNPROCESSABLE_ENTITY,
                [
                    "Idempotency key reused",
                    "idempotency_key_reused",
                    "The `Idempotency-Key` of an array was used for a request with other leads, in another order or \
                     in another number.",
                    "Send the accepted leads again unchanged, or use a new key for new leads only. With a new key, \
                     Leadgate stores every lead of the array again.",
                ],
            ),
            Self::IdempotencyKeyOfErased => ErrorSpec::new(
                S::UNPROCESSABLE_ENTITY,
                [
                    "Idempotency key reused",
                    "idempotency_key_reused",
                    "The lead that was created with this `Idempotency-Key` has been erased.",
                    "Use a new key to create the lead again.",
                ],
            ),
            Self::RateLimited { .. } => ErrorSpec::new(
                S::TOO_MANY_REQUESTS,
                [
                    "Too many requests",
                    "rate_limited",
                    "The limit of the account or of the key is used up. `RateLimit` and \
                     `RateLimit-Policy` show the limits.",
                    "Wait for the seconds of `Retry-After`. Send many leads as one array instead of \
                    one by one.",
                ],
            ),
            Self::Internal(_) => ErrorSpec::new(
                S::INTERNAL_SERVER_ERROR,
                [
                    "Internal server error",
                    "internal_error",
                    "The service has a fault. Its log has the details under the request's id.",
                    "Report it with the `request_id`.",
                ],
            ),
            Self::Unavailable(_) => ErrorSpec::new(
                S::SERVICE_UNAVAILABLE,
                [
                    "Service unavailable",
                    "unavailable",
                    "The store cannot be reached or is throttling. Nothing was stored.",
                    "Send the request again after the seconds of `Retry-After`.",
                ],
            ),
            Self::NotStored => ErrorSpec::new(
                S::SERVICE_UNAVAILABLE,
                [
                    "Service unavailable",
                    "unavailable",
                    "The store did not take the lead, or none of an array's leads.",
                    "Send the request again after the seconds of `Retry-After`.",
                ],
            ),
            Self::NotTaken => ErrorSpec::new(
                S::SERVICE_UNAVAILABLE,
                [
                    "Service unavailable",
                    "unavailable",
                    "The store was too slow for all elements of an array.",
                    "Send the elements again that have this error.",
                ],
            ),
            Self::Unconfirmed(_) => ErrorSpec::new(
                S::SERVICE_UNAVAILABLE,
                [
                    "Service unavailable",
                    "unavailable",
                    "The store's answer was lost, so the lead may or may not be stored.",
                    "Send the request again with the same `Idempotency-Key`. Without one, look for \
                    the lead first.",
                ],
            ),
            Self::ChangeUnconfirmed(_) => ErrorSpec::new(
                S::SERVICE_UNAVAILABLE,
                [
                    "Service unavailable",
                    "unavailable",
                    "The store's answer was lost, so the change may or may not be made.",
                    "Read the lead, and send the change again if it was not made.",
                ],
            ),
            Self::SuppressionUnconfirmed(_) => ErrorSpec::new(
                S::SERVICE_UNAVAILABLE,
                [
                    "Service unavailable",
                    "unavailable",
                    "The store's answer was lost, so the suppression may or may not be stored or removed.",
                    "Send the request again. An address that is suppressed twice is suppressed once.",
                ],
            ),
            Self::TimedOut => ErrorSpec::new(
                S::SERVICE_UNAVAILABLE,
                [
                    "Service unavailable",
                    "unavailable",
                    "The request was not done within 28 seconds.",
                    "Send it again. Use the same `Idempotency-Key` for an intake.",
                ],
            ),
        }
    }

    pub fn status(&self) -> StatusCode {
        self.spec().status
    }

    pub fn title(&self) -> &'static str {
        self.spec().title
    }

    pub fn code(&self) -> &'static str {
        self.spec().code
    }

    /// Returns the value of `Retry-After`, in seconds. `None` if a retry would not help.
    pub fn retry_after(&self) -> Option<u32> {
        match self {
            Self::RateLimited { seconds, .. } => Some(*seconds),
            _ => (self.status() == StatusCode::SERVICE_UNAVAILABLE).then_some(1),
        }
    }
}

#[cfg(test)]
mod tests;
