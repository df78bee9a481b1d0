//! Watches the lanes from which callers pull.

use aws::store::StoreError;
use domain::{channel::Channel, ids::AccountId};
use futures::{StreamExt, stream};
use jiff::Timestamp;

use crate::tick::Tick;

/// Number of lanes that are looked at at the same time.
const AT_ONCE: usize = 16;
/// Number of the oldest touchpoints of a lane that are looked at. Callers have some of them.
const OLDEST: u8 = 10;

impl Tick<'_> {
    /// Finds the touchpoint that has waited longest for a caller. A lane from which no caller has ever
    /// pulled does not count.
    pub async fn watch_lanes(&mut self) {
        let lanes = match self.state.store.pulled_lanes().await {
            Ok(lanes) => lanes,
            Err(error) => return self.fail(error, "the lanes could not be read"),
        };
        let looks: Vec<_> = lanes
            .into_iter()
            .map(|(account, channel)| self.oldest_open(account, channel))
            .collect();
        let looks = stream::iter(looks).buffer_unordered(AT_ONCE);
        let waits: Vec<_> = looks.collect().await;
        for wait in waits {
            match wait {
                Ok(since) => {
                    let age = since.map_or(0, |since| self.age_s(since));
                    self.woken.oldest_open_s = self.woken.oldest_open_s.max(age);
                }
                Err(error) => self.fail(error, "a lane could not be read"),
            }
        }
    }

    /// Returns the due time of the oldest touchpoint of a lane that no caller has. `None` if there is
    /// none.
    async fn oldest_open(
        &self,
        account: AccountId,
        channel: Channel,
    ) -> Result<Option<Timestamp>, StoreError> {
        let store = &self.state.store;
        let range = Timestamp::UNIX_EPOCH..self.now;
        let mut oldest = store.open_runs(account, channel, range, OLDEST);
        for _ in 0..OLDEST {
            let Some(open) = oldest.next().await?.filter(|_| !self.is_over()) else {
                break;
            };
            let run = store
                .run(account, open.run.lead_id, open.run.run_id)
                .await?;
            let is_claimed = run.as_ref().is_none_or(|run| run.is_claimed(self.now));
            if !is_claimed {
                return Ok(Some(open.due_at));
            }
        }
        Ok(None)
    }
}
