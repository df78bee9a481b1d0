//! The practice dialer at `/dev/dialer`: a receiver of touchpoints with a page, where a person answers the
//! contacts of the demo account.
//!
//! It is a receiver like any other: it checks the signature of each delivery, and its page sends the
//! outcomes to the `reply_url`. The calls are in memory only.

mod calls;
mod progress;

use std::sync::Arc;

use aws::{
    store::{Store, StoreError},
    telemetry::ErrorChain,
};
use axum::{
    Json, Router,
    body::Bytes,
    extract::{State, rejection::BytesRejection},
    response::{IntoResponse, Response},
    routing::get,
};
use http::{HeaderMap, StatusCode, header};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};

use self::calls::{Call, Calls};
use crate::{
    Pace,
    clock::KeptClock,
    dev_routes::{invalid, not_allowed},
    guard::refusal,
    home,
    receiver::{self, DIALER_PATH},
};

/// Path of the list that the page reads every second.
pub(crate) const CALLS_PATH: &str = "/dev/dialer/calls";
/// Path of the page's script.
const SCRIPT_PATH: &str = "/dev/dialer/page.js";

const PAGE: &str = include_str!("page.html");
const SCRIPT: &str = include_str!("page.js");

/// The practice dialer. Clones share the calls.
#[derive(Clone, Debug)]
pub(crate) struct Dialer {
    store: Store,
    clock: KeptClock,
    calls: Arc<Calls>,
}

/// Reply of `GET /dev/dialer/calls`.
#[derive(Serialize)]
struct Listed {
    now: Timestamp,
    clock: Pace,
    /// Calls, newest first.
    calls: Vec<Value>,
}

impl Dialer {
    /// Returns a dialer without calls.
    pub(crate) fn new(store: Store, clock: KeptClock) -> Self {
        Self {
            store,
            clock,
            calls: Arc::default(),
        }
    }

    /// Returns the routes.
    pub(crate) fn routes(self) -> Router {
        let page = get(async || home::unframed(PAGE.to_owned()))
            .post(take)
            .fallback(async || not_allowed("GET, HEAD, POST"));
        let script = get(async || ([(header::CONTENT_TYPE, "text/javascript")], SCRIPT));
        let reads_only = async || not_allowed("GET, HEAD");
        Router::new()
            .route(DIALER_PATH, page)
            .route(CALLS_PATH, get(list).fallback(reads_only))
            .route(SCRIPT_PATH, script.fallback(reads_only))
            .with_state(self)
    }

    /// Returns whether a delivery is signed with a valid secret of the demo account's destination.
    async fn is_signed(&self, headers: &HeaderMap, body: &[u8]) -> Result<bool, StoreError> {
        let text = |name| {
            let value = headers.get(name)?;
            value.to_str().ok()
        };
        let (Some(id), Some(timestamp), Some(signature)) = (
            text("webhook-id"),
            text("webhook-timestamp"),
            text("webhook-signature"),
        ) else {
            return Ok(false);
        };
        let now = self.clock.clock.now();
        // Read for each delivery, because an operator can rotate them.
        let secrets = receiver::secrets(&self.store, now).await?;
        Ok(webhook::verify(&secrets, id, timestamp, signature, body, now).is_ok())
    }
}

/// Returns the reply for a time in which the table cannot be read.
fn unavailable(error: &StoreError) -> Response {
    tracing::error!(error = %ErrorChain(error), "the dialer cannot read the table");
    refusal(
        StatusCode::SERVICE_UNAVAILABLE,
        "Service unavailable",
        "unavailable",
        "The table cannot be read now. Try again.",
    )
}

/// Answers a delivery.
async fn take(
    State(dialer): State<Dialer>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let body = body.unwrap_or_default();
    match dialer.is_signed(&headers, &body).await {
        Ok(true) => {}
        Ok(false) => {
            return refusal(
                StatusCode::UNAUTHORIZED,
                "Invalid signature",
                "invalid_signature",
                "The practice dialer takes only deliveries that the local stack has signed.",
            );
        }
        Err(error) => return unavailable(&error),
    }
    let Ok(delivery) = serde_json::from_slice::<Value>(&body) else {
        return invalid("The body must be a touchpoint as JSON.");
    };
    if delivery.get("test") == Some(&Value::Bool(true)) {
        return Json(json!({"ringing": "a test, which the page does not show"})).into_response();
    }
    match Call::read(delivery, dialer.clock.clock.now()) {
        Some(call) => {
            let ringing = call.summary();
            dialer.calls.add(call);
            Json(json!({ "ringing": ringing })).into_response()
        }
        None => invalid("The body must have a touchpoint with an id."),
    }
}

async fn list(State(dialer): State<Dialer>) -> Response {
    let newest = dialer.calls.newest();
    let touchpoints: Vec<_> = newest.iter().map(|it| it.touchpoint).collect();
    let progress = match progress::of(&dialer.store, &touchpoints).await {
        Ok(progress) => progress,
        Err(error) => return unavailable(&error),
    };
    let mut calls = Vec::new();
    for (call, progress) in newest.iter().zip(progress) {
        match progress {
            Some(progress) => calls.push(call.out(&progress)),
            // The lead was erased, so its data goes here too.
            None => dialer.calls.remove(&call.id),
        }
    }
    let clock = &dialer.clock.clock;
    Json(Listed {
        now: clock.now(),
        clock: Pace::of(clock),
        calls,
    })
    .into_response()
}
