//! Tests of the receivers of the demo account: the practice dialer, `--forward-to` and `leadgate listen`.

mod listen;

use std::{
    io::{BufRead, BufReader},
    process::{Child, ChildStdout, Stdio},
    time::{Duration, Instant},
};

use local::{WEBHOOK_SECRET, demo};
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};

use crate::program::{json as json_of, leadgate, run};

/// Time within which an eventual effect must show, also on a busy machine.
const DEADLINE: Duration = Duration::from_secs(30);
/// Pause between two looks.
const PAUSE: Duration = Duration::from_millis(50);

/// A program that prints lines of JSON. It is killed at the end.
struct Program {
    child: Child,
    lines: BufReader<ChildStdout>,
    /// Its first line.
    ready: Value,
}

impl Program {
    fn start(args: &[&str]) -> Self {
        let mut command = leadgate(args);
        command.stdout(Stdio::piped()).stderr(Stdio::null());
        command.env_remove("LEADGATE_WEBHOOK_SECRET");
        Self::of(command)
    }

    fn of(mut command: std::process::Command) -> Self {
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap());
        let ready = line(&mut lines);
        Self {
            child,
            lines,
            ready,
        }
    }

    fn dev(options: &[&str]) -> Self {
        let args = ["dev", "--in-memory", "--port", "0", "--json"];
        Self::start(&[&args, options].concat())
    }

    fn line(&mut self) -> Value {
        line(&mut self.lines)
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.ready["api_url"].as_str().unwrap())
    }

    async fn post(&self, path: &str, body: &Value) -> (StatusCode, Value) {
        let request = Client::new().post(self.url(path)).json(body);
        let reply = request.header("x-api-key", demo::API_KEY).send();
        let reply = reply.await.unwrap();
        (reply.status(), reply.json().await.unwrap())
    }

    /// Creates John Doe, who can be called. Returns his id.
    async fn create_john(&self) -> String {
        let john = json!({
            "first_name": "John", "last_name": "Doe", "phone": "+1234567890", "workflow_id": demo::WORKFLOW_ID,
        });
        let (status, created) = self.post("/api/public/leads", &john).await;
        assert_eq!(status, StatusCode::CREATED);
        created["lead"]["id"].as_str().unwrap().to_owned()
    }

    async fn calls(&self) -> Vec<Value> {
        let reply = reqwest::get(self.url("/dev/dialer/calls")).await.unwrap();
        assert_eq!(reply.status(), StatusCode::OK);
        let listed: Value = reply.json().await.unwrap();
        listed["calls"].as_array().unwrap().clone()
    }

    /// Waits for a call of a lead of which `is_meant` is true.
    async fn call(&self, lead: &str, is_meant: impl Fn(&Value) -> bool) -> Value {
        let started = Instant::now();
        loop {
            let calls = self.calls().await;
            let mut calls = calls.iter().filter(|it| it["data"]["lead"]["id"] == lead);
            if let Some(call) = calls.find(|it| is_meant(it)) {
                return call.clone();
            }
            assert!(started.elapsed() < DEADLINE, "{:?}", self.calls().await);
            tokio::time::sleep(PAUSE).await;
        }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn line(lines: &mut BufReader<ChildStdout>) -> Value {
    let mut text = String::new();
    lines.read_line(&mut text).unwrap();
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text:?}"))
}

