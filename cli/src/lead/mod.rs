//! `leadgate lead`: the leads of an account. These commands print personal data on standard output,
//! and never in errors.

mod error;
mod list;
mod show;

use std::process::ExitCode;

use aws::clock::Clock;
use clap::Subcommand;

use self::{list::ListArgs, show::ShowArgs};
use crate::failure;

/// Commands of `leadgate lead`.
#[derive(Subcommand, Clone, Debug)]
pub enum LeadCommand {
    /// List the leads of an account, newest first.
    List(ListArgs),
    /// Show a lead with its runs and its history.
    Show(ShowArgs),
}

/// Runs the command. The exit code is 1 if it fails; standard error then has a line for each
/// problem.
pub async fn run(command: &LeadCommand) -> ExitCode {
    let now = Clock::System.now();
    let done = match command {
        LeadCommand::List(args) => list::list(args, now).await,
        LeadCommand::Show(args) => show::show(args, now).await,
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failure::report("lead", &error),
    }
}
