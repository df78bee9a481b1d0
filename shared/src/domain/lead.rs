//! A lead, and the order to start its run that it carries.

use jiff::Timestamp;

use super::{
    cadence::{FirstTouchpoint, Reachability},
    email::Email,
    first_message::FirstMessage,
    ids::{AccountId, CampaignId, JobId, LeadId, RunId},
    metadata::Metadata,
    name::PersonName,
    phone::Phone,
    workflow::{Status, WorkflowLabel},
};

/// A person who asked to be contacted. `Debug` shows no personal data.
#[derive(Clone, Debug, PartialEq)]
pub struct Lead {
    /// Whose lead it is.
    pub account_id: AccountId,
    /// Its id.
    pub id: LeadId,
    /// First name.
    pub first_name: PersonName,
    /// Last name.
    pub last_name: Option<PersonName>,
    /// E-mail address.
    pub email: Option<Email>,
    /// Phone number.
    pub phone: Option<Phone>,
    /// Where it came from; `api` for all that come in over HTTP.
    pub source: String,
    /// What the client said beside the documented fields.
    pub metadata: Metadata,
    /// The campaign that it is tagged with.
    pub campaign_id: Option<CampaignId>,
    /// The order to start a run; none: it is in no workflow.
    pub start: Option<Start>,
    /// When it was taken in.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// The order to start a run. It is stored in the lead's own item, by the same write, and is the truth
/// about the enrolment: a queue message only points at it (ADR 0002).
#[derive(Clone, Debug, PartialEq)]
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
    pub first_message: Option<FirstMessage>,
    /// When it was ordered; the cadence counts from here.
    pub enrolled_at: Timestamp,
}

impl Lead {
    /// On which ways the lead can be reached.
    pub fn reachability(&self) -> Reachability {
        Reachability {
            phone: self.phone.is_some(),
            email: self.email.is_some(),
        }
    }
}
