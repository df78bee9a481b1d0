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

use std::{panic::AssertUnwindSafe, time::Duration};

use axum::{
    Router,
    extract::{DefaultBodyLimit, Request},
    middleware::{Next, from_fn},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use futures::FutureExt;

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
    // Not nested: axum would take the prefix off the URI of each request.
    let public = |path| format!("/api/public{path}");
    let routes = Router::new()
        .route(&public("/leads"), post(leads::create).get(leads::list))
        .route(
            &public("/leads/{id}"),
            get(leads::show)
                .patch(leads::change)
                .put(leads::change)
                .delete(leads::erase),
        )
        .route(&public("/leads/{id}/assign-workflow"), post(runs::assign))
        .route(&public("/leads/{id}/status"), post(runs::change_status))
        .route(&public("/leads/{id}/is_paused"), get(runs::is_paused))
        .route(&public("/leads/{id}/automation/stop"), post(runs::stop))
        .route(&public("/leads/{id}/automation/resume"), post(runs::resume))
        .route(&public("/leads/{id}/history"), get(runs::history))
        .route(&public("/leads/{id}/runs/{run_id}"), get(runs::show))
        .route(&public("/workflows"), get(workflows::list))
        .route(&public("/workflows/{id}"), get(workflows::show))
        .route(&public("/workflows/{id}/preview"), post(runs::preview))
        .route(&public("/campaigns"), get(campaigns::list))
        .route("/health", get(health::show))
        .route("/openapi.json", get(openapi::show));
    in_envelope(routes).with_state(state)
}

/// `routes`, with every error in the envelope: unknown routes, wrong methods, large bodies and panics too.
fn in_envelope<S: Clone + Send + Sync + 'static>(routes: Router<S>) -> Router<S> {
    routes
        .fallback(error::unknown_route)
        .method_not_allowed_fallback(error::method_not_allowed)
        .layer((from_fn(around), DefaultBodyLimit::max(BODY_LIMIT)))
}

/// All of ours that is around a handler, in one layer: for each request axum copies every layer and those below it.
async fn around(request: Request, next: Next) -> Response {
    let handled = |request| caught_in_time(next.run(request));
    envelope::finish(request, |request| limit::tell(request, handled)).await
}

/// What is under way when the time is over is given up, as it would be if the process died: what was
/// stored by then stays good, and nothing else is promised. The payload of a panic may hold anything, so it is not
/// looked at; telemetry has logged the place.
async fn caught_in_time(handled: impl Future<Output = Response>) -> Response {
    let caught = AssertUnwindSafe(handled).catch_unwind();
    match tokio::time::timeout(REQUEST_TIMEOUT, caught).await {
        Ok(Ok(response)) => response,
        Ok(Err(_)) => ApiError::Internal(None).into_response(),
        Err(_) => ApiError::TimedOut.into_response(),
    }
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
