//! Valgrind's callgrind on a function: how many instructions it executes, all of its threads together.

use std::{
    fs,
    io::ErrorKind,
    path::{Path, PathBuf},
    process::Command as StdCommand,
};

use tokio::process::Command;

use crate::{Result, process::Function};

/// A running function whose instructions are counted.
#[derive(Debug)]
pub(crate) struct Callgrind {
    process: u32,
    profile: PathBuf,
    dumps: u32,
}

impl Callgrind {
    /// The command that runs `bootstrap` under callgrind. Its profiles go to `profile.1` and so on.
    pub(crate) fn command(bootstrap: &Path, profile: &Path) -> Result<Command> {
        if StdCommand::new("valgrind")
            .arg("--version")
            .output()
            .is_err()
        {
            return Err("valgrind is not installed: apt-get install valgrind".into());
        }
        let mut command = Command::new("valgrind");
        command
            .args(["--tool=callgrind", "--trace-children=no", "--quiet"])
            .arg(format!("--callgrind-out-file={}", profile.display()))
            .arg(bootstrap);
        Ok(command)
    }

    pub(crate) fn of(function: &Function, profile: PathBuf) -> Result<Self> {
        Ok(Self {
            process: function.id()?,
            profile,
            dumps: 0,
        })
    }

    /// Begins to count anew.
    pub(crate) async fn zero(&self) -> Result<()> {
        self.tell("zero").await
    }

    /// How many instructions were executed since the start, or since the last of these two calls.
    pub(crate) async fn count(&mut self) -> Result<f64> {
        self.dumps += 1;
        // One of an earlier run must not be taken for this one's.
        match fs::remove_file(self.last_profile()) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error.into()),
            _ => self.tell("dump").await?,
        }
        let profile = fs::read_to_string(self.last_profile())?;
        let totals = profile
            .lines()
            .find_map(|line| line.strip_prefix("totals: "));
        Ok(totals
            .ok_or("callgrind's profile has no totals")?
            .trim()
            .parse()?)
    }

    /// The profile of the last count.
    pub(crate) fn last_profile(&self) -> PathBuf {
        PathBuf::from(format!("{}.{}", self.profile.display(), self.dumps))
    }

    /// Through the pipe that Valgrind has for debuggers.
    async fn tell(&self, what: &str) -> Result<()> {
        let told = Command::new("vgdb")
            .args([&format!("--pid={}", self.process), "--wait=10", what])
            .output()
            .await?;
        if told.status.success() {
            Ok(())
        } else {
            let message = String::from_utf8_lossy(&told.stderr).into_owned();
            Err(format!("callgrind does not {what}: {message}").into())
        }
    }
}
