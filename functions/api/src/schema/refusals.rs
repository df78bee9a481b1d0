//! Sets of error replies, which refer to the components of the document.

use std::collections::BTreeMap;

use http::StatusCode;
use utoipa::{
    IntoResponses,
    openapi::{Ref, RefOr, Response},
};

/// Returns the name of a status among the components of the document.
pub fn name(status: StatusCode) -> String {
    let words = status.canonical_reason().unwrap_or_default();
    words.replace(' ', "")
}

macro_rules! refusals {
    ($($(#[$doc:meta])* $name:ident: $($status:ident)+;)+) => {$(
        $(#[$doc])*
        pub struct $name;

        impl IntoResponses for $name {
            fn responses() -> BTreeMap<String, RefOr<Response>> {
                let statuses = [$(StatusCode::$status),+];
                let reply = |it| Ref::new(format!("#/components/responses/{}", name(it)));
                statuses.map(|it| (it.as_str().to_owned(), reply(it).into())).into()
            }
        }
    )+};
}

refusals! {
    /// Errors of every operation.
    Always: INTERNAL_SERVER_ERROR SERVICE_UNAVAILABLE;
    /// Errors of an operation that needs a key.
    Keyed: UNAUTHORIZED TOO_MANY_REQUESTS INTERNAL_SERVER_ERROR SERVICE_UNAVAILABLE;
    /// Errors of an operation that reads parameters or a body.
    Checked: BAD_REQUEST;
    /// Errors of an operation that names an item.
    Naming: NOT_FOUND;
    /// Errors of an operation that reads a body.
    WithBody: PAYLOAD_TOO_LARGE UNSUPPORTED_MEDIA_TYPE;
    /// Errors of an operation that concurrent changes can stop.
    Raced: CONFLICT;
    /// Errors of an operation with an `Idempotency-Key`.
    Replayable: CONFLICT UNPROCESSABLE_ENTITY;
}
