//! The last hand on every reply: the request's id, the error envelope, and the one log line.

use std::{sync::Arc, time::Instant};

use aws::telemetry::{Chain, METRICS};
use axum::{
    extract::{MatchedPath, Request},
    response::{IntoResponse, Response},
};
use http::{HeaderName, HeaderValue, Method, StatusCode, header};
use lambda_http::request::RequestContext;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    error::{ApiError, Problem},
    intake_counts::IntakeCounts,
};

/// The route whose requests are counted in leads.
const INTAKE: (Method, &str) = (Method::POST, "/api/public/leads");
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The id of a request: the gateway's, or a new one.
#[derive(Clone)]
pub(crate) struct RequestId(pub(crate) String);

/// What a status of 400 or more is answered with (CONTRACT section 2).
#[derive(Serialize, ToSchema)]
#[schema(as = Error, description = "What a status of 400 or more is answered with. Programs go by `code`.")]
pub(crate) struct Envelope<'a> {
    #[schema(example = "Validation error")]
    error: &'a str,
    #[schema(example = "email is not a valid email address")]
    message: String,
    #[schema(example = "validation_error")]
    code: &'a str,
    #[schema(example = "JKJaXmPLvHcESHA=")]
    request_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    details: Option<&'a [Problem]>,
}

impl<'a> Envelope<'a> {
    pub(crate) fn new(error: &'a ApiError, request_id: &'a str) -> Self {
        Self {
            error: error.title(),
            message: error.to_string(),
            code: error.code(),
            request_id,
            details: error.problems(),
        }
    }
}

/// Answers `request` by `handle`, and finishes the reply.
pub(crate) async fn finish<F>(mut request: Request, handle: impl FnOnce(Request) -> F) -> Response
where
    F: Future<Output = Response>,
{
    let started = Instant::now();
    let request_id = gateway_request_id(&request).unwrap_or_else(|| Uuid::new_v4().to_string());
    request
        .extensions_mut()
        .insert(RequestId(request_id.clone()));
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let mut response = handle(request).await;
    let error = response.extensions_mut().remove::<Arc<ApiError>>();
    let counts = response.extensions_mut().remove::<IntakeCounts>();
    if let Some(error) = &error {
        response = with_envelope(error, &request_id, response);
    }
    if let Ok(value) = HeaderValue::from_str(&request_id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    log(&Finished {
        request_id: &request_id,
        method: &method,
        route: route.as_ref().map_or("none", MatchedPath::as_str),
        status: response.status(),
        error: error.as_deref(),
        counts,
        started,
    });
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
    let envelope = Envelope::new(error, request_id);
    let (mut parts, _) = response.into_parts();
    parts.headers.remove(header::CONTENT_LENGTH);
    parts.headers.remove(header::CONTENT_TYPE);
    if let Some(seconds) = error.retry_after() {
        parts.headers.insert(header::RETRY_AFTER, seconds.into());
    }
    (parts, axum::Json(envelope)).into_response()
}

/// A request that is answered.
struct Finished<'a> {
    request_id: &'a str,
    method: &'a Method,
    route: &'a str,
    status: StatusCode,
    error: Option<&'a ApiError>,
    counts: Option<IntakeCounts>,
    started: Instant,
}

/// One line for each request; an error's causes stand in it, and nowhere else. That of an intake carries
/// its metrics.
fn log(request: &Finished<'_>) {
    let Finished {
        request_id,
        method,
        route,
        status,
        error,
        counts,
        started,
    } = request;
    let duration_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    let status = status.as_u16();
    let outcome = error.map_or("ok", ApiError::code);
    // A request that was refused before its body was read counts as one lead.
    let is_intake = (*method, *route) == (&INTAKE.0, INTAKE.1);
    let refused = || error.map(|error| IntakeCounts::of([Err(error)]));
    let counts = counts.or_else(|| is_intake.then(refused).flatten());
    let (created, replayed) = (counts.map(|it| it.created), counts.map(|it| it.replayed));
    let (refused, delayed) = (counts.map(|it| it.refused), counts.map(|it| it.delayed));
    let reason = counts.and_then(|it| it.reason);
    match error.and_then(std::error::Error::source) {
        Some(cause) => tracing::error!(
            target: METRICS, { request.id = request_id, http.method = %method, http.route = route,
            http.status = status, outcome, duration_ms, leads_created = created, leads_replayed = replayed,
            leads_refused = refused, starts_delayed = delayed, reason, error = %Chain(cause) }, "request"
        ),
        None => tracing::info!(
            target: METRICS, { request.id = request_id, http.method = %method, http.route = route,
            http.status = status, outcome, duration_ms, leads_created = created, leads_replayed = replayed,
            leads_refused = refused, starts_delayed = delayed, reason }, "request"
        ),
    }
}
