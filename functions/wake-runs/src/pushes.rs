//! The lanes of webhooks: how many hints each gets in a tick, and when.
//!
//! A lane that is paused or cools gets none, so its runs cost nothing. A lane that is broken gets one
//! hint, for its probe.

use std::{
    collections::{HashMap, HashSet, hash_map::Entry},
    hash::{DefaultHasher, Hash, Hasher},
};

use aws::{
    queue::Hint,
    store::{DueRun, StoreError},
};
use domain::{
    bucket::Bucket,
    channel::Channel,
    destination::Destination,
    ids::AccountId,
    lane::{Lane, LaneState, PausedBy},
    run::WakeKind,
};
use jiff::Timestamp;

use crate::{
    state::WakeRuns,
    tick::{AHEAD, Tick},
};

/// Number of minutes after which tries that are repeated are looked at even if their lane is closed: an
/// open try ends with its time.
const LOOK_EVERY: i64 = 10;
/// Entries of one read of the list of open touchpoints, from each of its shards.
const PAGE: u8 = 100;

/// Place of a run in the lanes.
pub enum Pushed {
    /// Callers pull its touchpoint.
    No,
    /// Its lane is open. The hint is `None` if the lane has enough of them.
    Open(Option<Hint>),
    /// Its lane is closed, or broken.
    Closed(Option<Hint>),
}

/// The lanes of webhooks that a tick has seen.
#[derive(Default)]
pub struct Pushes {
    /// Name of the destination of a channel. `None` if callers pull.
    names: HashMap<(AccountId, Channel), Option<String>>,
    lanes: HashMap<(AccountId, String), PushLane>,
    /// Lanes that could not be read. They are closed for the rest of the tick.
    unread: HashSet<(AccountId, Channel)>,
}

struct PushLane {
    state: LaneState,
    paused_by: Option<PausedBy>,
    /// Whether its receiver fails. A lane that is paused sends nothing, so it does not.
    fails: bool,
    bucket: Bucket,
    /// Time from which on touchpoints go out.
    from: Timestamp,
    /// Number of hints so far.
    sent: u32,
    /// The run that is the next probe, with its draw. The lowest draw counts.
    probe: Option<(u64, DueRun)>,
}

impl PushLane {
    fn new(destination: &Destination, lane: &Lane, now: Timestamp) -> Self {
        let mut state = lane.state(now);
        let mut from = now;
        let next_tick = now.saturating_add(AHEAD).unwrap_or(now);
        if let LaneState::Closed(until) = state
            && until < next_tick
        {
            from = until;
            state = lane.state(until);
        }
        Self {
            state,
            paused_by: lane.paused.map(|it| it.by),
            fails: lane.fails(now),
            bucket: lane.bucket(destination.push_rate(), now),
            from,
            sent: 0,
            probe: None,
        }
    }

    /// Returns the hint of a run at the time at which the lane has a token for it. `None` if that is after
    /// the next tick.
    fn hint(&mut self, due: &DueRun, now: Timestamp) -> Option<Hint> {
        let after_burst = self.sent.saturating_sub(self.bucket.burst());
        let at = self.from.saturating_add(self.bucket.time_of(after_burst));
        let at = at.unwrap_or(self.from);
        if at.duration_since(now) > AHEAD {
            return None;
        }
        self.sent += 1;
        Some(Hint::new(due, now).not_before(at, now))
    }
}

