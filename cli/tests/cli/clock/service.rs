//! Tests of a service that lives by a clock which a person moves.

use std::time::Duration;

use domain::ids::AccountId;
use local::demo;
use nix::sys::signal::Signal;
use reqwest::StatusCode;
use serde_json::{Value, json};

use super::{Fixture, START, options::Dev, wait};
use crate::program::{leadgate, stdout};

fn lead() -> Value {
    json!({
        "first_name": "John", "phone": "+1234567890",
        "workflow_id": demo::WORKFLOW_ID, "campaign_id": demo::CAMPAIGN_ID,
    })
}

/// Creates a lead over HTTP, and returns its id.
async fn create(stack: &Fixture) -> String {
    let request = stack.request("POST", "/api/public/leads").json(&lead());
    let reply = request.send().await.unwrap();
    assert_eq!(reply.status(), StatusCode::CREATED);
    let reply: Value = reply.json().await.unwrap();
    reply["lead"]["id"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lead_and_its_run_have_the_time_of_the_clock() {
    let stack = Fixture::start().await;
    // A Monday in winter, far from the time of the machine.
    stdout(&stack.run(&["clock", "set", "2042-01-06T15:00:00Z"]));
    let id = create(&stack).await;
    let text = wait(async || {
        let run = stack.json(&["run", "show", &id]).to_string();
        run.contains("due_at").then_some(run)
    })
    .await;
    assert!(
        text.contains(r#""created_at":"2042-01-06T15:00:00Z""#),
        "{text}"
    );
    assert!(!text.contains("\"2026-"), "{text}");
    let due: Vec<_> = text.match_indices(r#""due_at":"2042-01"#).collect();
    assert!(!due.is_empty(), "{text}");
    stack.stack.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_use_the_clock_of_the_stack() {
    let stack = Fixture::start().await;
    stdout(&stack.run(&["clock", "set", "2042-01-06T15:00:00Z"]));
    let args = [
        "lead",
        "create",
        "--first-name",
        "Ada",
        "--phone",
        "+1234567890",
    ];
    let created = stack.json(&args);
    assert_eq!(created["lead"]["created_at"], "2042-01-06T15:00:00Z");
    let args = ["key", "create", "--name", "x", "--expires-at", "1d"];
    assert_eq!(
        stack.json(&args)["key"]["expires_at"],
        "2042-01-07T15:00:00Z"
    );
    stdout(&stack.run(&["clock", "advance", "5h"]));
    let id = created["lead"]["id"].as_str().unwrap();
    let shown = stack.run(&["lead", "show", id]);
    let shown = stdout(&shown);
    assert!(
        shown.contains("2042-01-06 15:00:00 UTC (5 h ago)"),
        "{shown}"
    );
    stack.stack.stop().await;
}

#[test]
fn the_log_has_the_time_of_the_clock_and_a_line_for_each_move() {
    let folder = tempfile::tempdir().unwrap();
    let run = |args: &[&str]| {
        let mut command = leadgate(args);
        let output = command.current_dir(folder.path()).output().unwrap();
        stdout(&output).to_owned()
    };
    let dev = Dev::start(folder.path(), "manual");
    run(&["clock", "set", "2042-01-06T15:00:00Z"]);
    run(&["clock", "show"]);
    run(&["lead", "list"]);
    let args = ["tail", "--no-follow", "--since", "1m", "--output", "json"];
    let lines = run(&args);
    let lines = lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap());
    let lines: Vec<Value> = lines
        .filter(|line: &Value| line["kind"] == "request")
        .collect();
    let [line] = &lines[..] else {
        panic!("{lines:?}");
    };
    assert_eq!(line["at"], "2042-01-06T15:00:00Z");
    assert_eq!(line["fact"], "the clock shows 2042-01-06T15:00:00Z");
    dev.stop(Signal::SIGTERM);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_expires_when_the_clock_passes_its_end() {
    let stack = Fixture::start().await;
    let args = ["key", "create", "--name", "x", "--expires-at", "1d"];
    let key = stack.json(&args)["api_key"].as_str().unwrap().to_owned();
    let status = async || {
        let request = stack.request("GET", "/api/public/workflows");
        let mut request = request.build().unwrap();
        request
            .headers_mut()
            .insert("x-api-key", key.parse().unwrap());
        reqwest::Client::new()
            .execute(request)
            .await
            .unwrap()
            .status()
    };
    assert_eq!(status().await, StatusCode::OK);
    stdout(&stack.run(&["clock", "advance", "25h"]));
    assert_eq!(status().await, StatusCode::UNAUTHORIZED);
    stack.stack.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn requeue_starts_runs_when_the_clock_has_passed_a_minute() {
    let stack = Fixture::start().await;
    let store = &stack.stack.services.store;
    let account: AccountId = demo::ACCOUNT_ID.parse().unwrap();
    let pending = || stack.json(&["queue", "status"])["unsent"]["starts"].clone();
    tokio::time::sleep(Duration::from_millis(300)).await;
    let id = create(&stack).await.parse().unwrap();
    let now = stack.clock.now();
    store.set_pending(account, id, now, None).await.unwrap();
    // Time stands still, and so does the schedule.
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(pending(), 1);
    stdout(&stack.run(&["clock", "advance", "6h"]));
    wait(async || (pending() == 0).then_some(())).await;
    stack.stack.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_pass_by_the_time_of_the_machine_while_the_clock_stands_still() {
    let stack = Fixture::start().await;
    let args = [
        "account",
        "set",
        demo::ACCOUNT_ID,
        "--rate",
        "2",
        "--burst",
        "2",
    ];
    stdout(&stack.run(&args));
    let status = async || {
        let request = stack.request("GET", "/api/public/workflows");
        request.send().await.unwrap().status()
    };
    wait(async || (status().await == StatusCode::TOO_MANY_REQUESTS).then_some(())).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    wait(async || (status().await == StatusCode::OK).then_some(())).await;
    stack.stack.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_that_fails_comes_again_only_when_the_clock_moves() {
    let stack = Fixture::start().await;
    let services = &stack.stack.services;
    let status = || stack.json(&["queue", "status"]);
    let in_flight = json!({"visible": 0, "in_flight": 1, "delayed": 0});
    let send = services.clients.sqs.send_message();
    let send = send.queue_url(&services.queue_url).message_body("no start");
    send.send().await.unwrap();
    for _ in 0..5 {
        wait(async || (status()["start"] == in_flight).then_some(())).await;
        // The timeout is 190 seconds. The event source looks ten times a second.
        stdout(&stack.run(&["clock", "advance", "189s"]));
        tokio::time::sleep(Duration::from_millis(300)).await;
        assert_eq!(status()["start"], in_flight);
        assert_eq!(status()["dead_letter"]["visible"], 0);
        stdout(&stack.run(&["clock", "advance", "1s"]));
        wait(async || (status()["start"]["visible"] == 0).then_some(())).await;
    }
    wait(async || (status()["dead_letter"]["visible"] == 1).then_some(())).await;
    let listed = stack.json(&["queue", "dlq", "list"]);
    assert_eq!(listed["dead_letters"][0]["reason"], "unreadable");
    assert_eq!(listed["dead_letters"][0]["sent_at"], START);
    assert_eq!(listed["dead_letters"][0]["age_seconds"], 5 * 190);
    stack.stack.stop().await;
}
