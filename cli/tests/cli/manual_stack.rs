//! A stack in a folder, whose clock stands still until a command moves it.

use std::{
    process::Output,
    time::{Duration, Instant},
};

use aws::clock::Clock;
use local::{Ports, Stack, Storage, demo};
use serde_json::Value;
use tempfile::TempDir;

use crate::program::{json, leadgate, stdout};

const START: &str = "2026-02-10T12:00:00Z";
const DEADLINE: Duration = Duration::from_secs(20);

/// A stack at noon in UTC on a Tuesday.
pub(crate) struct ManualStack {
    folder: TempDir,
    pub stack: Stack,
}

impl ManualStack {
    pub async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let storage = Storage::Folder(folder.path().join(".leadgate"));
        let clock = Clock::manual(START.parse().unwrap());
        let stack = Stack::start(&storage, Ports::ANY, clock).await.unwrap();
        Self { folder, stack }
    }

    /// Same as [`ManualStack::start`], after all demo leads were reached, so that nothing is due.
    pub async fn quiet() -> Self {
        let stack = Self::start().await;
        for claimed in stack.claimed(10, &["--limit", "25"]) {
            let id = claimed["touchpoint"]["id"].as_str().unwrap();
            stdout(&stack.run(&["touchpoint", "outcome", id, "answered"]));
        }
        stack
    }

    /// Runs the program in the folder of the stack.
    pub fn run(&self, args: &[&str]) -> Output {
        self.run_with(args, |_| {})
    }

    pub fn run_with(
        &self,
        args: &[&str],
        change: impl FnOnce(&mut std::process::Command),
    ) -> Output {
        let mut command = leadgate(args);
        change(command.current_dir(self.folder.path()));
        command.output().unwrap()
    }

    pub fn text(&self, args: &[&str]) -> String {
        stdout(&self.run(args)).to_owned()
    }

    pub fn json(&self, args: &[&str]) -> Value {
        json(&self.run(&[args, &["--output", "json"]].concat()))
    }

    pub fn advance(&self, duration: &str) {
        self.text(&["clock", "advance", duration]);
    }

    /// Creates John Doe, who can be called, in the demo workflow. Returns his id.
    pub fn create_john(&self) -> String {
        let john = [
            "lead",
            "create",
            "--first-name",
            "John",
            "--last-name",
            "Doe",
            "--phone",
            "+1234567890",
            "--metadata",
            "company=Acme",
            "--workflow",
            "Sales Outreach",
        ];
        let created = self.json(&john);
        created["lead"]["id"].as_str().unwrap().to_owned()
    }

    /// Claims until `count` touchpoints are claimed: a start or a hint may be under way.
    pub fn claimed(&self, count: usize, options: &[&str]) -> Vec<Value> {
        let args = [&["touchpoint", "claim"], options].concat();
        let mut claimed = Vec::new();
        let started = Instant::now();
        while claimed.len() < count {
            let reply = self.json(&args);
            claimed.extend(reply["touchpoints"].as_array().unwrap().iter().cloned());
            assert!(started.elapsed() < DEADLINE, "{claimed:?}");
        }
        assert_eq!(claimed.len(), count);
        claimed
    }

    /// Runs a command until its output has a part, and returns the output.
    pub fn until(&self, args: &[&str], part: &str) -> String {
        let started = Instant::now();
        loop {
            let text = self.text(args);
            if text.contains(part) {
                return text;
            }
            assert!(started.elapsed() < DEADLINE, "no {part:?} in {text}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Waits until something is due.
    pub fn wait_for_due(&self) {
        self.until_due(|| ());
    }

    /// Lets minutes pass until something is due. wake-runs skips a minute that begins while it is
    /// still at work.
    pub fn go_on_until_due(&self) {
        self.until_due(|| self.advance("1m"));
    }

    fn until_due(&self, go_on: impl Fn()) {
        let started = Instant::now();
        let list = ["touchpoint", "list"];
        while self.json(&list)["touchpoints"]
            .as_array()
            .unwrap()
            .is_empty()
        {
            assert!(started.elapsed() < DEADLINE);
            go_on();
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Lets the leases of John's first call lapse until it is unconfirmed. Returns its id.
    pub fn unconfirmed(&self) -> String {
        let mut id = String::new();
        for _ in 0..4 {
            let claimed = self.claimed(1, &["--lease", "30s"]);
            claimed[0]["touchpoint"]["id"]
                .as_str()
                .unwrap()
                .clone_into(&mut id);
            self.advance("1m");
        }
        // The claim of another caller, or the end of its time, ends the last lease.
        self.text(&["touchpoint", "claim"]);
        self.until(&["dispatch", "attention"], "unconfirmed");
        id
    }
}

/// Id of the demo account.
pub(crate) const ACCOUNT: &str = demo::ACCOUNT_ID;
