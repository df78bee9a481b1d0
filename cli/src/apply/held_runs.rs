//! Runs that wait for their paused workflow. `apply` releases them as soon as the workflow is not
//! paused any more.

use std::time::Duration;

use aws::{
    catalogue::Catalogue,
    store::{ListedRun, Store, StoreError},
};
use domain::{
    ids::{AccountId, WorkflowId},
    run::HeldBy,
};
use futures::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;
use tokio::time::sleep;

use super::error::ApplyError;

/// Number of runs that are released at the same time.
const AT_ONCE: usize = 16;
/// Number of tries of a run that others change at the same time.
const TRIES: u32 = 20;
/// Number of looks in a row without a run to release. The index lags behind the table, so it can
/// list a released run for a while.
const IDLE_LOOKS: u32 = 10;
/// Time between two looks, and between two tries.
const PAUSE: Duration = Duration::from_millis(500);

/// Releases the runs that wait for a workflow, and returns their number. `was_paused` is whether
/// the workflow was paused until now: the index may then list the last held runs a moment later.
///
/// # Errors
/// [`ApplyError::Unreleased`] with the number of the released runs. A second call releases the
/// others.
pub async fn release(
    store: &Store,
    catalogue: &Catalogue,
    account: AccountId,
    workflow: WorkflowId,
    was_paused: bool,
    now: Timestamp,
) -> Result<usize, ApplyError> {
    let by = HeldBy::Workflow(workflow);
    let mut released = 0;
    let mut idle = 0;
    loop {
        let listed = match store.held_runs(account, by).await {
            Ok(listed) => listed,
            Err(cause) => return Err(ApplyError::Unreleased { released, cause }),
        };
        let is_empty = listed.is_empty();
        let releases = listed.into_iter().map(async |listed| {
            let is_released = release_one(store, catalogue, listed, by, now).await?;
            Ok::<_, StoreError>(usize::from(is_released))
        });
        let mut releases = stream::iter(releases).buffer_unordered(AT_ONCE);
        let before = released;
        loop {
            match releases.try_next().await {
                Ok(Some(count)) => released += count,
                Ok(None) => break,
                Err(cause) => return Err(ApplyError::Unreleased { released, cause }),
            }
        }
        idle = if released > before { 0 } else { idle + 1 };
        let needs_another_look = was_paused || released > 0;
        let is_done = is_empty && (idle > 1 || !needs_another_look);
        if is_done || idle >= IDLE_LOOKS {
            return Ok(released);
        }
        sleep(PAUSE).await;
    }
}

/// Releases a run, and returns whether it was held.
async fn release_one(
    store: &Store,
    catalogue: &Catalogue,
    listed: ListedRun,
    by: HeldBy,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let mut tries = 0;
    loop {
        let (account, lead) = (listed.account_id, listed.lead_id);
        let run = store.run(account, lead, listed.run_id).await?;
        let Some(mut run) = run.filter(|run| run.held.is_some_and(|held| held.by == by)) else {
            return Ok(false);
        };
        let version = catalogue.version(account, &run.workflow).await?;
        run.release(&version, now);
        tries += 1;
        match store.write_run(&run).await {
            Err(StoreError::Conflict) if tries < TRIES => sleep(PAUSE).await,
            written => return written.map(|()| true),
        }
    }
}
