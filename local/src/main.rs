//! The program `leadgate-dev`, which `cargo dev` runs: wiring only.

use std::process::ExitCode;

use clap::Parser;
use local::dev::{DevArgs, run};

/// Run the whole service on this machine, with no AWS account and no network.
#[derive(Parser)]
#[command(name = "cargo dev", bin_name = "cargo dev", version)]
struct Args {
    #[command(flatten)]
    dev: DevArgs,
}

#[tokio::main]
async fn main() -> ExitCode {
    run(Args::parse().dev).await
}
