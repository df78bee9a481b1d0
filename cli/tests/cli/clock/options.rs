//! Tests of `leadgate dev --clock`, and of data whose clock was moved.

use std::{
    fs,
    io::{BufRead, BufReader, Read},
    os::unix::fs::symlink,
    path::Path,
    process::{Child, Stdio},
    thread::sleep,
    time::Duration,
};

use aws::clock::Clock;
use jiff::{SignedDuration, Timestamp};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use serde_json::Value;

use crate::program::{json, leadgate, stderr, stdout};

/// A running `leadgate dev` with its data in a folder.
pub(super) struct Dev {
    child: Child,
    ready: Value,
}

impl Dev {
    pub(super) fn start(folder: &Path, clock: &str) -> Self {
        let mut child = leadgate(&["dev", "--json", "--port", "0", "--clock", clock])
            .current_dir(folder)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        output.read_line(&mut line).unwrap();
        let ready = serde_json::from_str(&line).unwrap();
        Self { child, ready }
    }

    pub(super) fn stop(mut self, signal: Signal) {
        kill(Pid::from_raw(self.child.id().try_into().unwrap()), signal).unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Dev {
    fn drop(&mut self) {
        let _ = self.child.kill();
    }
}

fn now(folder: &Path) -> Timestamp {
    let mut command = leadgate(&["clock", "show", "--output", "json"]);
    let shown = json(&command.current_dir(folder).output().unwrap());
    shown["now"].as_str().unwrap().parse().unwrap()
}

fn advance(folder: &Path, duration: &str) {
    let mut command = leadgate(&["clock", "advance", duration]);
    stdout(&command.current_dir(folder).output().unwrap());
}

#[test]
fn a_manual_clock_starts_at_the_time_of_the_machine_and_stands_still() {
    let folder = tempfile::tempdir().unwrap();
    let before = Clock::System.now() - SignedDuration::from_millis(1);
    let dev = Dev::start(folder.path(), "manual");
    let after = Clock::System.now();
    assert_eq!(dev.ready["clock"], "manual");
    let first = now(folder.path());
    assert!(before <= first && first <= after, "{first}");
    sleep(Duration::from_millis(50));
    assert_eq!(now(folder.path()), first);
    dev.stop(Signal::SIGTERM);
}

#[test]
fn a_clock_with_a_factor_runs_that_much_faster() {
    let folder = tempfile::tempdir().unwrap();
    let before = Clock::System.now();
    let dev = Dev::start(folder.path(), "3600x");
    assert_eq!(dev.ready["clock"], "3600x");
    sleep(Duration::from_millis(500));
    let passed = now(folder.path()).duration_since(before);
    assert!(passed >= SignedDuration::from_mins(30), "{passed}");
    advance(folder.path(), "30d");
    let passed = now(folder.path()).duration_since(before);
    assert!(passed >= SignedDuration::from_hours(720), "{passed}");
    dev.stop(Signal::SIGTERM);
}

#[test]
fn another_clock_is_refused_with_the_forms_that_there_are() {
    for clock in [
        "",
        "0x",
        "x",
        "60",
        "-60x",
        "1.5x",
        "100001x",
        "9999999999x",
        "fast",
    ] {
        let output = leadgate(&[
            "dev",
            "--in-memory",
            "--port",
            "0",
            &format!("--clock={clock}"),
        ]);
        let output = { output }.output().unwrap();
        let text = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{text}");
        let forms = "write system, manual, or a factor from 1x to 100000x, such as 60x";
        // clap has its own message for an empty value.
        assert!(clock.is_empty() || text.contains(forms), "{text}");
    }
}

#[test]
fn a_clock_that_was_moved_goes_on_at_the_next_start() {
    for (signal, clock) in [
        (Signal::SIGTERM, "manual"),
        (Signal::SIGKILL, "manual"),
        (Signal::SIGTERM, "60x"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let dev = Dev::start(folder.path(), "manual");
        advance(folder.path(), "3d");
        let moved = now(folder.path());
        dev.stop(signal);
        let dev = Dev::start(folder.path(), clock);
        let next = now(folder.path());
        assert!(next >= moved, "{next}");
        assert!(next < moved + SignedDuration::from_hours(1), "{next}");
        dev.stop(Signal::SIGTERM);
    }
}

#[test]
fn data_from_the_future_is_refused_with_the_clock_of_the_machine() {
    let folder = tempfile::tempdir().unwrap();
    let dev = Dev::start(folder.path(), "60x");
    advance(folder.path(), "3d");
    dev.stop(Signal::SIGTERM);
    let kept = fs::read_to_string(folder.path().join(".leadgate/clock")).unwrap();
    let mut command = leadgate(&["dev", "--port", "0"]);
    let output = command.current_dir(folder.path()).output().unwrap();
    assert_eq!(
        stderr(&output),
        format!(
            "leadgate dev: the clock of the data in .leadgate was moved to {}, which is in the future: go on with \
             --clock manual, or choose another folder with --data-dir\n",
            kept.trim()
        )
    );
    let again = fs::read_to_string(folder.path().join(".leadgate/clock")).unwrap();
    assert_eq!(again, kept);
}

#[test]
fn data_from_the_past_takes_the_clock_of_the_machine_and_keeps_it() {
    let folder = tempfile::tempdir().unwrap();
    Dev::start(folder.path(), "manual").stop(Signal::SIGTERM);
    let past = Clock::System.now();
    let dev = Dev::start(folder.path(), "system");
    assert_eq!(dev.ready["clock"], "system");
    dev.stop(Signal::SIGTERM);
    // The data is now later than the time at which the manual clock stood still.
    let dev = Dev::start(folder.path(), "manual");
    assert!(now(folder.path()) > past);
    dev.stop(Signal::SIGTERM);
}

#[test]
fn a_file_that_has_no_time_is_refused_and_does_not_change() {
    let folder = tempfile::tempdir().unwrap();
    Dev::start(folder.path(), "manual").stop(Signal::SIGTERM);
    let file = folder.path().join(".leadgate/clock");
    for content in ["", "soon", &"9".repeat(1_000)] {
        fs::write(&file, content).unwrap();
        for clock in ["manual", "system"] {
            let mut command = leadgate(&["dev", "--port", "0", "--clock", clock]);
            let output = command.current_dir(folder.path()).output().unwrap();
            let text = stderr(&output);
            assert!(
                text.contains("clock does not have a time: remove it"),
                "{text}"
            );
        }
        assert_eq!(fs::read_to_string(&file).unwrap(), content);
    }
}

#[test]
fn a_clock_file_that_is_a_link_is_refused() {
    for name in ["clock", "clock.new"] {
        let folder = tempfile::tempdir().unwrap();
        let precious = folder.path().join("precious");
        fs::write(&precious, "precious content").unwrap();
        let data = folder.path().join(".leadgate");
        fs::create_dir(&data).unwrap();
        symlink(&precious, data.join(name)).unwrap();
        let mut command = leadgate(&["dev", "--port", "0", "--clock", "manual"]);
        let output = command.current_dir(folder.path()).output().unwrap();
        let text = stderr(&output);
        assert!(text.contains("is a link or a special file"), "{text}");
        assert_eq!(fs::read_to_string(&precious).unwrap(), "precious content");
    }
}

#[test]
fn the_banner_shows_a_clock_that_can_be_moved() {
    for (clock, expected) in [
        ("manual", Some("stands still: leadgate clock advance 2h")),
        ("60x", Some("runs 60 times as fast")),
        ("system", None),
    ] {
        let mut child = leadgate(&["dev", "--in-memory", "--port", "0", "--clock", clock])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut output = child.stdout.take().unwrap();
        let mut bytes = Vec::new();
        let mut banner = String::new();
        let mut part = [0; 512];
        while !banner.contains("Stop with Ctrl-C.") {
            let count = output.read(&mut part).unwrap();
            assert_ne!(count, 0, "{banner}");
            // A read may end within a character.
            bytes.extend_from_slice(&part[..count]);
            banner = String::from_utf8_lossy(&bytes).into_owned();
        }
        let line = banner.lines().find(|line| line.starts_with("  Clock "));
        assert_eq!(line.is_some(), expected.is_some(), "{banner}");
        if let (Some(line), Some(expected)) = (line, expected) {
            assert!(line.ends_with(expected), "{line}");
            assert!(line.len() <= 80, "{line}");
        }
        child.kill().unwrap();
        child.wait().unwrap();
    }
}
