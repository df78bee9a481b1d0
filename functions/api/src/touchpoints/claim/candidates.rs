//! The open touchpoints that a caller may claim, in the order in which they are offered.

use std::collections::VecDeque;

use aws::{
    store::{ListedRun, Listing, OpenRun, RunOfLead},
    telemetry::ErrorChain,
};
use domain::{channel::Channel, ids::AccountId};
use jiff::{SignedDuration, Timestamp};

use super::request::ClaimRequest;
use crate::{http::error::ApiError, state::AppState};

/// Time for which a touchpoint that is due counts as fresh. Fresh ones go before the backlog, the newest
/// first, so that a backlog does not make every contact late.
const FRESH: SignedDuration = SignedDuration::from_mins(2);
/// Entries of one read of the index, from each of its shards.
const PAGE: u8 = 25;
/// Minimum number of runs that are read together. A caller who loses one to another draws from the rest.
const TOGETHER: usize = 10;
/// Time for which a process does not look again at a run that another caller has. It may be given back
/// sooner than its lease ends.
const TAKEN: SignedDuration = SignedDuration::from_secs(5);

/// The open touchpoints of some lanes: the fresh ones, newest first, then the backlog, oldest first.
pub struct Candidates<'a> {
    state: &'a AppState,
    now: Timestamp,
    listings: VecDeque<Listing<OpenRun>>,
    /// Runs that were read and not offered yet.
    read: Vec<RunOfLead>,
    /// Whether another caller was faster with the runs before.
    pub is_contended: bool,
}

impl<'a> Candidates<'a> {
    pub fn new(state: &'a AppState, account: AccountId, request: &ClaimRequest) -> Self {
        let now = state.clock.now();
        let fresh_from = now.saturating_sub(FRESH).unwrap_or(now);
        let second = SignedDuration::from_secs(1);
        let before = fresh_from.saturating_sub(second).unwrap_or(fresh_from);
        let channels = || request.channels.iter();
        let open = |channel: &Channel, range| state.store.open_runs(account, *channel, range, PAGE);
        let fresh = channels().map(|it| open(it, fresh_from..now).newest_first());
        let backlog = channels().map(|it| open(it, Timestamp::UNIX_EPOCH..before));
        Self {
            state,
            now,
            listings: fresh.chain(backlog).collect(),
            read: Vec::new(),
            is_contended: false,
        }
    }

    /// Returns the next runs that no other caller has, at most `most`. Empty after the last one.
    ///
    /// # Errors
    /// Errors of the store.
    pub async fn next(&mut self, most: usize) -> Result<Vec<RunOfLead>, ApiError> {
        while self.read.is_empty() {
            let listed = self.listed(most.max(TOGETHER)).await?;
            if listed.is_empty() {
                break;
            }
            for run in self.state.store.runs_of_leads(&listed).await? {
                match run {
                    Ok(run) if !run.run.is_claimed(self.now) => self.read.push(run),
                    Ok(run) => self.state.taken.put(run.run.id, (), self.now, TAKEN),
                    // The other touchpoints go out all the same.
                    Err(error) => {
                        tracing::error!(error = %ErrorChain(&error), "a run cannot be claimed");
                    }
                }
            }
        }
        if self.is_contended {
            self.shuffle();
        }
        let most = most.min(self.read.len());
        Ok(self.read.drain(..most).collect())
    }

    async fn listed(&mut self, most: usize) -> Result<Vec<ListedRun>, ApiError> {
        let mut listed = Vec::new();
        while let Some(first) = self.listings.front_mut()
            && listed.len() < most
        {
            match first.next().await? {
                Some(open) => {
                    let is_taken = self.state.taken.get(&open.run.run_id, self.now);
                    listed.extend(is_taken.is_none().then_some(open.run));
                }
                None => {
                    self.listings.pop_front();
                }
            }
        }
        Ok(listed)
    }

    /// Draws an order, so that callers who ask at the same moment do not all try the same run.
    fn shuffle(&mut self) {
        for last in (1..self.read.len()).rev() {
            let [.., high, low] = self.state.randomness.bits();
            let other = usize::from(u16::from_be_bytes([high, low])) % (last + 1);
            self.read.swap(last, other);
        }
    }
}
