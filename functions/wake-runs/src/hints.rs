//! Sends hints for the runs that are due.

use std::{collections::HashMap, ops::Range};

use aws::{
    queue::Hint,
    store::{DueRun, StoreError},
};
use domain::{channel::Channel, ids::AccountId, run::WakeKind};
use jiff::{SignedDuration, Timestamp};

use crate::{
    pushes::{Pushed, Pushes},
    tick::{AHEAD, Tick},
};

/// Time for which a run that is due counts as fresh. Fresh ones go before the backlog.
const FRESH: SignedDuration = SignedDuration::from_mins(2);
/// Number of hints that are sent together.
const CHUNK: usize = 500;

/// The lanes of a tick.
#[derive(Default)]
struct Lanes {
    /// The hints that the tick has sent of each lane from which callers pull.
    pulled: HashMap<(AccountId, Channel), u32>,
    pushed: Pushes,
}

impl Tick<'_> {
    /// Sends a hint for each run that is due, or that is due before the next tick: first the fresh
    /// ones, then the backlog, each oldest first. A webhook's lane gets as many as its rate allows. Returns
    /// the lanes of webhooks.
    pub async fn send_hints(&mut self) -> Pushes {
        let (now, mut lanes) = (self.now, Lanes::default());
        let fresh_from = now.saturating_sub(FRESH).unwrap_or(now);
        let ahead = now.saturating_add(AHEAD).unwrap_or(now);
        for range in [fresh_from..ahead, Timestamp::UNIX_EPOCH..fresh_from] {
            if let Err(error) = self.send_range(range, &mut lanes).await {
                self.fail(error, "the runs that are due could not be read");
            }
        }
        let probes = lanes.pushed.probes(now);
        self.send(&probes).await;
        lanes.pushed
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
                hints.extend(self.hint(due, lanes).await);
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

    /// Returns the hint for a run that is due. `None` if its lane may have no more hints in this tick.
    /// Work without a hand-over, such as an expiry, always has one: it never waits behind a backlog.
    async fn hint(&mut self, due: &DueRun, lanes: &mut Lanes) -> Option<Hint> {
        if matches!(due.kind, WakeKind::Expiry | WakeKind::MissingOutcome) {
            self.count(due);
            return Some(Hint::new(due, self.now));
        }
        let pushed = lanes.pushed.hint(self.state, due, self.now).await;
        // The runs of all other lanes have their hints.
        let pushed = pushed.unwrap_or_else(|error| {
            self.fail(error, "the lane of a run that is due could not be read");
            Pushed::Closed(None)
        });
        match pushed {
            Pushed::No => {
                self.count(due);
                let lane = (due.run.account_id, due.channel);
                let of_lane = lanes.pulled.entry(lane).or_default();
                *of_lane += 1;
                (*of_lane <= self.state.most_of_lane).then(|| Hint::new(due, self.now))
            }
            Pushed::Open(hint) => {
                if due.at <= self.now {
                    self.woken.due += 1;
                    self.woken.oldest_push_s = self.woken.oldest_push_s.max(self.age_s(due.at));
                }
                hint
            }
            Pushed::Closed(hint) => hint,
        }
    }

    fn count(&mut self, due: &DueRun) {
        if due.at <= self.now {
            self.woken.due += 1;
            self.woken.oldest_s = self.woken.oldest_s.max(self.age_s(due.at));
        }
    }

    pub async fn send(&mut self, hints: &[Hint]) {
        let many = self.state.queue.send_many(hints, self.until).await;
        for error in many.errors {
            self.fail(error, "hints could not be sent");
        }
        let sent = many.sent.into_iter().filter(|is_sent| *is_sent).count();
        self.woken.sent += u32::try_from(sent).unwrap_or(u32::MAX);
    }
}
