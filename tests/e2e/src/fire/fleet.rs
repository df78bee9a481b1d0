//! Containers of the API side by side, each with caches of its own, on one table.

use std::collections::BTreeSet;

use api::{AppState, router};
use aws::{clock::Clock, queue::StartQueue, store::Store};
use axum::{Router, body::Body};
use http::{HeaderMap, Request};
use serde_json::Value;
use tower::ServiceExt;

use super::{
    permission::Permission,
    plan::{Plan, Step},
    wire::{Caller, Wire},
    world::{BEGIN, Bench, QUEUE_URL, TABLE},
};

/// Containers of the API. Clones are the same ones.
#[derive(Clone)]
pub struct Fleet {
    wire: Wire,
    containers: Vec<Router>,
    /// Their clock, which goes with tokio's paused one.
    pub clock: Clock,
    /// Their table.
    pub store: Store,
}

/// What a container has answered.
#[derive(Debug)]
pub struct Reply {
    /// Its status.
    pub status: u16,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Value,
}

impl Fleet {
    /// So many containers; no call meets a fault.
    pub fn new(bench: &Bench, containers: usize) -> Self {
        const NONE: [Step; 0] = [];
        let clock = Clock::manual(BEGIN.parse().expect("a time"));
        let (number, wire) = bench.wire(&clock, &Plan::of_steps(&NONE));
        let clients = bench.clients_on(&wire, Caller::Api, number);
        let store = Store::new(clients.dynamodb, TABLE);
        let queue = StartQueue::new(clients.sqs, QUEUE_URL);
        let container = |_| router(AppState::new(store.clone(), queue.clone(), clock.clone()));
        Self {
            containers: (0..containers).map(container).collect(),
            wire,
            clock,
            store,
        }
    }

    /// Sends a request to one of the containers.
    pub async fn call(
        &self,
        container: usize,
        key: &str,
        method: &str,
        path: &str,
        body: Option<&Value>,
    ) -> Reply {
        self.wire.tick();
        let request = Request::builder()
            .method(method)
            .uri(format!("/api/public{path}"))
            .header("x-api-key", key)
            .body(Body::from(body.map(Value::to_string).unwrap_or_default()))
            .expect("a request");
        let Ok(response) = self.containers[container].clone().oneshot(request).await;
        let (parts, body) = response.into_parts();
        let body = axum::body::to_bytes(body, usize::MAX)
            .await
            .expect("a body");
        Reply {
            status: parts.status.as_u16(),
            headers: parts.headers,
            body: serde_json::from_slice(&body).expect("JSON"),
        }
    }

    /// What the calls needed to be allowed.
    pub fn needed(&self) -> BTreeSet<Permission> {
        self.wire.needed()
    }

    /// The operations that the containers have called, in order.
    pub fn calls(&self) -> Vec<String> {
        let calls = self.wire.calls();
        calls.into_iter().map(|(operation, _)| operation).collect()
    }
}
