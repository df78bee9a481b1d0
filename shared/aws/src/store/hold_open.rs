//! Holds of runs whose touchpoints are open for callers.

use domain::{
    channel::Channel,
    ids::{AccountId, WorkflowId},
    run::{HeldBy, Run},
};
use futures::{StreamExt, stream};
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
    /// on. `held_by` returns what holds the runs of a workflow. A run that a caller has is left alone, and a
    /// run that is opened at this moment may be missed: each is held at its next claim.
    ///
    /// # Errors
    /// The first of the errors of a [read](StoreError#reads) and of a [write](StoreError#writes). All other
    /// runs are held.
    pub async fn hold_open_runs(
        &self,
        account: AccountId,
        held_by: impl Fn(WorkflowId) -> Option<HeldBy>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut listed = Vec::new();
        for channel in Channel::ALL {
            // A touchpoint whose window has closed is open with a due time that is still to come.
            let range = Timestamp::UNIX_EPOCH..Timestamp::MAX;
            let mut open = self.open_runs(account, channel, range, PAGE);
            while let Some(entry) = open.next().await? {
                listed.push(entry.run);
            }
        }
        let runs = stream::iter(listed).map(|run| self.hold_open_run(run, &held_by, now));
        let results: Vec<_> = runs.buffer_unordered(AT_ONCE).collect().await;
        results.into_iter().collect()
    }

    async fn hold_open_run(
        &self,
        listed: ListedRun,
        held_by: &impl Fn(WorkflowId) -> Option<HeldBy>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let (account, lead) = (listed.account_id, listed.lead_id);
        for _ in 0..TRIES {
            let Some(mut run) = self.run(account, lead, listed.run_id).await? else {
                return Ok(());
            };
            let Some(by) = held_by(run.workflow.id) else {
                return Ok(());
            };
            let before = run.clone();
            if has_lapsed(&run, now) {
                let (id, version) = (run.workflow.id, run.workflow.version);
                if let Some(workflow) = self.workflow_version(account, id, version).await? {
                    run.advance(&workflow, now);
                }
            }
            if run.opened().is_some() {
                run.hold(by, now);
            }
            if run == before {
                return Ok(());
            }
            let entries = run.entries_since(&before, now);
            match self.write_run(&before, &run, &entries, now).await {
                Err(StoreError::Conflict) => {}
                written => return written,
            }
        }
        Err(StoreError::Conflict)
    }
}

/// Returns whether a run still has a claim whose lease has ended.
fn has_lapsed(run: &Run, now: Timestamp) -> bool {
    let claim = run.hand_over.as_ref().and_then(|it| it.claim);
    claim.is_some() && !run.is_claimed(now)
}
