//! The HTTP API ([contract](../../../docs/contract.md#the-http-contract)): one axum [`Router`].
//!
//! The Lambda runtime runs it on AWS, and hyper runs it in `leadgate dev`. It has no state but caches.

#[cfg(not(feature = "description"))]
extern crate undescribed as utoipa;

mod auth;
mod error_docs;
mod function;
#[cfg(fuzzing)]
pub mod fuzzing;
mod health;
mod http;
mod ids;
mod intake;
mod leads;
mod limit;
mod openapi;
mod retry;
mod runs;
#[cfg(feature = "description")]
mod schema;
mod state;
mod suppressions;
mod touchpoints;
mod workflows;

use std::{panic::AssertUnwindSafe, sync::Arc, time::Duration};

use axum::{
    Router,
    extract::{DefaultBodyLimit, Request, State},
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse, Response},
    routing::{delete, get, post},
};
use futures::FutureExt;

#[cfg(feature = "description")]
pub use self::openapi::{Audience, document, error_page, errors_page};
pub use self::{
    function::{Function, routable_path},
    http::error::{ApiError, Problems},
    intake::operator::{CreatedLead, check_lead, create_lead, read_lead},
    openapi::DOCUMENT as OPENAPI,
    state::AppState,
};
use self::{
    http::{body::BODY_LIMIT, envelope::Envelope, error, exchange::Exchange},
    limit::Charges,
};

/// Maximum time until a request is answered. The function's timeout in template.yaml is longer.
pub const REQUEST_TIMEOUT: Duration = Duration::from_secs(28);

/// Returns the API: every route, and an error in its envelope for everything else.
pub fn router(state: AppState) -> Router {
    // Not nested: axum would take the prefix off the URI of each request.
    let public = |path| format!("/api/public{path}");
    let routes = Router::new()
        .route(&public("/leads"), post(intake::create).get(leads::list))
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
        .route(
            &public("/leads/{id}/events"),
            post(touchpoints::report_event),
        )
        .route(&public("/touchpoints"), get(touchpoints::list))
        .route(&public("/touchpoints/claim"), post(touchpoints::claim))
        .route(
            &public("/touchpoints/outcomes"),
            post(touchpoints::report_many),
        )
        .route(&public("/touchpoints/{id}"), get(touchpoints::show))
        .route(
            &public("/touchpoints/{id}/outcome"),
            post(touchpoints::report),
        )
        .route(
            &public("/touchpoints/{id}/extend"),
            post(touchpoints::extend),
        )
        .route(
            &public("/touchpoints/{id}/release"),
            post(touchpoints::release),
        )
        .route(
            &public("/suppressions"),
            post(suppressions::add).get(suppressions::list),
        )
        .route(&public("/suppressions/check"), get(suppressions::check))
        .route(&public("/suppressions/{id}"), delete(suppressions::remove))
        .route(&public("/workflows"), get(workflows::list))
        .route(&public("/workflows/{id}"), get(workflows::show))
        .route(&public("/workflows/{id}/preview"), post(workflows::preview))
        .route(&public("/campaigns"), get(workflows::campaigns))
        .route("/health", get(health::show))
        .route("/openapi.json", get(openapi::show))
        .route("/docs/errors", get(error_docs::show));
    let api_url = state.api_url.clone();
    served(routes.fallback(error::unknown_route), api_url).with_state(state)
}

/// Returns a router that refuses each request as unreadable, in the envelope.
fn refusing(api_url: Arc<str>) -> Router {
    served(Router::new().fallback(error::unreadable), api_url)
}

/// Returns the envelope for a request that has not become a request of the router.
pub fn unreadable(request_id: &str, api_url: &str) -> String {
    let envelope = Envelope::new(&ApiError::Unreadable, request_id, api_url);
    serde_json::to_string(&envelope).unwrap_or_default()
}

/// Adds [`serve`], the size limit of bodies and the error of unknown methods.
fn served<S: Clone + Send + Sync + 'static>(routes: Router<S>, api_url: Arc<str>) -> Router<S> {
    let serve = from_fn_with_state(api_url, serve);
    routes
        .method_not_allowed_fallback(openapi::method_not_allowed)
        .layer((serve, DefaultBodyLimit::max(BODY_LIMIT)))
}

/// Wraps every handler. It is one layer, because axum clones each layer for each request.
async fn serve(State(api_url): State<Arc<str>>, mut request: Request, next: Next) -> Response {
    let exchange = Exchange::begin(&mut request, api_url);
    let charges = Charges::attach(&mut request);
    let mut response = within_deadline(next.run(request)).await;
    charges.settle(response.headers_mut()).await;
    exchange.finish(response)
}

/// Drops the handler at the deadline, and turns a panic into a 500.
///
/// Calls that have left the process by then take effect all the same. The payload of a panic may hold
/// personal data, so it is not read; telemetry logs the place.
async fn within_deadline(handler: impl Future<Output = Response>) -> Response {
    let caught = AssertUnwindSafe(handler).catch_unwind();
    match tokio::time::timeout(REQUEST_TIMEOUT, caught).await {
        Ok(Ok(response)) => response,
        Ok(Err(_)) => ApiError::Internal(None).into_response(),
        Err(_) => ApiError::TimedOut.into_response(),
    }
}

#[cfg(test)]
mod tests {
    use ::http::{Request, StatusCode};
    use serde_json::Value;
    use tower::ServiceExt;

    use super::*;

    async fn panicking() {
        panic!("John Doe, +1234567890");
    }

    #[tokio::test]
    async fn a_panic_in_a_handler_is_a_500_in_the_envelope_that_shows_nothing() {
        let routes = served(
            Router::<()>::new().route("/", get(panicking)),
            Arc::default(),
        );
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
        let response = served(routes, Arc::default())
            .oneshot(request)
            .await
            .unwrap();
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert!(response.headers().contains_key("x-request-id"));
        assert!(begun.elapsed() < Duration::from_secs(29));
    }
}
