//! The tokens of a claim. A touchpoint costs one token of its destination, if the destination has a
//! rate.

use std::mem::take;

use aws::store::{Draw, RunOfLead};
use domain::{
    bucket::Bucket, channel::Channel, destination::Destination, ids::AccountId, run::Run,
};
use jiff::{SignedDuration, Timestamp};

use super::take::Taken;
use crate::{http::error::ApiError, state::AppState};

/// Time for which a process keeps the last state of a bucket. It only saves writes.
const KNOWN: SignedDuration = SignedDuration::from_hours(1);

/// The destinations with a rate, and the tokens that one claim has drawn from them.
pub struct Tokens<'a> {
    state: &'a AppState,
    account: AccountId,
    now: Timestamp,
    sources: Vec<Source>,
}

/// A destination with a rate.
struct Source {
    name: String,
    channels: Vec<Channel>,
    bucket: Bucket,
    /// Tokens that the claim has drawn and not used. It loses them at its end.
    tokens: usize,
    /// Whether the bucket has no more tokens.
    is_empty: bool,
}

impl<'a> Tokens<'a> {
    /// Returns the destinations of an account, without tokens. A bucket that is known to be empty costs no call.
    ///
    /// # Errors
    /// Errors of the store.
    pub async fn new(state: &'a AppState, account: AccountId) -> Result<Self, ApiError> {
        let (destinations, now) = (
            state.catalogue.destinations(account).await?,
            state.clock.now(),
        );
        let source = |it: &Destination| {
            let mut source = Source {
                name: it.name.clone(),
                channels: it.channels.clone(),
                bucket: it.rate?.bucket(),
                tokens: 0,
                is_empty: false,
            };
            source.is_empty = source.draw(state, account, 1, now).level(now) == 0;
            Some(source)
        };
        Ok(Self {
            state,
            account,
            now,
            sources: destinations.list().iter().filter_map(source).collect(),
        })
    }

    /// Returns whether a channel has no tokens for this claim.
    pub fn is_empty(&self, channel: Channel) -> bool {
        self.sources
            .iter()
            .any(|it| it.is_out() && it.channels.contains(&channel))
    }

    /// Takes out the first runs for which there are tokens, at most `most`, and drops the runs whose
    /// destination has none. It draws for all of them at once, with one write for each destination.
    ///
    /// # Errors
    /// Errors of the store.
    pub async fn admit(
        &mut self,
        runs: &mut Vec<RunOfLead>,
        most: usize,
    ) -> Result<Vec<RunOfLead>, ApiError> {
        loop {
            let mut wanted = vec![0; self.sources.len()];
            let mut is_admitted = Vec::with_capacity(runs.len());
            let mut left = most;
            for run in runs.iter() {
                let mut sources = self.sources.iter().zip(&mut wanted);
                let source = sources.find(|(source, _)| source.has(&run.run));
                let admits = left > 0
                    && source.is_none_or(|(source, wanted)| {
                        let admits = !source.is_empty || *wanted < source.tokens;
                        *wanted += usize::from(admits);
                        admits
                    });
                left -= usize::from(admits);
                is_admitted.push(admits);
            }
            let mut is_short = false;
            for (source, wanted) in self.sources.iter_mut().zip(wanted) {
                if wanted > source.tokens {
                    source
                        .fill(self.state, self.account, wanted, self.now)
                        .await?;
                    is_short |= wanted > source.tokens;
                }
            }
            // A source that is short is empty, so its place goes to the runs of other sources.
            if !is_short {
                let (mut admitted, mut rest) = (Vec::new(), Vec::new());
                for (run, admits) in take(runs).into_iter().zip(is_admitted) {
                    if admits {
                        admitted.push(run);
                    } else if !self
                        .sources
                        .iter()
                        .any(|it| it.is_out() && it.has(&run.run))
                    {
                        rest.push(run);
                    }
                }
                *runs = rest;
                return Ok(admitted);
            }
        }
    }

    /// Spends the tokens of touchpoints that the caller has now.
    pub fn spend(&mut self, taken: &[Taken]) {
        for taken in taken {
            if let Some(source) = self.sources.iter_mut().find(|it| it.has(&taken.run)) {
                source.tokens = source.tokens.saturating_sub(1);
            }
        }
    }
}

impl Source {
    /// Returns whether the claim has no more tokens, and gets none.
    fn is_out(&self) -> bool {
        self.is_empty && self.tokens == 0
    }

    fn has(&self, run: &Run) -> bool {
        let opened = run.opened();
        opened.is_some_and(|(channel, _)| self.channels.contains(&channel))
    }

    fn draw(&self, state: &AppState, account: AccountId, most: usize, now: Timestamp) -> Draw {
        Draw {
            bucket: self.bucket,
            most: u32::try_from(most).unwrap_or(u32::MAX),
            known: state.buckets.get(&(account, self.name.clone()), now),
        }
    }

    /// Draws tokens until there are `wanted`. The bucket is empty if there are fewer then.
    async fn fill(
        &mut self,
        state: &AppState,
        account: AccountId,
        wanted: usize,
        now: Timestamp,
    ) -> Result<(), ApiError> {
        let draw = self.draw(state, account, wanted - self.tokens, now);
        let drawn = state.store.draw(account, &self.name, draw, now).await?;
        if let Some(empty_at) = drawn.empty_at {
            let key = (account, self.name.clone());
            state.buckets.put(key, empty_at, now, KNOWN);
        }
        self.tokens += usize::try_from(drawn.tokens).unwrap_or(0);
        self.is_empty = self.tokens < wanted;
        Ok(())
    }
}
