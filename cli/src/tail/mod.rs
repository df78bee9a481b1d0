//! `leadgate tail`: the log lines of the running local stack, or of a stack's functions on AWS.

mod event;
mod local;
mod remote;

use std::{
    env,
    io::{self, ErrorKind, Write},
    path::PathBuf,
    process::ExitCode,
};

use aws::clock::Clock;
use clap::Args;
use jiff::{SignedDuration, Timestamp};
use tokio::signal::ctrl_c;

use crate::{
    failure,
    output::{OutputArg, safe_json},
    target::{TargetError, logs::LogsError},
};

/// Options of `leadgate tail`.
#[derive(Args, Clone, Debug)]
pub struct TailArgs {
    /// Age of the first line, such as 30s, 10m, 2h or 7d
    #[arg(long, value_name = "TIME", default_value = "10m", value_parser = age)]
    since: SignedDuration,
    /// End after the lines that are there
    #[arg(long)]
    no_follow: bool,
    #[command(flatten)]
    output: OutputArg,
    /// Name of a stack on AWS, to use instead of the local one
    #[arg(
        long,
        value_name = "NAME",
        conflicts_with = "data_dir",
        help_heading = "Where"
    )]
    stack: Option<String>,
    /// Data folder of the local stack [default: .leadgate in this folder or the nearest above]
    #[arg(long, value_name = "DIR", help_heading = "Where")]
    data_dir: Option<PathBuf>,
}

/// Reads an age.
fn age(text: &str) -> Result<SignedDuration, &'static str> {
    const FORM: &str = "write a number with s, m, h or d, such as 10m";
    let unit = text.chars().next_back().ok_or(FORM)?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        _ => return Err(FORM),
    };
    let number: u32 = text.trim_end_matches(unit).parse().map_err(|_| FORM)?;
    Ok(SignedDuration::from_secs(i64::from(number) * seconds))
}

/// Reason why there are no lines, or no more.
#[derive(Debug, thiserror::Error)]
enum TailError {
    #[error(
        "no local stack is running in {} or a folder above it: start one with `cargo dev`, or pass --stack NAME \
         for one on AWS (a stack in memory keeps no log)",
        .0.display()
    )]
    NoLocalStack(PathBuf),
    #[error("the log of the local stack in {} cannot be read", .0.display())]
    Read(PathBuf, #[source] io::Error),
    #[error("cannot write to standard output")]
    Print(#[source] io::Error),
    #[error(transparent)]
    Target(#[from] TargetError),
    #[error(transparent)]
    Logs(#[from] LogsError),
}

/// Prints the lines until Ctrl-C. The exit code is 1 if it cannot; standard error then has a line.
pub async fn run(args: &TailArgs) -> ExitCode {
    let now = Clock::System.now();
    let start = now.saturating_sub(args.since).unwrap_or(Timestamp::MIN);
    let printed = async {
        match &args.stack {
            Some(name) => remote::follow(args, name, start).await,
            None => local::follow(args, start).await,
        }
    };
    let printed = tokio::select! {
        // Listens before the first line.
        biased;
        _ = ctrl_c() => Ok(()),
        printed = printed => printed,
    };
    match printed {
        Ok(()) => ExitCode::SUCCESS,
        // The reader of the lines has ended.
        Err(TailError::Print(error)) if error.kind() == ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => failure::report("tail", &error),
    }
}

/// Prints text with colours, where they are wanted.
fn print(text: &str) -> Result<(), TailError> {
    let mut stdout = anstream::stdout().lock();
    let printed = stdout.write_all(text.as_bytes());
    printed
        .and_then(|()| stdout.flush())
        .map_err(TailError::Print)
}

/// Prints a value as one line of JSON.
fn print_json(value: &impl serde::Serialize) -> Result<(), TailError> {
    let json = serde_json::to_string(value).map_err(|error| TailError::Print(error.into()))?;
    print(&(safe_json(&json) + "\n"))
}

fn current_folder() -> Result<PathBuf, TailError> {
    Ok(env::current_dir().map_err(TargetError::NoFolder)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_age_is_a_number_with_a_unit() {
        for (text, seconds) in [("30s", 30), ("10m", 600), ("2h", 7_200), ("7d", 604_800)] {
            assert_eq!(age(text), Ok(SignedDuration::from_secs(seconds)), "{text}");
        }
        for text in ["", "10", "m", "-1m", "1mm", "1.5h", "1w", "ü"] {
            assert!(age(text).is_err(), "{text}");
        }
    }
}
