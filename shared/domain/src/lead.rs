//! Leads, their starts, and changes and filters of leads.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    cadence::{FirstTouchpoint, Reachability, first_touchpoint},
    email::Email,
    first_message::FirstMessage,
    ids::{AccountId, CampaignId, JobId, LeadId, RunId, WorkflowId},
    json::escaped_size,
    metadata::Metadata,
    name::Name,
    patch::Change,
    phone::Phone,
    timing::MinGap,
    workflow::{Status, Workflow, WorkflowLabel},
};

/// Maximum size of a lead's texts and metadata in JSON, in bytes. Its item must stay far below
/// DynamoDB's limit of 400 KB.
pub const MAX_SIZE: usize = 64 * 1024;

/// A person to contact, and the start of the current run.
#[derive(Clone, Debug, PartialEq)]
pub struct Lead {
    pub account_id: AccountId,
    pub profile: Profile,
    /// Order to build the lead's run. `None` if the lead is in no workflow.
    pub start: Option<Start>,
}

/// Data of a lead. `Debug` shows no personal data.
#[derive(Clone, Debug, PartialEq)]
pub struct Profile {
    pub id: LeadId,
    pub first_name: Name,
    pub last_name: Option<Name>,
    pub email: Option<Email>,
    pub phone: Option<Phone>,
    /// Origin of the lead. It is `api` until a client changes it.
    pub source: Name,
    pub company: Option<Name>,
    /// Job title.
    pub title: Option<Name>,
    /// Keys of `metadata`, and the extra keys of the request.
    pub metadata: Metadata,
    pub campaign_id: Option<CampaignId>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// The order to build a lead's run.
///
/// It is in the lead's own item, and a message on the queue only points at it
/// ([ADR 2](../../../docs/adr/0002-the-lead-carries-its-start.md)).
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Start {
    /// Id of the run to build.
    pub run_id: RunId,
    /// Id of the start itself.
    pub job_id: JobId,
    pub workflow: WorkflowLabel,
    /// First status of the lead.
    pub status: Status,
    /// First touchpoint, as the reply to the request shows it.
    pub first: FirstTouchpoint,
    /// Message of the first touchpoint. `None` if the workflow sets it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_message: Option<FirstMessage>,
    /// Time of the enrolment. The cadence counts from it.
    pub enrolled_at: Timestamp,
    /// Time of the lead's last call for another run. `None` if there was none within the gap between
    /// calls.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_call: Option<Timestamp>,
    /// Least time from the last call to a call of this run. `None` if it is
    /// [`MIN_GAP`](crate::timing::MIN_GAP), or if there was no last call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_gap: Option<MinGap>,
    /// Reason, in the client's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Actor that the client names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
}

impl Start {
    /// Makes the start of `lead` in `workflow`. `None` if no step of the workflow can reach the
    /// lead, or the workflow has no initial status.
    pub fn new(
        lead: &Lead,
        workflow: &Workflow,
        first_message: Option<FirstMessage>,
        run_id: RunId,
        job_id: JobId,
    ) -> Option<Self> {
        let first = first_touchpoint(
            &workflow.cadence.steps,
            lead.reachability(),
            first_message.as_ref(),
        )?;
        Some(Self {
            run_id,
            job_id,
            workflow: workflow.label(),
            status: workflow.initial_status()?.clone(),
            first,
            first_message,
            enrolled_at: lead.profile.created_at,
            last_call: None,
            min_gap: None,
            reason: None,
            actor: None,
        })
    }
}

impl fmt::Debug for Start {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Start({}, redacted)", self.run_id)
    }
}

/// A change of a lead. Only changed fields are written, so concurrent changes of different fields
/// both take effect.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LeadPatch {
    /// New first name. `None` keeps the present one; it cannot be removed.
    pub first_name: Option<Name>,
    pub last_name: Change<Name>,
    pub email: Change<Email>,
    pub phone: Change<Phone>,
    /// New origin. `None` keeps the present one; it cannot be removed.
    pub source: Option<Name>,
    pub company: Change<Name>,
    /// Job title.
    pub title: Change<Name>,
    pub campaign_id: Change<CampaignId>,
    /// Keys to set. A key with the value `null` is removed.
    pub metadata: Metadata,
}

/// Filter of a list of leads. A lead must pass all parts of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LeadFilter {
    pub campaign_id: Option<CampaignId>,
    /// Workflow of the latest enrolment.
    pub workflow_id: Option<WorkflowId>,
    /// Earliest creation time, inclusive.
    pub created_after: Option<Timestamp>,
    /// End of the creation times, exclusive.
    pub created_before: Option<Timestamp>,
}

impl Profile {
    /// Returns the bytes of the lead's texts and metadata in JSON after a change. The names of the
    /// fields, the ids and the times add at most a kilobyte to a reply.
    pub fn size_after(&self, patch: &LeadPatch) -> usize {
        let texts = self.texts().into_iter().zip(patch.texts());
        let texts = texts.filter_map(|(old, change)| match change {
            Change::Keep => old,
            Change::Set(new) => Some(new),
            Change::Remove => None,
        });
        let kept = self
            .metadata
            .iter()
            .filter(|(key, _)| !patch.metadata.has(key));
        texts.map(text_size).sum::<usize>() + entries_size(kept) + entries_size(patch.set_keys())
    }

    /// Returns the texts in the order of [`LeadPatch::texts`].
    fn texts(&self) -> [Option<&str>; 7] {
        [
            Some(self.first_name.as_str()),
            self.last_name.as_ref().map(Name::as_str),
            self.email.as_ref().map(Email::as_str),
            self.phone.as_ref().map(|phone| phone.as_str()),
            Some(self.source.as_str()),
            self.company.as_ref().map(Name::as_str),
            self.title.as_ref().map(Name::as_str),
        ]
    }
}

impl LeadPatch {
    /// Returns the bytes that the change writes, counted as in [`Profile::size_after`]. The lead
    /// grows by no more than that.
    pub fn added_size(&self) -> usize {
        let texts = self.texts().into_iter().map(|change| match change {
            Change::Set(new) => text_size(new),
            Change::Keep | Change::Remove => 0,
        });
        texts.sum::<usize>() + entries_size(self.set_keys())
    }

    fn texts<'a>(&'a self) -> [Change<&'a str>; 7] {
        let set = |new: &'a Name| Change::Set(new.as_str());
        [
            self.first_name.as_ref().map_or(Change::Keep, set),
            self.last_name.as_ref().map(Name::as_str),
            self.email.as_ref().map(Email::as_str),
            self.phone.as_ref().map(|phone| phone.as_str()),
            self.source.as_ref().map_or(Change::Keep, set),
            self.company.as_ref().map(Name::as_str),
            self.title.as_ref().map(Name::as_str),
        ]
    }

    /// Returns the keys of the metadata that the change sets, and not those that it removes.
    fn set_keys(&self) -> impl Iterator<Item = (&str, &str)> {
        self.metadata.iter().filter(|(_, value)| *value != "null")
    }
}

/// Returns the bytes of a text in JSON, with its quotes.
fn text_size(text: &str) -> usize {
    escaped_size(text.as_bytes()) + 2
}

/// Returns the bytes of entries in JSON, with a colon and a comma each.
fn entries_size<'a>(entries: impl Iterator<Item = (&'a str, &'a str)>) -> usize {
    entries
        .map(|(key, value)| text_size(key) + value.len() + 2)
        .sum()
}

impl Lead {
    pub fn reachability(&self) -> Reachability {
        Reachability {
            phone: self.profile.phone.is_some(),
            email: self.profile.email.is_some(),
        }
    }
}
