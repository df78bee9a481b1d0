//! The wakes of runs: everything that is overdue without a hand-over. Looks at the second index by
//! the clock of the stack.

use aws::{
    catalogue::Catalogue,
    store::{ListedRun, Store, StoreError},
    telemetry::ErrorChain,
};
use domain::run::HeldBy;
use jiff::{SignedDuration, Timestamp};
use tokio::time::{Duration, sleep};
use tokio_util::sync::CancellationToken;

use crate::{clock::KeptClock, missing_outcomes::missing_outcomes};

/// Time between two looks at the index, by the clock of the stack.
const PERIOD: SignedDuration = SignedDuration::from_secs(5);
/// Real time between two looks at the clock. A clock that is moved waits no longer for its wakes.
const LOOK: Duration = Duration::from_millis(100);

/// Looks at the runs that are due until `stop` is cancelled.
pub(super) async fn run(
    store: Store,
    catalogue: Catalogue,
    clock: KeptClock,
    stop: CancellationToken,
) {
    let mut last: Option<Timestamp> = None;
    loop {
        let now = clock.clock.now();
        let is_early = |last| now >= last && now.duration_since(last) < PERIOD;
        if !last.is_some_and(is_early) {
            last = Some(now);
            if let Err(error) = look(&store, &catalogue, now).await {
                tracing::error!(error = %ErrorChain(&error), "the runs that are due could not be read");
            }
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = sleep(LOOK) => {}
        }
    }
}

async fn look(store: &Store, catalogue: &Catalogue, now: Timestamp) -> Result<(), StoreError> {
    for listed in store.due_runs(now).await? {
        match advance(store, catalogue, listed, now).await {
            // Another change came first, and has made an entry of its own.
            Ok(()) | Err(StoreError::Conflict) => {}
            Err(error) => {
                let run = listed.run_id;
                tracing::error!(run.id = %run, error = %ErrorChain(&error), "a run that is due could not be changed");
            }
        }
    }
    Ok(())
}

async fn advance(
    store: &Store,
    catalogue: &Catalogue,
    listed: ListedRun,
    now: Timestamp,
) -> Result<(), StoreError> {
    let ListedRun {
        account_id,
        lead_id,
        run_id,
    } = listed;
    let Some(mut run) = store.run(account_id, lead_id, run_id).await? else {
        return Ok(());
    };
    let before = run.clone();
    let workflow = catalogue.version(account_id, &run.workflow).await?;
    let held_by = store.is_paused(account_id, run.workflow.id).await?;
    let held_by = held_by.then_some(HeldBy::Workflow(run.workflow.id));
    // A run is held at its hand-over, before its time runs on. A claim may end meanwhile.
    held_by.inspect(|by| run.hold(*by, now));
    run.advance(&workflow, now);
    held_by.inspect(|by| run.hold(*by, now));
    let missing = missing_outcomes(&before, &run, now);
    match missing.is_empty() {
        _ if run == before => Ok(()),
        true => store.write_run(&run).await,
        false => store.write_run_with(&run, &missing).await,
    }
}
