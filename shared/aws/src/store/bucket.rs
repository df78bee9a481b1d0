//! The shared half of a limit (docs/adr/0012): one item for each account or key that has one, which says
//! when its bucket was, or will be, empty. To take requests out of it is to move that instant on.

use aws_sdk_dynamodb::{
    config::{Builder, retry::RetryConfig},
    error::SdkError,
    operation::update_item::UpdateItemError,
    types::{AttributeValue, ReturnValue, ReturnValuesOnConditionCheckFailure},
};
use domain::{limit::Limit, limited::Limited};
use jiff::{SignedDuration, Timestamp};

use super::{Store, StoreError, item::Attributes, keys};

/// An item that nobody has touched for so long goes; one that is absent is a full bucket.
const LIFETIME: SignedDuration = SignedDuration::from_hours(48);
/// A bucket that is in debt for longer is not believed, and is full: some clock was wrong. More than
/// [`Withdrawal::LONGEST_DEBT`], or that would be full for a clock that is a little behind.
const FURTHEST: SignedDuration = SignedDuration::from_mins(61);
/// A try that fails has learnt what the next one has to know.
const TRIES: u32 = 4;

/// What is to be taken out of a bucket.
#[derive(Clone, Debug)]
pub struct Withdrawal {
    /// The bucket's limit.
    pub limit: Limit,
    /// How many requests; all of them, if there is one at least: the rest is taken in advance.
    pub requests: u32,
    /// Takes them even if there is none, up to a debt of one hour.
    pub is_debt: bool,
    /// When the bucket was empty, as far as the caller knows: a good guess saves a call.
    pub known: Option<Timestamp>,
}

impl Withdrawal {
    /// What is owed beyond this is forgiven: nobody waits longer for one careless moment.
    pub const LONGEST_DEBT: SignedDuration = SignedDuration::from_hours(1);
}

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Withdrawn {
    /// Whether the requests were taken.
    pub is_granted: bool,
    /// When the bucket was, or will be, empty.
    pub empty_at: Timestamp,
}

impl Store {
    /// Takes requests out of a bucket: one write unit, two if the guess was wrong.
    ///
    /// # Errors
    /// As of any write; [`StoreError::Conflict`] if the item is damaged.
    pub async fn withdraw(
        &self,
        limited: &Limited,
        withdrawal: &Withdrawal,
        now: Timestamp,
    ) -> Result<Withdrawn, StoreError> {
        let Withdrawal {
            limit,
            requests,
            is_debt,
            mut known,
        } = *withdrawal;
        // The table has whole microseconds: so must be what is compared with them.
        let now = Timestamp::from_microsecond(now.as_microsecond()).unwrap_or(now);
        let (full, cost) = (limit.full_at(now), limit.time_of(requests));
        let longest = later(now, Withdrawal::LONGEST_DEBT);
        let after = later(full, cost).min(longest);
        let furthest = later(now, FURTHEST);
        let goes_at = later(now, LIFETIME);
        // Until when a bucket gives, and whole.
        let (last, last_whole) = if is_debt {
            (longest, later(longest, -cost))
        } else {
            let last = later(now, -limit.time_of(1));
            (last, last)
        };
        for _ in 0..TRIES {
            let update = self
                .client
                .update_item()
                .table_name(&*self.table)
                .set_key(Some(keys::bucket(limited).into_item()))
                .expression_attribute_names("#ttl", "ttl")
                .expression_attribute_values(":et", AttributeValue::S("bucket".to_owned()))
                .expression_attribute_values(":v", number(1))
                .expression_attribute_values(":ttl", number(goes_at.as_second()))
                .return_values(ReturnValue::UpdatedNew)
                .return_values_on_condition_check_failure(
                    ReturnValuesOnConditionCheckFailure::AllOld,
                );
            let is_full = known.is_none_or(|at| at < full || at > furthest);
            let update = if is_full {
                update
                    .update_expression("SET et=:et, v=:v, #ttl=:ttl, empty_at=:after")
                    .condition_expression(
                        "attribute_not_exists(empty_at) OR empty_at < :full OR empty_at > :furthest",
                    )
                    .expression_attribute_values(":full", micros(full))
                    .expression_attribute_values(":after", micros(after))
                    .expression_attribute_values(":furthest", micros(furthest))
            } else if is_debt && known.is_some_and(|at| at > last_whole) {
                update
                    .update_expression("SET et=:et, v=:v, #ttl=:ttl, empty_at=:last")
                    .condition_expression("empty_at > :last_whole AND empty_at <= :last")
                    .expression_attribute_values(":last_whole", micros(last_whole))
                    .expression_attribute_values(":last", micros(last))
            } else {
                update
                    .update_expression("SET et=:et, v=:v, #ttl=:ttl, empty_at=empty_at+:cost")
                    .condition_expression("empty_at BETWEEN :full AND :last_whole")
                    .expression_attribute_values(":full", micros(full))
                    .expression_attribute_values(":cost", number(cost.as_micros()))
                    .expression_attribute_values(":last_whole", micros(last_whole))
            };
            let update = update.customize();
            let update = if is_debt {
                update
            } else {
                // Nobody waits for the SDK's pauses to let a request in: they would only hide what was said.
                update.config_override(Builder::new().retry_config(RetryConfig::disabled()))
            };
            let there = match Box::pin(update.send()).await {
                Ok(reply) => {
                    let there = reply.attributes.as_ref().and_then(empty_at);
                    return Ok(Withdrawn {
                        is_granted: true,
                        empty_at: there.unwrap_or(after),
                    });
                }
                Err(error) => match item_there(&error) {
                    Some(item) => empty_at(item),
                    None if is_conditional(&error) => None,
                    None => return Err(error.into()),
                },
            };
            match there {
                Some(empty_at) if last < empty_at && empty_at <= furthest => {
                    return Ok(Withdrawn {
                        is_granted: false,
                        empty_at,
                    });
                }
                there => known = there,
            }
        }
        Err(StoreError::Conflict)
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
