//! A lead, the order to start its run that it carries, and what can be changed or asked about leads.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    cadence::{FirstTouchpoint, Reachability, first_touchpoint},
    email::Email,
    first_message::FirstMessage,
    ids::{AccountId, CampaignId, JobId, LeadId, RunId, WorkflowId},
    metadata::Metadata,
    name::Name,
    patch::Change,
    phone::Phone,
    workflow::{Status, Workflow, WorkflowLabel},
};

/// Maximum size of a lead in JSON, in bytes. Its item must stay far below the 400 KB of a DynamoDB item.
pub const MAX_SIZE: usize = 64 * 1024;

/// A person who asked to be contacted, and the order to contact them.
#[derive(Clone, Debug, PartialEq)]
pub struct Lead {
    /// Whose lead it is.
    pub account_id: AccountId,
    /// Who it is.
    pub profile: Profile,
    /// The order to start a run; none: it is in no workflow.
    pub start: Option<Start>,
}

/// What is known of a lead. `Debug` shows no personal data.
#[derive(Clone, Debug, PartialEq)]
pub struct Profile {
    /// The lead's id.
    pub id: LeadId,
    /// First name.
    pub first_name: Name,
    /// Last name.
    pub last_name: Option<Name>,
    /// E-mail address.
    pub email: Option<Email>,
    /// Phone number.
    pub phone: Option<Phone>,
    /// Where it came from; `api` for all that come in over HTTP, until a client says otherwise.
    pub source: Name,
    /// Company.
    pub company: Option<Name>,
    /// Job title.
    pub title: Option<Name>,
    /// What the client said beside the documented fields.
    pub metadata: Metadata,
    /// The campaign that it is tagged with.
    pub campaign_id: Option<CampaignId>,
    /// When it was taken in.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// The order to start a run. It is stored in the lead's own item, by the same write, and is the truth
/// about the enrolment: a queue message only points at it (ADR 0002).
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Start {
    /// The run that is to be written.
    pub run_id: RunId,
    /// The order's own id.
    pub job_id: JobId,
    /// The workflow.
    pub workflow: WorkflowLabel,
    /// Where the lead stands at first.
    pub status: Status,
    /// The first contact.
    pub first: FirstTouchpoint,
    /// What the first contact says, if the client wants it otherwise than the workflow.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_message: Option<FirstMessage>,
    /// When it was ordered; the cadence counts from here.
    pub enrolled_at: Timestamp,
    /// Why, in the words of who ordered it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Who ordered it, if the client says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
}

impl Start {
    /// Makes the start of `lead` in `workflow`. `None` if no step of the workflow can reach the lead.
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

/// A change of a lead. What is kept is not written, so that two changes of different fields do not meet.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LeadPatch {
    /// First name; cannot be removed.
    pub first_name: Option<Name>,
    /// Last name.
    pub last_name: Change<Name>,
    /// E-mail address.
    pub email: Change<Email>,
    /// Phone number.
    pub phone: Change<Phone>,
    /// Where it came from; cannot be removed.
    pub source: Option<Name>,
    /// Company.
    pub company: Change<Name>,
    /// Job title.
    pub title: Change<Name>,
    /// The campaign that it is tagged with.
    pub campaign_id: Change<CampaignId>,
    /// Keys to set; those with the value `null` are removed.
    pub metadata: Metadata,
}

/// Which leads a list shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LeadFilter {
    /// Those that are tagged with this campaign.
    pub campaign_id: Option<CampaignId>,
    /// Those whose latest enrolment is in this workflow.
    pub workflow_id: Option<WorkflowId>,
    /// Those that were taken in later than this.
    pub created_after: Option<Timestamp>,
    /// Those that were taken in earlier than this.
    pub created_before: Option<Timestamp>,
}

impl Profile {
    /// How many bytes of text the lead will hold after a change.
    pub fn size_after(&self, patch: &LeadPatch) -> usize {
        let name = |old: &Option<Name>, change: &Change<Name>| match change {
            Change::Keep => old.as_ref().map_or(0, |name| name.as_str().len()),
            Change::Set(new) => new.as_str().len(),
            Change::Remove => 0,
        };
        let names = name(&self.last_name, &patch.last_name)
            + name(&self.company, &patch.company)
            + name(&self.title, &patch.title);
        let kept = self
            .metadata
            .iter()
            .filter(|(key, _)| !patch.metadata.has(key));
        let entries = kept.chain(patch.metadata.iter());
        names
            + entries
                .map(|(key, value)| key.len() + value.len())
                .sum::<usize>()
    }
}

impl Lead {
    /// On which ways the lead can be reached.
    pub fn reachability(&self) -> Reachability {
        Reachability {
            phone: self.profile.phone.is_some(),
            email: self.profile.email.is_some(),
        }
    }
}
