//! Sends pending starts.

use aws::{
    queue::WorkflowStart,
    store::{PENDING_SHARDS, PendingStart, StoreError},
};
use futures::{StreamExt, stream};
use tokio::time::Instant;

use crate::sweep::Sweep;

/// Maximum number of starts that are cleared at the same time.
const CONCURRENT_CLEARS: usize = 16;

impl Sweep<'_> {
    /// Sends the pending starts, shard by shard. A shard that fails does not stop the others.
    pub async fn send_pending_starts(&mut self) {
        // Begins with another shard each minute, so that a full shard does not starve the others.
        let minute = self.now.as_second().div_euclid(60);
        let first = u8::try_from(minute.rem_euclid(PENDING_SHARDS.into())).unwrap_or_default();
        for step in 0..PENDING_SHARDS {
            let shard = (first + step) % PENDING_SHARDS;
            if let Err(error) = self.send_shard(shard).await {
                self.fail(error, "a shard was not finished");
            }
        }
    }

    async fn send_shard(&mut self, shard: u8) -> Result<(), StoreError> {
        let mut after = None;
        while !self.is_over() {
            let page = self.store.pending_starts(shard, after).await?;
            let mut starts = Vec::new();
            for start in page.starts {
                match start {
                    Ok(start) => starts.push(start),
                    Err(damaged) => {
                        self.requeued.pending += 1;
                        self.fail(damaged, "a pending start cannot be read");
                    }
                }
            }
            self.send(&starts).await;
            match page.end {
                Some(end) => after = Some(end),
                None => break,
            }
        }
        Ok(())
    }

    /// Sends starts, and clears those that were sent.
    async fn send(&mut self, starts: &[PendingStart]) {
        self.note_oldest(starts);
        let message = |pending: &PendingStart| {
            WorkflowStart::new(
                pending.account_id,
                pending.lead_id,
                &pending.start,
                self.now,
            )
        };
        let messages: Vec<_> = starts.iter().map(message).collect();
        let many = self.queue.send_many(&messages, self.until).await;
        for error in many.errors {
            self.fail(error, "starts could not be sent");
        }
        let sent: Vec<_> = starts
            .iter()
            .zip(&many.sent)
            .filter_map(|(start, sent)| sent.then_some(start))
            .collect();
        let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        self.requeued.sent += count(sent.len());
        self.requeued.pending += count(starts.len() - sent.len());
        self.clear(sent).await;
    }

    /// Takes starts that were sent out of the index. The next sweep sends a start again that is not
    /// cleared, and start-workflow builds its run once.
    async fn clear(&mut self, sent: Vec<&PendingStart>) {
        let (store, until) = (self.store, self.until);
        let clears: Vec<_> = sent
            .into_iter()
            .map(|start| async move {
                if Instant::now() < until {
                    store.clear_pending(start).await
                } else {
                    Ok(())
                }
            })
            .collect();
        let mut clears = stream::iter(clears).buffer_unordered(CONCURRENT_CLEARS);
        while let Some(cleared) = clears.next().await {
            match cleared {
                // After a conflict, the lead is gone or its start became pending again. In the
                // second case the next sweep finds it.
                Err(error) if !error.is_conflict() => {
                    self.fail(error, "a pending start could not be cleared");
                }
                _ => {}
            }
        }
    }

    /// Raises `oldest_s` to the longest wait of `starts`.
    fn note_oldest(&mut self, starts: &[PendingStart]) {
        let oldest = starts.iter().filter_map(PendingStart::since).min();
        let waited = oldest.map_or(0, |since| self.now.duration_since(since).as_secs());
        let waited = u64::try_from(waited).unwrap_or_default();
        self.requeued.oldest_s = self.requeued.oldest_s.max(waited);
    }
}
