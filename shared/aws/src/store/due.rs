//! Entries of runs in the indexes: what is due when, what is held, and what callers can pull.

use std::{collections::VecDeque, ops::Range};

use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use domain::{
    channel::Channel,
    ids::{AccountId, LeadId, RunId},
    run::{Run, WakeKind},
    touchpoint_id::TouchpointRef,
};
use futures::future::try_join_all;
use jiff::Timestamp;

use super::{
    Store, StoreError,
    hold_scope::HoldScope,
    item::{Attributes, text},
    keys::{self, Key},
};

/// Maximum number of held runs that one read returns, from each partition.
const PAGE: i32 = 500;

/// The key of a run that an index lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ListedRun {
    pub account_id: AccountId,
    pub lead_id: LeadId,
    pub run_id: RunId,
}

/// A run that is due, as the second index lists it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DueRun {
    pub run: ListedRun,
    pub at: Timestamp,
    pub kind: WakeKind,
    pub channel: Channel,
}

impl DueRun {
    /// Returns the entry of a run.
    pub fn of(run: &Run, at: Timestamp, kind: WakeKind, channel: Channel) -> Self {
        Self {
            run: ListedRun::of(run),
            at,
            kind,
            channel,
        }
    }
}

impl ListedRun {
    /// Returns the key of the run of a touchpoint.
    pub fn of_touchpoint(touchpoint: &TouchpointRef) -> Self {
        Self {
            account_id: touchpoint.account_id,
            lead_id: touchpoint.lead_id,
            run_id: touchpoint.run_id,
        }
    }

    /// Returns the key of a run.
    pub fn of(run: &Run) -> Self {
        Self {
            account_id: run.account_id,
            lead_id: run.lead_id,
            run_id: run.id,
        }
    }
}

/// An open touchpoint, as the list index lists it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenRun {
    pub run: ListedRun,
    pub due_at: Timestamp,
}

/// Entries of an index that is spread over shards, in the order of their times. It reads a page of
/// each shard at a time. An index lags behind the table, so an entry may be out of date.
#[derive(Debug)]
pub struct Listing<E> {
    shards: Vec<Shard<E>>,
    is_newest_first: bool,
}

#[derive(Debug)]
struct Shard<E> {
    query: QueryFluentBuilder,
    page: VecDeque<E>,
    is_read: bool,
}

/// An entry of an index.
pub trait Entry: Sized {
    /// Reads an item of the index. `None` if it is another entry.
    fn of(item: Attributes) -> Option<Self>;

    /// Returns the time by which the index is sorted.
    fn at(&self) -> Timestamp;
}

impl<E: Entry> Listing<E> {
    /// Returns the next entry. `None` after the last one.
    ///
    /// # Errors
    /// The errors of a [read](StoreError#reads), except [`StoreError::Damaged`].
    pub async fn next(&mut self) -> Result<Option<E>, StoreError> {
        if self.shards.iter().any(Shard::needs_page) {
            try_join_all(self.shards.iter_mut().map(Shard::read_page)).await?;
        }
        let shards = self.shards.iter_mut();
        let shards = shards.filter(|shard| !shard.page.is_empty());
        let at = |shard: &&mut Shard<E>| shard.page.front().map(E::at);
        let first = match self.is_newest_first {
            true => shards.max_by_key(at),
            false => shards.min_by_key(at),
        };
        Ok(first.and_then(|shard| shard.page.pop_front()))
    }

    /// Turns the order around.
    pub fn newest_first(self) -> Self {
        let shards = self.shards.into_iter().map(|shard| Shard {
            query: shard.query.scan_index_forward(false),
            ..shard
        });
        Self {
            shards: shards.collect(),
            is_newest_first: true,
        }
    }
}

impl<E: Entry> Shard<E> {
    fn new(query: QueryFluentBuilder) -> Self {
        Self {
            query,
            page: VecDeque::new(),
            is_read: false,
        }
    }

    fn needs_page(&self) -> bool {
        self.page.is_empty() && !self.is_read
    }

    /// Reads pages until one has an entry, or until the end of the shard.
    async fn read_page(&mut self) -> Result<(), StoreError> {
        while self.needs_page() {
            let reply = self.query.clone().send().await?;
            let items = reply.items.unwrap_or_default().into_iter();
            self.page = items.filter_map(E::of).collect();
            self.is_read = reply.last_evaluated_key.is_none();
            let query = self.query.clone();
            self.query = query.set_exclusive_start_key(reply.last_evaluated_key);
        }
        Ok(())
    }
}

