//! The command line as a whole, and what is made of its description: completions and manual pages.

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

use local::dev::{self, DevArgs};

use crate::{
    account::{self, AccountCommand},
    apply::{self, ApplyArgs},
    documents::{self, DocumentArgs, OpenapiArgs, ReferenceArgs},
    export::{self, ExportArgs},
    failure,
    key::{self, KeyCommand},
    plan::{self, PlanArgs},
    queue::{self, QueueCommand},
};

/// Run and inspect Leadgate.
///
/// Commands work on the local stack of `leadgate dev` while it runs; with --stack, on a deployment on AWS.
#[derive(Parser)]
#[command(name = "leadgate", version)]
struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the whole service on this machine, with no AWS account and no network.
    Dev(DevArgs),
    /// Create, list, show and change accounts.
    #[command(subcommand)]
    Account(AccountCommand),
    /// Create, list and revoke an account's API keys.
    #[command(subcommand)]
    Key(KeyCommand),
    /// Show when a workflow would contact a lead, without storing or sending anything.
    Plan(PlanArgs),
    /// Create, change and remove workflows to match a file.
    ///
    /// The file of one workflow changes that workflow, found by its name, and no other. The file of an
    /// account has all of its workflows and all of its campaigns: what is not in such a list is
    /// removed, and a list that is not there is left alone. `leadgate export` writes one.
    ///
    /// Prints {"changes": [{"action": "create"|"change"|"remove", "kind": "account"|"workflow"|"campaign", "id",
    /// "name", "fields": ["path: before -> after"]}], "applied", "queued_starts"} as JSON; it never asks
    /// then, and without --yes it writes nothing.
    Apply(ApplyArgs),
    /// Print an account as a file for `leadgate apply`.
    Export(ExportArgs),
    /// Look at the queues of workflow starts, and send dead letters again.
    #[command(subcommand)]
    Queue(QueueCommand),
    /// Print the OpenAPI 3.1 document of the HTTP API.
    Openapi(OpenapiArgs),
    /// Print every error of the HTTP API with its cause and its cure, as Markdown.
    Errors(DocumentArgs),
    /// Print the reference page of the HTTP API: one HTML file with a "try it", for a host of your own.
    ///
    /// `leadgate dev` serves the same page under /docs.
    Reference(ReferenceArgs),
    /// Print completions for a shell.
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Print the manual page, or write one for each command.
    Man(ManArgs),
}

#[derive(ArgsOf)]
struct ManArgs {
    /// A folder for the pages of all commands
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

/// Runs what the command line says.
pub async fn run() -> ExitCode {
    match Args::parse_from(arguments()).command {
        Command::Dev(args) => dev::run(args).await,
        Command::Account(command) => account::run(&command).await,
        Command::Key(command) => key::run(&command).await,
        Command::Plan(args) => plan::run(&args),
        Command::Apply(args) => apply::run(&args).await,
        Command::Export(args) => export::run(&args).await,
        Command::Queue(command) => queue::run(&command).await,
        Command::Openapi(args) => documents::openapi(&args),
        Command::Errors(args) => documents::errors(&args),
        Command::Reference(args) => documents::reference(&args),
        Command::Completions { shell } => written("completions", completions(shell)),
        Command::Man(args) => written("man", manual(args.dir.as_deref())),
    }
}

/// The arguments without a `--` that directly follows the command: `cargo dev -- --port 0` hands it on,
/// and means the same as `cargo dev --port 0`.
fn arguments() -> Vec<OsString> {
    let mut arguments: Vec<_> = env::args_os().collect();
    if arguments.get(2).is_some_and(|argument| argument == "--") {
        arguments.remove(2);
    }
    arguments
}

fn completions(shell: Shell) -> io::Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Args::command(), "leadgate", &mut script);
    io::stdout().write_all(&script)
}

fn manual(dir: Option<&Path>) -> io::Result<()> {
    let Some(dir) = dir else {
        return clap_mangen::Man::new(Args::command()).render(&mut io::stdout());
    };
    fs::create_dir_all(dir)?;
    clap_mangen::generate_to(Args::command(), dir)
}

fn written(command: &str, written: io::Result<()>) -> ExitCode {
    match written {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failure::report(command, &error),
    }
}
