//! Entry point of the program `leadgate-dev`, which `cargo dev` runs.

use std::process::ExitCode;

use clap::Parser;
use local::{
    arguments::parse,
    dev::{DevArgs, run},
};

/// Run all of Leadgate on this machine, without an AWS account or a network.
#[derive(Parser)]
#[command(name = "cargo dev", bin_name = "cargo dev", version)]
struct Args {
    #[command(flatten)]
    dev: DevArgs,
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args_os().collect();
    let Args { dev } = parse(&arguments);
    run(dev).await
}
