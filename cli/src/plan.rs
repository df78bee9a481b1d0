//! `leadgate plan`: what the planner makes of a workflow file.

mod json;
mod table;
mod timeline;

use std::{io, path::PathBuf, process::ExitCode};

use aws::clock::Clock;
use clap::Args;
use domain::{
    cadence::{self, Reachability, Touchpoint},
    time::whole_second,
};
use jiff::{Timestamp, tz::TimeZone};

use crate::{
    definition::{Definition, FileError},
    failure,
    output::{self, FullArg, OutputArg},
};

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
    #[command(flatten)]
    full: FullArg,
    #[command(flatten)]
    output: OutputArg,
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
    match print(args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failure::report("plan", &error),
    }
}

fn print(args: &PlanArgs) -> Result<(), PlanError> {
    let mut definition = Definition::open(&args.file)?;
    if let Some(timezone) = &args.timezone {
        definition.timezone = timezone.clone();
    }
    let reach = Reachability {
        phone: !args.no_phone,
        email: !args.no_email,
    };
    let now = args.at.unwrap_or_else(|| Clock::System.now());
    // As an intake does.
    let enrolled_at = whole_second(now);
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
    let text = if args.output.is_json() {
        json::of(&plan)?
    } else {
        let table = table::of(&plan, args.full.is_full());
        format!("{table}\n{}", timeline::of(&plan))
    };
    output::print(&text)?;
    Ok(())
}

/// Why there is no plan.
#[derive(Debug, thiserror::Error)]
enum PlanError {
    #[error(transparent)]
    File(#[from] FileError),
    #[error("cannot print")]
    Print(#[from] io::Error),
    #[error("cannot print")]
    Json(#[from] serde_json::Error),
}
