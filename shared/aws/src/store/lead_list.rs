//! An account's leads, newest first. They are spread over shards of an index, which are read side by side
//! and merged.
//!
//! A shard is asked for its part of the page and some more, so that one round of calls is enough: the
//! leads' ids are random, and a shard comes up short less than once in a million pages. It is asked again
//! then, and where the leads are so large that its part is over the 1 MB of a call. With a filter, rounds go on, each reading more, until the page is full or the last
//! round is over: such a page is shorter, and its cursor goes on from there.

use std::collections::VecDeque;

use aws_sdk_dynamodb::types::AttributeValue;
use domain::{
    ids::AccountId,
    lead::{LeadFilter, Profile},
    page::{Page, PageRequest},
};
use futures::future::try_join_all;
use jiff::{RoundMode, Timestamp, TimestampRound, Unit};
use tokio::time::{Duration, Instant};

use super::{
    Store, StoreError,
    item::{Attributes, decode, text},
    keys,
    lead::ProfileItem,
};

/// Rounds of calls for one page at most, each asking four times as much of a shard as the one before.
const ROUNDS: u32 = 6;
const GROWTH: usize = 4;
/// A page ends early when its reply reaches this size: Lambda takes 6 MB.
const PAGE_BYTES: usize = 5 * 1024 * 1024;
/// No round is begun after this time. A call takes 5 seconds at most, the function 29.
const BUDGET: Duration = Duration::from_secs(10);

/// One shard of the list, as far as it was read.
struct Shard {
    partition: String,
    /// What was read and is not on the page yet, newest first.
    read: VecDeque<Entry>,
    /// Everything before this position was read; none: everything at all.
    frontier: Option<String>,
}

/// A lead in the index.
struct Entry {
    position: String,
    item: Attributes,
}

/// What comes next in the merged list.
enum Next {
    Entry(Entry),
    /// Some shards must be read further first.
    Unread,
    End,
}

impl Shard {
    fn head(&self) -> Option<&str> {
        self.read.front().map(|entry| entry.position.as_str())
    }

    /// How far it was read, if a lead that was not could stand before `position`, or anywhere.
    fn hides_before(&self, position: Option<&str>) -> Option<&str> {
        let frontier = self.frontier.as_deref().filter(|_| self.read.is_empty())?;
        position.is_none_or(|it| frontier > it).then_some(frontier)
    }
}

fn head(shards: &[Shard]) -> Option<&str> {
    shards.iter().filter_map(Shard::head).max()
}

/// The newest position that may hold a lead that was not read.
fn hidden(shards: &[Shard]) -> Option<&str> {
    let head = head(shards);
    shards
        .iter()
        .filter_map(|shard| shard.hides_before(head))
        .max()
}

fn pop(shards: &mut [Shard]) -> Next {
    if hidden(shards).is_some() {
        return Next::Unread;
    }
    let newest = shards
        .iter_mut()
        .max_by(|one, other| one.head().cmp(&other.head()));
    match newest.and_then(|shard| shard.read.pop_front()) {
        Some(entry) => Next::Entry(entry),
        None => Next::End,
    }
}

/// The positions between which a filter lets leads through: the newest, which is not among them, and the
/// oldest.
fn range(filter: &LeadFilter, request: &PageRequest) -> (String, String) {
    let whole = |time: Timestamp, mode| {
        let whole = TimestampRound::new().smallest(Unit::Second).mode(mode);
        time.round(whole).unwrap_or(time)
    };
    let before = filter
        .created_before
        .map(|time| whole(time, RoundMode::Ceil));
    let after = filter
        .created_after
        .map(|time| whole(time, RoundMode::Floor));
    let newest = [before.map(keys::lead_list_before), request.after.clone()];
    let newest = newest.into_iter().flatten().min();
    (
        newest.unwrap_or_else(|| keys::LEAD_LIST_END.to_owned()),
        after.map_or_else(|| keys::LEAD_LIST_START.to_owned(), keys::lead_list_after),
    )
}

/// How many leads a shard is asked for in the first round, if `limit` of all are wanted.
fn share(limit: usize) -> usize {
    let fair = limit.div_ceil(usize::from(keys::LEAD_SHARDS));
    // The lead after the page, and the one of the cursor, are read as well.
    (fair + (30 * fair).isqrt() + 4).min(limit + 2)
}

/// What a lead adds to a reply at most, as the string that the reply becomes inside the gateway's JSON.
fn reply_size(item: &Attributes) -> usize {
    let escaped = |text: &str| -> usize {
        let bytes = text.bytes().map(|byte| match byte {
            b'"' | b'\\' => 4,
            0..=0x1f => 7,
            _ => 1,
        });
        bytes.sum()
    };
    let sizes = item.iter().map(|(name, value)| {
        let value = match value {
            AttributeValue::S(text) => escaped(text),
            AttributeValue::M(map) => reply_size(map),
            _ => 0,
        };
        escaped(name) + value + 10
    });
    sizes.sum()
}

