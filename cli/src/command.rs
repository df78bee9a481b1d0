//! The command line, and its completions and manual pages.

use std::{
    env,
    ffi::OsString,
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::{Args as ArgsOf, CommandFactory, Parser, Subcommand};
use clap_complete::Shell;
use local::{
    arguments::parse,
    dev::{self, DevArgs},
    text::PrintError,
};

use crate::{
    account::{self, AccountCommand},
    apply::{self, ApplyArgs},
    campaign::{self, CampaignCommand},
    clock::{self, ClockCommand},
    destination::{self, DestinationCommand},
    dispatch::{self, DispatchCommand},
    doctor::{self, DoctorArgs},
    documents::{self, DocumentArgs, ErrorsArgs, OpenapiArgs, ReferenceArgs},
    export::{self, ExportArgs},
    failure,
    hold::{self, HoldArgs, UnholdArgs},
    init::{self, InitArgs},
    key::{self, KeyCommand},
    lead::{self, LeadCommand},
    listen::{self, ListenArgs},
    open::{self, OpenArgs},
    plan::{self, PlanArgs},
    queue::{self, QueueCommand},
    run::{self, RunCommand},
    suppress::{self, SuppressCommand},
    tail::{self, TailArgs},
    touchpoint::{self, TouchpointCommand},
    workflow::{self, WorkflowCommand},
};

/// Run and inspect Leadgate.
///
/// The commands work on the local stack while `leadgate dev` runs, or with --stack on a deployment
/// on AWS.
#[derive(Parser)]
#[command(name = "leadgate", version)]
struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run all of Leadgate on this machine, without an AWS account or a network.
    Dev(DevArgs),
    /// Create, list, show and change accounts.
    #[command(subcommand)]
    Account(AccountCommand),
    /// Create, list and revoke an account's API keys.
    #[command(subcommand)]
    Key(KeyCommand),
    /// List and show the workflows of an account.
    #[command(subcommand)]
    Workflow(WorkflowCommand),
    /// List the campaigns of an account.
    #[command(subcommand)]
    Campaign(CampaignCommand),
    /// Create, import, list and show the leads of an account.
    #[command(subcommand)]
    Lead(LeadCommand),
    /// Suppress addresses that must not be contacted, and list, check and remove suppressions.
    #[command(subcommand)]
    Suppress(SuppressCommand),
    /// Show the run of a lead: its touchpoints and its timeline.
    #[command(subcommand)]
    Run(RunCommand),
    /// List, show and claim the touchpoints of an account, and report their outcomes.
    ///
    /// The commands call the HTTP API. On a deployment, the variable LEADGATE_API_KEY has the API
    /// key; a local stack takes that of the demo account if it is not set.
    #[command(subcommand)]
    Touchpoint(TouchpointCommand),
    /// Write a workflow file with comments, to change and to apply.
    ///
    /// Also writes the file leadgate.schema.json beside it, with which editors check and complete
    /// the workflow file.
    Init(InitArgs),
    /// Show when a workflow would contact a lead, without storing or sending anything.
    ///
    /// With --output json, prints {"name", "timezone", "enrolled_at", "touchpoints": [{"index",
    /// "stepIndex", "channel", "attemptNumber", "maxAttempts", "due_at", "local", "state",
    /// "reasons", "message", "failure": {"reason", "message", "variables"}}], "hints"}. message is a
    /// template, or with --lead the text that the lead gets. failure is null unless that text
    /// cannot be made.
    Plan(PlanArgs),
    /// Change an account, its workflows, campaigns and destinations to match a file.
    ///
    /// The file of a workflow creates or changes the workflow that it names, and no other. The file
    /// of an account lists all of its workflows, campaigns and destinations: `apply` removes those that
    /// are not listed. A list that is left out changes nothing. `leadgate export` prints such a file.
    ///
    /// With --output json, prints {"changes": [{"action": "create"|"change"|"remove", "kind":
    /// "account"|"workflow"|"campaign"|"destination", "id", "name", "fields": ["path: before -> after"]}],
    /// "applied", "queued_starts", "released_runs", "hints"}. The id is null for something that was not
    /// created, and for a destination. released_runs counts the runs that waited for their paused workflow. `apply` then asks
    /// nothing, and writes nothing without --yes.
    Apply(ApplyArgs),
    /// Print an account as a file for `leadgate apply`.
    Export(ExportArgs),
    /// List and test the destinations of an account, rotate their secrets, and pause and resume them.
    ///
    /// `leadgate apply` creates, changes and removes destinations.
    #[command(subcommand)]
    Destination(DestinationCommand),
    /// Receive touchpoints in the terminal: check their signatures, print them, and answer them.
    ///
    /// The variable LEADGATE_WEBHOOK_SECRET has the secret, or two with a blank between them. Without
    /// it, the receiver has the secret of the demo account of every local stack.
    ///
    /// With --output json, prints {"url"} when it is ready, and {"at", "id", "times", "problem",
    /// "status", "outcome", "body"} for each delivery. problem is null if the signature is valid.
    Listen(ListenArgs),
    /// Show how touchpoints go out, and look after those that need a person.
    #[command(subcommand)]
    Dispatch(DispatchCommand),
    /// Let no touchpoint of an account, or of all accounts, go out until `leadgate unhold`.
    ///
    /// Touchpoints that callers have stay theirs, and outcomes are accepted as before.
    ///
    /// With --output json, prints {"account_id", "held", "hold": {"since", "reason"}}. account_id is
    /// null for all accounts.
    Hold(HoldArgs),
    /// End a hold, and release the runs that it has held.
    ///
    /// With --output json, prints {"account_id", "held", "hold"}. hold is null.
    Unhold(UnholdArgs),
    /// Inspect the queues of starts and of hints, and move dead letters back.
    #[command(subcommand)]
    Queue(QueueCommand),
    /// Show and move the clock of a local stack that was started with --clock.
    #[command(subcommand)]
    Clock(ClockCommand),
    /// Check every item of the table, and show each problem with its remedy.
    ///
    /// The exit code is 1 if there is a problem. The command changes nothing, and shows ids only.
    ///
    /// On AWS, it scans the whole table. That costs half a read unit for each 4 KB of data, and needs
    /// the permission dynamodb:Scan.
    ///
    /// With --output json, prints {"counts": {"items", "accounts", "workflows", "leads", "runs",
    /// "due", "held", "waiting", "pending_starts", "unfinished_erasures", "suppressions"},
    /// "breaches": [{"account_id", "lead_id", "workflow_id", "run_id", "suppression_id", "rule",
    /// "fault", "remedy"}]}. An id that does not apply is null.
    Doctor(DoctorArgs),
    /// Show the log lines of the local stack or of a stack's functions, as they come in.
    ///
    /// With --output json, prints an object for each line. On a stack, it is {"at", "function",
    /// "line"}, and "line" is what the function wrote.
    Tail(TailArgs),
    /// Show the reference page of the HTTP API in a browser.
    ///
    /// The variable BROWSER names the program that opens it; by default, it is the system's.
    Open(OpenArgs),
    /// Print the OpenAPI 3.1 document of the HTTP API.
    Openapi(OpenapiArgs),
    /// Print every error of the HTTP API with its cause and its solution, as Markdown.
    Errors(ErrorsArgs),
    /// Print the JSON Schema of workflow files, with which editors check and complete them.
    Schema(DocumentArgs),
    /// Print the reference page of the HTTP API: one HTML file that can send requests, for your own
    /// host.
    ///
    /// `leadgate dev` serves the same page at /docs.
    Reference(ReferenceArgs),
    /// Print a script that completes commands in a shell.
    Completions {
        /// Shell
        shell: Shell,
    },
    /// Print the manual page, or write the pages of all commands.
    Man(ManArgs),
}

