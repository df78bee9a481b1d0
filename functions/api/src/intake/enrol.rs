//! From a request to a lead that can be stored, with its start and its warnings. It calls nothing.

use aws::randomness::Randomness;
use domain::{
    account::AccountSettings,
    cadence::Reachability,
    first_message::FirstMessage,
    ids::{JobId, LeadId, RunId},
    lead::{Lead, Profile, Start},
    name::Name,
    time::whole_second,
    workflow::Workflow,
};
use jiff::Timestamp;
use thiserror::Error;

use super::{
    hints::UNREACHABLE, idempotency::IdempotentRequest, lead_request::LeadRequest,
    references::References,
};
use crate::http::{
    error::{ApiError, Problem, Problems},
    problem::Hints,
};

/// A part of the request that was not done. The lead is created all the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Warning {
    #[error("the workflow is unknown to this account: the lead is in no workflow")]
    UnknownWorkflow,
    #[error("the campaign is unknown to this account: the lead has no campaign")]
    UnknownCampaign,
    #[error("no step of the workflow can reach the lead: it is in no workflow")]
    Unreachable,
    #[error("the workflow is paused: the cadence waits until it is resumed")]
    Paused,
    #[error(
        "the workflow start could not be queued at once: it is delayed and will follow by itself"
    )]
    Delayed,
    #[error(
        "the workflow assignment failed: its start could be neither queued nor listed as pending; look at \
         the lead before you assign it again"
    )]
    NotAssigned,
}

/// The sentences beside a lead in a reply.
#[derive(Clone, Debug, Default)]
pub struct Remarks {
    pub warnings: Vec<Warning>,
    pub hints: Hints,
}

/// A lead that can be stored.
#[derive(Debug)]
pub struct Enrolled {
    pub lead: Lead,
    pub remarks: Remarks,
    pub idempotent: Option<IdempotentRequest>,
}

/// A request that is refused. If it is idempotent, an earlier request may have its key: the same
/// one, which was accepted, or another one.
#[derive(Debug)]
pub struct Refused {
    pub error: ApiError,
    pub idempotent: Option<IdempotentRequest>,
}

/// Makes the lead of a request.
///
/// # Errors
/// [`ApiError::Validation`] with every problem: the request's own, and those that its workflow shows.
pub fn enrol(
    request: LeadRequest,
    account: &AccountSettings,
    references: &References,
    randomness: &Randomness,
    now: Timestamp,
) -> Result<Enrolled, Refused> {
    let workflow = request
        .workflow_id
        .and_then(|id| references.workflows.get(&id));
    let mut problems = Problems::default();
    let valid_message =
        workflow.and_then(|workflow| check_workflow(&request, workflow, &mut problems));
    let LeadRequest {
        first_name,
        last_name,
        email,
        phone,
        metadata,
        workflow_id,
        campaign_id,
        first_message: _,
        idempotent,
        problems: mut all_problems,
        mut hints,
    } = request;
    all_problems.extend(problems, std::convert::identity);
    let Some(first_name) = first_name.filter(|_| all_problems.is_empty()) else {
        let error = ApiError::Validation(all_problems.with_hints(hints));
        return Err(Refused { error, idempotent });
    };
    if email.is_none() && phone.is_none() {
        hints.push(UNREACHABLE);
    }
    let mut warnings = Vec::new();
    let campaign = campaign_id.and_then(|id| references.campaigns.get(&id));
    if campaign_id.is_some() && campaign.is_none() {
        warnings.push(Warning::UnknownCampaign);
    }
    let id = match &idempotent {
        Some(request) => request.lead_id,
        None => LeadId::new(now, randomness.bits()),
    };
    // A new id keeps the milliseconds.
    let created_at = whole_second(now);
    let mut lead = Lead {
        account_id: account.id,
        profile: Profile {
            id,
            first_name,
            last_name,
            email,
            phone,
            source: Name::api(),
            company: None,
            title: None,
            metadata,
            campaign_id: campaign.map(|campaign| campaign.id),
            created_at,
            updated_at: created_at,
        },
        start: None,
    };
    match workflow {
        None if workflow_id.is_some() => warnings.push(Warning::UnknownWorkflow),
        None => {}
        Some(workflow) => {
            let (run_id, job_id) = match idempotent {
                Some(_) => (RunId::of_lead(id), JobId::of_lead(id)),
                None => (
                    RunId::new(now, randomness.bits()),
                    JobId::new(now, randomness.bits()),
                ),
            };
            lead.start = Start::new(&lead, workflow, valid_message, run_id, job_id);
            if lead.start.is_none() {
                warnings.push(Warning::Unreachable);
            } else if workflow.is_paused {
                warnings.push(Warning::Paused);
            }
        }
    }
    Ok(Enrolled {
        lead,
        remarks: Remarks { warnings, hints },
        idempotent,
    })
}

/// Checks a request against its workflow. Adds what is wrong to `problems`, and returns the first message if
/// it is valid.
fn check_workflow(
    request: &LeadRequest,
    workflow: &Workflow,
    problems: &mut Problems,
) -> Option<FirstMessage> {
    // A wrong phone or e-mail is not missing: one problem is reported once.
    let reach = Reachability {
        phone: request.phone.is_some() || request.has_problem_with("phone"),
        email: request.email.is_some() || request.has_problem_with("email"),
    };
    if workflow.has_call_step() && !reach.phone {
        problems.push(Problem::new(
            "phone",
            "is required: the workflow has a call step",
        ));
    }
    let message = request.first_message.as_ref()?;
    let is_wrong = |part: &str| message.wrong.iter().any(|field| field == part);
    if is_wrong("channel") {
        return None;
    }
    let channel = message
        .channel
        .or(workflow.cadence.steps.first().map(|step| step.channel))?;
    if !reach.has(channel) {
        let what = format!("cannot reach the lead on the channel {channel}");
        problems.push(Problem::new("force_first_message", what));
    }
    match FirstMessage::new(channel, message.parts.clone()) {
        Ok(message) => Some(message),
        Err(errors) => {
            for (part, error) in errors {
                let field = match part {
                    "" => "force_first_message".to_owned(),
                    part => format!("force_first_message.{part}"),
                };
                // A part with a problem is not missing either.
                let is_reported = match part {
                    "" => !message.wrong.is_empty(),
                    part => is_wrong(part),
                };
                if !is_reported {
                    problems.push(Problem::new(&field, error));
                }
            }
            None
        }
    }
}
