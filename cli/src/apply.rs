//! `leadgate apply`: makes a workflow of an account what a file says, and queues the starts that waited
//! for it. Applying the same file again changes nothing.

mod changes;
mod target;

use std::{
    io::{self, IsTerminal, Write},
    path::PathBuf,
    process::ExitCode,
};

use clap::Args;
use jiff::Timestamp;
use shared::{
    clock::{Clock, whole_second},
    domain::{
        ids::{AccountId, StatusId, WorkflowId},
        page::PageRequest,
        workflow::{Status, Workflow},
    },
    queue::{QueueError, WorkflowStart},
    store::StoreError,
};
use tokio::time::{Duration, Instant};

use self::target::{Target, TargetArgs};
use crate::{
    definition::{Definition, FileError, StatusDefinition},
    failure,
};

/// Sending ends after this long: an outage ends in an error that says how many were sent.
const SEND_TIMEOUT: Duration = Duration::from_secs(300);
const WORKFLOWS_A_PAGE: u16 = 200;

/// What `leadgate apply` can be told.
#[derive(Args, Clone, Debug)]
pub struct ApplyArgs {
    /// The workflow file
    #[arg(long)]
    file: PathBuf,
    /// Write without asking
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    target: TargetArgs,
}

/// Applies the file. Exit code 1, and a line for each problem on standard error, if it cannot.
pub async fn run(args: &ApplyArgs) -> ExitCode {
    match apply(args, Clock::System.now()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failure::report("apply", &error),
    }
}

async fn apply(args: &ApplyArgs, now: Timestamp) -> Result<(), ApplyError> {
    let definition = Definition::open(&args.file)?;
    let target = Target::of(&args.target).await;
    let before = stored(&target, &definition.name).await?;
    let after = next(definition, before.as_ref(), now);
    let mut stdout = io::stdout();
    if write(&target, before.as_ref(), &after, args.yes).await? {
        writeln!(stdout, "Stored {} as version {}.", after.id, after.version)?;
    }
    if after.is_paused {
        writeln!(
            stdout,
            "It is paused: it takes leads, and schedules nothing."
        )?;
        return Ok(());
    }
    // Not before the workflow is written: a start that comes later finds it unpaused.
    let sent = send_waiting(&target, after.id, now).await?;
    writeln!(
        stdout,
        "Starts that waited for it and are queued now: {sent}."
    )?;
    Ok(())
}

/// The account's workflow of that name.
async fn stored(target: &Target, name: &str) -> Result<Option<Workflow>, ApplyError> {
    let Target { account, store, .. } = target;
    let found = store.account(*account).await;
    if found.map_err(|error| unreached(target, error))?.is_none() {
        return Err(ApplyError::NoAccount(*account));
    }
    let mut found = Vec::new();
    let mut request = PageRequest {
        limit: WORKFLOWS_A_PAGE,
        after: None,
    };
    loop {
        let page = store.workflows(*account, &request).await?;
        found.extend(page.items.into_iter().filter(|it| it.name == name));
        request.after = page.next;
        if request.after.is_none() {
            break;
        }
    }
    if let [one, another, ..] = found.as_slice() {
        return Err(ApplyError::Ambiguous {
            name: name.to_owned(),
            ids: [one.id, another.id],
        });
    }
    Ok(found.pop())
}

fn unreached(target: &Target, error: StoreError) -> ApplyError {
    match (&target.local, error) {
        (Some(url), StoreError::NoAnswer(_)) => ApplyError::NoStack { url: url.clone() },
        (_, error) => error.into(),
    }
}

/// The workflow as the definition wants it. A status keeps its id for as long as its key stays.
fn next(definition: Definition, before: Option<&Workflow>, now: Timestamp) -> Workflow {
    let Definition {
        name,
        goal_type,
        timezone,
        is_paused,
        statuses,
        cadence,
    } = definition;
    let status = |status| {
        let StatusDefinition {
            key,
            label,
            category,
            is_initial,
            is_terminal,
        } = status;
        let stored = before.and_then(|before| before.statuses.iter().find(|it| it.key == key));
        Status {
            id: stored.map_or_else(|| StatusId::new(now), |stored| stored.id),
            key,
            label,
            category,
            is_initial,
            is_terminal,
        }
    };
    Workflow {
        id: before.map_or_else(|| WorkflowId::new(now), |before| before.id),
        version: before.map_or(1, |before| before.version.saturating_add(1)),
        name,
        goal_type,
        is_paused,
        timezone,
        statuses: statuses.into_iter().map(status).collect(),
        cadence,
        created_at: before.map_or_else(|| whole_second(now), |before| before.created_at),
    }
}

/// Shows what differs and, if it is wanted, writes it. False: nothing differs.
async fn write(
    target: &Target,
    before: Option<&Workflow>,
    after: &Workflow,
    is_wanted: bool,
) -> Result<bool, ApplyError> {
    let mut stdout = io::stdout();
    let name = &after.name;
    match before {
        None => writeln!(
            stdout,
            "{name} is created, with {} statuses and {} steps.",
            after.statuses.len(),
            after.cadence.steps.len()
        )?,
        Some(before) => {
            let changes = changes::between(before, after);
            if changes.is_empty() {
                let version = before.version;
                writeln!(stdout, "{name} is as the file says, in version {version}.")?;
                return Ok(false);
            }
            writeln!(stdout, "{name} is changed:")?;
            for change in changes {
                writeln!(stdout, "  {change}")?;
            }
        }
    }
    if !is_wanted {
        ask()?;
    }
    let written = match before {
        None => target.store.create_workflow(target.account, after).await,
        Some(_) => target.store.replace_workflow(target.account, after).await,
    };
    written.map_err(|error| match error {
        StoreError::Conflict => ApplyError::Conflict,
        error => error.into(),
    })?;
    Ok(true)
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
    target: &Target,
    workflow: WorkflowId,
    now: Timestamp,
) -> Result<usize, ApplyError> {
    let account = target.account;
    let waiting = target.store.waiting_starts(account, workflow).await?;
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
    let many = target.queue.send_many(&starts, until).await;
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
    #[error(
        "no local stack answers on {url}: start one with `cargo dev`, or pass --table and --queue-url"
    )]
    NoStack { url: String },
    #[error("there is no account {0}")]
    NoAccount(AccountId),
    #[error("two workflows have the name {name}, {} and {}: nobody knows which is meant", .ids[0], .ids[1])]
    Ambiguous { name: String, ids: [WorkflowId; 2] },
    #[error("nothing was changed: this is no terminal to ask on, pass --yes to apply it")]
    NoTerminal,
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
    Store(#[from] StoreError),
    #[error("cannot print or ask")]
    Terminal(#[from] io::Error),
}
