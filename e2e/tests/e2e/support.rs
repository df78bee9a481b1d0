//! A running stack and a client for it.

use std::{
    future::Future,
    time::{Duration, Instant},
};

use leadgate::local::{Ports, Services, Stack, Storage, demo};
use reqwest::{Client, RequestBuilder, Response, StatusCode};
use serde_json::Value;
use shared::{clock::Clock, domain::ids::AccountId};

const DEADLINE: Duration = Duration::from_secs(10);

/// The services alone: nothing consumes the queue.
pub async fn services() -> Services {
    Services::start(&Storage::Memory, Ports::ANY, &Clock::System)
        .await
        .unwrap()
}

/// The whole service in memory.
pub async fn stack() -> Stack {
    Stack::start(&Storage::Memory, Ports::ANY, Clock::System)
        .await
        .unwrap()
}

/// A client with the demo account's key.
pub struct Api {
    http: Client,
    base: String,
}

impl Api {
    pub fn of(stack: &Stack) -> Self {
        Self {
            http: Client::new(),
            base: stack.api_url.clone(),
        }
    }

    pub fn get(&self, path: &str) -> RequestBuilder {
        self.http
            .get(format!("{}{path}", self.base))
            .header("x-api-key", demo::API_KEY)
    }

    pub fn post(&self, path: &str) -> RequestBuilder {
        self.http
            .post(format!("{}{path}", self.base))
            .header("x-api-key", demo::API_KEY)
    }

    /// Creates a lead and gives the reply's body.
    pub async fn create(&self, lead: &Value) -> Value {
        let response = self
            .post("/api/public/leads")
            .json(lead)
            .send()
            .await
            .unwrap();
        body(response, StatusCode::CREATED).await
    }

    /// Posts what must be refused with 400, and gives the error.
    pub async fn refused(&self, leads: &Value) -> Value {
        let response = self
            .post("/api/public/leads")
            .json(leads)
            .send()
            .await
            .unwrap();
        body(response, StatusCode::BAD_REQUEST).await
    }

    /// Waits until a lead's run is built, and gives the lead.
    pub async fn lead_with_run(&self, id: &str) -> Value {
        eventually("the run is built", || async {
            let lead = self.lead(id).await;
            (lead["active_workflow_run"]["run_status"] == "running").then_some(lead)
        })
        .await
    }

    /// What `GET /leads/{id}` says of a lead.
    pub async fn lead(&self, id: &str) -> Value {
        let response = self
            .get(&format!("/api/public/leads/{id}"))
            .send()
            .await
            .unwrap();
        body(response, StatusCode::OK).await["lead"].take()
    }
}

/// The demo account's id.
pub fn account() -> AccountId {
    demo::ACCOUNT_ID.parse().unwrap()
}

/// The body of a response that must have `status`.
pub async fn body(response: Response, status: StatusCode) -> Value {
    let (actual, text) = (response.status(), response.text().await.unwrap());
    assert_eq!(actual, status, "{text}");
    serde_json::from_str(&text).unwrap()
}

/// Looks again until there is something; fails after ten seconds.
pub async fn eventually<T, F: Future<Output = Option<T>>>(
    what: &str,
    mut look: impl FnMut() -> F,
) -> T {
    let started = Instant::now();
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(
            started.elapsed() < DEADLINE,
            "not within {DEADLINE:?}: {what}"
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
