//! Lists of an account's leads, newest first. The leads are in eight shards of an index. A list
//! reads the shards side by side, and merges them.
//!
//! The first round of calls reads from each shard its part of the page and some more leads. Because
//! the ids of leads are random, a shard has too few less than once in a million pages. Another
//! round then reads on. This also happens if the part of a shard is over 1 MB, DynamoDB's limit for
//! a call.
//!
//! With a filter there can be more rounds, each of which reads more than the one before. They end
//! when the page is full, or after the last round. The page is then shorter, and its cursor
//! continues from there.

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

/// Maximum number of rounds of calls for one page.
const ROUNDS: u32 = 6;
/// Factor by which each round reads more of a shard than the round before.
const GROWTH: usize = 4;
/// Size of a reply, in bytes, at which a page ends early. Lambda accepts 6 MB.
const PAGE_BYTES: usize = 5 * 1024 * 1024;
/// Time after which no round begins. A call takes at most 5 seconds, and the function has 29
/// seconds.
const BUDGET: Duration = Duration::from_secs(10);

/// A page of a list of leads. A damaged lead is its position, which ends with its id, and its error.
pub struct LeadPage {
    /// The leads, newest first.
    pub page: Page<Result<Profile, (String, StoreError)>>,
    /// Number of queries beyond one for each shard. Each read at most 1 MB.
    pub further_queries: usize,
}

/// One shard of the list, and the leads that were read from it.
struct Shard {
    partition: String,
    /// Leads that were read and are not on the page yet, newest first.
    read: VecDeque<Entry>,
    /// Position up to which the shard was read. `None` if it was read to its end.
    frontier: Option<String>,
}

/// A lead in the index.
struct Entry {
    position: String,
    item: Attributes,
}

/// Next element of the merged list.
enum Next {
    Entry(Entry),
    /// Another round of calls must read some shards first.
    Unread,
    End,
}

impl Shard {
    fn head(&self) -> Option<&str> {
        self.read.front().map(|entry| entry.position.as_str())
    }

    /// Returns the frontier of a shard that may have an unread lead before `position`, or any
    /// unread lead if there is no `position`. `None` if it has no such lead.
    fn unread_before(&self, position: Option<&str>) -> Option<&str> {
        let frontier = self.frontier.as_deref().filter(|_| self.read.is_empty())?;
        position.is_none_or(|it| frontier > it).then_some(frontier)
    }
}

fn head(shards: &[Shard]) -> Option<&str> {
    shards.iter().filter_map(Shard::head).max()
}

/// Returns the newest position that may have an unread lead before the next element. `None` if
/// there is none.
fn newest_unread(shards: &[Shard]) -> Option<&str> {
    let head = head(shards);
    shards
        .iter()
        .filter_map(|shard| shard.unread_before(head))
        .max()
}

