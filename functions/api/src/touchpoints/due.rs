//! A touchpoint as its receiver gets it ([contract](../../../../docs/contract.md#touchpoints)).

use aws::account_secret::AccountSecret;
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use domain::{cadence::Channel, campaign::Campaign, ids::RunId, run::Owner, time::whole_second};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use super::claim::Taken;
#[cfg(feature = "description")]
use crate::schema::domain_types;
use crate::{
    ids::touchpoint_id,
    leads::{CampaignOut, ContactedLead, CurrentStatus, RunWorkflow},
    runs::MessageOut,
};

/// The reply to a claim.
#[derive(Serialize, ToSchema)]
pub struct ClaimReply<'a> {
    pub success: bool,
    /// The touchpoints that the caller has now.
    pub touchpoints: Vec<DueOut<'a>>,
}

/// A touchpoint with everything that the contact needs.
#[derive(Serialize, ToSchema)]
#[schema(as = ClaimedTouchpoint)]
pub struct DueOut<'a> {
    touchpoint: DueTouchpoint,
    /// The message, filled in with the lead's values.
    #[schema(required)]
    message: Option<MessageOut>,
    lead: ContactedLead<'a>,
    #[schema(required)]
    campaign: Option<CampaignOut<'a>>,
    workflow_run: DueRunOut<'a>,
    lease: LeaseOut,
}

/// Some names are in camel case, as the reference has them.
#[derive(Serialize, ToSchema)]
struct DueTouchpoint {
    #[schema(value_type = domain_types::TouchpointId)]
    id: String,
    #[schema(value_type = domain_types::Channel)]
    channel: Channel,
    #[serde(rename = "stepIndex")]
    step_index: u16,
    #[serde(rename = "attemptNumber")]
    attempt: u8,
    #[serde(rename = "maxAttempts")]
    max_attempts: u8,
    due_at: Timestamp,
    /// The time from which on the contact must not be made any more.
    not_after: Timestamp,
    /// The number of this try, from 1.
    #[serde(rename = "try")]
    #[schema(example = 1)]
    number: u16,
}

#[derive(Serialize, ToSchema)]
#[schema(as = RunOfTouchpoint)]
struct DueRunOut<'a> {
    #[schema(value_type = domain_types::RunId)]
    id: RunId,
    workflow: RunWorkflow<'a>,
    current_status: CurrentStatus<'a>,
}

/// The caller's right to make the contact.
#[derive(Serialize, ToSchema)]
pub struct LeaseOut {
    /// The text for `extend` and `release`.
    #[schema(example = "q83vEjRWeJCrze8")]
    pub token: String,
    /// The end of the lease. The outcome must come before it.
    pub until: Timestamp,
}

impl LeaseOut {
    pub fn new(owner: Owner, until: Timestamp) -> Self {
        Self {
            token: BASE64_URL_SAFE_NO_PAD.encode(owner.0),
            until: whole_second(until),
        }
    }
}

/// Reads the token of a lease. `None` if it is no token.
pub fn owner_of(token: &str) -> Option<Owner> {
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(token.trim()).ok()?;
    Some(Owner(bytes.try_into().ok()?))
}

impl Taken {
    /// Returns the touchpoint for the caller. `None` if the run does not have it.
    pub fn out<'a>(
        &'a self,
        campaign: Option<&'a Campaign>,
        secret: &AccountSecret,
    ) -> Option<DueOut<'a>> {
        let touchpoint = self.run.touchpoint(self.index)?;
        let tries = self.run.hand_over.as_ref().map_or(1, |it| it.tries);
        Some(DueOut {
            touchpoint: DueTouchpoint {
                id: touchpoint_id(secret, &self.run, self.index),
                channel: touchpoint.channel,
                step_index: touchpoint.step_index,
                attempt: touchpoint.attempt,
                max_attempts: touchpoint.max_attempts,
                due_at: touchpoint.due_at,
                not_after: whole_second(self.not_after),
                number: tries,
            },
            message: self.message.clone().map(MessageOut::from),
            lead: ContactedLead::from(&self.lead.profile),
            campaign: campaign.map(CampaignOut::from),
            workflow_run: DueRunOut {
                id: self.run.id,
                workflow: RunWorkflow::from(&self.run.workflow),
                current_status: CurrentStatus::from(&self.run.current_status),
            },
            lease: LeaseOut::new(self.claim.owner, self.claim.until),
        })
    }
}
