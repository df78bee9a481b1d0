//! Releases the runs whose hold has ended.

use std::collections::HashSet;

use aws::store::{ListedRun, ReleaseOrder, StoreError};
use futures::{StreamExt, stream};
use jiff::{SignedDuration, Timestamp};
use tokio::time::{Duration, sleep};

use crate::tick::Tick;

/// Time for which an order stays after no run was left. The index lags behind the table, and a run
/// may be held beside the end of its hold.
const KEPT: SignedDuration = SignedDuration::from_mins(10);
/// Number of runs that are released at the same time.
const AT_ONCE: usize = 25;
/// Maximum number of runs that are released in a second, so that receivers and the table are not
/// flooded.
const A_SECOND: usize = 500;
/// Maximum number of tries of a run that others change at the same time.
const TRIES: u32 = 5;

impl Tick<'_> {
    /// Carries out the release orders. One that fails does not stop the others.
    pub async fn release_runs(&mut self) {
        let mut orders = match self.state.store.release_orders().await {
            Ok(orders) => orders,
            Err(error) => return self.fail(error, "release orders could not be read"),
        };
        // Begins with another order each minute, so that a large one does not hold up the others.
        let minute = usize::try_from(self.now.as_second() / 60).unwrap_or_default();
        let first = minute.checked_rem(orders.len()).unwrap_or_default();
        orders.rotate_left(first);
        for order in orders {
            if let Err(error) = self.carry_out(order).await {
                self.fail(error, "runs could not be released");
            }
        }
    }

    async fn carry_out(&mut self, order: ReleaseOrder) -> Result<(), StoreError> {
        if self.is_over() {
            // Whether runs are left is unknown, so the order stays as it is.
            return Ok(());
        }
        let store = &self.state.store;
        let mut looked_at = HashSet::new();
        let mut is_empty = true;
        loop {
            let held = store.held_runs(order.scope).await?;
            let new: Vec<_> = held
                .into_iter()
                .filter(|run| looked_at.insert(*run))
                .collect();
            if new.is_empty() {
                break;
            }
            is_empty = false;
            for runs in new.chunks(A_SECOND) {
                if self.is_over() {
                    return store.note_release(&order_with(order, None)).await;
                }
                let (released, ()) =
                    tokio::join!(self.release(runs), sleep(Duration::from_secs(1)));
                self.woken.released += released?;
            }
        }
        let ended = order
            .empty_since
            .map(|since| self.now.duration_since(since));
        match ended {
            _ if !is_empty => store.note_release(&order_with(order, None)).await,
            Some(ended) if ended > KEPT => store.drop_release(&order).await,
            Some(_) => Ok(()),
            None => {
                let order = order_with(order, Some(self.now));
                store.note_release(&order).await
            }
        }
    }

    /// Releases runs, and returns the number of those that were held. One that fails does not stop
    /// the others.
    async fn release(&self, runs: &[ListedRun]) -> Result<u32, StoreError> {
        let releases: Vec<_> = runs.iter().map(|run| self.release_one(*run)).collect();
        let mut releases = stream::iter(releases).buffer_unordered(AT_ONCE);
        let (mut released, mut failed) = (0, None);
        while let Some(result) = releases.next().await {
            match result {
                Ok(is_released) => released += u32::from(is_released),
                Err(error) => failed = Some(error),
            }
        }
        failed.map_or(Ok(released), Err)
    }

    /// Releases a run, and returns whether it was held. A run that another hold is about waits for
    /// the end of that one.
    async fn release_one(&self, listed: ListedRun) -> Result<bool, StoreError> {
        let (account, lead) = (listed.account_id, listed.lead_id);
        let store = &self.state.store;
        for _ in 0..TRIES {
            let Some(mut run) = store.run(account, lead, listed.run_id).await? else {
                return Ok(false);
            };
            if run.held.is_none() {
                return Ok(false);
            }
            let before = run.clone();
            let version = self.state.catalogue.version(account, &run.workflow).await?;
            let now = self.state.clock.now();
            match store.held_by(account, run.workflow.id).await? {
                Some(by) => run.hold(by, now),
                None => {
                    run.release(&version, now);
                }
            }
            if run == before {
                return Ok(false);
            }
            match store.write_run(&before, &run, &[], now).await {
                Err(StoreError::Conflict) => {}
                written => return written.map(|()| run.held.is_none()),
            }
        }
        Err(StoreError::Conflict)
    }
}

fn order_with(order: ReleaseOrder, empty_since: Option<Timestamp>) -> ReleaseOrder {
    ReleaseOrder {
        empty_since,
        ..order
    }
}
