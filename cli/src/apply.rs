//! `leadgate apply`: makes an account what a file says, and queues the starts that waited for a workflow
//! of it. Applying the same file again changes nothing.

mod changes;
mod plan;

use std::{
    io::{self, IsTerminal, Write},
    path::PathBuf,
    process::ExitCode,
};

use aws::{
    clock::Clock,
    queue::{QueueError, StartQueue, WorkflowStart},
    store::{Store, StoreError},
};
use clap::Args;
use domain::{
    ids::{AccountId, WorkflowId},
    workflow::Workflow,
};
use jiff::Timestamp;
use local::text::printable;
use serde::Serialize;
use tokio::time::{Duration, Instant};

use self::plan::{Plan, Step, StepOut};
#[cfg(test)]
pub(crate) use self::{changes::between, plan::next};
use crate::{
    definition::{File, FileError},
    failure,
    output::{self, OutputArg},
    stored::StoredAccount,
    target::{AccountArg, QueueArgs, Target, TargetArgs, TargetError},
};

/// Sending ends after this long: an outage ends in an error that says how many were sent.
const SEND_TIMEOUT: Duration = Duration::from_secs(300);

/// What `leadgate apply` can be told.
#[derive(Args, Clone, Debug)]
pub struct ApplyArgs {
    /// The file: of an account, or of one workflow
    #[arg(short, long)]
    file: PathBuf,
    /// Write without asking
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    account: AccountArg,
    #[command(flatten)]
    output: OutputArg,
    #[command(flatten)]
    target: TargetArgs,
    #[command(flatten)]
    queues: QueueArgs,
}

/// What is printed.
#[derive(Serialize)]
struct Applied {
    changes: Vec<StepOut>,
    /// Whether the account has what the file says.
    applied: bool,
    /// Starts that waited for a workflow that is not paused any more.
    queued_starts: usize,
}

/// Applies the file. Exit code 1, and a line for each problem on standard error, if it cannot.
pub async fn run(args: &ApplyArgs) -> ExitCode {
    match apply(args, Clock::System.now()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failure::report("apply", &error),
    }
}

async fn apply(args: &ApplyArgs, now: Timestamp) -> Result<(), ApplyError> {
    let file = File::open(&args.file)?;
    let target = Target::with_queues(&args.target, &args.queues, None).await?;
    let (store, queue) = (target.store()?, target.queue()?);
    let account = target.account(&args.account).await?;
    let stored = StoredAccount::read(&store, account).await?;
    let stored = stored.ok_or(ApplyError::NoAccount(account))?;
    let Plan { steps, workflows } = Plan::new(file, &stored, now)?;
    for step in &steps {
        if let Step::RemoveWorkflow(workflow) = step {
            if workflow.is_paused {
                return Err(ApplyError::PausedWorkflow(workflow.name.clone()));
            }
            nobody_waits(&store, account, workflow).await?;
        }
    }
    let mut applied = Applied {
        changes: steps.iter().map(Step::out).collect(),
        applied: steps.is_empty(),
        queued_starts: 0,
    };
    if !args.output.is_json() {
        for step in &applied.changes {
            output::print(&step.text())?;
        }
    }
    if !steps.is_empty() && !args.yes {
        if args.output.is_json() {
            args.output.print(&applied, |_| String::new())?;
            return Err(ApplyError::NoQuestion);
        }
        ask()?;
    }
    for step in steps {
        step.run(&store, account).await.map_err(of_write)?;
    }
    applied.applied = true;
    // Not before the workflows are written: a start that comes later finds them unpaused.
    for workflow in workflows.iter().filter(|workflow| !workflow.is_paused) {
        applied.queued_starts += send_waiting(&store, &queue, account, workflow.id, now).await?;
    }
    args.output.print(&applied, |applied| {
        let mut text = if applied.changes.is_empty() {
            "Nothing changes: the account has what the file says.\n".to_owned()
        } else {
            "Applied.\n".to_owned()
        };
        for paused in workflows.iter().filter(|workflow| workflow.is_paused) {
            let name = &paused.name;
            let name = printable(name);
            text += &format!("{name} is paused: it takes leads, and schedules nothing.\n");
        }
        if applied.queued_starts > 0 {
            let starts = applied.queued_starts;
            text += &format!("Starts that waited and are queued now: {starts}.\n");
        }
        text
    })?;
    Ok(())
}

