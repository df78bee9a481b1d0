//! Tests of the program of `cargo dev` on a terminal.

#![expect(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

use std::{
    io::{Read, Write},
    process::Child,
    time::{Duration, Instant},
};

use pty_process::{
    Size,
    blocking::{Command, Pty, open},
};

const DEADLINE: Duration = Duration::from_secs(20);

/// Reads until `text` appears. Returns the whole output.
fn read_until(pty: &mut Pty, text: &str) -> String {
    let mut bytes = Vec::new();
    let mut seen = String::new();
    let mut buffer = [0; 1024];
    while !seen.contains(text) {
        let count = pty
            .read(&mut buffer)
            .unwrap_or_else(|error| panic!("{error}: {seen}"));
        // A read may end within a character.
        bytes.extend_from_slice(buffer.get(..count).unwrap_or_default());
        seen = String::from_utf8_lossy(&bytes).into_owned();
    }
    seen
}

fn code_at_the_end(child: &mut Child) -> Option<i32> {
    let started = Instant::now();
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return status.code();
        }
        assert!(started.elapsed() < DEADLINE, "it does not end");
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn cargo_dev_gets_ready_in_colour_and_ends_with_ctrl_c() {
    for log in [&[][..], &["-v"], &["--log-format", "json"]] {
        let (mut pty, pts) = open().unwrap();
        pty.resize(Size::new(24, 80)).unwrap();
        let command = Command::new(env!("CARGO_BIN_EXE_leadgate-dev"))
            .args(["--in-memory", "--port", "0"])
            .args(log)
            .env("TERM", "xterm-256color")
            .env_remove("NO_COLOR");
        let mut child = command.spawn(pts).unwrap();
        let ready = read_until(&mut pty, "Stop with Ctrl-C.");
        assert!(ready.contains("\r\n  API key   nxr_live_"), "{ready}");
        pty.write_all(b"\x03").unwrap();
        assert_eq!(code_at_the_end(&mut child), Some(0), "{log:?}");
    }
}
