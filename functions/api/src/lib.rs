//! The HTTP API (CONTRACT, all sections): one axum [`Router`], run by the Lambda runtime on AWS and by
//! hyper in `leadgate dev`. It holds no state but caches.

mod auth;
mod campaigns;
mod envelope;
mod error;
#[cfg(fuzzing)]
pub mod fuzzing;
mod health;
mod intake_counts;
mod leads;
mod limit;
mod message;
mod openapi;
mod paging;
mod path_id;
mod state;
mod workflows;

use std::time::Duration;

use axum::{
    Router,
    extract::{DefaultBodyLimit, Request},
    middleware::{Next, from_fn},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use tower_http::catch_panic::CatchPanicLayer;

use self::{error::ApiError, leads::runs};
pub use self::{
    openapi::{Audience, DOCUMENT as OPENAPI, document, errors_page},
    state::AppState,
};

/// The largest body that is read (CONTRACT section 2, `payload_too_large`).
const BODY_LIMIT: usize = 5 * 1024 * 1024;

/// Every request is answered by then, whatever it waits for; the function's timeout is longer.
pub const REQUEST_TIMEOUT: Duration = Duration::from_secs(28);

/// Every route, and an answer in the error envelope for all that is no route.
pub fn router(state: AppState) -> Router {
    let public = Router::new()
        .route("/leads", post(leads::create).get(leads::list))
        .route(
            "/leads/{id}",
            get(leads::show)
                .patch(leads::change)
                .put(leads::change)
                .delete(leads::erase),
        )
        .route("/leads/{id}/assign-workflow", post(runs::assign))
        .route("/leads/{id}/status", post(runs::change_status))
        .route("/leads/{id}/is_paused", get(runs::is_paused))
        .route("/leads/{id}/automation/stop", post(runs::stop))
        .route("/leads/{id}/automation/resume", post(runs::resume))
        .route("/leads/{id}/history", get(runs::history))
        .route("/leads/{id}/runs/{run_id}", get(runs::show))
        .route("/workflows", get(workflows::list))
        .route("/workflows/{id}", get(workflows::show))
        .route("/workflows/{id}/preview", post(runs::preview))
        .route("/campaigns", get(campaigns::list));
    let routes = Router::new()
        .nest("/api/public", public)
        .route("/health", get(health::show))
        .route("/openapi.json", get(openapi::show));
    in_envelope(routes).with_state(state)
}

/// `routes`, with every error in the envelope: unknown routes, wrong methods, large bodies and panics too.
fn in_envelope<S: Clone + Send + Sync + 'static>(routes: Router<S>) -> Router<S> {
    routes
        .fallback(error::unknown_route)
        .method_not_allowed_fallback(error::method_not_allowed)
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .layer(CatchPanicLayer::custom(error::panicked))
        .layer(from_fn(in_time))
        .layer(from_fn(limit::tell))
        .layer(from_fn(envelope::finish))
}

/// What is under way when the time is over is given up, as it would be if the process died: what was
/// stored by then stays good, and nothing else is promised.
async fn in_time(request: Request, next: Next) -> Response {
    tokio::time::timeout(REQUEST_TIMEOUT, next.run(request))
        .await
        .unwrap_or_else(|_| ApiError::TimedOut.into_response())
}

#[cfg(test)]
mod tests {
    use http::{Request, StatusCode};
    use serde_json::Value;
    use tower::ServiceExt;

    use super::*;

    async fn panicking() {
        panic!("John Doe, +1234567890");
    }

    #[tokio::test]
    async fn a_panic_in_a_handler_is_a_500_in_the_envelope_that_shows_nothing() {
        let routes = in_envelope(Router::<()>::new().route("/", get(panicking)));
        let request = Request::get("/").body(axum::body::Body::empty()).unwrap();
        let response = routes.oneshot(request).await.unwrap();
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        let id = response.headers()["x-request-id"]
            .to_str()
            .unwrap()
            .to_owned();
        let body = axum::body::to_bytes(response.into_body(), usize::MAX)
            .await
            .unwrap();
        let body: Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(body["code"], "internal_error");
        assert_eq!(body["request_id"], id);
        assert!(!body.to_string().contains("John"));
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_that_takes_too_long_is_answered_in_time() {
        let routes = Router::<()>::new().route("/", get(std::future::pending::<()>));
        let request = Request::get("/").body(axum::body::Body::empty()).unwrap();
        let begun = tokio::time::Instant::now();
        let response = in_envelope(routes).oneshot(request).await.unwrap();
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert!(response.headers().contains_key("x-request-id"));
        assert!(begun.elapsed() < Duration::from_secs(29));
    }
}