/// Returns the path of the `reply_url` of a call.
fn reply_path(call: &Value) -> String {
    let url = call["data"]["reply_url"].as_str().unwrap();
    url[url.find("/api/public").unwrap()..].to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lead_rings_on_the_practice_dialer_and_an_outcome_there_ends_its_cadence() {
    let dev = Program::dev(&[]);
    assert_eq!(dev.ready["webhook_secret"], WEBHOOK_SECRET);
    let lead = dev.create_john().await;
    let call = dev.call(&lead, |_| true).await;
    let touchpoint = &call["data"]["touchpoint"];
    assert_eq!(call["id"], touchpoint["id"]);
    assert_eq!(
        (
            &touchpoint["channel"],
            &touchpoint["attemptNumber"],
            &touchpoint["maxAttempts"]
        ),
        (&json!("call"), &json!(1), &json!(3))
    );
    let ringing = dev
        .call(&lead, |it| it["progress"]["state"] == "dispatched")
        .await;
    assert_eq!(ringing["progress"]["outcome"], Value::Null);
    assert_eq!(ringing["progress"]["status"], "Contacted");

    // The token is enough: the page has no API key.
    let outcome = Client::new()
        .post(dev.url(&reply_path(&call)))
        .json(&json!({"outcome": "no_answer"}));
    assert_eq!(outcome.send().await.unwrap().status(), StatusCode::OK);
    let missed = dev
        .call(&lead, |it| it["progress"]["outcome"] == "no_answer")
        .await;
    let next = &missed["progress"]["next"];
    assert_eq!(
        (&next["channel"], &next["attempt"]),
        (&json!("call"), &json!(2))
    );

    let other = dev.create_john().await;
    let call = dev.call(&other, |_| true).await;
    let (status, _) = dev
        .post(&reply_path(&call), &json!({"outcome": "answered"}))
        .await;
    assert_eq!(status, StatusCode::OK);
    let answered = dev
        .call(&other, |it| it["progress"]["outcome"] == "answered")
        .await;
    assert_eq!(answered["progress"]["cadence_state"], "completed");
    assert_eq!(answered["progress"]["next"], Value::Null);

    // An erased lead is gone from the dialer, too.
    let erase = Client::new().delete(dev.url(&format!("/api/public/leads/{other}")));
    let erased = erase
        .header("x-api-key", demo::API_KEY)
        .send()
        .await
        .unwrap();
    assert_eq!(erased.status(), StatusCode::OK);
    let calls = dev.calls().await;
    assert!(
        calls.iter().all(|it| it["data"]["lead"]["id"] != other),
        "{calls:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demo_leads_ring_when_the_stack_starts() {
    let dev = Program::dev(&[]);
    let started = Instant::now();
    while dev.calls().await.len() < 10 {
        assert!(started.elapsed() < DEADLINE, "{:?}", dev.calls().await);
        tokio::time::sleep(PAUSE).await;
    }
}

#[test]
fn a_secret_that_was_rotated_stays_when_the_stack_starts_again() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let data = data.to_str().unwrap();
    let start = |options: &[&str]| {
        let args = ["dev", "--port", "0", "--json", "--data-dir", data];
        Program::start(&[&args, options].concat())
    };
    let dev = start(&[]);
    assert_eq!(dev.ready["webhook_secret"], WEBHOOK_SECRET);
    let rotate = ["destination", "rotate", "leadgate-dev", "--data-dir", data];
    let rotated = json_of(&run(&[&rotate[..], &["--output", "json"]].concat()));
    let secret = rotated["secret"].as_str().unwrap();
    assert_ne!(secret, WEBHOOK_SECRET);
    drop(dev);
    let dev = start(&[]);
    assert_eq!(dev.ready["webhook_secret"], secret);
    drop(dev);
    // Without its destination, the secret is gone, too.
    let dev = start(&["--no-dialer"]);
    assert_eq!(dev.ready["webhook_secret"], Value::Null);
    drop(dev);
    let dev = start(&[]);
    assert_eq!(dev.ready["webhook_secret"], WEBHOOK_SECRET);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_dialer_takes_only_what_the_stack_has_signed() {
    let dev = Program::dev(&[]);
    let body = json!({"type": "touchpoint.due", "data": {"touchpoint": {"id": "tp_1"}}});
    let (status, reply) = dev.post("/dev/dialer", &body).await;
    assert_eq!(
        (status, &reply["code"]),
        (StatusCode::UNAUTHORIZED, &json!("invalid_signature"))
    );
    let page = reqwest::get(dev.url("/dev/dialer")).await.unwrap();
    assert_eq!(page.headers()["x-frame-options"], "DENY");
    let page = page.text().await.unwrap();
    assert!(page.contains("<h1>Practice dialer</h1>"), "{page}");
    let mut test = leadgate(&[
        "destination",
        "test",
        "leadgate-dev",
        "--dynamodb-url",
        dev.ready["dynamodb_url"].as_str().unwrap(),
    ]);
    let output = test.output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_dialer_callers_claim() {
    let dev = Program::dev(&["--no-dialer"]);
    assert_eq!(dev.ready["webhook_secret"], Value::Null);
    let page = reqwest::get(dev.url("/dev/dialer")).await.unwrap();
    assert_eq!(page.status(), StatusCode::NOT_FOUND);
    let lead = dev.create_john().await;
    let started = Instant::now();
    loop {
        let (_, claimed) = dev
            .post("/api/public/touchpoints/claim", &json!({"lead_id": lead}))
            .await;
        if claimed["touchpoints"]
            .as_array()
            .is_some_and(|it| it.len() == 1)
        {
            break;
        }
        assert!(started.elapsed() < DEADLINE, "{claimed}");
        tokio::time::sleep(PAUSE).await;
    }
}
