//! Receives touchpoints from Leadgate, and refuses every request that Leadgate has not signed.
//!
//! Needs the crates `axum`, `serde_json`, `standardwebhooks` and `tokio`. The environment variable
//! `LEADGATE_WEBHOOK_SECRET` has the secret, and `PORT` is 8080 by default.

use std::{
    collections::HashSet,
    env,
    error::Error,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
    routing::post,
};
use serde_json::Value;
use standardwebhooks::Webhook;
use tokio::net::TcpListener;

#[derive(Clone)]
struct Receiver {
    webhook: Arc<Webhook>,
    /// Ids that were taken. Keep them in your database, for a week or longer.
    taken: Arc<Mutex<HashSet<String>>>,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let secret =
        env::var("LEADGATE_WEBHOOK_SECRET").map_err(|_| "LEADGATE_WEBHOOK_SECRET is not set")?;
    let port = env::var("PORT").unwrap_or("8080".to_owned());
    let receiver = Receiver {
        webhook: Arc::new(Webhook::new(&secret)?),
        taken: Arc::default(),
    };
    let listener = TcpListener::bind(format!("127.0.0.1:{port}")).await?;
    println!("Listening on http://{}", listener.local_addr()?);
    axum::serve(
        listener,
        Router::new().fallback(post(receive)).with_state(receiver),
    )
    .await?;
    Ok(())
}

async fn receive(State(receiver): State<Receiver>, headers: HeaderMap, body: Bytes) -> StatusCode {
    // Checks the signatures, and that the request is not older than five minutes.
    if receiver.webhook.verify(&body, &headers).is_err() {
        return StatusCode::UNAUTHORIZED;
    }
    let Ok(event) = serde_json::from_slice::<Value>(&body) else {
        return StatusCode::BAD_REQUEST;
    };
    let touchpoint = &event["data"]["touchpoint"];
    let id = touchpoint["id"].as_str().unwrap_or_default().to_owned();
    // Leadgate repeats a touchpoint under its id if an answer was lost. `test` is of `leadgate destination test`.
    let is_new = event["test"] == false && receiver.taken.lock().unwrap().insert(id);
    if is_new {
        take(touchpoint);
    }
    StatusCode::NO_CONTENT
}

/// Makes the contact. Put it into a queue here, and make it later: Leadgate waits for 15 seconds.
fn take(touchpoint: &Value) {
    let text = |name| touchpoint[name].as_str().unwrap_or_default();
    println!(
        "{} {} try {}",
        text("channel"),
        text("id"),
        touchpoint["try"]
    );
}
