//! `leadgate clock`: shows and moves the clock of a local stack.

use std::{env, path::PathBuf, process::ExitCode};

use clap::{Args, Subcommand};
use jiff::{Span, Timestamp, tz::TimeZone};
use local::{Pace, nearest_running, running_in, text::PrintError};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use thiserror::Error;

use crate::{
    failure,
    moment::Moment,
    output::OutputArg,
    target::{
        TargetError,
        local_api::{self, LocalApiError},
    },
};

/// Commands of `leadgate clock`.
#[derive(Subcommand, Clone, Debug)]
pub enum ClockCommand {
    /// Show the time on the clock.
    Show(ShowArgs),
    /// Move the clock on by a duration.
    Advance(AdvanceArgs),
    /// Move the clock on to a time.
    Set(SetArgs),
}

/// Options of `leadgate clock show`.
#[derive(Args, Clone, Debug)]
pub struct ShowArgs {
    #[command(flatten)]
    output: OutputArg,
    #[command(flatten)]
    stack: StackArgs,
}

/// Options of `leadgate clock advance`.
#[derive(Args, Clone, Debug)]
pub struct AdvanceArgs {
    /// Duration, such as 2h, 1d12h or PT2H; a day has 24 hours
    #[arg(value_parser = duration, allow_hyphen_values = true)]
    duration: Span,
    #[command(flatten)]
    output: OutputArg,
    #[command(flatten)]
    stack: StackArgs,
}

/// Options of `leadgate clock set`.
#[derive(Args, Clone, Debug)]
pub struct SetArgs {
    /// Time: 2026-02-10 (its first moment in UTC), 2026-02-10T09:00 (in UTC), 2026-02-10T09:00+01:00,
    /// or tomorrow
    time: Moment,
    #[command(flatten)]
    output: OutputArg,
    #[command(flatten)]
    stack: StackArgs,
}

/// Options that name a local stack.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Where")]
struct StackArgs {
    /// Data folder of the local stack [default: .leadgate in this folder or the nearest above]
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// URL of the API, for a local stack that runs in memory
    #[arg(long, value_name = "URL", conflicts_with = "data_dir")]
    api_url: Option<String>,
}

/// Reason why a command fails.
#[derive(Debug, Error)]
enum ClockError {
    #[error(
        "no local stack is running in {} or a folder above it: start one with `cargo dev --clock manual`, or pass \
         --api-url for one in memory",
        .0.display()
    )]
    NoLocalStack(PathBuf),
    #[error(transparent)]
    Target(#[from] TargetError),
    #[error(transparent)]
    Api(#[from] LocalApiError),
    #[error(transparent)]
    Print(#[from] PrintError),
}

/// Reply of a move.
#[derive(Serialize, Deserialize)]
struct Moved {
    now: Timestamp,
}

/// Reads a duration that leads forwards.
fn duration(text: &str) -> Result<Span, &'static str> {
    match text.trim().parse::<Span>() {
        Ok(span) if span.is_negative() => Err("the clock moves only forwards"),
        Ok(span) => Ok(span),
        Err(_) => Err("write a duration, such as 2h, 1d12h or PT2H"),
    }
}

/// Runs the command. The exit code is 1 if it fails; standard error then has a line.
pub fn run(command: &ClockCommand) -> ExitCode {
    let done = match command {
        ClockCommand::Show(args) => show(args),
        ClockCommand::Advance(args) => advance(args),
        ClockCommand::Set(args) => set(args),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failure::report("clock", &error),
    }
}

fn show(args: &ShowArgs) -> Result<(), ClockError> {
    let reply = local_api::clock(&args.stack.api_url()?)?;
    let text = |reply: &local_api::ClockReply| {
        let kind = match reply.clock {
            Pace::System => "that of this machine, which cannot be moved".to_owned(),
            Pace::Manual => "manual: it stands still until you move it".to_owned(),
            Pace::Times(factor) => format!("{factor}x: it runs {factor} times as fast"),
        };
        format!("Now    {}\nClock  {kind}\n", utc(reply.now))
    };
    Ok(args.output.print(&reply, text)?)
}

fn advance(args: &AdvanceArgs) -> Result<(), ClockError> {
    let body = json!({ "advance": args.duration.to_string() });
    send(&args.stack.api_url()?, &body, args.output)
}

fn set(args: &SetArgs) -> Result<(), ClockError> {
    let api_url = args.stack.api_url()?;
    let now = local_api::clock(&api_url)?.now;
    let body = json!({ "set": args.time.after(now, &TimeZone::UTC) });
    send(&api_url, &body, args.output)
}

fn send(api_url: &str, body: &Value, output: OutputArg) -> Result<(), ClockError> {
    let moved: Moved = local_api::call(api_url, "POST", "/dev/clock", Some(body))?;
    Ok(output.print(&moved, |moved| {
        format!("The clock shows {}.\n", utc(moved.now))
    })?)
}

fn utc(time: Timestamp) -> String {
    time.strftime("%a %Y-%m-%d %H:%M:%S UTC").to_string()
}

impl StackArgs {
    fn api_url(&self) -> Result<String, ClockError> {
        if let Some(url) = &self.api_url {
            return Ok(url.clone());
        }
        let running = match &self.data_dir {
            Some(folder) => {
                running_in(folder).ok_or_else(|| TargetError::NoStackIn(folder.clone()))?
            }
            None => {
                let here = env::current_dir().map_err(TargetError::NoFolder)?;
                nearest_running(&here).ok_or(ClockError::NoLocalStack(here))?
            }
        };
        Ok(running.api_url)
    }
}
