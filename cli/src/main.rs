//! The program `leadgate`: wiring only.

use std::{env, ffi::OsString, process::ExitCode};

use clap::{Parser, Subcommand};
use leadgate::{
    apply::{self, ApplyArgs},
    dev::{self, DevArgs},
    plan::{self, PlanArgs},
    queue::{self, QueueCommand},
};

/// Lead intake and outreach cadences: the tool beside the service.
#[derive(Parser)]
#[command(version, about)]
struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the whole service on this machine, with no account and no network.
    Dev(DevArgs),
    /// Show when a workflow would contact a lead, without storing or sending anything.
    Plan(PlanArgs),
    /// Make a workflow of an account what a file says, and queue the starts that waited for it.
    Apply(ApplyArgs),
    /// Look at the queues of workflow starts, and send dead letters again.
    #[command(subcommand)]
    Queue(QueueCommand),
}

#[tokio::main]
async fn main() -> ExitCode {
    match Args::parse_from(arguments()).command {
        Command::Dev(args) => dev::run(args).await,
        Command::Plan(args) => plan::run(&args),
        Command::Apply(args) => apply::run(&args).await,
        Command::Queue(command) => queue::run(&command).await,
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