impl Pushes {
    /// Returns the hint for a run whose touchpoint is due.
    ///
    /// # Errors
    /// Errors of the store, once for each lane.
    pub async fn hint(
        &mut self,
        state: &WakeRuns,
        due: &DueRun,
        now: Timestamp,
    ) -> Result<Pushed, StoreError> {
        let of_run = (due.run.account_id, due.channel);
        if self.unread.contains(&of_run) {
            return Ok(Pushed::Closed(None));
        }
        let read = self.lane(state, of_run, now).await;
        let read = read.map(|lane| lane.is_some());
        if read.is_err() {
            self.unread.insert(of_run);
        }
        if !read? {
            return Ok(Pushed::No);
        }
        let Some(lane) = self.lane(state, of_run, now).await? else {
            return Ok(Pushed::No);
        };
        Ok(match lane.state {
            LaneState::Open => Pushed::Open(lane.hint(due, now)),
            LaneState::Probe => {
                if due.at <= now {
                    let draw = (draw(due, now), *due);
                    let is_lower = lane.probe.is_none_or(|(before, _)| draw.0 < before);
                    lane.probe = if is_lower { Some(draw) } else { lane.probe };
                }
                Pushed::Closed(None)
            }
            LaneState::Paused | LaneState::Closed(_) => {
                let is_time = now.as_second() / 60 % LOOK_EVERY == 0;
                let is_looked_at = is_time && due.kind == WakeKind::Retry;
                Pushed::Closed(is_looked_at.then(|| Hint::new(due, now)))
            }
        })
    }

    /// Returns the hints for the probes of all broken lanes.
    pub fn probes(&self, now: Timestamp) -> Vec<Hint> {
        let probes = self.lanes.values().filter_map(|lane| {
            let (_, due) = lane.probe?;
            Some(Hint::new(&due, now).not_before(lane.from, now))
        });
        probes.collect()
    }

    /// Returns the lane of a channel. `None` if callers pull.
    async fn lane(
        &mut self,
        state: &WakeRuns,
        (account, channel): (AccountId, Channel),
        now: Timestamp,
    ) -> Result<Option<&mut PushLane>, StoreError> {
        let name = match self.names.entry((account, channel)) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(unknown) => {
                let destinations = state.catalogue.destinations(account).await?;
                let webhook = destinations.webhook_of(channel);
                unknown.insert(webhook.map(|it| it.name.clone()))
            }
        };
        match name.clone() {
            None => Ok(None),
            Some(name) => self.named(state, account, name, now).await,
        }
    }

    async fn named(
        &mut self,
        state: &WakeRuns,
        account: AccountId,
        name: String,
        now: Timestamp,
    ) -> Result<Option<&mut PushLane>, StoreError> {
        Ok(match self.lanes.entry((account, name)) {
            Entry::Occupied(known) => Some(known.into_mut()),
            Entry::Vacant(unknown) => {
                let name = &unknown.key().1;
                let destinations = state.catalogue.destinations(account).await?;
                let destination = destinations.list().iter().find(|it| it.name == *name);
                let Some((destination, receiver)) =
                    destination.and_then(|it| Some((it, it.receiver()?)))
                else {
                    return Ok(None);
                };
                let lane = state.store.lane(account, name).await?.of(receiver);
                let lane = PushLane::new(destination, &lane, now);
                Some(unknown.insert(lane))
            }
        })
    }
}

/// Returns a number that is another one for each run and each minute, so that probes take turns.
fn draw(due: &DueRun, now: Timestamp) -> u64 {
    let mut hasher = DefaultHasher::new();
    (due.run, now.as_second() / 60).hash(&mut hasher);
    hasher.finish()
}

