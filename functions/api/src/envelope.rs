//! The last hand on every reply: the request's id, the error envelope, and the one log line.

use std::{sync::Arc, time::Instant};

use axum::{
    extract::{MatchedPath, Request},
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{HeaderName, HeaderValue, Method, StatusCode, header};
use lambda_http::request::RequestContext;
use serde::Serialize;
use shared::telemetry::Chain;
use uuid::Uuid;

use crate::error::{ApiError, Problem};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The id of a request: the gateway's, or a new one.
#[derive(Clone)]
pub(crate) struct RequestId(pub(crate) String);

/// CONTRACT section 2.
#[derive(Serialize)]
struct Envelope<'a> {
    error: &'a str,
    message: String,
    code: &'a str,
    request_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    details: Option<&'a [Problem]>,
}

pub(crate) async fn finish(mut request: Request, next: Next) -> Response {
    let started = Instant::now();
    let request_id = gateway_request_id(&request).unwrap_or_else(|| Uuid::new_v4().to_string());
    request
        .extensions_mut()
        .insert(RequestId(request_id.clone()));
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let mut response = next.run(request).await;
    let error = response.extensions_mut().remove::<Arc<ApiError>>();
    if let Some(error) = &error {
        response = with_envelope(error, &request_id, response);
    }
    if let Ok(value) = HeaderValue::from_str(&request_id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    let route = route.as_ref().map_or("none", MatchedPath::as_str);
    log(
        &request_id,
        &method,
        route,
        response.status(),
        error.as_deref(),
        started,
    );
    response
}

fn gateway_request_id(request: &Request) -> Option<String> {
    match request.extensions().get::<RequestContext>()? {
        RequestContext::ApiGatewayV2(context) => context.request_id.clone(),
        _ => None,
    }
}

/// The envelope instead of the reply's body; its headers, such as `Allow`, stay.
fn with_envelope(error: &ApiError, request_id: &str, response: Response) -> Response {
    let envelope = Envelope {
        error: error.title(),
        message: error.to_string(),
        code: error.code(),
        request_id,
        details: error.problems(),
    };
    let (mut parts, _) = response.into_parts();
    parts.headers.remove(header::CONTENT_LENGTH);
    parts.headers.remove(header::CONTENT_TYPE);
    if let Some(seconds) = error.retry_after() {
        parts.headers.insert(header::RETRY_AFTER, seconds.into());
    }
    (parts, axum::Json(envelope)).into_response()
}

/// One line for each request; an error's causes stand in it, and nowhere else.
fn log(
    request_id: &str,
    method: &Method,
    route: &str,
    status: StatusCode,
    error: Option<&ApiError>,
    started: Instant,
) {
    let duration_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    let status = status.as_u16();
    let outcome = error.map_or("ok", ApiError::code);
    match error.and_then(std::error::Error::source) {
        Some(cause) => tracing::error!(
            request.id = request_id, http.method = %method, http.route = route,
            http.status = status, outcome, duration_ms, error = %Chain(cause), "request"
        ),
        None => tracing::info!(
            request.id = request_id, http.method = %method, http.route = route,
            http.status = status, outcome, duration_ms, "request"
        ),
    }
}
