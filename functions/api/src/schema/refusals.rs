//! The refusals of an operation, in sets; each is a reply of the document's own components.

use std::collections::BTreeMap;

use http::StatusCode;
use utoipa::{
    IntoResponses,
    openapi::{Ref, RefOr, Response},
};

/// What a status is called among the document's components.
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
    /// Of every operation.
    Always: INTERNAL_SERVER_ERROR SERVICE_UNAVAILABLE;
    /// Of one that needs a key.
    Keyed: UNAUTHORIZED TOO_MANY_REQUESTS INTERNAL_SERVER_ERROR SERVICE_UNAVAILABLE;
    /// Of one that reads parameters or a body.
    Checked: BAD_REQUEST;
    /// Of one that names something.
    Naming: NOT_FOUND;
    /// Of one that reads a body.
    WithBody: PAYLOAD_TOO_LARGE UNSUPPORTED_MEDIA_TYPE;
    /// Of one that others can get in the way of.
    Raced: CONFLICT;
    /// Of one with an `Idempotency-Key`.
    Replayable: CONFLICT UNPROCESSABLE_ENTITY;
}
