//! Measures the cost of a lead on the functions' release binaries, and checks it against
//! limits.yaml ([how to read it](../../../../docs/performance.md)).
//!
//! ```sh
//! cargo measure
//! ```

mod batch;
mod calls;
mod cold_start;
mod cost;
mod footprint;
mod item_size;
mod model;
mod options;
mod touchpoint;
mod warm_lead;

use std::process::ExitCode;

use clap::Parser;
use harness::{Measures, Report, Result, Setup, exit_code};

use self::options::Options;

const LIMITS: &str = include_str!("../limits.yaml");
const LIMITS_PATH: &str = "tests/bench/regression/limits.yaml";

#[tokio::main]
async fn main() -> ExitCode {
    exit_code(measure(Options::parse()).await)
}

async fn measure(options: Options) -> Result<()> {
    let measures = Measures::parse(LIMITS, LIMITS_PATH)?.only(&options.only)?;
    let mut report = Report::new(measures, &options.places);
    let sources = [
        "functions/api",
        "functions/start-workflow",
        "functions/dispatch-touchpoints",
    ];
    let setup = Setup::start(&options.places, &sources).await?;
    if report.wants(&["cold_start"]) {
        cold_start::instructions(&setup, &mut report).await?;
    }
    if report.wants(&["cold_start_handshakes"]) {
        cold_start::handshakes(&setup, &mut report).await?;
    }
    if report.wants(&["warm_lead"]) {
        warm_lead::instructions(&setup, &mut report).await?;
    }
    if report.wants(&["calls_per_lead", "round_trips_per_lead"]) {
        warm_lead::calls(&setup, &mut report).await?;
    }
    if report.wants(&["write_units_per_lead", "cost_per_million"]) {
        cost::measure(&setup, &mut report).await?;
    }
    if report.wants(&["zip_size", "peak_memory"]) {
        footprint::measure(&setup, &mut report).await?;
    }
    if report.wants(&["batch_cpu_ratio", "batch_instructions_ratio"]) {
        batch::measure(&setup, &mut report).await?;
    }
    if report.wants(&touchpoint::COUNTS) || report.wants(&touchpoint::OF_BINARIES) {
        touchpoint::measure(&setup, &mut report).await?;
    }
    setup.stop().await;
    report.publish(&options.places.json)?;
    let beyond = report.beyond_bound();
    if options.check && !beyond.is_empty() {
        let beyond = beyond.join(", ");
        return Err(format!("beyond the bound of {LIMITS_PATH}: {beyond}").into());
    }
    Ok(())
}
