//! `leadgate plan`: what the planner makes of a workflow file.

mod json;
mod table;
mod timeline;

use std::{
    fs,
    io::{self, Write},
    path::PathBuf,
    process::ExitCode,
};

use clap::Args;
use jiff::{Timestamp, tz::TimeZone};
use shared::{
    clock::Clock,
    domain::cadence::{self, Reachability, Touchpoint},
};

use crate::definition::{Definition, Problem};

/// What `leadgate plan` can be told.
#[derive(Args, Clone, Debug)]
pub struct PlanArgs {
    /// The workflow file
    file: PathBuf,
    /// When the lead is enrolled, such as 2026-02-10T12:00:00Z [default: now]
    #[arg(long, value_name = "INSTANT")]
    at: Option<Timestamp>,
    /// The lead has no phone number
    #[arg(long)]
    no_phone: bool,
    /// The lead has no e-mail address
    #[arg(long)]
    no_email: bool,
    /// Another time zone than the file's
    #[arg(long, value_name = "ZONE", value_parser = time_zone)]
    timezone: Option<TimeZone>,
    /// Print JSON, for programs
    #[arg(long)]
    json: bool,
}

/// A workflow's touchpoints for one lead.
struct Plan {
    definition: Definition,
    enrolled_at: Timestamp,
    touchpoints: Vec<Touchpoint>,
}

fn time_zone(name: &str) -> Result<TimeZone, &'static str> {
    TimeZone::get(name).map_err(|_| "it must be an IANA time zone such as America/Santiago")
}

/// Prints the plan. Exit code 1, and a line for each problem on standard error, if there is none.
pub fn run(args: &PlanArgs) -> ExitCode {
    let mut stderr = io::stderr();
    let lines = match print(args) {
        Ok(()) => return ExitCode::SUCCESS,
        Err(PlanError::File(problems)) => problems
            .iter()
            .map(|Problem { line, message }| format!("{}:{line}: {message}", args.file.display()))
            .collect(),
        Err(error) => vec![error.to_string()],
    };
    for line in lines {
        let _ = writeln!(stderr, "leadgate plan: {line}");
    }
    ExitCode::FAILURE
}

fn print(args: &PlanArgs) -> Result<(), PlanError> {
    let yaml = fs::read_to_string(&args.file).map_err(|error| PlanError::Read {
        file: args.file.clone(),
        error,
    })?;
    let mut definition = Definition::read(&yaml).map_err(PlanError::File)?;
    if let Some(timezone) = &args.timezone {
        definition.timezone = timezone.clone();
    }
    let reach = Reachability {
        phone: !args.no_phone,
        email: !args.no_email,
    };
    let now = args.at.unwrap_or_else(|| Clock::System.now());
    // As an intake does.
    let enrolled_at = Timestamp::from_second(now.as_second()).unwrap_or(now);
    let plan = Plan {
        touchpoints: cadence::plan(
            &definition.cadence,
            &definition.timezone,
            reach,
            None,
            enrolled_at,
        ),
        definition,
        enrolled_at,
    };
    let text = if args.json {
        json::of(&plan)?
    } else {
        format!("{}\n{}", table::of(&plan), timeline::of(&plan))
    };
    io::stdout().write_all(text.as_bytes())?;
    Ok(())
}

/// Why there is no plan.
#[derive(Debug, thiserror::Error)]
enum PlanError {
    #[error("cannot read {}: {error}", file.display())]
    Read { file: PathBuf, error: io::Error },
    #[error("the file is wrong")]
    File(Vec<Problem>),
    #[error("cannot print: {0}")]
    Print(#[from] io::Error),
    #[error("cannot print: {0}")]
    Json(#[from] serde_json::Error),
}
