//! A lead's history. That it was taken in, and its present enrolment, the lead's own item says; the rest
//! are items of their own.

use domain::{
    activity::{Activity, ActivityKind},
    ids::{AccountId, LeadId},
    lead::{Lead, Start},
    page::{Page, PageRequest},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    Store, StoreError,
    item::Entity,
    keys::{self, Key},
};

#[derive(Serialize, Deserialize)]
pub(super) struct ActivityItem {
    /// The sort key: when it was, and what tells it from others of the same moment.
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
        Self::at(&position(&activity.at, "2", Uuid::new_v4()), activity)
    }

    /// The enrolment that a start has ordered, where it stood as long as the lead's item said so.
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

/// Where an entry stands: by time to the millisecond, then by what comes first.
fn position(at: &Timestamp, rank: &str, id: impl std::fmt::Display) -> String {
    format!("{at:.3}#{rank}#{id}")
}

impl Store {
    /// A page of a lead's history, oldest first.
    ///
    /// # Errors
    /// As of any read.
    pub async fn history(
        &self,
        lead: &Lead,
        request: &PageRequest,
    ) -> Result<Page<Activity>, StoreError> {
        let partition = keys::lead_partition(lead.account_id, lead.profile.id);
        let noted: Page<ActivityItem> = self.page(partition, keys::ACTIVITIES, request).await?;
        let created = Activity {
            kind: ActivityKind::LeadCreated,
            subject: None,
            reason: None,
            actor: None,
            at: lead.profile.created_at,
        };
        let mut entries = vec![(position(&created.at, "0", lead.profile.id), created)];
        let enrolled = lead.start.as_ref();
        entries.extend(enrolled.map(|start| (start_position(start), Activity::of_start(start))));
        if let Some(after) = &request.after {
            entries.retain(|(position, _)| position > after);
        }
        // What the lead's item says of later than this page belongs to the next.
        if let Some(next) = &noted.next {
            entries.retain(|(position, _)| position < next);
        }
        let noted_items = noted.items.into_iter();
        entries.extend(noted_items.map(|item| (item.position(), item.activity)));
        entries.sort_by(|(one, _), (other, _)| one.cmp(other));
        // An enrolment that was replaced since the lead was read is there twice.
        entries.dedup_by(|(one, _), (other, _)| one == other);
        let limit = usize::from(request.limit);
        let has_more = noted.next.is_some() || entries.len() > limit;
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