fn pop(shards: &mut [Shard]) -> Next {
    if newest_unread(shards).is_some() {
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

/// Returns the range of positions of a list: the newest, which is not part of the list, and the
/// oldest.
fn range(filter: &LeadFilter, request: &PageRequest) -> (String, String) {
    // Leads are created at whole seconds. A second is at or after a time if it is at or after the
    // time rounded up, and before a time if it is before the time rounded up.
    let up = TimestampRound::new()
        .smallest(Unit::Second)
        .mode(RoundMode::Ceil);
    let bound = |time: Timestamp| keys::lead_list_bound(time.round(up).unwrap_or(time));
    let newest = [filter.created_before.map(bound), request.after.clone()];
    let newest = newest.into_iter().flatten().min();
    (
        newest.unwrap_or_else(|| keys::LEAD_LIST_END.to_owned()),
        filter
            .created_after
            .map_or_else(|| keys::LEAD_LIST_START.to_owned(), bound),
    )
}

/// Returns how many leads the first round reads from a shard, for a page of `limit` leads.
fn first_round(limit: usize) -> usize {
    let fair = limit.div_ceil(usize::from(keys::LEAD_SHARDS));
    // The first round also reads the lead after the page and the lead of the cursor.
    (fair + (30 * fair).isqrt() + 4).min(limit + 2)
}

/// Returns the maximum number of bytes that a lead adds to a reply. The reply is a string in the
/// JSON for the gateway, so its characters are escaped twice.
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
    /// Returns a page of an account's leads.
    ///
    /// # Errors
    /// The errors of a [read](StoreError#reads), except [`StoreError::Damaged`].
    pub async fn leads(
        &self,
        account: AccountId,
        filter: &LeadFilter,
        request: &PageRequest,
    ) -> Result<LeadPage, StoreError> {
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
        let mut round_size = first_round(limit) * if is_sparse { GROWTH } else { 1 };
        let mut rounds = 0..ROUNDS;
        let begun = Instant::now();
        let (mut items, mut size, mut last, mut queries) = (Vec::new(), 0, None, 0);
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
                    break newest_unread(&shards).map(str::to_owned);
                }
                Next::Unread => {
                    let head = head(&shards).map(str::to_owned);
                    let short = shards
                        .iter_mut()
                        .filter(|shard| shard.unread_before(head.as_deref()).is_some());
                    let reads = short.map(|it| self.read_on(it, filter, &oldest, round_size));
                    queries += try_join_all(reads).await?.len();
                    round_size *= GROWTH;
                }
            }
        };
        Ok(LeadPage {
            page: Page { items, next },
            further_queries: queries.saturating_sub(usize::from(keys::LEAD_SHARDS)),
        })
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
                // The lead at the frontier was read before, or is the last one of the page before.
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
    use std::iter;

    use proptest::prelude::*;

    use super::*;

    /// Returns the probability that at least `many` of `leads` are in a certain shard of the eight.
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
            let read = first_round(limit);
            // Enough for the page, the lead after it, and the lead of the cursor, all in one shard.
            if read == limit + 2 {
                continue;
            }
            let [read, leads] = [read - 1, limit + 1].map(|count| u32::try_from(count).unwrap());
            let chance = 8.0 * chance(leads, read);
            assert!(chance < 1e-6, "{limit} leads: {chance}");
        }
    }

    fn filter(after: Option<Timestamp>, before: Option<Timestamp>) -> LeadFilter {
        LeadFilter {
            created_after: after,
            created_before: before,
            ..LeadFilter::default()
        }
    }

    /// Returns whether a list with this filter shows a lead of this second.
    fn shows(filter: &LeadFilter, second: i64) -> bool {
        let request = PageRequest {
            limit: 1,
            after: None,
        };
        let (newest, oldest) = range(filter, &request);
        let second = Timestamp::from_second(second).unwrap();
        let id = "0192f0c1-7a3e-7cc4-9d5b-3f1e2a4b5c0a".parse().unwrap();
        let position = keys::lead_list_position(second, id);
        oldest < position && position < newest
    }

    fn milliseconds() -> impl Strategy<Value = i64> {
        prop_oneof![
            -3_000..3_000_i64,
            (-3..3_i64).prop_map(|second| second * 1_000)
        ]
    }

    proptest! {
        #[test]
        fn a_filter_includes_its_first_instant_and_not_its_last(
            (after, before) in (milliseconds(), milliseconds()),
            second in -4..4_i64,
        ) {
            const NOON: i64 = 1_770_724_800;
            let at = |milliseconds| Timestamp::from_millisecond(NOON * 1_000 + milliseconds).unwrap();
            let filter = filter(Some(at(after)), Some(at(before)));
            let is_inside = (after..before).contains(&(second * 1_000));
            prop_assert_eq!(shows(&filter, NOON + second), is_inside);
        }

        #[test]
        fn windows_that_touch_show_each_lead_exactly_once(
            mut cuts in prop::collection::vec((-4..4_i64, prop_oneof![Just(0), 0..1_000_000_000_i32]), 0..6),
            second in -4..4_i64,
        ) {
            cuts.sort_unstable();
            let cuts = cuts.into_iter().map(|(second, part)| Timestamp::new(second, part.abs()).unwrap());
            let starts = iter::once(None).chain(cuts.clone().map(Some));
            let ends = cuts.map(Some).chain([None]);
            let windows = starts.zip(ends).map(|(start, end)| filter(start, end));
            prop_assert_eq!(windows.filter(|window| shows(window, second)).count(), 1);
        }
    }
}
