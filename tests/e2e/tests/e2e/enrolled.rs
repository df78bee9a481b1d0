//! Leads on runs, and what is asked about them.

use aws::clock::Clock;
use domain::{ids::WorkflowId, workflow::Workflow};
use jiff::{SignedDuration, Timestamp};
use lambda_http::http::StatusCode;
use local::demo;
use serde_json::{Value, json};

use crate::{
    consumer::consume,
    proxied::{Proxied, Reply},
    support::account,
};

pub const START: &str = "2026-02-10T12:00:00Z";

/// The API at a time of its own, and what moves it.
pub async fn proxied() -> (Proxied, Clock) {
    let clock = Clock::manual(START.parse().unwrap());
    (Proxied::at(clock.clone()).await, clock)
}

pub fn set(clock: &Clock, hours: i64) {
    let start: Timestamp = START.parse().unwrap();
    clock.set(start + SignedDuration::from_hours(hours));
}

pub fn john() -> Value {
    json!({"first_name": "John", "email": "john@example.com", "phone": "+1234567890",
           "workflow_id": demo::WORKFLOW_ID})
}

/// A lead whose run is built.
pub async fn enrolled(proxied: &Proxied, clock: &Clock) -> String {
    let id = proxied.create(&john()).await;
    assert_eq!(consume(&proxied.services, clock).await, (1, 0));
    id
}

pub async fn post(proxied: &Proxied, id: &str, what: &str, body: &Value) -> Reply {
    proxied
        .call("POST", &format!("/leads/{id}/{what}"), Some(body))
        .await
}

pub fn demo_workflow() -> Value {
    json!({"workflow_id": demo::WORKFLOW_ID})
}

pub async fn active_run(proxied: &Proxied, id: &str) -> Value {
    proxied.get(id).await.body["lead"]["active_workflow_run"].take()
}

pub async fn run(proxied: &Proxied, id: &str, run: &Value) -> Value {
    let path = format!("/leads/{id}/runs/{}", run.as_str().unwrap());
    let mut reply = proxied.call("GET", &path, None).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.text);
    reply.body["workflow_run"].take()
}

pub fn states(run: &Value) -> Vec<&str> {
    let touchpoints = run["touchpoints"].as_array().unwrap().iter();
    touchpoints
        .map(|it| it["state"].as_str().unwrap())
        .collect()
}

/// A workflow like the demo account's, with one thing that is different.
pub async fn another_workflow(proxied: &Proxied, change: impl FnOnce(&mut Workflow)) -> Workflow {
    let demo = demo::WORKFLOW_ID.parse().unwrap();
    let demo = proxied.store.workflow(account(), demo).await.unwrap();
    let mut workflow = demo.unwrap();
    workflow.id = WorkflowId::new(
        workflow.created_at,
        aws::randomness::Randomness::System.bits(),
    );
    workflow.name = "Second Try".to_owned();
    change(&mut workflow);
    proxied
        .store
        .create_workflow(account(), &workflow)
        .await
        .unwrap();
    workflow
}
