//! `leadgate dispatch`: how touchpoints go out, and those that need a person. It shows ids and times
//! only, and no personal data.

mod attention;
mod error;
mod find;
mod json;
mod lanes;
mod resend;
mod settle;
mod status;
mod text;

use std::process::ExitCode;

use clap::Subcommand;

use self::{attention::AttentionArgs, resend::ResendArgs, settle::SettleArgs, status::StatusArgs};
use crate::failure;

/// Commands of `leadgate dispatch`.
#[derive(Subcommand, Clone, Debug)]
pub enum DispatchCommand {
    /// Show what is due, who pulls, what is held, and the dispatch queue.
    ///
    /// With --output json, prints {"lanes": [{"account_id", "channel", "due", "claimed", "more",
    /// "oldest_due_at", "pulled_at"}], "oldest_due_run": {"account_id", "lead_id", "run_id",
    /// "channel", "kind", "due_at"}, "holds": [{"account_id", "workflow_id", "since", "reason",
    /// "held_runs"}], "releases": [{"account_id", "workflow_id", "held_runs", "empty_since"}],
    /// "queue": {"visible", "in_flight", "delayed"}, "dead_letters"}. An id that does not apply is
    /// null.
    Status(StatusArgs),
    /// List the touchpoints that need a person, with the reason and what to do.
    ///
    /// With --output json, prints {"touchpoints": [{"id", "account_id", "lead_id", "run_id",
    /// "channel", "attempt", "max_attempts", "state", "due_at", "why"}], "more"}.
    Attention(AttentionArgs),
    /// Take a touchpoint off the list of those that need a person, after a person has looked.
    ///
    /// The touchpoint keeps its state, and the lead's history gets an entry.
    ///
    /// With --output json, prints {"id", "state", "settled"}.
    Settle(SettleArgs),
    /// Schedule a failed or unconfirmed touchpoint again, for now or the next opening of its windows.
    ///
    /// An unconfirmed touchpoint may have gone out: the person may then be contacted twice.
    ///
    /// With --output json, prints {"id", "due_at"}.
    Resend(ResendArgs),
}

/// Runs the command. The exit code is 1 if it fails; standard error then has a line for each
/// problem.
pub async fn run(command: &DispatchCommand) -> ExitCode {
    let done = match command {
        DispatchCommand::Status(args) => status::print(args).await,
        DispatchCommand::Attention(args) => attention::list(args).await,
        DispatchCommand::Settle(args) => settle::settle(args).await,
        DispatchCommand::Resend(args) => resend::resend(args).await,
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failure::report("dispatch", &error),
    }
}
