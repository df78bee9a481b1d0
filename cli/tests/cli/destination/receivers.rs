//! Receivers that `leadgate destination test` calls.

use std::sync::{Arc, OnceLock};

use aws::clock::Clock;
use axum::{
    Json, Router,
    body::Bytes,
    extract::State,
    response::{IntoResponse, Response},
    routing::post,
};
use domain::webhook_secret::WebhookSecret;
use reqwest::{StatusCode, header::HeaderMap};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::Setup;
use crate::program::nowhere;

/// Secret with which a receiver checks signatures. Without it, the receiver takes everything.
type Known = Arc<OnceLock<WebhookSecret>>;

/// Serves a receiver until the test ends. Returns its URL.
async fn receiver(known: Known) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/secret", listener.local_addr().unwrap());
    let routes = Router::new().route("/secret", post(take)).with_state(known);
    tokio::spawn(async move { axum::serve(listener, routes).await });
    url
}

async fn take(State(known): State<Known>, headers: HeaderMap, body: Bytes) -> Response {
    if let Some(secret) = known.get() {
        let header = |name: &str| headers[name].to_str().unwrap();
        let (id, timestamp) = (header("webhook-id"), header("webhook-timestamp"));
        let (signature, now) = (header("webhook-signature"), Clock::System.now());
        let secrets = [secret.clone()];
        if webhook::verify(&secrets, id, timestamp, signature, &body, now).is_err() {
            return StatusCode::UNAUTHORIZED.into_response();
        }
    }
    let body: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(body["test"], true);
    Json(json!({"taken": body["data"]["touchpoint"]["channel"]})).into_response()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_passes_if_it_takes_only_what_is_signed() {
    let known = Known::default();
    let url = receiver(known.clone()).await;
    let setup = Setup::start(&url).await;
    known.set(setup.secrets().await.current).unwrap();
    let tested = setup.json(&["destination", "test", "dialer"]);
    assert_eq!(tested["passed"], true, "{tested}");
    assert_eq!(tested["signed"]["status"], 200);
    assert_eq!(tested["signed"]["answer"], r#"{"taken":"call"}"#);
    assert_eq!(tested["wrongly_signed"]["status"], 401);
    let text = setup.text(&["destination", "test", "dialer"]);
    assert!(
        text.starts_with("Signed sample: right, 200 after "),
        "{text}"
    );
    assert!(
        text.contains("\nWrongly signed sample: right, 401 after "),
        "{text}"
    );
    assert!(
        text.ends_with("The receiver works, seen from this machine.\n"),
        "{text}"
    );
    setup.services.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_takes_everything_or_does_not_answer_fails() {
    let url = receiver(Known::default()).await;
    let careless = Setup::start(&url).await;
    let output = careless.run(&["destination", "test", "dialer"]);
    assert_eq!((output.status.code(), &*output.stderr), (Some(1), &[][..]));
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(
        text.contains("Wrongly signed sample: wrong, 200 after "),
        "{text}"
    );
    assert!(
        text.contains("It takes requests that Leadgate did not sign. Let it check the signature."),
        "{text}"
    );
    careless.services.stop().await;

    let dead = Setup::start(&nowhere()).await;
    let output = dead.run(&["destination", "test", "dialer", "--output", "json"]);
    assert_eq!(output.status.code(), Some(1));
    let tested: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(tested["passed"], false);
    assert_eq!(tested["signed"]["status"], Value::Null);
    assert_eq!(
        tested["signed"]["answer"],
        "the receiver refused the connection"
    );
    dead.services.stop().await;
}
