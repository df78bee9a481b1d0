//! Every error that a client can see ([contract](../../../../docs/contract.md#errors)), with its message.

use aws::store::StoreError;
use axum::{
    extract::rejection::BytesRejection,
    response::{IntoResponse, Response},
};
use http::{StatusCode, Uri};
use thiserror::Error;

pub use super::problem::{Problem, Problems};
use super::{problem::Hints, routes::UnknownPath};

/// Reason why a request failed. `Display` is the message for the client; a source is for the log alone.
#[derive(Debug, Error)]
pub enum ApiError {
    #[error("{}", .0.message())]
    Validation(Problems),
    #[error("{what} (line {line}, column {column})")]
    MalformedJson {
        what: &'static str,
        line: usize,
        column: usize,
    },
    #[error("The body is empty: send a JSON object")]
    EmptyBody,
    #[error("Please provide your API key in the X-API-Key header")]
    MissingApiKey {
        /// A place in the request that may hold the key, such as "the header Authorization".
        found: Option<&'static str>,
    },
    #[error("The provided API key is not valid")]
    InvalidApiKey {
        /// A usual flaw of a malformed key, such as "is in quotes".
        flaw: Option<&'static str>,
    },
    #[error("The token does not open this touchpoint; send the API key instead")]
    InvalidToken,
    #[error("{}", .0.message())]
    WorkflowIdRequired(Problems),
    #[error("{0} not found or does not belong to your account")]
    NotFound(&'static str),
    #[error("The lead has no active run in this workflow; assign it to the workflow first")]
    NoActiveRun,
    #[error(
        "The request is not valid HTTP, or its address has a character that an address cannot have; \
         percent-encode such characters (a space is %20)"
    )]
    Unreadable,
    #[error("{0}")]
    UnknownRoute(UnknownPath),
    #[error("This path takes {allowed}")]
    MethodNotAllowed {
        /// The methods of the path, such as "GET and POST".
        allowed: String,
    },
    #[error("{0}")]
    PayloadTooLarge(&'static str),
    #[error("The body is incomplete; send the request again")]
    IncompleteBody,
    #[error("The body must be JSON: send it with Content-Type: application/json")]
    UnsupportedMediaType,
    #[error("Another request changed the same lead at the same moment; send the request again")]
    Conflict,
    #[error(
        "The touchpoint has not gone out: it was never claimed, so it can have no outcome. For a contact outside of \
         a touchpoint, use POST /api/public/leads/{{id}}/events"
    )]
    NotDispatched,
    #[error(
        "The touchpoint has an outcome, or its turn is over, so it cannot be deferred any more"
    )]
    HasOutcome,
    #[error(
        "The lease is over, or it is another caller's: claim touchpoints again. If you have made the contact, report \
         its outcome all the same"
    )]
    LeaseLapsed,
    #[error("The person may not be contacted any more: do not make this contact")]
    Suppressed,
    #[error(
        "This element was not taken in, because the request took too long; send the element again"
    )]
    NotTaken,
    #[error("This Idempotency-Key was used for a different request; use a new key")]
    IdempotencyKeyReused,
    #[error(
        "This Idempotency-Key was used for a different request; send its accepted leads unchanged and in the same \
         order, or use a new key for new leads only"
    )]
    KeyOfOtherArray,
    #[error("The lead of this Idempotency-Key has been erased; use a new key for this lead")]
    IdempotencyKeyOfErased,
    #[error(
        "The limit of this {name} is {rate} requests a second, and it is used up; send the request again in \
         {seconds} s"
    )]
    RateLimited {
        name: &'static str,
        rate: u32,
        seconds: u32,
    },
    #[error("The lead was not stored; send it again")]
    NotStored,
    #[error(
        "The store did not answer, so the lead may or may not be stored; with an Idempotency-Key, the request \
         can be sent again without storing the lead twice"
    )]
    Unconfirmed(#[source] Option<StoreError>),
    #[error(
        "The store did not confirm the change, so it may or may not be made; read the lead before you send the \
         change again"
    )]
    ChangeUnconfirmed(#[source] StoreError),
    #[error(
        "The store did not confirm the suppression, so it may or may not be stored; send the request again"
    )]
    SuppressionUnconfirmed(#[source] StoreError),
    #[error(
        "The request timed out and may or may not be done; with an Idempotency-Key, it can be sent again without \
         storing a lead twice"
    )]
    TimedOut,
    #[error("The service cannot take the request right now and has stored nothing; send it again")]
    Unavailable(#[source] StoreError),
    #[error("Something went wrong on our side; quote the request_id when you report it")]
    Internal(#[source] Option<StoreError>),
}

impl ApiError {
    /// Returns the error of a request with one problem.
    pub fn invalid(field: &str, what: impl std::fmt::Display) -> Self {
        Self::Validation(Problem::new(field, what).into())
    }

    pub fn problems(&self) -> Option<&Problems> {
        match self {
            Self::Validation(problems) | Self::WorkflowIdRequired(problems) => Some(problems),
            _ => None,
        }
    }

    /// Returns sentences that may show the cause.
    pub fn hints(&self) -> Hints {
        match self {
            Self::MissingApiKey { found } => {
                let hint = |place| format!("Found {place}. Send the key in the header X-API-Key.");
                found.iter().map(hint).collect()
            }
            Self::InvalidApiKey { flaw } => {
                let hint = |flaw| format!("The header X-API-Key {flaw}. Send the key alone.");
                flaw.iter().map(hint).collect()
            }
            _ => self
                .problems()
                .map(Problems::hints)
                .cloned()
                .unwrap_or_default(),
        }
    }

    /// Returns the error of a change of a lead that failed in the store. A call without an answer, or one
    /// that the SDK has sent more than once, may have been applied.
    pub fn of_change(error: StoreError) -> Self {
        if error.is_retryable() {
            Self::ChangeUnconfirmed(error)
        } else {
            error.into()
        }
    }

    /// Returns the error of a change of a suppression that failed in the store. A call without an answer may
    /// have been applied.
    pub fn of_suppression(error: StoreError) -> Self {
        if error.is_retryable() {
            Self::SuppressionUnconfirmed(error)
        } else {
            error.into()
        }
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Conflict => Self::Conflict,
            // Leads are the only items that the API changes on the condition that they exist.
            StoreError::NotFound => Self::NotFound("Lead"),
            StoreError::TooLarge => Self::PayloadTooLarge(
                "The lead would be over 400 KB; remove keys of its metadata before you add more",
            ),
            StoreError::Unavailable(_) | StoreError::NoAnswer(_) => Self::Unavailable(error),
            StoreError::Unexpected(_) | StoreError::Damaged { .. } => Self::Internal(Some(error)),
        }
    }
}

impl From<BytesRejection> for ApiError {
    fn from(rejection: BytesRejection) -> Self {
        if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
            Self::PayloadTooLarge("The body is over 2 MB; send less at once")
        } else {
            Self::IncompleteBody
        }
    }
}

impl IntoResponse for ApiError {
    /// Returns the status, with the error inside. The end of the exchange adds the id of the request.
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        response.extensions_mut().insert(std::sync::Arc::new(self));
        response
    }
}

pub async fn unknown_route(uri: Uri) -> ApiError {
    ApiError::UnknownRoute(UnknownPath::new(uri.path()))
}

pub async fn unreadable() -> ApiError {
    ApiError::Unreadable
}
