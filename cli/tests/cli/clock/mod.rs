//! Tests of a stack whose clock can be moved: `leadgate clock`, `/dev/clock`, and the service that
//! lives by the clock.

mod options;
mod routes;
mod service;

use std::{
    fs,
    os::unix::fs::MetadataExt,
    path::Path,
    process::Output,
    time::{Duration, Instant},
};

use aws::clock::Clock;
use local::{Ports, Stack, Storage};
use reqwest::{Client, RequestBuilder, Response};
use serde_json::Value;
use tempfile::TempDir;

use crate::program::{self, json, leadgate, stderr, stdout};

const START: &str = "2026-02-10T12:00:00Z";
const DEADLINE: Duration = Duration::from_secs(20);

/// A stack in a folder of its own, whose clock stands still at noon.
struct Fixture {
    folder: TempDir,
    stack: Stack,
    clock: Clock,
}

impl Fixture {
    async fn start() -> Self {
        Self::with(Clock::manual(START.parse().unwrap())).await
    }

    async fn with(clock: Clock) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let storage = Storage::Folder(folder.path().join(".leadgate"));
        let stack = Stack::start(&storage, Ports::ANY, clock.clone()).await;
        let stack = stack.unwrap();
        Self {
            folder,
            stack,
            clock,
        }
    }

    fn run(&self, args: &[&str]) -> Output {
        let mut command = leadgate(args);
        command.current_dir(self.folder.path()).output().unwrap()
    }

    /// Returns the JSON that a command prints.
    fn json(&self, args: &[&str]) -> Value {
        json(&self.run(&[args, &["--output", "json"]].concat()))
    }

    fn request(&self, method: &str, path: &str) -> RequestBuilder {
        let url = format!("{}{path}", self.stack.api_url);
        let request = Client::new().request(method.parse().unwrap(), url);
        request.header("x-api-key", local::demo::API_KEY)
    }

    async fn post_clock(&self, body: &'static str) -> Response {
        let request = self.request("POST", "/dev/clock").body(body);
        request.send().await.unwrap()
    }
}

