//! Routes of the local stack alone, under `/dev`, on the API's port. They need no API key.

use axum::{
    Json, Router,
    body::Bytes,
    extract::{State, rejection::BytesRejection},
    response::{IntoResponse, Response},
    routing::get,
};
use domain::time::read_time;
use http::{HeaderValue, StatusCode, header};
use jiff::{Span, Timestamp, tz::TimeZone};
use serde::{Deserialize, Serialize};

use crate::{
    Pace,
    clock::{KeptClock, MoveError},
    guard::refusal,
};

/// Path of the clock.
pub(crate) const CLOCK_PATH: &str = "/dev/clock";

/// Returns the routes, for the clock of the stack.
pub(crate) fn routes(clock: KeptClock) -> Router {
    let clock_routes = get(show_clock)
        .post(move_clock)
        .fallback(async || not_allowed("GET, HEAD, POST"));
    Router::new()
        .route(CLOCK_PATH, clock_routes)
        .with_state(clock)
}

/// Reply of `GET /dev/clock`.
#[derive(Serialize)]
struct Shown {
    now: Timestamp,
    clock: Pace,
}

/// Reply of `POST /dev/clock`.
#[derive(Serialize)]
struct Moved {
    now: Timestamp,
}

/// Body of `POST /dev/clock`.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Move {
    Advance(String),
    Set(String),
}

async fn show_clock(State(KeptClock { clock, .. }): State<KeptClock>) -> Json<Shown> {
    Json(Shown {
        now: clock.now(),
        clock: Pace::of(&clock),
    })
}

async fn move_clock(
    State(clock): State<KeptClock>,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let moved = match serde_json::from_slice(&body.unwrap_or_default()) {
        Ok(Move::Advance(text)) => match text.parse::<Span>() {
            Ok(span) => clock.move_to(|now| later(now, span)),
            Err(_) => return invalid("advance is not a duration. Write one such as PT2H or P1D."),
        },
        Ok(Move::Set(text)) => match read_time(&text) {
            Ok(time) => clock.move_to(|_| Some(time)),
            Err(_) => {
                return invalid("set is not a time. Write one such as 2026-02-10T12:00:00Z.");
            }
        },
        Err(_) => {
            return invalid(
                r#"The body must be {"advance": "PT2H"} or {"set": "2026-02-10T12:00:00Z"}."#,
            );
        }
    };
    match moved {
        Ok(now) => Json(Moved { now }).into_response(),
        Err(error @ MoveError::TooFar) => invalid(&error.to_string()),
        Err(error) => refusal(
            StatusCode::CONFLICT,
            "Conflict",
            "conflict",
            &error.to_string(),
        ),
    }
}

/// Returns the time that is `span` after `now`. A day has 24 hours. `None` if it is too far.
fn later(now: Timestamp, span: Span) -> Option<Timestamp> {
    let later = now.to_zoned(TimeZone::UTC).checked_add(span);
    later.ok().map(|later| later.timestamp())
}

pub(crate) fn invalid(message: &str) -> Response {
    let title = "Validation error";
    refusal(StatusCode::BAD_REQUEST, title, "validation_error", message)
}

pub(crate) fn not_allowed(methods: &'static str) -> Response {
    let message = format!("This address takes {methods} only.");
    let mut reply = refusal(
        StatusCode::METHOD_NOT_ALLOWED,
        "Method not allowed",
        "method_not_allowed",
        &message,
    );
    let methods = HeaderValue::from_static(methods);
    reply.headers_mut().insert(header::ALLOW, methods);
    reply
}
