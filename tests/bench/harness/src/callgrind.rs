//! Counts the instructions of all threads of a function with Valgrind's callgrind.

use std::{
    fs,
    io::ErrorKind,
    path::{Path, PathBuf},
    process::Command as StdCommand,
};

use tokio::process::Command;

use crate::result::Result;

/// Counter of a running function's instructions.
#[derive(Debug)]
pub struct Callgrind {
    process: u32,
    profile: PathBuf,
    dumps: u32,
}

impl Callgrind {
    /// Returns the command that runs `bootstrap` under callgrind.
    /// Callgrind numbers its profiles: `profile.1`, `profile.2` and so on.
    pub(crate) fn command(bootstrap: &Path, profile: &Path) -> Result<Command> {
        let version = StdCommand::new("valgrind").arg("--version").output();
        if version.is_err() {
            return Err("valgrind is not installed: apt-get install valgrind".into());
        }
        let mut command = Command::new("valgrind");
        command
            .args(["--tool=callgrind", "--trace-children=no", "--quiet"])
            .arg(format!("--callgrind-out-file={}", profile.display()))
            .arg(bootstrap);
        Ok(command)
    }

    /// Attaches to the process that runs [`Callgrind::command`] with the same `profile`.
    pub(crate) fn new(process: u32, profile: PathBuf) -> Self {
        Self {
            process,
            profile,
            dumps: 0,
        }
    }

    /// Sets the count to zero.
    pub async fn zero(&self) -> Result<()> {
        self.control("zero").await
    }

    /// Returns the instructions since the start of the function or since the last call of `zero` or
    /// `count`, and writes their profile.
    pub async fn count(&mut self) -> Result<f64> {
        self.dumps += 1;
        let profile = PathBuf::from(format!("{}.{}", self.profile.display(), self.dumps));
        // An earlier run may have left a profile of this name.
        match fs::remove_file(&profile) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error.into()),
            _ => self.control("dump").await?,
        }
        let profile = fs::read_to_string(&profile)?;
        let totals = profile
            .lines()
            .find_map(|line| line.strip_prefix("totals: "));
        Ok(totals
            .ok_or("callgrind's profile has no totals")?
            .trim()
            .parse()?)
    }

    /// Sends a command to callgrind, through the pipe that Valgrind has for debuggers.
    async fn control(&self, command: &str) -> Result<()> {
        let output = Command::new("vgdb")
            .args([&format!("--pid={}", self.process), "--wait=10", command])
            .output()
            .await?;
        if output.status.success() {
            Ok(())
        } else {
            let message = String::from_utf8_lossy(&output.stderr);
            Err(format!("callgrind did not do `{command}`: {message}").into())
        }
    }
}
