//! Tests of `leadgate dev`: output, addresses, stops and refusals.

mod claims;
mod refusals;
mod stops;

use std::{
    io::{BufRead, BufReader},
    net::TcpStream,
    path::Path,
    process::{Child, Command, ExitStatus, Stdio},
    time::{Duration, Instant},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};

use crate::program;

const DEADLINE: Duration = Duration::from_secs(20);

fn leadgate(args: &[&str]) -> Command {
    let mut command = program::leadgate(args);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// A running stack. It is killed if a test fails before the stop.
struct Dev {
    child: Child,
    ready: Value,
}

impl Dev {
    fn start(data_dir: Option<&Path>) -> Self {
        // `cargo dev -- --json ...` passes the `--` on.
        let mut command = leadgate(&["dev", "--", "--json", "--port", "0"]);
        match data_dir {
            Some(path) => command.arg("--data-dir").arg(path),
            None => command.arg("--in-memory"),
        };
        command.stderr(Stdio::null());
        Self::of(command)
    }

    fn of(mut command: Command) -> Self {
        let mut child = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        Self {
            child,
            ready: serde_json::from_str(&line).unwrap(),
        }
    }

    fn text(&self, field: &str) -> &str {
        self.ready[field]
            .as_str()
            .unwrap_or_else(|| panic!("{field} in {}", self.ready))
    }

    fn leads_url(&self) -> String {
        format!("{}/api/public/leads", self.text("api_url"))
    }

    /// Sends a signal and waits for the end.
    fn stop(mut self, signal: Signal) -> (ExitStatus, Duration) {
        let started = Instant::now();
        kill(Pid::from_raw(self.child.id().try_into().unwrap()), signal).unwrap();
        (wait(&mut self.child), started.elapsed())
    }
}

impl Drop for Dev {
    fn drop(&mut self) {
        let _ = self.child.kill();
    }
}

fn wait(child: &mut Child) -> ExitStatus {
    let started = Instant::now();
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return status;
        }
        assert!(started.elapsed() < DEADLINE, "it does not end");
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[tokio::test]
async fn the_json_line_has_all_that_a_program_needs() {
    let dev = Dev::start(None);
    let names: Vec<_> = dev
        .ready
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    assert_eq!(
        names,
        [
            "api_key",
            "api_url",
            "campaign_id",
            "clock",
            "dispatch_dlq_url",
            "dispatch_queue_url",
            "dlq_url",
            "dynamodb_url",
            "queue_url",
            "sqs_url",
            "table",
            "webhook_secret",
            "workflow_id"
        ]
    );
    let lead = json!({
        "first_name": "John", "last_name": "Doe", "email": "john@example.com", "phone": "+1234567890",
        "workflow_id": dev.text("workflow_id"), "campaign_id": dev.text("campaign_id"),
    });
    let request = Client::new()
        .post(dev.leads_url())
        .header("x-api-key", dev.text("api_key"));
    let response = request.json(&lead).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::CREATED);
    assert!(response.json::<Value>().await.unwrap()["workflow_run"].is_object());
}

#[test]
fn nothing_answers_on_another_address_of_the_machine() {
    let dev = Dev::start(None);
    for field in ["api_url", "dynamodb_url", "sqs_url"] {
        let here = dev.text(field).trim_start_matches("http://");
        assert!(TcpStream::connect(here).is_ok(), "{here}");
        // A listener on every address would answer here too.
        let elsewhere = here.replace("127.0.0.1", "127.0.0.2");
        assert!(TcpStream::connect(&elsewhere).is_err(), "{elsewhere}");
    }
}

#[test]
fn it_listens_beyond_the_machine_only_with_an_option_and_warns() {
    let dev = leadgate(&[
        "dev",
        "--json",
        "--in-memory",
        "--port",
        "0",
        "--listen",
        "0.0.0.0",
    ]);
    let mut dev = Dev::of(dev);
    for field in ["api_url", "dynamodb_url", "sqs_url"] {
        // The URL has an address that works in a browser. 0.0.0.0 does not work in all.
        let here = dev.text(field).strip_prefix("http://").unwrap();
        assert!(here.starts_with("127.0.0.1:"), "{here}");
        let elsewhere = here.replace("127.0.0.1", "127.0.0.2");
        assert!(TcpStream::connect(&elsewhere).is_ok(), "{elsewhere}");
    }
    let log = BufReader::new(dev.child.stderr.take().unwrap()).lines();
    let warning = log
        .map_while(Result::ok)
        .find(|line| line.contains("warning"));
    let warning = warning.unwrap();
    assert!(
        warning.contains("can read and change everything"),
        "{warning}"
    );
}