/// Waits until `found` returns a value.
async fn wait<T>(found: impl AsyncFn() -> Option<T>) -> T {
    let started = Instant::now();
    loop {
        if let Some(found) = found().await {
            return found;
        }
        assert!(started.elapsed() < DEADLINE);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_clock_is_shown_and_moves_forwards_by_commands() {
    let stack = Fixture::start().await;
    let shown = stack.json(&["clock", "show"]);
    assert_eq!(shown, serde_json::json!({"now": START, "clock": "manual"}));
    for (args, now) in [
        (["advance", "PT2H"], "2026-02-10T14:00:00Z"),
        (["advance", "1d12h"], "2026-02-12T02:00:00Z"),
        (["advance", "1 month"], "2026-03-12T02:00:00Z"),
        (["advance", "PT0S"], "2026-03-12T02:00:00Z"),
        (["set", "2026-03-12T05:00+02:00"], "2026-03-12T03:00:00Z"),
        (["set", "tomorrow"], "2026-03-13T00:00:00Z"),
        (["set", "2026-03-14T09:00"], "2026-03-14T09:00:00Z"),
        (["set", "30m"], "2026-03-14T09:30:00Z"),
    ] {
        let moved = stack.json(&[&["clock"], &args[..]].concat());
        assert_eq!(moved, serde_json::json!({ "now": now }), "{args:?}");
        assert_eq!(stack.clock.now().to_string(), now);
    }
    let file = stack.folder.path().join(".leadgate/clock");
    assert_eq!(file.metadata().unwrap().mode() & 0o7777, 0o600);
    assert_eq!(fs::read_to_string(file).unwrap(), "2026-03-14T09:30:00Z\n");
    let output = stack.run(&["clock", "advance", "90s"]);
    assert_eq!(
        stdout(&output),
        "The clock shows Sat 2026-03-14 09:31:30 UTC.\n"
    );
    let output = stack.run(&["clock", "show"]);
    assert_eq!(
        stdout(&output),
        "Now    Sat 2026-03-14 09:31:30 UTC\nClock  manual: it stands still until you move it\n"
    );
    stack.stack.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_goes_back_or_too_far_is_refused_and_stays() {
    let stack = Fixture::start().await;
    for time in ["2026-02-10T11:59:59Z", "yesterday", "2026-02-10", "1h ago"] {
        assert_eq!(
            stderr(&stack.run(&["clock", "set", time])),
            "leadgate clock: The clock shows 2026-02-10T12:00:00Z and moves only forwards. Give a later time, or \
             begin anew with another data folder.\n",
            "{time}"
        );
    }
    assert_eq!(
        stderr(&stack.run(&["clock", "advance", "9000y"])),
        "leadgate clock: The clock cannot pass 9999-12-30T22:00:00Z. Move it less far.\n"
    );
    for (duration, message) in [
        ("-PT1H", "the clock moves only forwards"),
        ("1h ago", "the clock moves only forwards"),
        ("soon", "write a duration, such as 2h, 1d12h or PT2H"),
        ("2", "write a duration, such as 2h, 1d12h or PT2H"),
        ("", "write a duration, such as 2h, 1d12h or PT2H"),
    ] {
        let output = stack.run(&["clock", "advance", duration]);
        let text = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{text}");
        assert!(text.contains(message), "{text}");
    }
    assert_eq!(stack.clock.now().to_string(), START);
    stack.stack.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_clock_of_the_machine_is_shown_and_not_moved() {
    let stack = Fixture::with(Clock::System).await;
    assert_eq!(stack.json(&["clock", "show"])["clock"], "system");
    for args in [["clock", "advance", "2h"], ["clock", "set", "tomorrow"]] {
        assert_eq!(
            stderr(&stack.run(&args)),
            "leadgate clock: This stack uses the clock of the machine, which cannot be moved. Stop the stack, and \
             start it with --clock manual.\n"
        );
    }
    stack.stack.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stack_in_memory_is_found_by_its_url() {
    let clock = Clock::manual(START.parse().unwrap());
    let stack = Stack::start(&Storage::Memory, Ports::ANY, clock.clone());
    let stack = stack.await.unwrap();
    let url = format!("{}/", stack.api_url);
    let moved = program::run(&["clock", "advance", "2h", "--api-url", &url]);
    stdout(&moved);
    assert_eq!(clock.now().to_string(), "2026-02-10T14:00:00Z");
    let refused = |url: &str| {
        let output = program::run(&["clock", "show", "--api-url", url]);
        stderr(&output).to_owned()
    };
    let message = refused(&program::nowhere());
    assert!(
        message.contains("does not answer: start it again"),
        "{message}"
    );
    let message = refused("https://example.com/api");
    assert!(
        message.contains("is not the URL of a local stack"),
        "{message}"
    );
    // DynamoDB's port answers something else.
    let message = refused(&stack.services.dynamodb_url);
    assert!(message.contains("leadgate clock: "), "{message}");
    stack.stop().await;
}

#[test]
fn a_command_without_a_stack_shows_how_to_start_one() {
    let folder = tempfile::tempdir().unwrap();
    let run = |args: &[&str]| {
        let mut command = leadgate(&[&["clock"], args].concat());
        command.current_dir(folder.path()).output().unwrap()
    };
    let here = Path::canonicalize(folder.path()).unwrap();
    assert_eq!(
        stderr(&run(&["show"])),
        format!(
            "leadgate clock: no local stack is running in {} or a folder above it: start one with `cargo dev --clock \
             manual`, or pass --api-url for one in memory\n",
            here.display()
        )
    );
    let message = stderr(&run(&["show", "--data-dir", "nowhere"])).to_owned();
    assert!(
        message.contains("no local stack is running with the data folder nowhere"),
        "{message}"
    );
}
