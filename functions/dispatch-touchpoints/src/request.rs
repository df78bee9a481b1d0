//! The body of a request to a webhook ([contract](../../../docs/contract.md#webhook)).

use aws::account_secret::AccountSecret;
use domain::{
    cadence::{Channel, Touchpoint},
    campaign::Campaign,
    first_message::MessageParts,
    ids::{CampaignId, LeadId, RunId, StatusId, WorkflowId},
    lead::{Lead, Profile},
    metadata::Metadata,
    name::Name,
    run::Run,
    time::whole_second,
    touchpoint_id::TouchpointRef,
    workflow::{GoalType, Status, WorkflowLabel},
};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::value::RawValue;

/// Everything that a request is made of.
pub struct Parts<'a> {
    pub run: &'a Run,
    pub index: u16,
    pub touchpoint: &'a Touchpoint,
    pub lead: &'a Lead,
    pub campaign: Option<&'a Campaign>,
    pub message: Option<MessageParts>,
    pub not_after: Timestamp,
    pub now: Timestamp,
    pub secret: &'a AccountSecret,
    pub api_url: &'a str,
}

/// A request that is ready to be sent.
pub struct Request {
    /// Id of the touchpoint. It is the same in each try.
    pub id: String,
    pub body: Vec<u8>,
}

#[derive(Serialize)]
struct Body<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    timestamp: Timestamp,
    test: bool,
    data: Data<'a>,
}

#[derive(Serialize)]
struct Data<'a> {
    touchpoint: TouchpointOut<'a>,
    message: Option<MessageOut>,
    lead: LeadOut<'a>,
    campaign: Option<CampaignOut<'a>>,
    workflow_run: RunOut<'a>,
    reply_url: String,
}

/// Some names are in camel case, as the reference has them.
#[derive(Serialize)]
struct TouchpointOut<'a> {
    id: &'a str,
    channel: Channel,
    #[serde(rename = "stepIndex")]
    step_index: u16,
    #[serde(rename = "attemptNumber")]
    attempt: u8,
    #[serde(rename = "maxAttempts")]
    max_attempts: u8,
    due_at: Timestamp,
    not_after: Timestamp,
    #[serde(rename = "try")]
    number: u16,
}

#[derive(Serialize)]
struct MessageOut {
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    begin_message: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    html: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    template_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    components: Option<Box<RawValue>>,
}

#[derive(Serialize)]
struct LeadOut<'a> {
    id: LeadId,
    first_name: &'a str,
    last_name: Option<&'a str>,
    email: Option<&'a str>,
    phone: Option<&'a str>,
    source: &'a str,
    company: Option<&'a str>,
    title: Option<&'a str>,
    metadata: &'a Metadata,
}

#[derive(Serialize)]
struct CampaignOut<'a> {
    id: CampaignId,
    name: &'a str,
}

#[derive(Serialize)]
struct RunOut<'a> {
    id: RunId,
    workflow: WorkflowOut<'a>,
    current_status: StatusOut<'a>,
}

#[derive(Serialize)]
struct WorkflowOut<'a> {
    id: WorkflowId,
    name: &'a str,
    goal_type: GoalType,
}

#[derive(Serialize)]
struct StatusOut<'a> {
    id: StatusId,
    key: &'a str,
    label: &'a str,
    category: &'a str,
}

impl Parts<'_> {
    /// Returns the request.
    ///
    /// # Errors
    /// The error of the JSON. It never happens, because each key is a text.
    pub fn request(self) -> Result<Request, serde_json::Error> {
        let Self {
            run,
            index,
            touchpoint,
            lead,
            campaign,
            message,
            not_after,
            now,
            secret,
            api_url,
        } = self;
        let place = TouchpointRef {
            account_id: run.account_id,
            lead_id: run.lead_id,
            run_id: run.id,
            index,
        };
        let id = secret.touchpoint_id(place);
        let token = secret.reply_token(place, now);
        let tries = run.hand_over.as_ref().map_or(1, |it| it.tries);
        let body = Body {
            kind: "touchpoint.due",
            timestamp: whole_second(now),
            test: false,
            data: Data {
                touchpoint: TouchpointOut {
                    id: &id,
                    channel: touchpoint.channel,
                    step_index: touchpoint.step_index,
                    attempt: touchpoint.attempt,
                    max_attempts: touchpoint.max_attempts,
                    due_at: touchpoint.due_at,
                    not_after: whole_second(not_after),
                    number: tries,
                },
                message: message.map(MessageOut::from),
                lead: LeadOut::from(&lead.profile),
                campaign: campaign.map(|it| CampaignOut {
                    id: it.id,
                    name: &it.name,
                }),
                workflow_run: RunOut::from(run),
                reply_url: format!("{api_url}/api/public/touchpoints/{id}/outcome?token={token}"),
            },
        };
        let body = serde_json::to_vec(&body)?;
        Ok(Request { id, body })
    }
}

impl From<MessageParts> for MessageOut {
    fn from(
        MessageParts {
            content,
            begin_message,
            subject,
            html,
            template_id,
            components,
        }: MessageParts,
    ) -> Self {
        Self {
            content,
            begin_message,
            subject,
            html,
            template_id,
            components: components.and_then(|text| RawValue::from_string(text).ok()),
        }
    }
}

impl<'a> From<&'a Profile> for LeadOut<'a> {
    fn from(lead: &'a Profile) -> Self {
        Self {
            id: lead.id,
            first_name: lead.first_name.as_str(),
            last_name: lead.last_name.as_ref().map(Name::as_str),
            email: lead.email.as_ref().map(|email| email.as_str()),
            phone: lead.phone.as_ref().map(|phone| phone.as_str()),
            source: lead.source.as_str(),
            company: lead.company.as_ref().map(Name::as_str),
            title: lead.title.as_ref().map(Name::as_str),
            metadata: &lead.metadata,
        }
    }
}

impl<'a> From<&'a Run> for RunOut<'a> {
    fn from(run: &'a Run) -> Self {
        let WorkflowLabel {
            id,
            name,
            goal_type,
            version: _,
        } = &run.workflow;
        let Status {
            id: status,
            key,
            label,
            category,
            ..
        } = &run.current_status;
        Self {
            id: run.id,
            workflow: WorkflowOut {
                id: *id,
                name,
                goal_type: *goal_type,
            },
            current_status: StatusOut {
                id: *status,
                key,
                label,
                category,
            },
        }
    }
}
