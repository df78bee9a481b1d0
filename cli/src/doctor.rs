//! `leadgate doctor`: checks every item of the table against the rules that hold at all times. It
//! shows ids only, and no personal data.

use std::{process::ExitCode, time::Duration};

use aws::store::{Breach, Checked, Counts, StoreError};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use local::text::{PrintError, counted};
use serde::Serialize;
use tokio::time::Instant;

use crate::{
    failure,
    output::{self, OutputArg},
    target::{Target, TargetArgs, TargetError},
};

/// Time after which the progress is shown.
const QUICK: Duration = Duration::from_secs(1);

/// Options of `leadgate doctor`.
#[derive(Args, Clone, Debug)]
pub struct DoctorArgs {
    #[command(flatten)]
    output: OutputArg,
    #[command(flatten)]
    target: TargetArgs,
}

/// Output of the command.
#[derive(Serialize)]
struct Diagnosis {
    counts: Counts,
    breaches: Vec<BreachOut>,
}

#[derive(Serialize)]
struct BreachOut {
    #[serde(flatten)]
    breach: Breach,
    fault: &'static str,
    remedy: &'static str,
}

#[derive(Debug, thiserror::Error)]
enum DoctorError {
    #[error(transparent)]
    Target(#[from] TargetError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Print(#[from] PrintError),
}

/// Runs the command. The exit code is 1 if it finds a problem or fails.
pub async fn run(args: &DoctorArgs) -> ExitCode {
    match print(args).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => failure::report("doctor", &error),
    }
}

/// Checks the table, and prints the result. Returns whether there is no breach.
async fn print(args: &DoctorArgs) -> Result<bool, DoctorError> {
    let store = Target::of(&args.target).await?.store()?;
    let begun = Instant::now();
    let mut spinner = None;
    let show = |items: usize| {
        if begun.elapsed() > QUICK {
            let spinner = spinner.get_or_insert_with(new_spinner);
            spinner.set_position(u64::try_from(items).unwrap_or(u64::MAX));
        }
    };
    let Checked { counts, breaches } = store.check(show).await?;
    if let Some(spinner) = spinner {
        spinner.finish_and_clear();
    }
    let breaches = breaches.into_iter().map(|breach| BreachOut {
        fault: breach.rule.fault(),
        remedy: breach.rule.remedy(),
        breach,
    });
    let diagnosis = Diagnosis {
        counts,
        breaches: breaches.collect(),
    };
    args.output.print(&diagnosis, text)?;
    Ok(diagnosis.breaches.is_empty())
}

/// Returns a spinner. It is hidden if standard error is not a terminal.
fn new_spinner() -> ProgressBar {
    let style = ProgressStyle::with_template("{spinner} {pos} items checked");
    let style = style.unwrap_or_else(|_| ProgressStyle::default_spinner());
    ProgressBar::no_length().with_style(style)
}

fn text(diagnosis: &Diagnosis) -> String {
    let Counts {
        items,
        accounts,
        workflows,
        leads,
        runs,
        due,
        held,
        open,
        waiting,
        pending_starts,
        unfinished_erasures,
        suppressions,
    } = diagnosis.counts;
    let rows = [
        ["accounts", &accounts.to_string()],
        ["workflows", &workflows.to_string()],
        ["leads", &leads.to_string()],
        ["runs", &runs.to_string()],
        ["  due", &due.to_string()],
        ["  held", &held.to_string()],
        ["  with an open touchpoint", &open.to_string()],
        ["  not planned, workflow paused", &waiting.to_string()],
        ["pending starts", &pending_starts.to_string()],
        ["unfinished erasures", &unfinished_erasures.to_string()],
        ["suppressions", &suppressions.to_string()],
    ]
    .map(|row| row.map(str::to_owned));
    let mut text = output::table(["CHECKED", "NUMBER"], &rows, "CHECKED");
    if diagnosis.breaches.is_empty() {
        text += &format!("\nNo problem in {}.\n", counted(items, "item"));
        return text;
    }
    let problems = counted(diagnosis.breaches.len(), "problem");
    text += &format!("\n{problems} in {}:\n", counted(items, "item"));
    for BreachOut {
        breach,
        fault,
        remedy,
    } in &diagnosis.breaches
    {
        text += &format!("\n- {fault}\n");
        for (name, id) in places(breach) {
            text += &format!("  {name:<9} {id}\n");
        }
        text += &format!("  To do: {remedy}.\n");
    }
    text
}

fn places(breach: &Breach) -> impl Iterator<Item = (&'static str, String)> {
    let Breach {
        account_id,
        lead_id,
        workflow_id,
        run_id,
        suppression_id,
        rule: _,
    } = breach;
    let ids = [
        ("account", account_id.map(|id| id.to_string())),
        ("lead", lead_id.map(|id| id.to_string())),
        ("workflow", workflow_id.map(|id| id.to_string())),
        ("run", run_id.map(|id| id.to_string())),
        ("suppression", suppression_id.clone()),
    ];
    ids.into_iter().filter_map(|(name, id)| Some((name, id?)))
}
