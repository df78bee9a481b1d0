//! A running stack and a client for it.

use std::{
    collections::{BTreeMap, HashMap},
    future::Future,
    time::{Duration, Instant},
};

use aws::clock::Clock;
use aws_sdk_dynamodb::types::AttributeValue;
use domain::ids::AccountId;
use local::{Ports, Services, Stack, Storage, demo};
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode};
use serde_json::Value;

const DEADLINE: Duration = Duration::from_secs(10);

/// The services alone: nothing consumes the queue.
pub async fn services() -> Services {
    services_at(&Clock::System).await
}

/// The same, with the demo account created at another time.
pub async fn services_at(clock: &Clock) -> Services {
    Services::start(&Storage::Memory, Ports::ANY, clock)
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
        self.request(Method::GET, path)
    }

    pub fn post(&self, path: &str) -> RequestBuilder {
        self.request(Method::POST, path)
    }

    pub fn patch(&self, path: &str) -> RequestBuilder {
        self.request(Method::PATCH, path)
    }

    pub fn delete(&self, path: &str) -> RequestBuilder {
        self.request(Method::DELETE, path)
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http
            .request(method, format!("{}{path}", self.base))
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

    /// Changes a lead and gives it as it is then.
    pub async fn change(&self, id: &str, change: &Value) -> Value {
        let request = self.patch(&format!("/api/public/leads/{id}")).json(change);
        body(request.send().await.unwrap(), StatusCode::OK).await["lead"].take()
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

/// The raw items of a lead's partition, whether or not there is a lead.
pub async fn items_of(services: &Services, lead: &str) -> Vec<HashMap<String, AttributeValue>> {
    let reply = services
        .clients
        .dynamodb
        .query()
        .table_name(services.table())
        .key_condition_expression("pk = :pk")
        .expression_attribute_values(
            ":pk",
            AttributeValue::S(format!("LEAD#{}#{lead}", demo::ACCOUNT_ID)),
        )
        .send()
        .await
        .unwrap();
    reply.items.unwrap_or_default()
}

/// Everything in the table, by key.
#[expect(
    clippy::disallowed_methods,
    reason = "what must not be there is looked for everywhere"
)]
pub async fn raw_table(services: &Services) -> BTreeMap<String, HashMap<String, AttributeValue>> {
    let scan = services.clients.dynamodb.scan();
    let mut items = scan
        .table_name(services.table())
        .into_paginator()
        .items()
        .send();
    let mut table = BTreeMap::new();
    while let Some(item) = items.next().await {
        let item = item.unwrap();
        table.insert(format!("{:?} {:?}", item["pk"], item["sk"]), item);
    }
    table
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
