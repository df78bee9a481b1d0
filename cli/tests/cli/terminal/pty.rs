//! A program on a terminal of 80 columns and 24 lines.

use std::{
    collections::HashMap,
    io::{Read, Write},
    process::{Child, ExitStatus},
    sync::{
        Arc,
        mpsc::{Receiver, RecvTimeoutError, channel},
    },
    thread,
    time::{Duration, Instant},
};

use local::text::width;
use pty_process::{
    Size,
    blocking::{Command, Pty, open},
};

const COLUMNS: u16 = 80;
const DEADLINE: Duration = Duration::from_secs(20);

/// A program on a terminal.
pub(crate) struct Terminal {
    pty: Arc<Pty>,
    child: Child,
    output: Receiver<Vec<u8>>,
    /// Output so far. A read may end within a character, so the bytes are kept.
    bytes: Vec<u8>,
    /// `bytes` as text.
    pub(crate) seen: String,
}

impl Terminal {
    pub(crate) fn run(args: &[&str], env: &[(&str, &str)]) -> Self {
        let (pty, pts) = open().unwrap();
        pty.resize(Size::new(24, COLUMNS)).unwrap();
        // With CI set, anstream prints colours on a dumb terminal too.
        let variables = [
            "NO_COLOR",
            "CLICOLOR",
            "CLICOLOR_FORCE",
            "CI",
            "AWS_PROFILE",
        ];
        let command = Command::new(env!("CARGO_BIN_EXE_leadgate")).args(args);
        let command = variables
            .into_iter()
            .fold(command, |command, name| command.env_remove(name));
        let env: HashMap<_, _> = [("TERM", "xterm-256color")]
            .into_iter()
            .chain(env.iter().copied())
            .collect();
        let child = command.envs(env).spawn(pts).unwrap();
        let pty = Arc::new(pty);
        let reader = Arc::clone(&pty);
        let (sender, output) = channel();
        // After the end of the program, reading fails.
        thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(count @ 1..) = (&*reader).read(&mut buffer) {
                if sender.send(buffer[..count].to_vec()).is_err() {
                    return;
                }
            }
        });
        Self {
            pty,
            child,
            output,
            bytes: Vec::new(),
            seen: String::new(),
        }
    }

    pub(crate) fn wait_for(&mut self, text: &str) {
        let started = Instant::now();
        while !self.seen.contains(text) {
            match self.output.recv_timeout(Duration::from_millis(100)) {
                Ok(bytes) => self.see(&bytes),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            assert!(started.elapsed() < DEADLINE, "no {text:?} in {}", self.seen);
        }
        assert!(self.seen.contains(text), "no {text:?} in {}", self.seen);
    }

    fn see(&mut self, bytes: &[u8]) {
        self.bytes.extend(bytes);
        self.seen = String::from_utf8_lossy(&self.bytes).into_owned();
    }

    pub(crate) fn type_in(&mut self, text: &[u8]) {
        (&*self.pty).write_all(text).unwrap();
    }

    /// Waits for the end. Returns the exit status and the whole output.
    pub(crate) fn end(mut self) -> (ExitStatus, String) {
        let started = Instant::now();
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            assert!(
                started.elapsed() < DEADLINE,
                "it does not end: {}",
                self.seen
            );
            thread::sleep(Duration::from_millis(10));
        };
        while let Ok(bytes) = self.output.recv_timeout(Duration::from_millis(200)) {
            self.see(&bytes);
        }
        (status, std::mem::take(&mut self.seen))
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
    }
}

/// Runs a command to its end, and returns its output with its escapes.
pub(crate) fn on_terminal(args: &[&str]) -> String {
    let (status, text) = Terminal::run(args, &[]).end();
    assert_eq!(status.code(), Some(0), "{args:?}: {text}");
    text
}

/// Runs a command to its end. Checks that it succeeds, and that no line is wider than the terminal.
pub(crate) fn shown(args: &[&str], env: &[(&str, &str)]) -> String {
    let (status, text) = Terminal::run(args, env).end();
    assert_eq!(status.code(), Some(0), "{args:?}: {text}");
    assert_fits(&text);
    text
}

pub(crate) fn assert_fits(text: &str) {
    let plain = anstream::adapter::strip_str(text).to_string();
    for line in plain.lines() {
        assert!(width(line) <= usize::from(COLUMNS), "too wide: {line}");
    }
}
