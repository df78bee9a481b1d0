//! Tests of the commands that look inside an account: `leadgate workflow`, `campaign`, `lead` and
//! `run`, on a running stack.

mod found;
mod names;
mod outcomes;
mod shown;

use std::{
    fs,
    process::Output,
    time::{Duration, Instant},
};

use aws::clock::Clock;
use local::{Ports, Stack, Storage, demo};
use reqwest::{Client, Method};
use serde_json::{Value, json};

use crate::program::{json as json_in, run, stdout};

async fn stack() -> Stack {
    let stack = Stack::start(&Storage::Memory, Ports::ANY, Clock::System);
    stack.await.unwrap()
}

fn on(stack: &Stack, args: &[&str]) -> Output {
    let url = ["--dynamodb-url", &stack.services.dynamodb_url];
    run(&[args, &url].concat())
}

fn json_of(stack: &Stack, args: &[&str]) -> Value {
    json_in(&on(stack, &[args, &["--output", "json"]].concat()))
}

/// Applies a file to the demo account.
fn apply(stack: &Stack, file: &str) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file.yaml");
    fs::write(&path, file).unwrap();
    let sqs = ["--sqs-url", &stack.services.sqs_url];
    let apply = ["apply", "--file", path.to_str().unwrap(), "--yes"];
    stdout(&on(stack, &[&apply[..], &sqs].concat()));
}

/// Sends a request with the demo key.
async fn call(stack: &Stack, method: Method, path: &str, body: &Value) -> Value {
    let url = format!("{}/api/public/leads{path}", stack.api_url);
    let request = Client::new().request(method, url).json(body);
    let response = request.header("x-api-key", demo::API_KEY).send().await;
    response.unwrap().json().await.unwrap()
}

/// Creates a lead, and returns its id.
async fn create(stack: &Stack, lead: Value) -> String {
    let reply = call(stack, Method::POST, "", &lead).await;
    let id = reply["lead"]["id"].as_str();
    id.unwrap_or_else(|| panic!("{reply}")).to_owned()
}

/// Creates a lead in the demo workflow, waits until its run is built, and returns its id.
async fn enrolled(stack: &Stack, mut lead: Value) -> String {
    lead["workflow_id"] = json!(demo::WORKFLOW_ID);
    let id = create(stack, lead).await;
    let started = Instant::now();
    loop {
        let shown = json_of(stack, &["run", "show", &id]);
        if shown["run"]["run_status"] == "running" {
            return id;
        }
        assert!(started.elapsed() < Duration::from_secs(20), "{shown}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

fn ids(listed: &Value) -> Vec<&str> {
    let leads = listed["leads"].as_array().unwrap().iter();
    leads.map(|lead| lead["id"].as_str().unwrap()).collect()
}
