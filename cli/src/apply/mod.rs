//! `leadgate apply`: changes an account to match a file. It queues the starts that waited for its
//! workflows. wake-runs releases the runs that they held. A second `apply` of the same file changes nothing.

mod actions;
mod diff;
mod error;
mod stored_workflow;

use std::{
    io::{self, IsTerminal, Write},
    path::{Path, PathBuf},
    process::ExitCode,
};

use aws::{
    queue::{StartQueue, WorkflowStart},
    store::{HoldScope, Store},
};
use clap::Args;
use domain::{
    destination::Destination,
    ids::{AccountId, WorkflowId},
    run::HeldBy,
    webhook_url::WebhookUrl,
    workflow::Workflow,
};
use jiff::Timestamp;
use local::text::{counted, cut, printable};
use serde::Serialize;
use tokio::time::{Duration, Instant};

#[cfg(test)]
pub use self::diff::between;
pub use self::stored_workflow::stored_workflow;
use self::{
    actions::{Action, ActionOut, Actions},
    error::ApplyError,
};
use crate::{
    definition::{File, FileError, is_stdin},
    failure, missing,
    output::{self, OutputArg, hint_line},
    stored::StoredAccount,
    target::{AccountArg, QueueUrlArgs, Target, TargetArgs},
};

/// Maximum time to send the waiting starts. An outage of SQS then ends in an error with their
/// number.
const SEND_TIMEOUT: Duration = Duration::from_secs(300);

/// Maximum number of columns of a workflow's name in a sentence.
const LONGEST_NAME: usize = 40;

const UNCHANGED: &str = "Nothing to change: the account matches the file.\n";

/// Options of `leadgate apply`.
#[derive(Args, Clone, Debug)]
#[command(override_usage = "leadgate apply [OPTIONS] <FILE>")]
pub struct ApplyArgs {
    /// File of an account or of one workflow; `-` reads standard input
    #[arg(required_unless_present = "option")]
    file: Option<PathBuf>,
    /// The same file, as an option
    #[arg(
        short = 'f',
        long = "file",
        id = "option",
        value_name = "FILE",
        hide = true,
        conflicts_with = "file"
    )]
    option: Option<PathBuf>,
    /// Apply without asking
    #[arg(long)]
    yes: bool,
    /// Show the changes, and write nothing
    #[arg(long, conflicts_with = "yes")]
    dry_run: bool,
    #[command(flatten)]
    account: AccountArg,
    #[command(flatten)]
    output: OutputArg,
    #[command(flatten)]
    target: TargetArgs,
    #[command(flatten)]
    queues: QueueUrlArgs,
}

/// Output of the command.
#[derive(Serialize)]
struct Applied {
    changes: Vec<ActionOut>,
    /// Whether the account matches the file now.
    applied: bool,
    /// Number of starts that waited for an unpaused workflow and are queued now.
    queued_starts: usize,
    /// Number of runs that the unpaused and the removed workflows held, at most 500 of each. They go on
    /// within a minute or two. In a dry run, the number of those that would.
    released_runs: usize,
    /// Sentences about likely mistakes.
    hints: Vec<String>,
}

/// Applies the file. The exit code is 1 if it cannot; standard error then has a line for each
/// problem.
pub async fn run(args: &ApplyArgs) -> ExitCode {
    match apply(args).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(ApplyError::File(FileError::Wrong(text))) => failure::report_lines("apply", &text),
        Err(error) => failure::report("apply", &error),
    }
}

async fn apply(args: &ApplyArgs) -> Result<(), ApplyError> {
    let path = args.file.as_ref().or(args.option.as_ref());
    let path = path.map_or(Path::new("-"), PathBuf::as_path);
    let file = File::open(path)?;
    let target = Target::with_queues(&args.target, &args.queues).await?;
    check_webhooks(&file, target.is_local)?;
    let (store, now) = (target.store()?, target.clock.now());
    // Nothing is sent in a dry run.
    let queue = (!args.dry_run).then(|| target.queue()).transpose()?;
    let account = target.account(&args.account).await?;
    let stored = StoredAccount::read(&store, account).await?;
    let Actions { actions, workflows } = Actions::new(file, &stored, now)?;
    for action in &actions {
        if let Action::RemoveWorkflow(workflow) = action {
            check_removal(&store, account, workflow).await?;
        }
    }
    let mut applied = Applied {
        changes: actions.iter().flat_map(Action::out).collect(),
        applied: actions.is_empty(),
        queued_starts: 0,
        released_runs: 0,
        hints: workflows.iter().filter_map(hint).collect(),
    };
    let goes_on = |workflow: &&Workflow| !workflow.is_paused;
    if !args.output.is_json() {
        for change in &applied.changes {
            output::print(&change.text())?;
        }
        for hint in &applied.hints {
            output::print(&hint_line(hint))?;
        }
    }
    let removed = actions.iter().filter_map(Action::removed);
    for workflow in workflows.iter().filter(goes_on).chain(removed) {
        let scope = HoldScope::Workflow(account, workflow.id);
        applied.released_runs += store.held_runs(scope).await?.len();
    }
    let Some(queue) = queue else {
        applied
            .changes
            .iter_mut()
            .for_each(ActionOut::forget_new_id);
        args.output.print(&applied, dry_text)?;
        return Ok(());
    };
    if !actions.is_empty() && !args.yes {
        if args.output.is_json() {
            applied
                .changes
                .iter_mut()
                .for_each(ActionOut::forget_new_id);
            args.output.print(&applied, |_| String::new())?;
            return Err(ApplyError::NoQuestion);
        }
        if is_stdin(path) {
            return Err(ApplyError::FileIsInput);
        }
        ask(&question(&applied.changes))?;
    }
    let options = format!("{}{}", args.account.typed(), args.target.typed());
    for action in actions {
        action.run(&store, account).await?;
    }
    applied.applied = true;
    // After the workflows are written: a start that arrives from now on finds them unpaused and
    // does not wait.
    for workflow in workflows.iter().filter(goes_on) {
        applied.queued_starts += send_waiting(&store, &queue, account, workflow.id, now).await?;
    }
    args.output
        .print(&applied, |applied| text(applied, &workflows, &options))?;
    let paused: Vec<_> = workflows.iter().filter(|it| it.is_paused).collect();
    if !paused.is_empty() {
        // After the pauses are written, so that hardly any touchpoint is opened behind this.
        let is_paused = |id| paused.iter().any(|it| it.id == id);
        let held_by = |id| is_paused(id).then_some(HeldBy::Workflow(id));
        let held = store.hold_open_runs(account, held_by, target.clock.now());
        held.await.map_err(ApplyError::NotHeld)?;
    }
    Ok(())
}

