//! `leadgate tail`: the log lines of the running local stack, or of a stack's functions on AWS.

mod args;
mod error;
mod event;
mod local;
mod print;
mod remote;

use std::{io::ErrorKind, process::ExitCode};

use aws::clock::Clock;
use jiff::tz::TimeZone;
use tokio::signal::ctrl_c;

pub use self::args::TailArgs;
use self::error::TailError;
use crate::failure;

/// Prints the lines until Ctrl-C. The exit code is 1 if it cannot; standard error then has a line.
pub async fn run(args: &TailArgs) -> ExitCode {
    let printed = async {
        match &args.stack {
            Some(name) => {
                let start = args.since.before(Clock::System.now(), &TimeZone::UTC);
                remote::follow(args, name, start).await
            }
            None => local::follow(args).await,
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
