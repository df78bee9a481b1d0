//! The handler of `GET /docs/errors`: the page that the `doc_url` of an error leads to.

use axum::response::IntoResponse;
use http::header;

#[cfg(feature = "description")]
use crate::schema::refusals;

/// docs/errors.html.
const PAGE: &str = include_str!("../../../docs/errors.html");
/// The page has one style and nothing else.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; \
     form-action 'none'; frame-ancestors 'none'";

/// Show the page of errors
///
/// Has the cause and the solution of each error. The `doc_url` of an error leads to it. Needs no key.
#[utoipa::path(
    get,
    path = "/docs/errors",
    operation_id = "showErrors",
    tag = "Service",
    security(()),
    responses(
        (status = 200, description = "The page.", body = String, content_type = "text/html"),
        refusals::Always,
    ),
)]
pub async fn show() -> impl IntoResponse {
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CACHE_CONTROL, "public, max-age=300"),
        (header::CONTENT_SECURITY_POLICY, POLICY),
    ];
    (headers, PAGE)
}
