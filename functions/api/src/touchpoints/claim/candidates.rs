//! The open touchpoints that a caller may claim, in the order in which they are offered.

use std::collections::VecDeque;

use aws::{
    store::{ListedRun, Listing, OpenRun, RunOfLead},
    telemetry::ErrorChain,
};
use domain::{channel::Channel, ids::AccountId};
use jiff::{SignedDuration, Timestamp};

use super::{request::ClaimRequest, tokens::Tokens};
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
    listings: VecDeque<(Channel, Listing<OpenRun>)>,
    pub tokens: Tokens<'a>,
    /// Runs that were read and not offered yet.
    read: Vec<RunOfLead>,
    /// Whether another caller was faster with the runs before.
    pub is_contended: bool,
}

impl<'a> Candidates<'a> {
    pub fn new(
        state: &'a AppState,
        account: AccountId,
        tokens: Tokens<'a>,
        request: &ClaimRequest,
    ) -> Self {
        let now = state.clock.now();
        let fresh_from = now.saturating_sub(FRESH).unwrap_or(now);
        let second = SignedDuration::from_secs(1);
        let before = fresh_from.saturating_sub(second).unwrap_or(fresh_from);
        let channels = || request.channels.iter();
        let open = |channel: &Channel, range| state.store.open_runs(account, *channel, range, PAGE);
        let fresh = channels().map(|it| (*it, open(it, fresh_from..now).newest_first()));
        let backlog = channels().map(|it| (*it, open(it, Timestamp::UNIX_EPOCH..before)));
        Self {
            state,
            now,
            listings: fresh.chain(backlog).collect(),
            tokens,
            read: Vec::new(),
            is_contended: false,
        }
    }

    /// Returns the next runs that no other caller has and whose destinations have tokens, at most `most`. Empty
    /// after the last one.
    ///
    /// # Errors
    /// Errors of the store.
    pub async fn next(&mut self, most: usize) -> Result<Vec<RunOfLead>, ApiError> {
        loop {
            if self.is_contended {
                self.shuffle();
            }
            let admitted = self.tokens.admit(&mut self.read, most).await?;
            if !admitted.is_empty() {
                return Ok(admitted);
            }
            let listed = self.listed(most.max(TOGETHER)).await?;
            if listed.is_empty() {
                return Ok(Vec::new());
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
    }

    async fn listed(&mut self, most: usize) -> Result<Vec<ListedRun>, ApiError> {
        let mut listed = Vec::new();
        let tokens = &self.tokens;
        self.listings
            .retain(|(channel, _)| !tokens.is_empty(*channel));
        while let Some((_, first)) = self.listings.front_mut()
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