#[derive(ArgsOf)]
struct ManArgs {
    /// Folder in which to write the pages of all commands
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

/// Runs the command of the command line.
pub async fn run() -> ExitCode {
    match parse::<Args>(&arguments()).command {
        Command::Dev(args) => dev::run(args).await,
        Command::Account(command) => account::run(&command).await,
        Command::Key(command) => key::run(&command).await,
        Command::Workflow(command) => workflow::run(&command).await,
        Command::Campaign(command) => campaign::run(&command).await,
        Command::Run(command) => run::run(&command).await,
        Command::Lead(command) => lead::run(&command).await,
        Command::Suppress(command) => suppress::run(&command).await,
        Command::Touchpoint(command) => touchpoint::run(&command).await,
        Command::Init(args) => init::run(&args),
        Command::Plan(args) => plan::run(&args),
        Command::Apply(args) => apply::run(&args).await,
        Command::Export(args) => export::run(&args).await,
        Command::Destination(command) => destination::run(&command).await,
        Command::Listen(args) => listen::run(&args).await,
        Command::Dispatch(command) => dispatch::run(&command).await,
        Command::Hold(args) => hold::run(&args).await,
        Command::Unhold(args) => hold::run_unhold(&args).await,
        Command::Queue(command) => queue::run(&command).await,
        Command::Clock(command) => clock::run(&command),
        Command::Doctor(args) => doctor::run(&args).await,
        Command::Tail(args) => tail::run(&args).await,
        Command::Open(args) => open::run(&args).await,
        Command::Openapi(args) => documents::openapi(&args),
        Command::Errors(args) => documents::errors(&args),
        Command::Schema(args) => documents::schema_of_files(&args),
        Command::Reference(args) => documents::reference(&args),
        Command::Completions { shell } => report("completions", completions(shell)),
        Command::Man(args) => report("man", manual(args.dir.as_deref())),
    }
}

/// Returns the arguments without a `--` directly after the command, so that `cargo dev -- --port 0`
/// means the same as `cargo dev --port 0`.
fn arguments() -> Vec<OsString> {
    let mut arguments: Vec<_> = env::args_os().collect();
    if arguments.get(2).is_some_and(|argument| argument == "--") {
        arguments.remove(2);
    }
    arguments
}

fn completions(shell: Shell) -> Result<(), WriteError> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Args::command(), "leadgate", &mut script);
    print(&script)
}

fn manual(dir: Option<&Path>) -> Result<(), WriteError> {
    let Some(dir) = dir else {
        let mut page = Vec::new();
        let rendered = clap_mangen::Man::new(Args::command()).render(&mut page);
        rendered.map_err(PrintError::from)?;
        return print(&page);
    };
    fs::create_dir_all(dir)
        .and_then(|()| clap_mangen::generate_to(Args::command(), dir))
        .map_err(|error| WriteError::Manual(dir.to_owned(), error))
}

fn print(text: &[u8]) -> Result<(), WriteError> {
    let printed = io::stdout().write_all(text);
    Ok(printed.map_err(PrintError::from)?)
}

fn report(command: &str, written: Result<(), WriteError>) -> ExitCode {
    match written {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failure::report(command, &error),
    }
}

/// Reason why completions or manual pages are not written.
#[derive(Debug, thiserror::Error)]
enum WriteError {
    #[error("cannot write the manual pages to {0}: choose another folder with --dir")]
    Manual(PathBuf, #[source] io::Error),
    #[error(transparent)]
    Print(#[from] PrintError),
}