/// Checks that no webhook of a deployment is on this machine, which only a local stack can call.
fn check_webhooks(file: &File, is_local: bool) -> Result<(), ApplyError> {
    let File::Account(account) = file else {
        return Ok(());
    };
    let mut destinations = account.destinations.iter().flatten();
    let is_here = |it: &&Destination| it.webhook().is_some_and(WebhookUrl::is_on_this_machine);
    match destinations.find(is_here).filter(|_| !is_local) {
        Some(destination) => Err(ApplyError::ThisMachine(destination.name.clone())),
        None => Ok(()),
    }
}

/// Returns a sentence about the variables without a default in the messages of a workflow.
fn hint(workflow: &Workflow) -> Option<String> {
    let name = cut(&workflow.name, LONGEST_NAME);
    missing::hint(&format!("In {name}, a lead"), &workflow.cadence.steps)
}

fn dry_text(applied: &Applied) -> String {
    let mut text = match applied.changes.is_empty() {
        true => UNCHANGED,
        false => "Nothing was changed, because this is a dry run.\n",
    }
    .to_owned();
    if applied.released_runs > 0 {
        let runs = counted(applied.released_runs, "held run");
        text += &format!("Without --dry-run, this releases {runs}.\n");
    }
    text
}

/// Returns the question before the changes are made. It names what is removed.
fn question(changes: &[ActionOut]) -> String {
    let mut removed = Vec::new();
    for kind in ["workflow", "campaign", "destination"] {
        let names: Vec<_> = changes.iter().filter_map(|it| it.removed(kind)).collect();
        if let [first, ..] = names.as_slice() {
            let what = counted(names.len(), kind);
            let others = if names.len() > 1 { ", ..." } else { "" };
            removed.push(format!(
                "{what} ({}{others})",
                printable(&cut(first, LONGEST_NAME))
            ));
        }
    }
    if removed.is_empty() {
        return "Apply? [y/N] ".to_owned();
    }
    format!("This removes {}.\nApply? [y/N] ", removed.join(" and "))
}

fn text(applied: &Applied, workflows: &[Workflow], options: &str) -> String {
    let mut text = if applied.changes.is_empty() {
        UNCHANGED.to_owned()
    } else {
        "Applied.\n".to_owned()
    };
    text.extend(applied.changes.iter().map(|it| it.created_text(options)));
    for paused in workflows.iter().filter(|workflow| workflow.is_paused) {
        let name = printable(&paused.name);
        text += &format!("{name} is paused: it accepts leads, but their runs wait.\n");
    }
    if applied.queued_starts > 0 {
        text += &format!("Waiting starts queued: {}.\n", applied.queued_starts);
    }
    if applied.released_runs > 0 {
        let runs = counted(applied.released_runs, "held run");
        text += &format!("Within two minutes, this releases {runs}.\n");
    }
    text
}

/// Checks that no start waits for a workflow. `apply` sends the waiting starts of the workflows in
/// its file only, so those of a removed workflow would wait forever.
async fn check_removal(
    store: &Store,
    account: AccountId,
    workflow: &Workflow,
) -> Result<(), ApplyError> {
    if workflow.is_paused {
        return Err(ApplyError::PausedWorkflow(workflow.name.clone()));
    }
    match store.waiting_starts(account, workflow.id).await?.len() {
        0 => Ok(()),
        starts => Err(ApplyError::AwaitedWorkflow {
            name: workflow.name.clone(),
            starts,
        }),
    }
}

fn ask(question: &str) -> Result<(), ApplyError> {
    let mut stdout = io::stdout();
    if !(io::stdin().is_terminal() && stdout.is_terminal()) {
        return Err(ApplyError::NoTerminal);
    }
    let mut answer = String::new();
    write!(stdout, "{question}")
        .and_then(|()| stdout.flush())
        .and_then(|()| io::stdin().read_line(&mut answer))
        .map_err(ApplyError::Ask)?;
    match answer.trim() {
        "y" | "Y" | "yes" => Ok(()),
        _ => Err(ApplyError::Declined),
    }
}

/// Sends the starts that wait for a workflow, and returns their number. The waiting notes stay
/// until start-workflow has planned the runs, so a second call sends the starts again, which does
/// no harm.
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
