//! Containers of the API side by side, each with its own caches, on one table.

use std::collections::BTreeSet;

use api::{AppState, router};
use aws::{
    clock::Clock,
    queue::{DispatchQueue, StartQueue},
    store::Store,
};
use axum::{Router, body::Body};
use http::{HeaderMap, Request};
use serde_json::Value;
use tower::ServiceExt;

use crate::{
    call::{Caller, DISPATCH_QUEUE_URL, QUEUE_URL, TABLE},
    cloud::{self, Cloud},
    permission::Access,
    scenario::Scenario,
    services::Services,
    transport::Transport,
};

/// Containers of the API. Clones are the same containers.
#[derive(Clone)]
pub struct Fleet {
    transport: Transport<Services>,
    containers: Vec<Router>,
    /// Clock of the containers. It follows tokio's paused clock.
    pub clock: Clock,
    /// Table of the containers.
    pub store: Store,
}

/// Answer of a container.
#[derive(Debug)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// HTTP headers.
    pub headers: HeaderMap,
    /// JSON body.
    pub body: Value,
}

impl Fleet {
    /// Creates containers whose calls meet no fault.
    pub fn new(cloud: &Cloud, containers: usize) -> Self {
        let clock = cloud::clock();
        let transport = cloud.transport(&clock, &Scenario::of_steps(&[]));
        let clients = cloud.clients(&transport, Caller::Api);
        let store = Store::new(clients.dynamodb, TABLE);
        let queue = StartQueue::new(clients.sqs.clone(), QUEUE_URL);
        let dispatch = DispatchQueue::new(clients.sqs, DISPATCH_QUEUE_URL);
        let state = || AppState::new(store.clone(), queue.clone(), clock.clone());
        let container = |_| router(state().with_dispatch(dispatch.clone()));
        Self {
            containers: (0..containers).map(container).collect(),
            transport,
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
        let body = body.map(Value::to_string).unwrap_or_default();
        self.send(container, key, method, path, Body::from(body))
            .await
    }

    /// Sends a request whose body may come later than its headers.
    pub async fn send(
        &self,
        container: usize,
        key: &str,
        method: &str,
        path: &str,
        body: Body,
    ) -> Reply {
        self.transport.backend.tick();
        let request = Request::builder()
            .method(method)
            .uri(format!("/api/public{path}"))
            .header("x-api-key", key)
            .body(body)
            .expect("a request");
        let Ok(response) = self.containers[container].clone().oneshot(request).await;
        let problems = self.transport.backend.problems();
        assert!(problems.is_empty(), "{problems:?}");
        let (parts, body) = response.into_parts();
        let body = axum::body::to_bytes(body, usize::MAX).await;
        Reply {
            status: parts.status.as_u16(),
            headers: parts.headers,
            body: serde_json::from_slice(&body.expect("a body")).expect("JSON"),
        }
    }

    /// Returns the permissions that the calls needed.
    pub fn needed(&self) -> BTreeSet<Access> {
        self.transport.needed()
    }

    /// Returns the operations that the containers called, in order.
    pub fn calls(&self) -> Vec<String> {
        self.transport.calls()
    }
}
