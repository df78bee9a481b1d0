//! Holds of runs whose touchpoints are open for callers.

use domain::{channel::Channel, ids::AccountId, run::HeldBy};
use futures::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;

use super::{Store, StoreError, due::ListedRun};

/// Number of runs that are held at the same time.
const AT_ONCE: usize = 16;
/// Entries of one read of the index, from each of its shards.
const PAGE: u8 = 100;
/// Maximum number of writes of a run that others change at the same time.
const TRIES: u32 = 5;

impl Store {
    /// Holds the runs of an account whose touchpoints are open for callers. Their time stands still from now
    /// on. Every other run is held at its next hand-over. Returns the number of runs.
    ///
    /// # Errors
    /// The errors of a [read](StoreError#reads) and of a [write](StoreError#writes). The runs before are held.
    pub async fn hold_open_runs(
        &self,
        account: AccountId,
        by: HeldBy,
        now: Timestamp,
    ) -> Result<usize, StoreError> {
        let mut listed = Vec::new();
        for channel in Channel::ALL {
            let mut open = self.open_runs(account, channel, Timestamp::UNIX_EPOCH..now, PAGE);
            while let Some(entry) = open.next().await? {
                listed.push(entry.run);
            }
        }
        let runs = stream::iter(listed).map(|run| self.hold_open_run(run, by, now));
        let held: Vec<_> = runs.buffer_unordered(AT_ONCE).try_collect().await?;
        Ok(held.into_iter().filter(|is_held| *is_held).count())
    }

    /// Holds a run, unless it is of another workflow, or a caller has its touchpoint.
    async fn hold_open_run(
        &self,
        listed: ListedRun,
        by: HeldBy,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let (account, lead) = (listed.account_id, listed.lead_id);
        for _ in 0..TRIES {
            let Some(mut run) = self.run(account, lead, listed.run_id).await? else {
                return Ok(false);
            };
            let is_meant = match by {
                HeldBy::Workflow(workflow) => run.workflow.id == workflow,
                HeldBy::Account | HeldBy::All => true,
            };
            let before = run.clone();
            if is_meant && run.opened().is_some() {
                run.hold(by, now);
            }
            if run == before {
                return Ok(false);
            }
            let entries = run.entries_since(&before, now);
            match self.write_run(&before, &run, &entries, now).await {
                Err(StoreError::Conflict) => {}
                written => return written.map(|()| true),
            }
        }
        // It is held at its claim, or at the end of its time.
        Ok(false)
    }
}