fn of_write(error: StoreError) -> ApplyError {
    match error {
        StoreError::Conflict => ApplyError::Conflict,
        error => error.into(),
    }
}

/// Starts can still wait for a workflow that is not paused any more: they are sent when it is applied again,
/// which a removed one never is.
async fn nobody_waits(
    store: &Store,
    account: AccountId,
    workflow: &Workflow,
) -> Result<(), ApplyError> {
    match store.waiting_starts(account, workflow.id).await?.len() {
        0 => Ok(()),
        starts => Err(ApplyError::AwaitedWorkflow {
            name: workflow.name.clone(),
            starts,
        }),
    }
}

fn ask() -> Result<(), ApplyError> {
    let mut stdout = io::stdout();
    if !(io::stdin().is_terminal() && stdout.is_terminal()) {
        return Err(ApplyError::NoTerminal);
    }
    write!(stdout, "Apply? [y/N] ")?;
    stdout.flush()?;
    let mut answer = String::new();
    io::stdin().read_line(&mut answer)?;
    match answer.trim() {
        "y" | "Y" | "yes" => Ok(()),
        _ => Err(ApplyError::Declined),
    }
}

/// Sends the starts that wait for a workflow, and says how many. What they wait for is noted until
/// their runs are planned, so sending them once more does no harm.
async fn send_waiting(
    store: &Store,
    queue: &StartQueue,
    account: AccountId,
    workflow: WorkflowId,
    now: Timestamp,
) -> Result<usize, ApplyError> {
    let waiting = store.waiting_starts(account, workflow).await?;
    let starts: Vec<_> = waiting
        .into_iter()
        .map(|waiting| WorkflowStart {
            account_id: account,
            lead_id: waiting.lead_id,
            run_id: waiting.run_id,
            job_id: waiting.job_id,
            workflow_id: workflow,
            enqueued_at: now,
        })
        .collect();
    let until = Instant::now() + SEND_TIMEOUT;
    let many = queue.send_many(&starts, until).await;
    let sent = many.sent.into_iter().filter(|is_sent| *is_sent).count();
    if sent < starts.len() {
        return Err(ApplyError::Unsent {
            sent,
            all: starts.len(),
            cause: many.errors.into_iter().next(),
        });
    }
    Ok(sent)
}

/// Why a file is not applied, or not wholly.
#[derive(Debug, thiserror::Error)]
enum ApplyError {
    #[error(transparent)]
    File(#[from] FileError),
    #[error("there is no account {0}")]
    NoAccount(AccountId),
    #[error("two {kind} have the name {name}, {} and {}: give each a name of its own", .ids[0], .ids[1])]
    Ambiguous {
        kind: &'static str,
        name: String,
        ids: [String; 2],
    },
    #[error(
        "the workflow {0} cannot be removed while it is paused, as starts may wait for it: apply it with \
         is_paused: false first"
    )]
    PausedWorkflow(String),
    #[error(
        "the workflow {name} cannot be removed: {starts} starts wait for it; apply it as it is, which \
         sends them"
    )]
    AwaitedWorkflow { name: String, starts: usize },
    #[error("not a terminal, so nothing was asked and nothing was changed: pass --yes to apply")]
    NoTerminal,
    #[error("with --output json nothing is asked, so nothing was changed: pass --yes to apply")]
    NoQuestion,
    #[error("nothing was changed")]
    Declined,
    #[error("it was changed meanwhile: run it again")]
    Conflict,
    #[error("{sent} of {all} starts that waited are queued: run it again to queue the others")]
    Unsent {
        sent: usize,
        all: usize,
        #[source]
        cause: Option<QueueError>,
    },
    #[error(transparent)]
    Target(#[from] TargetError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("cannot print or ask")]
    Terminal(#[from] io::Error),
}
