//! `leadgate workflow`: the workflows of an account.

mod text;

use std::process::ExitCode;

use aws::store::{Store, StoreError};
use clap::{Args, Subcommand};
use domain::{
    ids::{AccountId, WorkflowId},
    workflow::Workflow,
};
use jiff::Timestamp;
use local::text::PrintError;
use serde::Serialize;

use crate::{
    definition::WorkflowDefinition,
    failure,
    ids::IdError,
    output::{FullArg, OutputArg},
    stored,
    target::{AccountArg, Target, TargetArgs, TargetError},
};

/// Commands of `leadgate workflow`.
#[derive(Subcommand, Clone, Debug)]
pub enum WorkflowCommand {
    /// List the workflows of an account, oldest first.
    ///
    /// With --output json, prints {"workflows": [{"id", "version", "name", "goal_type", "timezone",
    /// "is_paused", "is_removed", "steps", "created_at"}]}. steps is their number.
    List(ListArgs),
    /// Show what a workflow does: its statuses, its windows and its steps.
    ///
    /// With --output json, prints {"workflow": {"id", "version", "is_removed", "created_at", ...}}
    /// with the fields of a file for `leadgate apply`.
    Show(ShowArgs),
}

/// Options of `leadgate workflow list`.
#[derive(Args, Clone, Debug)]
pub struct ListArgs {
    /// List the removed workflows instead
    #[arg(long)]
    removed: bool,
    #[command(flatten)]
    account: AccountArg,
    #[command(flatten)]
    full: FullArg,
    #[command(flatten)]
    output: OutputArg,
    #[command(flatten)]
    target: TargetArgs,
}

/// Options of `leadgate workflow show`.
#[derive(Args, Clone, Debug)]
pub struct ShowArgs {
    /// Name or id of the workflow, or the last characters of the id
    // Not parsed by clap: it would print a wrong value, which may be a key.
    #[arg(value_name = "NAME|ID")]
    workflow: String,
    /// Show a removed workflow, which may still have runs
    #[arg(long)]
    removed: bool,
    #[command(flatten)]
    account: AccountArg,
    #[command(flatten)]
    output: OutputArg,
    #[command(flatten)]
    target: TargetArgs,
}

#[derive(Serialize)]
struct WorkflowsOut {
    workflows: Vec<SummaryOut>,
}

#[derive(Serialize)]
struct SummaryOut {
    id: WorkflowId,
    version: u32,
    name: String,
    goal_type: domain::workflow::GoalType,
    timezone: String,
    is_paused: bool,
    is_removed: bool,
    steps: usize,
    created_at: Timestamp,
}

#[derive(Serialize)]
struct OneOut {
    workflow: WholeOut,
}

#[derive(Serialize)]
struct WholeOut {
    id: WorkflowId,
    version: u32,
    is_removed: bool,
    created_at: Timestamp,
    #[serde(flatten)]
    definition: WorkflowDefinition,
}

impl SummaryOut {
    fn new(workflow: &Workflow, is_removed: bool) -> Self {
        Self {
            id: workflow.id,
            version: workflow.version,
            name: workflow.name.clone(),
            goal_type: workflow.goal_type,
            timezone: workflow.timezone_name().to_owned(),
            is_paused: workflow.is_paused,
            is_removed,
            steps: workflow.cadence.steps.len(),
            created_at: workflow.created_at,
        }
    }
}

/// Runs the command. The exit code is 1 if it fails; standard error then has a line for each
/// problem.
pub async fn run(command: &WorkflowCommand) -> ExitCode {
    let done = match command {
        WorkflowCommand::List(args) => list(args).await,
        WorkflowCommand::Show(args) => show(args).await,
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failure::report("workflow", &error),
    }
}

async fn list(args: &ListArgs) -> Result<(), WorkflowError> {
    let target = Target::of(&args.target).await?;
    let (store, account) = target.store_of(&args.account).await?;
    let now = target.clock.now();
    let workflows = all(&store, account, args.removed).await?;
    let out = WorkflowsOut {
        workflows: workflows
            .iter()
            .map(|workflow| SummaryOut::new(workflow, args.removed))
            .collect(),
    };
    args.output.print(&out, |WorkflowsOut { workflows }| {
        if workflows.is_empty() {
            return if args.removed {
                "The account has no removed workflows.\n".to_owned()
            } else {
                "The account has no workflows. `leadgate apply` creates those of a file.\n"
                    .to_owned()
            };
        }
        let row = |workflow: &SummaryOut| {
            [
                args.full.id(workflow.id),
                workflow.name.clone(),
                if workflow.is_paused { "paused" } else { "-" }.to_owned(),
                workflow.timezone.clone(),
                workflow.steps.to_string(),
                args.full.time(workflow.created_at, now),
            ]
        };
        let rows: Vec<_> = workflows.iter().map(row).collect();
        let headings = ["ID", "NAME", "PAUSED", "TIME ZONE", "STEPS", "CREATED"];
        args.full.table(headings, &rows, &["NAME", "TIME ZONE"])
    })?;
    Ok(())
}

async fn show(args: &ShowArgs) -> Result<(), WorkflowError> {
    let target = Target::of(&args.target).await?;
    let (store, account) = target.store_of(&args.account).await?;
    let now = target.clock.now();
    let found = stored::workflow_in(all(&store, account, args.removed).await?, &args.workflow);
    let workflow = match found {
        Ok(workflow) => workflow,
        Err(error) if args.removed => return Err(error.into()),
        Err(error) => {
            // The same name or id may be that of a removed workflow.
            let removed = all(&store, account, true).await?;
            return Err(match stored::workflow_in(removed, &args.workflow) {
                Ok(removed) => WorkflowError::Removed(removed.id),
                Err(_) => error.into(),
            });
        }
    };
    let out = OneOut {
        workflow: WholeOut {
            id: workflow.id,
            version: workflow.version,
            is_removed: args.removed,
            created_at: workflow.created_at,
            definition: WorkflowDefinition::from(&workflow),
        },
    };
    args.output
        .print(&out, |_| text::of(&workflow, args.removed, now))?;
    Ok(())
}

async fn all(
    store: &Store,
    account: AccountId,
    is_removed: bool,
) -> Result<Vec<Workflow>, StoreError> {
    if is_removed {
        stored::removed_workflows(store, account).await
    } else {
        stored::workflows(store, account).await
    }
}

/// Reason why a command on workflows failed.
#[derive(Debug, thiserror::Error)]
enum WorkflowError {
    #[error("the workflow {0} was removed: pass --removed to show it")]
    Removed(WorkflowId),
    #[error(transparent)]
    Id(#[from] IdError),
    #[error(transparent)]
    Target(#[from] TargetError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Print(#[from] PrintError),
}
