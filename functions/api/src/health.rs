//! `GET /health`: shows that the function runs. It needs no key and calls no store.

use axum::Json;
use serde::Serialize;
use utoipa::ToSchema;

#[cfg(feature = "description")]
use crate::schema::refusals::Always;

#[derive(Serialize, ToSchema)]
pub struct Health {
    #[schema(example = "ok")]
    status: &'static str,
    version: &'static str,
}

/// Show whether the service runs
///
/// Answers while the service runs, and does not read the store. Use it for a monitor. Needs no key.
///
/// Each reply other than 200 means that the service is down.
#[utoipa::path(
    get,
    path = "/health",
    operation_id = "showHealth",
    tag = "Service",
    security(()),
    responses(
        (status = 200, description = "The service runs.", body = Health),
        Always,
    ),
)]
pub async fn show() -> Json<Health> {
    Json(Health {
        status: "ok",
        version: env!("CARGO_PKG_VERSION"),
    })
}
