//! `leadgate run`: the runs of leads.

pub mod json;
pub mod words;

use std::process::ExitCode;

use aws::store::{Store, StoreError};
use clap::{Args, Subcommand};
use domain::{
    ids::LeadId,
    lead::Lead,
    run::Run,
    workflow::{Workflow, WorkflowLabel},
};
use jiff::Timestamp;
use local::text::PrintError;
use serde::Serialize;

use self::json::WholeRunOut;
use crate::{
    failure,
    fields::fields,
    ids::{self, IdError, Kind},
    lead_arg::{LeadArg, LeadArgError},
    output::{FullArg, OutputArg, exact, or_dash},
    plan::{table, timeline},
    target::{AccountArg, Target, TargetArgs, TargetError},
};

/// Number of a lead's newest runs among which a run is found by the end of its id.
pub const NEWEST: usize = 100;

/// Commands of `leadgate run`.
#[derive(Subcommand, Clone, Debug)]
pub enum RunCommand {
    /// Show a run of a lead: its touchpoints, its timeline and the outcome so far.
    ///
    /// With --output json, prints {"run": {"id", "job_id", "workflow": {"id", "name", "version"},
    /// "current_status": {"key", "label", "category"}, "run_status", "cadence_state",
    /// "human_takeover", "is_active", "paused_at", "held": {"by", "since"}, "created_at", "next",
    /// "timezone", "touchpoints": [...]}}. The touchpoints are as in `leadgate plan`, with their
    /// outcomes; next is one of them. held is null unless a paused workflow or an operator holds the run.
    Show(ShowArgs),
}

/// Options of `leadgate run show`.
#[derive(Args, Clone, Debug)]
pub struct ShowArgs {
    #[command(flatten)]
    lead: LeadArg,
    /// Id of the run, or its last characters [default: the newest run]
    #[arg(long, value_name = "ID")]
    run: Option<String>,
    #[command(flatten)]
    account: AccountArg,
    #[command(flatten)]
    full: FullArg,
    #[command(flatten)]
    output: OutputArg,
    #[command(flatten)]
    target: TargetArgs,
}

#[derive(Serialize)]
struct OneOut<'a> {
    run: WholeRunOut<'a>,
}

/// Runs the command. The exit code is 1 if it fails; standard error then has a line for each
/// problem.
pub async fn run(command: &RunCommand) -> ExitCode {
    let RunCommand::Show(args) = command;
    match show(args).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failure::report("run", &error),
    }
}

async fn show(args: &ShowArgs) -> Result<(), RunError> {
    let target = Target::of(&args.target).await?;
    let (store, account) = target.store_of(&args.account).await?;
    let now = target.clock.now();
    let lead = args.lead.read(&store, account).await?;
    let runs = of_lead(&store, &lead, NEWEST).await?;
    let run = match &args.run {
        None => runs.into_iter().next(),
        Some(text) => Some(ids::find(Kind::Run, text, runs, |run| run.id.to_string())?),
    };
    let run = run.ok_or(RunError::NoRun(lead.profile.id))?;
    let workflow = version_of(&store, &run).await?;
    let out = OneOut {
        run: WholeRunOut::new(&run, workflow.as_ref()),
    };
    args.output
        .print(&out, |_| text(&run, workflow.as_ref(), args.full, now))?;
    Ok(())
}

/// Returns the runs of a lead, newest first. The run of its start is among them, even if it is not
/// built yet.
///
/// # Errors
/// The errors of a read of the store.
pub async fn of_lead(store: &Store, lead: &Lead, limit: usize) -> Result<Vec<Run>, StoreError> {
    let mut runs = store.runs(lead.account_id, lead.profile.id, limit).await?;
    if let Some(start) = &lead.start
        && runs.iter().all(|run| run.id != start.run_id)
    {
        runs.insert(0, Run::queued(lead, start));
    }
    Ok(runs)
}

/// Returns the version of the workflow that a run follows. `None` if nothing is planned.
///
/// # Errors
/// The errors of a read of the store.
pub async fn version_of(store: &Store, run: &Run) -> Result<Option<Workflow>, StoreError> {
    if !run.is_planned() {
        return Ok(None);
    }
    let WorkflowLabel { id, version, .. } = run.workflow;
    store.workflow_version(run.account_id, id, version).await
}

/// Returns the newest run of a lead. `None` if it has none. Before the run is built, the lead's start
/// describes it.
pub fn current(lead: &Lead, newest: Option<Run>) -> Option<Run> {
    match &lead.start {
        Some(start) if newest.as_ref().is_none_or(|run| run.id != start.run_id) => {
            Some(Run::queued(lead, start))
        }
        _ => newest,
    }
}

fn text(run: &Run, workflow: Option<&Workflow>, full: FullArg, now: Timestamp) -> String {
    let head = [
        ("Run", run.id.to_string()),
        ("Lead", run.lead_id.to_string()),
        (
            "Workflow",
            format!("{} (version {})", run.workflow.name, run.workflow.version),
        ),
        ("Status", run.current_status.label.clone()),
        ("State", words::state_with_reason(run, now)),
        ("Touchpoints", or_dash(Some(words::counts(run)))),
        ("Created", exact(run.created_at, now)),
    ];
    let head = fields(&head, full.is_full());
    let Some(workflow) = workflow else {
        return head;
    };
    // A callback can put a touchpoint behind later ones.
    let mut touchpoints = run.touchpoints.clone();
    touchpoints.sort_by_key(|it| it.due_at);
    let table = table::touchpoints(
        &touchpoints,
        &workflow.timezone,
        full.is_full(),
        "STATE",
        |_, it| words::of_touchpoint(it),
    );
    let timeline = timeline::of(&touchpoints, &workflow.cadence.windows);
    format!("{head}\n{table}\n{timeline}")
}

/// Reason why a run is not shown.
#[derive(Debug, thiserror::Error)]
enum RunError {
    #[error(
        "the lead {0} has no run: it is in no workflow (POST /leads/{{id}}/assign-workflow puts it in one)"
    )]
    NoRun(LeadId),
    #[error(transparent)]
    Id(#[from] IdError),
    #[error(transparent)]
    Lead(#[from] LeadArgError),
    #[error(transparent)]
    Target(#[from] TargetError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Print(#[from] PrintError),
}
