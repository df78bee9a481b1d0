//! Tests of `leadgate tail` and `leadgate open` on the local stack.

use std::{
    fs,
    io::{BufRead, BufReader, Read},
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::Path,
    process::{Child, Command, Output, Stdio},
};

use local::{demo, nearest_running};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use reqwest::Client;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::program::{self, stderr, stdout};

/// A stack in a folder of its own.
struct Dev {
    folder: TempDir,
    child: Child,
    url: String,
}

impl Dev {
    fn start(options: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut child = program::leadgate(&["dev", "--json", "--port", "0"])
            .args(options)
            .current_dir(folder.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        output.read_line(&mut line).unwrap();
        let ready: Value = serde_json::from_str(&line).unwrap();
        let url = ready["api_url"].as_str().unwrap().to_owned();
        Self { folder, child, url }
    }

    async fn post(&self, lead: Value) {
        let request = Client::new().post(format!("{}/api/public/leads", self.url));
        let request = request.header("x-api-key", demo::API_KEY).json(&lead);
        request.send().await.unwrap();
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = program::leadgate(args);
        command.current_dir(self.folder.path());
        command
    }

    fn run(&self, args: &[&str]) -> Output {
        self.command(args).output().unwrap()
    }

    fn stop(&mut self) {
        signal(&self.child, Signal::SIGTERM);
        self.child.wait().unwrap();
    }
}

impl Drop for Dev {
    fn drop(&mut self) {
        let _ = self.child.kill();
    }
}

fn signal(child: &Child, signal: Signal) {
    kill(Pid::from_raw(child.id().try_into().unwrap()), signal).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn tail_shows_the_lines_of_the_stack_as_they_come_in() {
    for options in [&[][..], &["-v"], &["--log-format", "json"]] {
        let mut dev = Dev::start(options);
        dev.post(json!({"first_name": "Ada"})).await;
        let mut tail = dev
            .command(&["tail"])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(tail.stdout.take().unwrap()).lines();
        let mut line_with = |text: &str| {
            let found = lines.find(|line| line.as_ref().unwrap().contains(text));
            found.unwrap().unwrap()
        };
        let line = line_with("POST");
        assert!(line.contains(" POST   …/leads    201 "), "{line}");
        assert!(line.contains("  Ada "), "{line}");
        dev.post(json!({"last_name": "Lovelace"})).await;
        line_with("first_name is required");
        dev.stop();
        line_with("stopping");
        let output = tail.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0));
        assert_eq!(output.stderr, b"The local stack has stopped.\n");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tail_ends_with_ctrl_c_or_without_following() {
    let dev = Dev::start(&[]);
    dev.post(json!({"first_name": "Ada"})).await;
    let output = dev.run(&["tail", "--no-follow", "--output", "json"]);
    let lines = stdout(&output).lines();
    let lines: Vec<Value> = lines.map(|it| serde_json::from_str(it).unwrap()).collect();
    let request = lines.iter().find(|line| line["kind"] == "request").unwrap();
    assert_eq!(
        (&request["method"], &request["status"]),
        (&json!("POST"), &json!(201))
    );
    assert!(
        request["at"]
            .as_str()
            .unwrap()
            .parse::<jiff::Timestamp>()
            .is_ok()
    );
    let since = |time| dev.run(&["tail", "--no-follow", "--since", time]);
    for time in ["0s", "now", "tomorrow", "2999-01-01"] {
        assert_eq!(stdout(&since(time)), "", "{time}");
    }
    for time in ["1w", "10m", "yesterday", "2020-02-10", "2020-02-10T09:00"] {
        assert!(stdout(&since(time)).contains("POST"), "{time}");
    }
    let refused = since("soon");
    assert_eq!(refused.status.code(), Some(2));
    let message = String::from_utf8(refused.stderr).unwrap();
    assert!(message.contains("write a date or a time"), "{message}");

    let mut tail = dev
        .command(&["tail"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    // It has begun when it prints.
    let _ = tail.stdout.as_mut().unwrap().read(&mut [0]).unwrap();
    signal(&tail, Signal::SIGINT);
    assert_eq!(tail.wait().unwrap().code(), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_is_its_owners_alone() {
    let dev = Dev::start(&[]);
    dev.post(json!({"first_name": "Ada"})).await;
    let log = dev.folder.path().join(".leadgate/leadgate.log");
    assert!(fs::read_to_string(&log).unwrap().contains("Ada"));
    assert_eq!(log.metadata().unwrap().mode() & 0o777, 0o600);
}

#[test]
fn without_a_stack_that_keeps_a_log_the_error_says_what_to_start() {
    let dev = Dev::start(&["--in-memory"]);
    let here = dev.folder.path().canonicalize().unwrap();
    let here = here.display();
    assert_eq!(
        stderr(&dev.run(&["tail"])),
        format!(
            "leadgate tail: no local stack is running in {here} or a folder above it: start one with `cargo dev`, \
             or pass --stack NAME for one on AWS (a stack in memory keeps no log)\n"
        )
    );
    assert_eq!(
        stderr(&dev.run(&["open"])),
        format!(
            "leadgate open: no local stack is running in {here} or a folder above it: start one with `cargo dev`, \
             or pass --stack NAME for one on AWS (a stack in memory prints the URL of its page at its start)\n"
        )
    );
    let output = dev.run(&["tail", "--data-dir", "nowhere"]);
    assert!(
        stderr(&output).contains("with the data folder nowhere"),
        "{output:?}"
    );
}

/// Makes a program in the place of the one that opens a browser. It writes its arguments to
/// `opened`.
fn opener(folder: &Path) {
    let path = folder.join("xdg-open");
    fs::write(&path, "#!/bin/sh\necho \"$@\" >opened\n").unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
}

#[cfg(target_os = "linux")]
#[test]
fn open_shows_the_page_where_there_is_a_browser_and_always_prints_its_url() {
    let dev = Dev::start(&[]);
    let folder = dev.folder.path();
    let url = nearest_running(folder).unwrap().api_url + "/docs";
    opener(folder);
    let opened = || fs::read_to_string(folder.join("opened")).ok();
    let none = format!("{url}\nThere is no browser here: open the URL in yours.\n");
    for (option, environment, path, expected, is_opened) in [
        (None, &[("DISPLAY", "")][..], folder, &none, false),
        (
            None,
            &[("DISPLAY", ":0"), ("SSH_CONNECTION", "1")],
            folder,
            &none,
            false,
        ),
        (
            None,
            &[("DISPLAY", ":0")],
            Path::new("/nowhere"),
            &none,
            false,
        ),
        (
            Some("--print"),
            &[("DISPLAY", ":0")],
            folder,
            &format!("{url}\n"),
            false,
        ),
        (
            None,
            &[("BROWSER", "nowhere"), ("DISPLAY", ":0")],
            folder,
            &none,
            false,
        ),
        (
            None,
            &[("WAYLAND_DISPLAY", "w")],
            folder,
            &format!("{url}\n"),
            true,
        ),
        (
            None,
            &[("BROWSER", "xdg-open"), ("SSH_CONNECTION", "1")],
            folder,
            &format!("{url}\n"),
            true,
        ),
    ] {
        let _ = fs::remove_file(folder.join("opened"));
        let mut command = dev.command(&["open"]);
        for name in ["BROWSER", "DISPLAY", "WAYLAND_DISPLAY", "SSH_CONNECTION"] {
            command.env_remove(name);
        }
        command
            .args(option)
            .envs(environment.iter().copied())
            .env("PATH", path);
        assert_eq!(
            stdout(&command.output().unwrap()),
            *expected,
            "{environment:?}"
        );
        let seen = opened();
        assert_eq!(
            seen,
            is_opened.then(|| format!("{url}\n")),
            "{environment:?}"
        );
    }
}
