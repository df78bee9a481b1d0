//! Buckets: the shared part of limits ([ADR
//! 12](../../../../docs/adr/0012-containers-lease-tokens-from-a-bucket.md)).
//!
//! A bucket is one item, which holds the instant `empty_at` at which the bucket was, or will be,
//! empty. A withdrawal moves this instant forward.

mod draw;

pub use self::draw::{Draw, Drawn};

use aws_sdk_dynamodb::{
    config::{Builder, retry::RetryConfig},
    error::SdkError,
    operation::update_item::UpdateItemError,
    types::{AttributeValue, ReturnValue, ReturnValuesOnConditionCheckFailure},
};
use domain::{limit::Limit, limited::Limited};
use jiff::{SignedDuration, Timestamp};

use super::{
    Store, StoreError,
    item::Attributes,
    keys::{self, Key},
};

/// Lifetime of an item that is not written again, 48 hours. An absent bucket is full.
const LIFETIME: SignedDuration = SignedDuration::from_hours(48);
/// Maximum time until a bucket is empty, 61 minutes. A later `empty_at` comes from a wrong clock, and
/// the bucket counts as full. It exceeds [`Withdrawal::LONGEST_DEBT`] by a minute, for clocks that are
/// behind.
const FURTHEST: SignedDuration = SignedDuration::from_mins(61);
/// Maximum number of writes of a withdrawal. A write that fails returns the state that the next one
/// needs.
const TRIES: u32 = 4;

/// A withdrawal of tokens from a bucket.
#[derive(Clone, Copy, Debug)]
pub struct Withdrawal {
    /// The bucket's limit.
    pub limit: Limit,
    /// Number of tokens. The bucket grants all of them if it holds one.
    pub tokens: u32,
    /// `true` if the bucket grants the tokens even if it is empty, unless it is
    /// [far in debt](Withdrawal::FAR_IN_DEBT). The debt ends within an hour.
    pub is_debt: bool,
    /// The caller's last value of `empty_at`. A value that is not too old saves a write.
    pub known: Option<Timestamp>,
}

impl Withdrawal {
    /// Debt beyond which a bucket grants no further debt, 1,000 tokens: the largest array. Arrays
    /// that pass together then store less than two of them beyond the burst.
    pub const FAR_IN_DEBT: u32 = 1_000;
    /// Maximum debt of a bucket, one hour of its rate. The rest is forgiven, so that no client
    /// waits longer.
    pub const LONGEST_DEBT: SignedDuration = SignedDuration::from_hours(1);
}

/// The bucket's answer to a withdrawal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Withdrawn {
    /// `true` if the tokens were withdrawn.
    pub is_granted: bool,
    /// The instant at which the bucket was, or will be, empty.
    pub empty_at: Timestamp,
}

impl Store {
    /// Withdraws tokens from a bucket. It costs one write, or up to four if `known` is too
    /// old.
    ///
    /// # Errors
    /// The errors of a [write](StoreError#writes). [`StoreError::Conflict`] if all tries fail, for
    /// example because the item is damaged.
    pub async fn withdraw(
        &self,
        limited: &Limited,
        withdrawal: &Withdrawal,
        now: Timestamp,
    ) -> Result<Withdrawn, StoreError> {
        let terms = Terms::new(withdrawal, now);
        let (key, mut known) = (keys::bucket(limited), withdrawal.known);
        for _ in 0..TRIES {
            match self
                .move_bucket(&key, &terms, terms.condition(known))
                .await?
            {
                Ok(empty_at) => {
                    return Ok(Withdrawn {
                        is_granted: true,
                        empty_at,
                    });
                }
                Err(Some(empty_at)) if terms.refuses(empty_at) => {
                    return Ok(Withdrawn {
                        is_granted: false,
                        empty_at,
                    });
                }
                Err(there) => known = there,
            }
        }
        Err(StoreError::Conflict)
    }

