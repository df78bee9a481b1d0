//! One request and its reply: the request id, the error envelope and the log line.

use std::{sync::Arc, time::Instant};

use aws::telemetry::{ErrorChain, METRICS};
use axum::{
    extract::{MatchedPath, Request},
    response::{IntoResponse, Response},
};
use http::{HeaderName, HeaderValue, Method, StatusCode, header};
use lambda_http::request::RequestContext;
use uuid::Uuid;

use super::{
    dispatch_counts::DispatchCounts, envelope::Envelope, error::ApiError,
    outcome_counts::OutcomeCounts, problem::Problems,
};

/// The route whose log line counts leads.
const INTAKE: (Method, &str) = (Method::POST, "/api/public/leads");
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// The route whose reply is the same for all clients and may be kept.
const DESCRIPTION: &str = "/openapi.json";

/// The id of a request: the gateway's, or a new UUID.
#[derive(Clone)]
pub struct RequestId(pub String);

/// Number of leads in an intake by their result, for the metrics of its log line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct IntakeCounts {
    /// Leads that this request created.
    pub created: usize,
    /// Leads that an earlier request with the same idempotency key created.
    pub replayed: usize,
    /// Leads that were not created.
    pub refused: usize,
    /// Starts that requeue-starts has to send.
    pub delayed: usize,
    /// The error code of the first lead that was not created.
    pub reason: Option<&'static str>,
}

impl IntakeCounts {
    /// Returns the outcome of an intake that is not answered with an error: whether all leads, some or
    /// none were created. If none were, the code is the same as in the reply.
    fn outcome(self) -> &'static str {
        match (self.created + self.replayed, self.refused) {
            (_, 0) => "ok",
            (0, _) => ApiError::Validation(Problems::default()).code(),
            _ => "partial",
        }
    }
}

/// A request that is being answered.
pub struct Exchange {
    request_id: String,
    method: Method,
    route: Option<MatchedPath>,
    started: Instant,
    api_url: Arc<str>,
}

impl Exchange {
    /// Starts the clock and gives the request its id. `api_url` is the address of the API.
    pub fn begin(request: &mut Request, api_url: Arc<str>) -> Self {
        let started = Instant::now();
        let request_id = gateway_request_id(request).unwrap_or_else(|| Uuid::new_v4().to_string());
        request
            .extensions_mut()
            .insert(RequestId(request_id.clone()));
        Self {
            request_id,
            method: request.method().clone(),
            route: request.extensions().get::<MatchedPath>().cloned(),
            started,
            api_url,
        }
    }

    /// Puts an error into its envelope, adds the headers of all replies and writes the log line.
    pub fn finish(self, mut response: Response) -> Response {
        let error = response.extensions_mut().remove::<Arc<ApiError>>();
        let counts = response.extensions_mut().remove::<IntakeCounts>();
        let outcomes = response.extensions_mut().remove::<OutcomeCounts>();
        let dispatch = response.extensions_mut().remove::<DispatchCounts>();
        if let Some(error) = &error {
            response = self.with_envelope(error, response);
        }
        let headers = response.headers_mut();
        if let Ok(value) = HeaderValue::from_str(&self.request_id) {
            headers.insert(REQUEST_ID, value);
        }
        let route = self.route.as_ref().map(MatchedPath::as_str);
        if route != Some(DESCRIPTION) || error.is_some() {
            headers
                .entry(header::CACHE_CONTROL)
                .or_insert(HeaderValue::from_static("no-store"));
            headers.insert(
                header::X_CONTENT_TYPE_OPTIONS,
                HeaderValue::from_static("nosniff"),
            );
        }
        let outcomes = outcomes.unwrap_or_default();
        self.log(
            response.status(),
            error.as_deref(),
            counts,
            (&outcomes, dispatch),
        );
        response
    }

    /// Replaces the body by the envelope. Other headers of the reply, such as `Allow`, stay.
    fn with_envelope(&self, error: &ApiError, response: Response) -> Response {
        let envelope = Envelope::new(error, &self.request_id, &self.api_url);
        let (mut parts, _) = response.into_parts();
        parts.headers.remove(header::CONTENT_LENGTH);
        parts.headers.remove(header::CONTENT_TYPE);
        if let Some(seconds) = error.retry_after() {
            parts.headers.insert(header::RETRY_AFTER, seconds.into());
        }
        (parts, axum::Json(envelope)).into_response()
    }

