//! `leadgate plan`: shows the touchpoints that a workflow plans for a lead.

pub mod json;
mod preview;
pub mod table;
pub mod timeline;

use std::{path::PathBuf, process::ExitCode};

use aws::clock::Clock;
use clap::Args;
use domain::{
    cadence::{self, Reachability},
    time::whole_second,
};
use jiff::tz::TimeZone;
use local::text::PrintError;

use self::preview::Preview;
use crate::{
    definition::{FileError, WorkflowDefinition},
    failure,
    moment::Moment,
    nearest::zone,
    output::{FullArg, OutputArg},
};

/// Options of `leadgate plan`.
#[derive(Args, Clone, Debug)]
pub struct PlanArgs {
    /// File of a workflow; `-` reads standard input
    file: PathBuf,
    /// Time at which the lead is enrolled, on the clocks of the workflow: 2026-02-10T09:00,
    /// 2026-02-10, tomorrow, 12h, or 2026-02-10T12:00:00Z
    #[arg(long, value_name = "TIME", default_value = "now")]
    at: Moment,
    /// Plan for a lead without a phone number
    #[arg(long)]
    no_phone: bool,
    /// Plan for a lead without an e-mail address
    #[arg(long)]
    no_email: bool,
    /// Time zone to use instead of the file's
    #[arg(long, value_name = "ZONE", value_parser = zone)]
    timezone: Option<TimeZone>,
    #[command(flatten)]
    full: FullArg,
    #[command(flatten)]
    output: OutputArg,
}

/// Prints the plan. The exit code is 1 if there is none; standard error then has a line for each
/// problem.
pub fn run(args: &PlanArgs) -> ExitCode {
    match print(args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(PlanError::File(FileError::Wrong(text))) => failure::report_lines("plan", &text),
        Err(error) => failure::report("plan", &error),
    }
}

fn print(args: &PlanArgs) -> Result<(), PlanError> {
    let mut definition = WorkflowDefinition::open(&args.file)?;
    if let Some(timezone) = &args.timezone {
        definition.timezone = timezone.clone();
    }
    let reach = Reachability {
        phone: !args.no_phone,
        email: !args.no_email,
    };
    let at = args.at.after(Clock::System.now(), &definition.timezone);
    // The API enrols leads at whole seconds.
    let enrolled_at = whole_second(at);
    let touchpoints = cadence::plan(
        &definition.cadence,
        &definition.timezone,
        reach,
        None,
        enrolled_at,
    );
    let preview = Preview {
        definition,
        enrolled_at,
        touchpoints,
    };
    args.output.print(&json::of(&preview), |_| {
        let table = table::of(&preview, args.full.is_full());
        format!(
            "{table}\n{}",
            timeline::of(&preview.touchpoints, &preview.definition.cadence.windows)
        )
    })?;
    Ok(())
}

/// Reason why there is no plan.
#[derive(Debug, thiserror::Error)]
enum PlanError {
    #[error(transparent)]
    File(#[from] FileError),
    #[error(transparent)]
    Print(#[from] PrintError),
}
