//! `leadgate touchpoint`: the touchpoints of an account, through the HTTP API with an API key. These
//! commands print personal data on standard output, and never in errors.

mod claim;
mod error;
mod id;
mod lead;
mod list;
mod outcome;
mod reply;
mod show;
mod words;

use std::process::ExitCode;

use clap::Subcommand;

use self::{claim::ClaimArgs, list::ListArgs, outcome::OutcomeArgs, show::ShowArgs};
use crate::failure;

/// Commands of `leadgate touchpoint`.
#[derive(Subcommand, Clone, Debug)]
pub enum TouchpointCommand {
    /// List the touchpoints that are due, that callers have, that need a person, or of one lead.
    ///
    /// With --output json, prints {"touchpoints": [...], "more"}. The touchpoints are as in `GET
    /// /touchpoints`.
    List(ListArgs),
    /// Show a touchpoint with its attempts and its outcomes.
    ///
    /// With --output json, prints the reply of `GET /touchpoints/{id}`.
    Show(ShowArgs),
    /// Claim the touchpoints that are due, and show who to contact and what to say.
    ///
    /// No other caller gets a touchpoint that you have claimed, until its lease ends. Report its
    /// outcome before that.
    ///
    /// With --output json, prints the reply of `POST /touchpoints/claim`.
    Claim(ClaimArgs),
    /// Report the outcome of a touchpoint.
    ///
    /// With --output json, prints the reply of `POST /touchpoints/{id}/outcome`.
    Outcome(OutcomeArgs),
}

/// Runs the command. The exit code is 1 if it fails; standard error then has a line for each
/// problem.
pub async fn run(command: &TouchpointCommand) -> ExitCode {
    let done = match command {
        TouchpointCommand::List(args) => list::list(args).await,
        TouchpointCommand::Show(args) => show::show(args).await,
        TouchpointCommand::Claim(args) => claim::claim(args).await,
        TouchpointCommand::Outcome(args) => outcome::report(args).await,
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failure::report("touchpoint", &error),
    }
}