impl Entry for DueRun {
    fn of(item: Attributes) -> Option<Self> {
        let (at, kind, channel) = keys::parse_due_position(item.get("gsi2sk")?.as_s().ok()?)?;
        Some(Self {
            run: listed(item)?,
            at,
            kind,
            channel,
        })
    }

    fn at(&self) -> Timestamp {
        self.at
    }
}

impl Entry for OpenRun {
    fn of(item: Attributes) -> Option<Self> {
        let (_, due_at) = keys::parse_open_position(item.get("gsi1sk")?.as_s().ok()?)?;
        Some(Self {
            run: listed(item)?,
            due_at,
        })
    }

    fn at(&self) -> Timestamp {
        self.due_at
    }
}

impl Store {
    /// Returns the runs that are due in a range of time, oldest first. Reads nothing yet.
    pub fn due_runs(&self, range: Range<Timestamp>) -> Listing<DueRun> {
        let (from, to) = (range.start, range.end);
        let shards = (0..keys::WAKE_SHARDS).map(|shard| {
            let query = self.listing(keys::PENDING_INDEX, keys::due_runs(shard));
            let query = query
                .key_condition_expression("gsi2pk = :partition AND gsi2sk BETWEEN :from AND :to")
                .expression_attribute_values(":from", text(format!("{from:.0}")))
                // Without those of the second `to` itself.
                .expression_attribute_values(":to", text(format!("{to:.0}")));
            Shard::new(query)
        });
        Listing {
            shards: shards.collect(),
            is_newest_first: false,
        }
    }

    /// Returns at most 500 of each partition of the runs that something holds, oldest first.
    ///
    /// # Errors
    /// The errors of a [read](StoreError#reads), except [`StoreError::Damaged`].
    pub async fn held_runs(&self, scope: HoldScope) -> Result<Vec<ListedRun>, StoreError> {
        let partitions = keys::held_runs(scope).into_iter();
        let pages: Vec<_> = partitions
            .map(|partition| self.held_page(partition))
            .collect();
        let pages = try_join_all(pages).await?;
        Ok(pages.into_iter().flatten().filter_map(listed).collect())
    }

    async fn held_page(&self, partition: String) -> Result<Vec<Attributes>, StoreError> {
        let query = self.listing(keys::PENDING_INDEX, partition).limit(PAGE);
        let reply = query.key_condition_expression("gsi2pk = :partition").send();
        Ok(reply.await?.items.unwrap_or_default())
    }

    /// Returns an account's open touchpoints of a channel that are due in a range of time, both ends
    /// included, oldest first. Reads nothing yet, and then pages of `page` entries of each shard.
    pub fn open_runs(
        &self,
        account: AccountId,
        channel: Channel,
        range: Range<Timestamp>,
        page: u8,
    ) -> Listing<OpenRun> {
        let from = keys::open_position(channel, range.start);
        let to = keys::open_position(channel, range.end);
        let shards = (0..keys::OPEN_SHARDS).map(|shard| {
            let partition = keys::open_touchpoints(account, shard);
            let query = self.listing(keys::LIST_INDEX, partition);
            let query = query
                .key_condition_expression("gsi1pk = :partition AND gsi1sk BETWEEN :from AND :to")
                .expression_attribute_values(":from", text(&from))
                .expression_attribute_values(":to", text(&to))
                .limit(page.into());
            Shard::new(query)
        });
        Listing {
            shards: shards.collect(),
            is_newest_first: false,
        }
    }

    fn listing(&self, index: &str, partition: String) -> QueryFluentBuilder {
        self.client
            .query()
            .table_name(&*self.table)
            .index_name(index)
            .expression_attribute_values(":partition", text(partition))
    }
}

pub(super) fn listed(item: Attributes) -> Option<ListedRun> {
    let key = Key::of(item)?;
    let (account_id, lead_id) = keys::parse_lead_partition(&key.pk)?;
    Some(ListedRun {
        account_id,
        lead_id,
        run_id: key.sk.strip_prefix(keys::RUNS)?.parse().ok()?,
    })
}
