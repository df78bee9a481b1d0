//! How late are touchpoints when many are due?
//!
//! ```sh
//! cargo run --bin touchpoints lateness
//! cargo run --bin touchpoints backlog
//! ```

mod backlog;
mod dispatch;
mod lateness;
mod runs;

use std::process::ExitCode;

use clap::Parser;
use harness::exit_code;

/// Opens the touchpoints of many runs on the embedded DynamoDB and SQS.
#[derive(Debug, Parser)]
enum Options {
    /// Opens runs that are due one after the other, at a constant rate
    Lateness {
        /// Runs that are due in each second
        #[arg(long, default_value_t = 100)]
        rate: u32,
        /// Seconds for which runs are due
        #[arg(long, default_value_t = 60)]
        seconds: u32,
    },
    /// Opens runs that are due at the same time
    Backlog {
        /// Runs of the one account
        #[arg(long, default_value_t = 100_000)]
        runs: u32,
        /// Maximum number of hints of a lane in one tick; for fewer runs, lower it in proportion
        #[arg(long, default_value_t = 20_000)]
        most_of_lane: u32,
    },
}

#[tokio::main]
async fn main() -> ExitCode {
    let done = match Options::parse() {
        Options::Lateness { rate, seconds } => lateness::study(rate, seconds).await,
        Options::Backlog { runs, most_of_lane } => backlog::study(runs, most_of_lane).await,
    };
    exit_code(done)
}
