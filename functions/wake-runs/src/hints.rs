//! Sends hints for the runs that are due.

use std::{collections::HashMap, ops::Range};

use aws::{
    queue::Hint,
    store::{DueRun, StoreError},
};
use domain::{channel::Channel, ids::AccountId, run::WakeKind};
use jiff::{SignedDuration, Timestamp};

use crate::tick::Tick;

/// Time ahead of which hints are sent: until the next tick, and a quarter of a minute more.
const AHEAD: SignedDuration = SignedDuration::from_secs(75);
/// Time for which a run that is due counts as fresh. Fresh ones go before the backlog.
const FRESH: SignedDuration = SignedDuration::from_mins(2);
/// Number of hints that are sent together.
const CHUNK: usize = 500;

/// The hints that a tick has sent of each lane.
type Lanes = HashMap<(AccountId, Channel), u32>;

impl Tick<'_> {
    /// Sends a hint for each run that is due, or that is due before the next tick: first the fresh
    /// ones, then the backlog, each oldest first.
    pub async fn send_hints(&mut self) {
        let (now, mut lanes) = (self.now, Lanes::new());
        let fresh_from = now.saturating_sub(FRESH).unwrap_or(now);
        let ahead = now.saturating_add(AHEAD).unwrap_or(now);
        for range in [fresh_from..ahead, Timestamp::UNIX_EPOCH..fresh_from] {
            if let Err(error) = self.send_range(range, &mut lanes).await {
                self.fail(error, "the runs that are due could not be read");
            }
        }
    }

    async fn send_range(
        &mut self,
        range: Range<Timestamp>,
        lanes: &mut Lanes,
    ) -> Result<(), StoreError> {
        let mut due_runs = self.state.store.due_runs(range);
        let mut hints = Vec::new();
        while !self.is_over() {
            let due = due_runs.next().await?;
            if let Some(due) = &due {
                self.count(due);
                if self.has_room(due, lanes) {
                    hints.push(Hint::new(due, self.now));
                }
            }
            if hints.len() == CHUNK || due.is_none() {
                self.send(&std::mem::take(&mut hints)).await;
            }
            if due.is_none() {
                break;
            }
        }
        Ok(())
    }

    /// Returns whether a lane may have another hint, and counts it. Work without a hand-over, such as an
    /// expiry, always may: it never waits behind a backlog.
    fn has_room(&self, due: &DueRun, lanes: &mut Lanes) -> bool {
        if matches!(due.kind, WakeKind::Expiry | WakeKind::MissingOutcome) {
            return true;
        }
        let of_lane = lanes.entry((due.run.account_id, due.channel)).or_default();
        *of_lane += 1;
        *of_lane <= self.state.most_of_lane
    }

    fn count(&mut self, due: &DueRun) {
        if due.at <= self.now {
            self.woken.due += 1;
            self.woken.oldest_s = self.woken.oldest_s.max(self.age_s(due.at));
        }
    }

    async fn send(&mut self, hints: &[Hint]) {
        let many = self.state.queue.send_many(hints, self.until).await;
        for error in many.errors {
            self.fail(error, "hints could not be sent");
        }
        let sent = many.sent.into_iter().filter(|is_sent| *is_sent).count();
        self.woken.sent += u32::try_from(sent).unwrap_or(u32::MAX);
    }
}