    /// Moves `empty_at` of a bucket, and returns it. If the condition does not hold, the inner `Err` has
    /// the bucket's `empty_at`, or `None` if the bucket is absent.
    async fn move_bucket(
        &self,
        key: &Key,
        terms: &Terms,
        condition: Condition,
    ) -> Result<Result<Timestamp, Option<Timestamp>>, StoreError> {
        let update = self
            .client
            .update_item()
            .table_name(&*self.table)
            .set_key(Some(key.clone().into_item()))
            .expression_attribute_names("#ttl", "ttl")
            .expression_attribute_values(":et", AttributeValue::S("bucket".to_owned()))
            .expression_attribute_values(":v", number(1))
            .expression_attribute_values(":ttl", number(terms.goes_at.as_second()))
            .return_values(ReturnValue::UpdatedNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let expressions = terms.expressions(condition);
        let update = expressions.values.into_iter().fold(
            update
                .update_expression(expressions.update)
                .condition_expression(expressions.condition),
            |update, (name, value)| update.expression_attribute_values(name, value),
        );
        let mut update = update.customize();
        if !terms.is_debt {
            // A request waits for the answer. The SDK's pauses would only use up its time.
            update = update.config_override(Builder::new().retry_config(RetryConfig::disabled()));
        }
        match Box::pin(update.send()).await {
            Ok(reply) => {
                let there = reply.attributes.as_ref().and_then(empty_at);
                Ok(Ok(there.unwrap_or(terms.full_after)))
            }
            Err(error) => match item_there(&error) {
                Some(item) => Ok(Err(empty_at(item))),
                None if is_conditional(&error) => Ok(Err(None)),
                None => Err(error.into()),
            },
        }
    }
}

/// The state of the bucket on which a write is conditional.
#[derive(Clone, Copy)]
enum Condition {
    /// The bucket is full: the item is absent, old enough to be full again, or from a wrong clock.
    Full,
    /// The bucket is not full, and can grant all tokens.
    Room,
    /// The tokens would exceed the maximum debt, so the write sets the bucket to the maximum debt.
    DebtCap,
}

/// The instants that one withdrawal compares with `empty_at`.
struct Terms {
    is_debt: bool,
    cost: SignedDuration,
    /// `empty_at` of a bucket that is full.
    full: Timestamp,
    /// `empty_at` of a full bucket after the withdrawal.
    full_after: Timestamp,
    /// Latest `empty_at` at which the bucket grants anything.
    last: Timestamp,
    /// Latest `empty_at` at which the bucket grants all tokens.
    last_whole: Timestamp,
    /// `empty_at` of a bucket with the maximum debt.
    longest: Timestamp,
    /// Latest `empty_at` that is not a clock's fault.
    furthest: Timestamp,
    goes_at: Timestamp,
}

struct Expressions {
    update: &'static str,
    condition: &'static str,
    values: Vec<(&'static str, AttributeValue)>,
}

impl Terms {
    fn new(withdrawal: &Withdrawal, now: Timestamp) -> Self {
        let Withdrawal {
            limit,
            tokens,
            is_debt,
            known: _,
        } = *withdrawal;
        // The table holds whole microseconds, so the comparisons need whole microseconds.
        let now = Timestamp::from_microsecond(now.as_microsecond()).unwrap_or(now);
        let (full, cost) = (limit.full_at(now), limit.time_of(tokens));
        let longest = later(now, Withdrawal::LONGEST_DEBT);
        let (last, last_whole) = if is_debt {
            let last = later(now, limit.time_of(Withdrawal::FAR_IN_DEBT));
            (last, later(longest, -cost).min(last))
        } else {
            let has_one = later(now, -limit.time_of(1));
            (has_one, has_one)
        };
        Self {
            is_debt,
            cost,
            full,
            full_after: later(full, cost).min(longest),
            last,
            last_whole,
            longest,
            furthest: later(now, FURTHEST),
            goes_at: later(now, LIFETIME),
        }
    }

    fn refuses(&self, empty_at: Timestamp) -> bool {
        self.last < empty_at && empty_at <= self.furthest
    }

    /// Returns the condition that holds if `empty_at` is still `known`.
    fn condition(&self, known: Option<Timestamp>) -> Condition {
        match known {
            Some(at) if at < self.full || at > self.furthest => Condition::Full,
            Some(at) if self.is_debt && at > self.last_whole => Condition::DebtCap,
            Some(_) => Condition::Room,
            None => Condition::Full,
        }
    }

    fn expressions(&self, condition: Condition) -> Expressions {
        match condition {
            Condition::Full => Expressions {
                update: "SET et=:et, v=:v, #ttl=:ttl, empty_at=:after",
                condition: "attribute_not_exists(empty_at) OR empty_at < :full OR empty_at > :furthest",
                values: vec![
                    (":full", micros(self.full)),
                    (":after", micros(self.full_after)),
                    (":furthest", micros(self.furthest)),
                ],
            },
            Condition::Room => Expressions {
                update: "SET et=:et, v=:v, #ttl=:ttl, empty_at=empty_at+:cost",
                condition: "empty_at BETWEEN :full AND :last_whole",
                values: vec![
                    (":full", micros(self.full)),
                    (":cost", number(self.cost.as_micros())),
                    (":last_whole", micros(self.last_whole)),
                ],
            },
            Condition::DebtCap => Expressions {
                update: "SET et=:et, v=:v, #ttl=:ttl, empty_at=:longest",
                condition: "empty_at > :last_whole AND empty_at <= :last",
                values: vec![
                    (":last_whole", micros(self.last_whole)),
                    (":last", micros(self.last)),
                    (":longest", micros(self.longest)),
                ],
            },
        }
    }
}

fn empty_at(item: &Attributes) -> Option<Timestamp> {
    let micros = item.get("empty_at")?.as_n().ok()?.parse().ok()?;
    Timestamp::from_microsecond(micros).ok()
}

fn later(at: Timestamp, by: SignedDuration) -> Timestamp {
    at.saturating_add(by).unwrap_or(at)
}

fn micros(at: Timestamp) -> AttributeValue {
    number(at.as_microsecond())
}

fn number(value: impl ToString) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

fn is_conditional<R>(error: &SdkError<UpdateItemError, R>) -> bool {
    error
        .as_service_error()
        .is_some_and(UpdateItemError::is_conditional_check_failed_exception)
}

fn item_there<R>(error: &SdkError<UpdateItemError, R>) -> Option<&Attributes> {
    match error.as_service_error()? {
        UpdateItemError::ConditionalCheckFailedException(failed) => failed.item.as_ref(),
        _ => None,
    }
}
