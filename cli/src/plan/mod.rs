//! `leadgate plan`: shows the touchpoints that a workflow plans for a lead.

pub mod json;
mod messages;
mod preview;
pub mod table;
pub mod timeline;

use std::{path::PathBuf, process::ExitCode};

use api::{ApiError, Problems};
use aws::{clock::Clock, randomness::Randomness};
use clap::Args;
use domain::{
    account::AccountSettings,
    cadence::{self, Reachability},
    ids::AccountId,
    lead::Lead,
    limit::Limits,
    time::whole_second,
};
use jiff::{Timestamp, tz::TimeZone};
use local::text::PrintError;

use self::preview::Preview;
use crate::{
    apply::stored_workflow,
    body::{self, BodyError},
    definition::{FileError, WorkflowDefinition, is_stdin},
    failure, missing,
    moment::Moment,
    nearest::zone,
    output::{FullArg, OutputArg, hint_line},
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
    /// Lead to plan for, as the body of `POST /leads`: JSON, @FILE, or - for standard input. Shows
    /// each message with the values of the lead
    #[arg(long, value_name = "JSON", conflicts_with_all = ["no_phone", "no_email"])]
    lead: Option<String>,
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
    if args.lead.as_deref() == Some("-") && is_stdin(&args.file) {
        return Err(PlanError::OneInput);
    }
    let mut definition = WorkflowDefinition::open(&args.file)?;
    if let Some(timezone) = &args.timezone {
        definition.timezone = timezone.clone();
    }
    let now = Clock::System.now();
    let lead = args.lead.as_deref();
    let lead = lead.map(|lead| read_lead(&definition, lead, now));
    let (lead, hints) = lead.transpose()?.unzip();
    let reach = lead.as_ref().map_or(
        Reachability {
            phone: !args.no_phone,
            email: !args.no_email,
        },
        Lead::reachability,
    );
    let first_message = lead
        .as_ref()
        .and_then(|lead| lead.start.as_ref()?.first_message.as_ref());
    let at = args.at.after(now, &definition.timezone);
    // The API enrols leads at whole seconds.
    let enrolled_at = whole_second(at);
    let touchpoints = cadence::plan(
        &definition.cadence,
        &definition.timezone,
        reach,
        first_message,
        enrolled_at,
    );
    let hints = match hints {
        Some(hints) => hints,
        None => missing::hint("A lead", &definition.cadence.steps)
            .into_iter()
            .collect(),
    };
    let lead = lead.map(|lead| lead.profile);
    let preview = Preview::new(definition, enrolled_at, touchpoints, lead, hints);
    args.output
        .print(&json::of(&preview), |_| text(&preview, args.full.is_full()))?;
    Ok(())
}

/// Reads the lead of `--lead` as the API does, with the file's workflow. Returns it with hints.
fn read_lead(
    definition: &WorkflowDefinition,
    lead: &str,
    now: Timestamp,
) -> Result<(Lead, Vec<String>), PlanError> {
    let body = body::read("--lead", lead)?;
    let workflow = stored_workflow(definition.clone(), None, now);
    let account = AccountSettings {
        id: AccountId::new(now, Randomness::System.bits()),
        default_country: None,
        limits: Limits::default(),
    };
    let (lead, hints) = api::read_lead(&account, workflow, &body, now)?;
    Ok((lead, hints.into_texts()))
}

fn text(preview: &Preview, is_full: bool) -> String {
    let table = table::of(preview, is_full);
    let windows = &preview.definition.cadence.windows;
    let timeline = timeline::of(&preview.touchpoints, windows);
    let messages = match preview.lead {
        Some(_) => messages::of(preview, is_full),
        None => String::new(),
    };
    let hints = preview.hints.iter().map(|hint| hint_line(hint));
    format!("{table}\n{timeline}{messages}{}", hints.collect::<String>())
}

/// Reason why there is no plan.
#[derive(Debug, thiserror::Error)]
enum PlanError {
    #[error(transparent)]
    File(#[from] FileError),
    #[error("the file and --lead cannot both be standard input: pass one of them as a file")]
    OneInput,
    #[error(transparent)]
    Body(#[from] BodyError),
    #[error("{}", body::lines(.0))]
    Lead(Problems),
    #[error("--lead: {0}")]
    Api(ApiError),
    #[error(transparent)]
    Print(#[from] PrintError),
}

impl From<ApiError> for PlanError {
    fn from(error: ApiError) -> Self {
        match error {
            ApiError::Validation(problems) => Self::Lead(problems),
            error => Self::Api(error),
        }
    }
}
