//! Stops and kills of the local stack.

use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};

use super::{DEADLINE, Dev};

#[test]
fn ctrl_c_and_sigterm_stop_it_within_two_seconds() {
    for signal in [Signal::SIGINT, Signal::SIGTERM] {
        let (status, took) = Dev::start(None).stop(signal);
        assert_eq!(status.code(), Some(0), "{signal}");
        assert!(took < Duration::from_secs(2), "{signal}: {took:?}");
    }
}

/// A lead that was answered with 201.
struct Answered {
    lead: String,
    /// Run in the reply.
    run: Option<String>,
}

/// Sends leads from many clients at once, and a signal while they send. Returns the leads that were
/// answered with 201. The stack stops within 1.8 seconds; the test allows more for a busy machine.
async fn stopped_under_load(dev: Dev, signal: Signal) -> Vec<Answered> {
    const CLIENTS: usize = 16;
    const ENOUGH: usize = 200;
    let lead =
        |workflow| json!({ "first_name": "John", "phone": "+1234567890", "workflow_id": workflow });
    let with_run = lead(json!(dev.text("workflow_id")));
    let without_run = lead(Value::Null);
    let (taken, mut answered) = tokio::sync::mpsc::unbounded_channel();
    for client in 0..CLIENTS {
        let lead = if client == 0 { &without_run } else { &with_run };
        let request = Client::new()
            .post(dev.leads_url())
            .header("x-api-key", dev.text("api_key"))
            .json(lead);
        let taken = taken.clone();
        tokio::spawn(async move {
            // Ends when the listener is closed or the process is killed.
            while let Ok(response) = request.try_clone().unwrap().send().await {
                assert_eq!(response.status(), StatusCode::CREATED);
                // An incomplete reply is not an answer.
                let Ok(created) = response.json::<Value>().await else {
                    return;
                };
                let text = |value: &Value| value.as_str().map(str::to_owned);
                let _ = taken.send(Answered {
                    lead: text(&created["lead"]["id"]).unwrap(),
                    run: text(&created["workflow_run"]["id"]),
                });
            }
        });
    }
    drop(taken);
    let mut all = Vec::new();
    while all.len() < ENOUGH {
        all.push(answered.recv().await.unwrap());
    }
    let (status, took) = tokio::task::spawn_blocking(move || dev.stop(signal))
        .await
        .unwrap();
    let code = (signal != Signal::SIGKILL).then_some(0);
    assert_eq!(status.code(), code);
    assert!(took < Duration::from_secs(4), "{took:?}");
    while let Some(lead) = answered.recv().await {
        all.push(lead);
    }
    all
}

/// Checks that every answered lead exists, with the run of its reply and no other.
async fn assert_kept(dev: &Dev, answered: &[Answered]) {
    let http = Client::new();
    for Answered { lead, run } in answered {
        match run {
            Some(run) => wait_for_run(&http, dev, lead, run).await,
            None => {
                let lead = read(&http, dev, lead).await;
                assert!(lead["active_workflow_run"].is_null(), "{lead}");
            }
        }
    }
    assert!(answered.iter().any(|it| it.run.is_none()));
}

#[tokio::test]
async fn a_stop_under_load_loses_nothing_that_was_answered() {
    let folder = tempfile::tempdir().unwrap();
    let dev = Dev::start(Some(folder.path()));
    let answered = stopped_under_load(dev, Signal::SIGTERM).await;
    assert_kept(&Dev::start(Some(folder.path())), &answered).await;
}

#[tokio::test]
async fn a_kill_under_load_loses_nothing_that_was_answered() {
    let folder = tempfile::tempdir().unwrap();
    let mut answered = Vec::new();
    // The second stack is killed while it builds the runs that the first has left.
    for _ in 0..2 {
        let dev = Dev::start(Some(folder.path()));
        answered.extend(stopped_under_load(dev, Signal::SIGKILL).await);
    }
    assert_kept(&Dev::start(Some(folder.path())), &answered).await;
}

async fn read(http: &Client, dev: &Dev, id: &str) -> Value {
    let request = http.get(format!("{}/{id}", dev.leads_url()));
    let response = request
        .header("x-api-key", dev.text("api_key"))
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    let mut reply: Value = response.json().await.unwrap();
    reply["lead"].take()
}

async fn wait_for_run(http: &Client, dev: &Dev, id: &str, run: &str) {
    let started = Instant::now();
    loop {
        let lead = read(http, dev, id).await;
        let there = &lead["active_workflow_run"];
        assert_eq!(there["id"], run, "{lead}");
        if there["run_status"] == "running" {
            return;
        }
        assert!(started.elapsed() < DEADLINE, "{lead}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
