//! The history of a lead. The lead's own item records its creation and its present enrolment. Each
//! other activity is an item of its own.

use aws_sdk_dynamodb::types::AttributeValue;
use domain::{
    activity::{Activity, ActivityKind, last_call},
    ids::{AccountId, LeadId},
    lead::{Lead, Start},
    page::{Page, PageRequest},
    touchpoint_id::TouchpointRef,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::clock::Clock;

use super::{
    Store, StoreError,
    item::{Entity, decode, encode, text},
    keys::{self, Key},
};

#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct ActivityItem {
    /// Sort key: the position in the history, after a prefix.
    sk: String,
    #[serde(flatten)]
    activity: Activity,
}

impl Entity for ActivityItem {
    const NAME: &'static str = "activity";
    const VERSION: u8 = 1;
}

impl ActivityItem {
    pub(super) fn new(activity: &Activity) -> Self {
        Self::at(&position(&activity.at, "2", id_in_order()), activity)
    }

    /// Returns the entry for an enrolment. It has the same position as before, when the start in
    /// the lead's item recorded the enrolment.
    pub(super) fn of_start(start: &Start) -> Self {
        Self::at(&start_position(start), &Activity::of_start(start))
    }

    fn at(position: &str, activity: &Activity) -> Self {
        Self {
            sk: format!("{}{position}", keys::ACTIVITIES),
            activity: activity.clone(),
        }
    }

    pub(super) fn key(&self, account: AccountId, lead: LeadId) -> Key {
        Key {
            pk: keys::lead_partition(account, lead),
            sk: self.sk.clone(),
        }
    }

    #[cfg(test)]
    pub(super) fn activity(&self) -> &Activity {
        &self.activity
    }

    fn position(&self) -> String {
        self.sk
            .strip_prefix(keys::ACTIVITIES)
            .unwrap_or_default()
            .to_owned()
    }
}

fn start_position(start: &Start) -> String {
    position(&start.enrolled_at, "1", start.run_id)
}

/// Returns a new id that sorts after the ids before it, also while the clock of a local stack stands
/// still.
fn id_in_order() -> Uuid {
    let now = Clock::System.now().as_nanosecond();
    let time = u64::try_from(now).unwrap_or_default();
    let (random, _) = Uuid::new_v4().as_u64_pair();
    Uuid::from_u64_pair(time, random)
}

/// Returns the position of an entry: by its time to the millisecond, then by `rank`, then by `id`.
fn position(at: &Timestamp, rank: &str, id: impl std::fmt::Display) -> String {
    format!("{at:.3}#{rank}#{id}")
}

/// An entry of the history that is about a contact, with its place.
#[derive(Clone, Debug)]
pub struct ContactEntry {
    pub activity: Activity,
    position: String,
    /// The contact as it is stored.
    stored: Option<AttributeValue>,
}

impl Store {
    /// Returns the entries about a touchpoint, oldest first.
    ///
    /// # Errors
    /// The errors of a [read](StoreError#reads).
    pub async fn contact_entries(
        &self,
        touchpoint: TouchpointRef,
    ) -> Result<Vec<ContactEntry>, StoreError> {
        let TouchpointRef {
            account_id,
            lead_id,
            run_id,
            index,
        } = touchpoint;
        let mut items = self
            .client
            .query()
            .table_name(&*self.table)
            .key_condition_expression("pk = :pk AND begins_with(sk, :entries)")
            .filter_expression("contact.run_id = :run AND contact.#index = :index")
            .expression_attribute_names("#index", "index")
            .expression_attribute_values(":pk", text(keys::lead_partition(account_id, lead_id)))
            .expression_attribute_values(":entries", text(keys::ACTIVITIES))
            .expression_attribute_values(":run", text(run_id))
            .expression_attribute_values(":index", AttributeValue::N(index.to_string()))
            .consistent_read(true)
            .into_paginator()
            .items()
            .send();
        let mut entries = Vec::new();
        while let Some(item) = items.try_next().await? {
            let stored = item.get("contact").cloned();
            let item: ActivityItem = decode(item)?;
            entries.push(ContactEntry {
                stored,
                position: item.position(),
                activity: item.activity,
            });
        }
        Ok(entries)
    }

