//! `GET /openapi.json`: what the API says of itself, as OpenAPI 3.1. It is made from the handlers and their types
//! into docs/openapi.json, a test holds that file to it, and the function serves the file: nothing else in
//! here is part of it.

#![expect(
    clippy::indexing_slicing,
    reason = "the document is made here, with the places that are looked at"
)]

pub(crate) mod bodies;
#[cfg(test)]
mod compatibility;
mod document;
mod errors;
mod links;
pub(crate) mod parameters;
pub(crate) mod refusals;
mod replies;
mod rules;
#[cfg(test)]
mod tests;
pub(crate) mod types;

use axum::response::IntoResponse;
use http::header;

pub use self::{
    document::{Audience, document},
    errors::errors_page,
};

/// docs/openapi.json.
pub const DOCUMENT: &str = include_str!("../../../../docs/openapi.json");

/// Show this description
///
/// OpenAPI 3.1. Needs no key.
#[utoipa::path(
    get,
    path = "/openapi.json",
    operation_id = "showDescription",
    tag = "Service",
    security(()),
    responses((status = 200, description = "This document.", body = serde_json::Value), refusals::Always),
)]
pub(crate) async fn show() -> impl IntoResponse {
    let headers = [
        (header::CONTENT_TYPE, "application/json"),
        (header::CACHE_CONTROL, "public, max-age=300"),
    ];
    (headers, DOCUMENT)
}
