//! Erasing a lead, its runs and its history.
//!
//! One write takes the lead away: a trace without personal data stands in its place, and no read shows
//! anything of it any more. What stands beside it goes next. A run leaves a trace as well: a delivery that
//! read the lead just before builds its run on the condition that nothing is there, and finds the trace.

use aws_sdk_dynamodb::types::{AttributeValue, ReturnValuesOnConditionCheckFailure};
use futures::{StreamExt, TryStreamExt, stream};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    Store, StoreError,
    intake::item_there,
    item::{Attributes, Entity, decode, encode},
    keys::{self, Key},
};
use crate::domain::ids::{AccountId, LeadId, RunId};

/// Longer than a start can wait in a queue: 14 days, and 14 more once it was redriven.
const TRACE_LIFETIME: SignedDuration = SignedDuration::from_hours(30 * 24);
const WRITES_AT_ONCE: usize = 16;

/// What stands in the place of a lead or a run that was erased.
#[derive(Clone, Serialize, Deserialize)]
struct Trace {
    /// The call that erased it: one that is sent again by the SDK finds its own trace.
    erasure: Uuid,
    /// The run that the lead's start had ordered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    run_id: Option<RunId>,
    /// When DynamoDB may drop the trace, in seconds since 1970.
    ttl: i64,
}

impl Entity for Trace {
    const NAME: &'static str = "erased";
    const VERSION: u8 = 1;
}

/// Whether an item is the trace of one that was erased.
pub(super) fn is_erased(item: &Attributes) -> bool {
    matches!(item.get("et"), Some(AttributeValue::S(et)) if et == Trace::NAME)
}

impl Store {
    /// Erases a lead with its runs and its history, and says whether anything was there. A call that
    /// failed half way is finished by the next.
    ///
    /// # Errors
    /// As of any write. The lead may be gone by then, and what stands beside it not;
    /// [`StoreError::Conflict`] if its start was changed at the same moment.
    pub async fn erase_lead(
        &self,
        account: AccountId,
        id: LeadId,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let key = keys::lead(account, id);
        let Some(item) = self.read_item(&key).await? else {
            return Ok(false);
        };
        let (trace, was_there) = if is_erased(&item) {
            (decode::<Trace>(item)?, false)
        } else {
            let trace = Trace {
                erasure: Uuid::new_v4(),
                run_id: run_ordered(&item),
                ttl: now
                    .saturating_add(TRACE_LIFETIME)
                    .unwrap_or(now)
                    .as_second(),
            };
            self.leave_trace(key, &trace).await?
        };
        let (traces, mut beside) = self.beside_lead(account, id).await?;
        let is_anything = was_there || !beside.is_empty();
        // The run that was ordered may be under way.
        let ordered = trace.run_id.map(|run| keys::run(account, id, run));
        beside.extend(ordered.filter(|run| !beside.contains(run) && !traces.contains(run)));
        let trace = Trace {
            run_id: None,
            ..trace
        };
        stream::iter(beside)
            .map(|key| self.erase_beside(key, &trace))
            .buffer_unordered(WRITES_AT_ONCE)
            .try_collect::<()>()
            .await?;
        Ok(is_anything)
    }

    /// Puts a trace in the place of a lead as it was read. Gives the trace that is there now, and whether
    /// it is this one.
    async fn leave_trace(&self, key: Key, trace: &Trace) -> Result<(Trace, bool), StoreError> {
        let put = self
            .client
            .put_item()
            .table_name(&*self.table)
            .set_item(Some(encode(key, trace)?))
            .expression_attribute_names("#start", "start")
            .expression_attribute_values(":erased", text(Trace::NAME))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        // A start that was ordered since the lead was read would go on unnoticed.
        let put = match trace.run_id {
            None => {
                put.condition_expression("et <> :erased AND attribute_not_exists(#start.run_id)")
            }
            Some(run) => put
                .condition_expression("et <> :erased AND #start.run_id = :run")
                .expression_attribute_values(":run", text(run)),
        };
        let Err(error) = put.send().await else {
            return Ok((trace.clone(), true));
        };
        match item_there(&error) {
            Some(there) if is_erased(there) => {
                let there: Trace = decode(there.clone())?;
                let is_own = there.erasure == trace.erasure;
                Ok((there, is_own))
            }
            _ => Err(error.into()),
        }
    }

    /// The keys of what there is of a lead beside itself: traces, and what is to be erased.
    async fn beside_lead(
        &self,
        account: AccountId,
        id: LeadId,
    ) -> Result<(Vec<Key>, Vec<Key>), StoreError> {
        let mut items = self
            .client
            .query()
            .table_name(&*self.table)
            .key_condition_expression("pk = :pk AND sk < :lead")
            .expression_attribute_values(":pk", text(keys::lead_partition(account, id)))
            .expression_attribute_values(":lead", text(keys::LEAD))
            .projection_expression("pk, sk, et")
            .consistent_read(true)
            .into_paginator()
            .items()
            .send();
        let (mut traces, mut beside) = (Vec::new(), Vec::new());
        while let Some(item) = items.try_next().await? {
            let kind = if is_erased(&item) {
                &mut traces
            } else {
                &mut beside
            };
            kind.extend(Key::of(item));
        }
        Ok((traces, beside))
    }

    /// Erases a run or an entry of the history. Without a condition: whatever is there goes.
    async fn erase_beside(&self, key: Key, trace: &Trace) -> Result<(), StoreError> {
        if key.sk.starts_with(keys::RUNS) {
            self.client
                .put_item()
                .table_name(&*self.table)
                .set_item(Some(encode(key, trace)?))
                .send()
                .await?;
        } else {
            self.client
                .delete_item()
                .table_name(&*self.table)
                .set_key(Some(key.into_item()))
                .send()
                .await?;
        }
        Ok(())
    }
}

/// The run that a lead has ordered. Looked up by hand: a damaged lead can be erased too.
fn run_ordered(item: &Attributes) -> Option<RunId> {
    let start = item.get("start")?.as_m().ok()?;
    start.get("run_id")?.as_s().ok()?.parse().ok()
}

fn text(value: impl ToString) -> AttributeValue {
    AttributeValue::S(value.to_string())
}
