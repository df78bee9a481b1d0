//! What a lead costs, measured on the functions' release binaries (docs/performance.md): one table, and all
//! that it was made of as JSON.
//!
//!     cargo measure

mod annotated;
mod aws;
mod callgrind;
mod events;
mod item_size;
mod limits;
mod options;
mod process;
mod report;
mod rows;
mod runtime_api;
mod world;

use std::{
    error::Error,
    fs,
    io::{self, Write as _},
    process::ExitCode,
};

use clap::Parser;

use self::{limits::Limits, options::Options, report::Report, world::World};

/// What can go wrong is told to a person and ends the program.
type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

#[tokio::main]
async fn main() -> ExitCode {
    match measure(Options::parse()).await {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn measure(options: Options) -> Result<ExitCode> {
    let limits = Limits::read()?.only(&options.only)?;
    let world = World::start(&options).await?;
    let mut report = Report::new(&options.bootstraps);
    let wants = |names: &[&str]| {
        limits
            .0
            .iter()
            .any(|limit| names.contains(&limit.name.as_str()))
    };
    if wants(&["cold_start"]) {
        rows::start::instructions(&world, &mut report).await?;
    }
    if wants(&["cold_start_handshakes"]) {
        rows::start::handshakes(&world, &mut report).await?;
    }
    if wants(&["warm_lead"]) {
        rows::warm::instructions(&world, &mut report).await?;
    }
    if wants(&["calls_per_lead", "round_trips_per_lead"]) {
        rows::warm::calls(&world, &mut report).await?;
    }
    if wants(&["write_units_per_lead", "cost_per_million"]) {
        rows::cost::measure(&world, &mut report).await?;
    }
    if wants(&["zip_size", "peak_memory"]) {
        rows::footprint::measure(&world, &mut report).await?;
    }
    if wants(&["cpu_vs_python", "cpu_vs_node"]) {
        rows::rivals::measure(&world, options.floor, &mut report).await?;
    }
    if wants(&["batch_cpu_ratio", "batch_instructions_ratio"]) {
        rows::batch::measure(&world, &mut report).await?;
    }
    if wants(&["array_time_ratio"]) {
        rows::array::measure(&world, &mut report).await?;
    }
    world.stop().await;
    fs::write(&options.json, report.to_json(&limits)?)?;
    writeln!(
        io::stdout(),
        "{}\n\nEverything it was made of: {}",
        report.to_text(&limits),
        options.json.display()
    )?;
    let over = report.over(&limits);
    if options.check && !over.is_empty() {
        eprintln!(
            "error: over the bound of bench/limits.yaml: {}",
            over.join(", ")
        );
        return Ok(ExitCode::FAILURE);
    }
    Ok(ExitCode::SUCCESS)
}
