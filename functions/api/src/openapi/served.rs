//! The handler of `GET /openapi.json`.

use axum::response::IntoResponse;
use http::header;

#[cfg(feature = "description")]
use crate::schema::refusals;

/// docs/openapi.json.
pub const DOCUMENT: &str = include_str!("../../../../docs/openapi.json");

/// Show this description
///
/// Returns this description of the API, in OpenAPI 3.1. Import it into tools that make clients,
/// such as Postman. Needs no key.
#[utoipa::path(
    get,
    path = "/openapi.json",
    operation_id = "showDescription",
    tag = "Service",
    security(()),
    responses((status = 200, description = "This document.", body = serde_json::Value), refusals::Always),
)]
pub async fn show() -> impl IntoResponse {
    let headers = [
        (header::CONTENT_TYPE, "application/json"),
        (header::CACHE_CONTROL, "public, max-age=300"),
    ];
    (headers, DOCUMENT)
}
