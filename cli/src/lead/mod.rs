//! `leadgate lead`: the leads of an account. These commands print personal data on standard output,
//! and never in errors.

mod assignment;
mod create;
mod error;
mod field;
mod import;
mod json;
mod list;
mod show;

use std::process::ExitCode;

use clap::Subcommand;

use self::{create::CreateArgs, import::ImportArgs, list::ListArgs, show::ShowArgs};
use crate::failure;

/// Commands of `leadgate lead`.
#[derive(Subcommand, Clone, Debug)]
pub enum LeadCommand {
    /// List the leads of an account, newest first.
    ///
    /// With --output json, prints {"leads": [{"id", "first_name", "last_name", "email", "phone",
    /// "source", "company", "title", "metadata", "campaign_id", "created_at", "updated_at", "run"}],
    /// "damaged": [{"id", "error"}], "more"}. run is the newest run as in `leadgate run show`,
    /// without its touchpoints, or null.
    List(ListArgs),
    /// Show a lead with its runs and its history.
    ///
    /// With --output json, prints {"lead": {..., "campaign": {"id", "name"}}, "runs": [...],
    /// "history": [{"kind", "subject", "reason", "actor", "at"}]}. The lead and the runs are as in
    /// `leadgate lead list`. The runs are newest first, and the history is oldest first.
    Show(ShowArgs),
    /// Store a lead, as `POST /leads` does, without an API key.
    ///
    /// With --output json, prints the reply of `POST /leads`.
    Create(Box<CreateArgs>),
    /// Store a lead for each line of a CSV file.
    ///
    /// Columns are read by their names: First Name, E-Mail, Mobile and Workflow, for example. Every
    /// other column becomes a key of the metadata. The command can be run again with the same
    /// options: a line whose lead is there creates no other. With another --map, --default,
    /// --workflow or --campaign, a line can be another lead.
    ///
    /// With --output json, prints {"dry_run", "lines", "created", "already_there", "refused",
    /// "warnings": {text: number of lines}, "hints": {text: number of lines}, "refusals": [{"line",
    /// "reason"}], "refused_file"}. In a dry run, "created" is the number of valid lines.
    Import(Box<ImportArgs>),
}

/// Runs the command. The exit code is 1 if it fails; standard error then has a line for each
/// problem.
pub async fn run(command: &LeadCommand) -> ExitCode {
    let done = match command {
        LeadCommand::List(args) => list::list(args).await,
        LeadCommand::Show(args) => show::show(args).await,
        LeadCommand::Create(args) => create::create(args).await,
        LeadCommand::Import(args) => return import::run(args).await,
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failure::report("lead", &error),
    }
}
