//! The HTTP API (CONTRACT, all sections): one axum [`Router`], run by the Lambda runtime on AWS and by
//! hyper in `leadgate dev`. It holds no state but caches.

mod auth;
mod campaigns;
mod envelope;
mod error;
mod health;
mod leads;
mod paging;
mod state;
mod workflows;

use axum::{
    Router,
    extract::DefaultBodyLimit,
    middleware::from_fn,
    routing::{get, post},
};
use tower_http::catch_panic::CatchPanicLayer;

pub use self::state::AppState;

/// The largest body that is read (CONTRACT section 2, `payload_too_large`).
const BODY_LIMIT: usize = 5 * 1024 * 1024;

/// Every route, and an answer in the error envelope for all that is no route.
pub fn router(state: AppState) -> Router {
    let public = Router::new()
        .route("/leads", post(leads::create))
        .route("/leads/{id}", get(leads::show))
        .route("/workflows", get(workflows::list))
        .route("/campaigns", get(campaigns::list));
    Router::new()
        .nest("/api/public", public)
        .route("/health", get(health::show))
        .fallback(error::unknown_route)
        .method_not_allowed_fallback(error::method_not_allowed)
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .layer(CatchPanicLayer::custom(error::panicked))
        .layer(from_fn(envelope::finish))
        .with_state(state)
}