impl Store {
    /// A page of an account's leads, newest first. One that cannot be read stands as its position, which
    /// ends with its id, and why.
    ///
    /// # Errors
    /// As of any read.
    pub async fn leads(
        &self,
        account: AccountId,
        filter: &LeadFilter,
        request: &PageRequest,
    ) -> Result<Page<Result<Profile, (String, StoreError)>>, StoreError> {
        let limit = usize::from(request.limit);
        let (newest, oldest) = range(filter, request);
        let mut shards: Vec<Shard> = (0..keys::LEAD_SHARDS)
            .map(|shard| Shard {
                partition: keys::lead_list(account, shard),
                read: VecDeque::new(),
                frontier: (oldest < newest).then(|| newest.clone()),
            })
            .collect();
        let is_sparse = filter.campaign_id.is_some() || filter.workflow_id.is_some();
        let mut share = share(limit) * if is_sparse { GROWTH } else { 1 };
        let mut rounds = 0..ROUNDS;
        let begun = Instant::now();
        let (mut items, mut size, mut last) = (Vec::new(), 0, None);
        let next = loop {
            if size >= PAGE_BYTES {
                break last;
            }
            match pop(&mut shards) {
                Next::End => break None,
                Next::Entry(_) if items.len() == limit => break last,
                Next::Entry(Entry { position, item }) => {
                    size += reply_size(&item);
                    let profile = decode::<ProfileItem>(item).and_then(Profile::try_from);
                    items.push(profile.map_err(|error| (position.clone(), error)));
                    last = Some(position);
                }
                Next::Unread if rounds.next().is_none() || begun.elapsed() > BUDGET => {
                    break hidden(&shards).map(str::to_owned);
                }
                Next::Unread => {
                    let head = head(&shards).map(str::to_owned);
                    let short = shards
                        .iter_mut()
                        .filter(|shard| shard.hides_before(head.as_deref()).is_some());
                    try_join_all(short.map(|it| self.read_on(it, filter, &oldest, share))).await?;
                    share *= GROWTH;
                }
            }
        };
        Ok(Page { items, next })
    }

    /// Reads up to `limit` more leads of a shard.
    async fn read_on(
        &self,
        shard: &mut Shard,
        filter: &LeadFilter,
        oldest: &str,
        limit: usize,
    ) -> Result<(), StoreError> {
        let Some(frontier) = shard.frontier.take() else {
            return Ok(());
        };
        let mut query = self
            .client
            .query()
            .table_name(&*self.table)
            .index_name(keys::LIST_INDEX)
            .key_condition_expression("gsi1pk = :shard AND gsi1sk BETWEEN :oldest AND :frontier")
            .expression_attribute_values(":shard", text(&shard.partition))
            .expression_attribute_values(":oldest", text(oldest))
            .expression_attribute_values(":frontier", text(&frontier))
            .scan_index_forward(false)
            .limit(i32::try_from(limit).unwrap_or(i32::MAX));
        let campaign = filter.campaign_id.map(|id| ("campaign_id", id.to_string()));
        let workflow = filter.workflow_id.map(|id| ("workflow_id", id.to_string()));
        let mut conditions = Vec::new();
        for (attribute, id) in [campaign, workflow].into_iter().flatten() {
            conditions.push(format!("{attribute} = :{attribute}"));
            query = query.expression_attribute_values(format!(":{attribute}"), text(id));
        }
        if !conditions.is_empty() {
            query = query.filter_expression(conditions.join(" AND "));
        }
        let reply = query.send().await?;
        shard.frontier = reply.last_evaluated_key.as_ref().and_then(position);
        let entries = reply
            .items
            .unwrap_or_default()
            .into_iter()
            .filter_map(|item| {
                let position = position(&item)?;
                // What stands at the frontier was read before, or is the last of the page before.
                (position != frontier).then_some(Entry { position, item })
            });
        shard.read.extend(entries);
        Ok(())
    }
}

fn position(item: &Attributes) -> Option<String> {
    item.get("gsi1sk")?.as_s().ok().cloned()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The chance that of `leads`, each in one of eight shards, at least `many` are in one given shard.
    fn chance(leads: u32, many: u32) -> f64 {
        let (hit, miss) = (1.0 / 8.0_f64, 7.0 / 8.0_f64);
        let mut exactly = miss.powi(leads.try_into().unwrap());
        let mut fewer = 0.0;
        for count in 0..many {
            fewer += exactly;
            exactly *= f64::from(leads - count) / f64::from(count + 1) * hit / miss;
        }
        1.0 - fewer
    }

    #[test]
    fn a_shard_comes_up_short_less_than_once_in_a_million_pages() {
        for limit in 1..=200 {
            let share = share(limit);
            // The page, the lead after it, and the one of the cursor: there is no more to ask for.
            if share == limit + 2 {
                continue;
            }
            let [share, leads] = [share - 1, limit + 1].map(|count| u32::try_from(count).unwrap());
            let chance = 8.0 * chance(leads, share);
            assert!(chance < 1e-6, "{limit} leads: {chance}");
        }
    }

    #[test]
    fn only_whole_seconds_within_a_range_are_read() {
        let filter = LeadFilter {
            created_after: Some("2026-02-10T12:00:00.5Z".parse().unwrap()),
            created_before: Some("2026-02-10T12:00:02.5Z".parse().unwrap()),
            ..LeadFilter::default()
        };
        let request = PageRequest {
            limit: 1,
            after: None,
        };
        let (newest, oldest) = range(&filter, &request);
        for (second, is_inside) in [(0, false), (1, true), (2, true), (3, false)] {
            let position = format!("2026-02-10T12:00:0{second}Z#id");
            assert_eq!(
                oldest < position && position < newest,
                is_inside,
                "{second}"
            );
        }
    }
}
