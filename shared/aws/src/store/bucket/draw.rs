//! Tokens of destinations. A claim draws as many as it can use, and makes no debt.

use domain::{bucket::Bucket, ids::AccountId};
use jiff::Timestamp;

use super::{FURTHEST, LIFETIME, TRIES, Terms, later};
use crate::store::{
    Store, StoreError,
    keys::{self, Key},
};

/// A draw of tokens.
#[derive(Clone, Copy, Debug)]
pub struct Draw {
    /// The bucket of the destination.
    pub bucket: Bucket,
    /// Maximum number of tokens.
    pub most: u32,
    /// The caller's last value of `empty_at`. With it, a draw of an empty bucket costs nothing.
    pub known: Option<Timestamp>,
}

/// The bucket's answer to a draw.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Drawn {
    /// Number of tokens. 0 if the bucket is empty, or if other callers were faster each time.
    pub tokens: u32,
    /// The instant at which the bucket was empty. `None` if the bucket was absent at the last look.
    pub empty_at: Option<Timestamp>,
}

impl Draw {
    /// Returns the tokens that are there at `now`, if `known` is right. The bucket has no more than
    /// these, because `empty_at` moves only forward.
    pub fn level(&self, now: Timestamp) -> u32 {
        match self.known {
            // A later instant comes from a wrong clock.
            Some(at) if at <= later(now, FURTHEST) => self.bucket.level(at, now),
            _ => self.bucket.burst(),
        }
    }
}

impl Store {
    /// Draws the tokens of a destination that are there, up to a maximum. It costs one write, or up to four if
    /// `known` is too old. It costs none if the bucket is known to be empty.
    ///
    /// # Errors
    /// The errors of a [write](StoreError#writes), except [`StoreError::Conflict`].
    pub async fn draw(
        &self,
        account: AccountId,
        destination: &str,
        draw: Draw,
        now: Timestamp,
    ) -> Result<Drawn, StoreError> {
        let key = keys::destination_bucket(account, destination);
        self.draw_from(&key, draw, now).await
    }

    /// Draws the tokens of a webhook's lane. Same as [`Store::draw`].
    ///
    /// # Errors
    /// Same as [`Store::draw`].
    pub async fn draw_of_lane(
        &self,
        account: AccountId,
        destination: &str,
        draw: Draw,
        now: Timestamp,
    ) -> Result<Drawn, StoreError> {
        let key = keys::pushed_bucket(account, destination);
        self.draw_from(&key, draw, now).await
    }

    async fn draw_from(
        &self,
        key: &Key,
        mut draw: Draw,
        now: Timestamp,
    ) -> Result<Drawn, StoreError> {
        // The table holds whole microseconds, so the comparisons need whole microseconds.
        let now = Timestamp::from_microsecond(now.as_microsecond()).unwrap_or(now);
        for _ in 0..TRIES {
            let tokens = draw.most.min(draw.level(now));
            if tokens == 0 {
                break;
            }
            let terms = Terms::of_draw(draw.bucket, tokens, now);
            match self
                .move_bucket(key, &terms, terms.condition(draw.known))
                .await?
            {
                Ok(empty_at) => {
                    return Ok(Drawn {
                        tokens,
                        empty_at: Some(empty_at),
                    });
                }
                Err(there) => draw.known = there,
            }
        }
        Ok(Drawn {
            tokens: 0,
            empty_at: draw.known,
        })
    }
}

impl Terms {
    /// Returns the terms of a draw of tokens that the bucket must have.
    fn of_draw(bucket: Bucket, tokens: u32, now: Timestamp) -> Self {
        let (full, cost) = (bucket.full_at(now), bucket.time_of(tokens));
        Self {
            is_debt: false,
            cost,
            full,
            full_after: later(full, cost),
            last: later(now, -cost),
            last_whole: later(now, -cost),
            longest: now,
            furthest: later(now, FURTHEST),
            goes_at: later(now, LIFETIME),
        }
    }
}