    /// Returns the time of the last call to a lead since `since`. `None` if there was none.
    ///
    /// # Errors
    /// The errors of a [read](StoreError#reads).
    pub async fn last_call(
        &self,
        account: AccountId,
        lead: LeadId,
        since: Timestamp,
    ) -> Result<Option<Timestamp>, StoreError> {
        let mut items = self
            .client
            .query()
            .table_name(&*self.table)
            .key_condition_expression("pk = :pk AND sk BETWEEN :since AND :end")
            .expression_attribute_values(":pk", text(keys::lead_partition(account, lead)))
            .expression_attribute_values(":since", text(format!("{}{since:.3}", keys::ACTIVITIES)))
            .expression_attribute_values(":end", text(keys::ACTIVITIES_END))
            .consistent_read(true)
            .into_paginator()
            .items()
            .send();
        let mut entries = Vec::new();
        while let Some(item) = items.try_next().await? {
            entries.push(decode::<ActivityItem>(item)?.activity);
        }
        Ok(last_call(&entries))
    }

    /// Replaces an entry, for example with more details.
    ///
    /// # Errors
    /// The errors of a [write](StoreError#writes). [`StoreError::Conflict`] if the contact was changed
    /// since it was read, or if the lead was erased.
    pub async fn replace_contact(
        &self,
        account: AccountId,
        lead: LeadId,
        entry: &ContactEntry,
    ) -> Result<(), StoreError> {
        let item = ActivityItem::at(&entry.position, &entry.activity);
        self.client
            .put_item()
            .table_name(&*self.table)
            .set_item(Some(encode(item.key(account, lead), &item)?))
            .condition_expression("contact = :stored")
            .set_expression_attribute_values(
                entry
                    .stored
                    .clone()
                    .map(|stored| [(":stored".to_owned(), stored)].into()),
            )
            .send()
            .await?;
        Ok(())
    }

    /// Returns a page of a lead's history, oldest first.
    ///
    /// # Errors
    /// The errors of a [read](StoreError#reads).
    pub async fn history(
        &self,
        lead: &Lead,
        request: &PageRequest,
    ) -> Result<Page<Activity>, StoreError> {
        let partition = keys::lead_partition(lead.account_id, lead.profile.id);
        let stored: Page<ActivityItem> = self.page(partition, keys::ACTIVITIES, request).await?;
        let created = Activity {
            kind: ActivityKind::LeadCreated,
            subject: None,
            reason: None,
            actor: None,
            contact: None,
            at: lead.profile.created_at,
        };
        let mut entries = vec![(position(&created.at, "0", lead.profile.id), created)];
        let enrolled = lead.start.as_ref();
        entries.extend(enrolled.map(|start| (start_position(start), Activity::of_start(start))));
        if let Some(after) = &request.after {
            entries.retain(|(position, _)| position > after);
        }
        // An entry of the lead's item that comes after this page belongs to the next one.
        if let Some(next) = &stored.next {
            entries.retain(|(position, _)| position < next);
        }
        let stored_items = stored.items.into_iter();
        entries.extend(stored_items.map(|item| (item.position(), item.activity)));
        entries.sort_by(|(one, _), (other, _)| one.cmp(other));
        // An enrolment that was replaced after the lead was read occurs twice.
        entries.dedup_by(|(one, _), (other, _)| one == other);
        let limit = usize::from(request.limit);
        let has_more = stored.next.is_some() || entries.len() > limit;
        entries.truncate(limit);
        let next = entries
            .last()
            .map(|(position, _)| position.clone())
            .filter(|_| has_more);
        Ok(Page {
            items: entries.into_iter().map(|(_, activity)| activity).collect(),
            next,
        })
    }
}