impl Tick<'_> {
    /// Counts the lanes that do not work. Sends hints for the touchpoints that were open for callers when
    /// their channel got a webhook: they are due for it. A lane that cannot be read does not stop the
    /// others.
    pub async fn watch_webhooks(&mut self, pushes: &mut Pushes) {
        let mut webhooks = match self.state.store.webhooks().await {
            Ok(webhooks) => webhooks,
            Err(error) => return self.fail(error, "the webhooks could not be listed"),
        };
        // Begins with another one each minute, so that the last ones are not left out for ever.
        let minute = usize::try_from(self.now.as_second() / 60).unwrap_or_default();
        let first = minute.checked_rem(webhooks.len()).unwrap_or_default();
        webhooks.rotate_left(first);
        for (account, name) in webhooks {
            if self.is_over() {
                break;
            }
            if let Err(error) = self.watch_webhook(account, name, pushes).await {
                self.fail(error, "the lane of a webhook could not be read");
            }
        }
    }

    async fn watch_webhook(
        &mut self,
        account: AccountId,
        name: String,
        pushes: &mut Pushes,
    ) -> Result<(), StoreError> {
        let destinations = self.state.catalogue.destinations(account).await?;
        let lane = pushes.named(self.state, account, name.clone(), self.now);
        let Some(lane) = lane.await? else {
            return Ok(());
        };
        self.woken.lanes_broken += u32::from(lane.fails);
        let is_gone = lane.paused_by == Some(PausedBy::Receiver);
        self.woken.lanes_gone += u32::from(is_gone);
        if lane.state != LaneState::Open {
            return Ok(());
        }
        let named = destinations.list().iter().filter(|it| it.name == name);
        for channel in named.flat_map(|it| it.channels.clone()) {
            let hints = self.open_hints(account, channel, pushes).await?;
            self.send(&hints).await;
        }
        Ok(())
    }

    /// Returns the hints for the touchpoints of a webhook's channel that callers can still pull.
    async fn open_hints(
        &self,
        account: AccountId,
        channel: Channel,
        pushes: &mut Pushes,
    ) -> Result<Vec<Hint>, StoreError> {
        let now = self.now;
        let range = Timestamp::UNIX_EPOCH..now;
        let mut open = self.state.store.open_runs(account, channel, range, PAGE);
        let mut hints = Vec::new();
        while let Some(entry) = open.next().await? {
            let due = DueRun {
                run: entry.run,
                at: entry.due_at.min(now),
                kind: WakeKind::HandOver,
                channel,
            };
            match pushes.hint(self.state, &due, now).await? {
                Pushed::Open(Some(hint)) => hints.push(hint),
                _ => break,
            }
        }
        Ok(hints)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws::store::ListedRun;
    use domain::{
        destination::{Rate, Recipient},
        ids::{LeadId, RunId},
        lane::{LaneAnswer, TouchpointMark},
        timing::Timing,
    };
    use jiff::SignedDuration;

    const NOW: &str = "2026-02-10T12:00:00Z";

    fn at(second: i64) -> Timestamp {
        NOW.parse::<Timestamp>().unwrap() + SignedDuration::from_secs(second)
    }

    fn destination(in_ten_seconds: u16, burst: u16) -> Destination {
        Destination {
            name: "dialer".to_owned(),
            channels: vec![Channel::Call],
            to: Recipient::Webhook("https://dialer.example.com".parse().unwrap()),
            rate: Some(Rate::new(in_ten_seconds, Some(burst)).unwrap()),
            timing: Timing::default(),
        }
    }

    fn due() -> DueRun {
        DueRun {
            run: ListedRun {
                account_id: AccountId::new(at(0), [1; 10]),
                lead_id: LeadId::new(at(0), [2; 10]),
                run_id: RunId::new(at(0), [3; 10]),
            },
            at: at(0),
            kind: WakeKind::HandOver,
            channel: Channel::Call,
        }
    }

    fn hints_of(lane: &mut PushLane) -> u32 {
        (0..10_000)
            .map_while(|_| lane.hint(&due(), at(0)))
            .count()
            .try_into()
            .unwrap()
    }

    #[test]
    fn a_lane_gets_hints_for_its_rate_until_the_next_tick() {
        let mut lane = PushLane::new(&destination(50, 10), &Lane::default(), at(0));
        // A burst of ten, then five a second for 75 seconds, the first one at once.
        assert_eq!(hints_of(&mut lane), 10 + 5 * 75 + 1);
        let mut slow = PushLane::new(&destination(1, 1), &Lane::default(), at(0));
        assert_eq!(hints_of(&mut slow), 1 + 7 + 1);
    }

    #[test]
    fn a_lane_that_cools_gets_hints_from_its_end_on() {
        let mut lane = Lane::default();
        let cool = |lane: &mut Lane, second| {
            let busy = LaneAnswer::Busy(at(second));
            lane.answered(busy, TouchpointMark(1), SignedDuration::ZERO, at(0));
            PushLane::new(&destination(50, 10), lane, at(0))
        };
        let mut soon = cool(&mut lane, 65);
        assert_eq!((soon.state, soon.from), (LaneState::Open, at(65)));
        assert_eq!(hints_of(&mut soon), 10 + 5 * 10 + 1);
        let later = cool(&mut lane, 600);
        assert_eq!(later.state, LaneState::Closed(at(600)));
    }
}