    /// Writes the one log line of the request. The causes of an error are there and nowhere else. The line
    /// of an intake, of reports of outcomes and of suppressions has their metrics.
    fn log(
        &self,
        status: StatusCode,
        error: Option<&ApiError>,
        counts: Option<IntakeCounts>,
        (outcomes, dispatch): (&OutcomeCounts, Option<DispatchCounts>),
    ) {
        let Self {
            request_id,
            method,
            route,
            started,
            ..
        } = self;
        let route = route.as_ref().map_or("none", MatchedPath::as_str);
        let duration_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        // A client can make up a method.
        let method = match method.as_str() {
            "GET" | "POST" | "PATCH" | "PUT" | "DELETE" | "HEAD" | "OPTIONS" => method.as_str(),
            _ => "other",
        };
        let outcome = match (error, counts) {
            (Some(error), _) => error.code(),
            (None, Some(counts)) => counts.outcome(),
            (None, None) if status == StatusCode::MULTI_STATUS => "partial",
            // An array of outcomes or suppressions of which none was taken in.
            (None, None) if status.is_client_error() => {
                ApiError::Validation(Problems::default()).code()
            }
            (None, None) => "ok",
        };
        let status = status.as_u16();

        let counts = counts.or_else(|| self.refused_before_parsing(error));
        let (created, replayed) = (counts.map(|it| it.created), counts.map(|it| it.replayed));
        let (refused, delayed) = (counts.map(|it| it.refused), counts.map(|it| it.delayed));
        let reason = counts.and_then(|it| it.reason);
        let claimed = dispatch.map(|it| it.claimed);
        let (lapsed, unconfirmed) = (
            dispatch.map(|it| it.lapsed),
            dispatch.map(|it| it.unconfirmed),
        );
        let suppressions = Some(outcomes.suppressions).filter(|count| *count > 0);
        // The level of a tracing event is fixed when it is compiled.
        macro_rules! log {
            ($level:ident $($more:tt)*) => {
                tracing::$level!(
                    target: METRICS, { request.id = request_id, http.method = method, http.route = route,
                    http.status = status, outcome, duration_ms, leads_created = created,
                    leads_replayed = replayed, leads_refused = refused, starts_delayed = delayed, reason,
                    outcomes_answered = outcomes.of("answered"),
                    outcomes_replied = outcomes.of("replied"),
                    outcomes_voicemail = outcomes.of("voicemail"),
                    outcomes_no_answer = outcomes.of("no_answer"),
                    outcomes_busy = outcomes.of("busy"),
                    outcomes_failed = outcomes.of("failed"),
                    outcomes_delivered = outcomes.of("delivered"),
                    outcomes_bounced = outcomes.of("bounced"),
                    outcomes_invalid = outcomes.of("invalid"),
                    outcomes_opted_out = outcomes.of("opted_out"),
                    outcomes_complained = outcomes.of("complained"),
                    outcomes_callback = outcomes.of("callback"),
                    outcomes_deferred = outcomes.of("deferred"),
                    touchpoints_claimed = claimed,
                    touchpoints_unconfirmed = unconfirmed,
                    leases_lapsed = lapsed,
                    suppressions_created = suppressions
                    $($more)* }, "request"
                )
            };
        }
        match error.and_then(std::error::Error::source) {
            Some(cause) => log!(error, error = %ErrorChain(cause)),
            None => log!(info),
        }
    }

    /// Counts an intake that was refused before its leads were read as one lead.
    fn refused_before_parsing(&self, error: Option<&ApiError>) -> Option<IntakeCounts> {
        let route = self.route.as_ref().map(MatchedPath::as_str);
        let is_intake = (&self.method, route) == (&INTAKE.0, Some(INTAKE.1));
        error.filter(|_| is_intake).map(|error| IntakeCounts {
            refused: 1,
            reason: Some(error.code()),
            ..IntakeCounts::default()
        })
    }
}

fn gateway_request_id(request: &Request) -> Option<String> {
    match request.extensions().get::<RequestContext>()? {
        RequestContext::ApiGatewayV2(context) => context.request_id.clone(),
        _ => None,
    }
}
