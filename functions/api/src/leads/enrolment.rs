//! From a draft to a lead that can be stored, with the order to start its run and with what is to be
//! said about it. Reads the catalogue, writes nothing.

use std::{
    collections::{HashMap, HashSet},
    hash::Hash,
    sync::Arc,
};

use aws::randomness::Randomness;
use aws::{store::StoreError, telemetry::Chain};
use domain::{
    account::Account,
    cadence::{Reachability, first_touchpoint},
    campaign::Campaign,
    first_message::FirstMessage,
    idempotency::IdempotencyKey,
    ids::{CampaignId, JobId, LeadId, RunId, WorkflowId},
    lead::{Lead, Profile, Start},
    name::Name,
    time::whole_second,
    workflow::Workflow,
};
use futures::{StreamExt, TryFutureExt, stream};
use jiff::Timestamp;
use thiserror::Error;

use super::draft::Draft;
use crate::{
    error::{ApiError, Problem},
    state::AppState,
};

/// Something that the client asked for and that was not done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(crate) enum Warning {
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
        "the workflow assignment failed: its start could be neither queued nor noted down; look at \
         the lead before you assign it again"
    )]
    NotAssigned,
}

/// The workflows and campaigns that some drafts ask for; those that are unknown are absent.
#[derive(Debug, Default)]
pub(crate) struct Wanted {
    workflows: HashMap<WorkflowId, Arc<Workflow>>,
    campaigns: HashMap<CampaignId, Arc<Campaign>>,
}

/// A lead that can be stored.
#[derive(Debug)]
pub(crate) struct Enrolment {
    pub(crate) lead: Lead,
    pub(crate) warnings: Vec<Warning>,
}

/// Which of a request's leads it is, if the client gave the request a name.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Named<'a> {
    pub(crate) key: &'a IdempotencyKey,
    pub(crate) index: usize,
    /// The digest of what was asked for.
    pub(crate) request_hash: &'a str,
}

impl<'a> Named<'a> {
    pub(crate) fn of(
        key: Option<&'a IdempotencyKey>,
        index: usize,
        request_hash: Option<&'a str>,
    ) -> Option<Self> {
        key.zip(request_hash).map(|(key, request_hash)| Self {
            key,
            index,
            request_hash,
        })
    }
}

impl Wanted {
    /// Looks up what the drafts ask for: each once, all at the same time.
    pub(crate) async fn look_up(
        state: &AppState,
        account: &Account,
        drafts: impl Iterator<Item = &Draft> + Clone,
    ) -> Result<Self, StoreError> {
        let id = account.id;
        let workflows = all(
            drafts.clone().filter_map(|draft| draft.workflow_id),
            |workflow| {
                let catalogue = state.catalogue.clone();
                async move { catalogue.workflow(id, workflow).await }
            },
        );
        let campaigns = all(drafts.filter_map(|draft| draft.campaign_id), |campaign| {
            let catalogue = state.catalogue.clone();
            async move { catalogue.campaign(id, campaign).await }
        });
        let (workflows, campaigns) = tokio::try_join!(workflows, campaigns)?;
        Ok(Self {
            workflows,
            campaigns,
        })
    }
}

/// Looks up each id once, at most 16 at the same time.
async fn all<Id, T, F>(
    ids: impl Iterator<Item = Id>,
    look_up: impl Fn(Id) -> F,
) -> Result<HashMap<Id, T>, StoreError>
where
    Id: Copy + Eq + Hash,
    F: Future<Output = Result<Option<T>, StoreError>>,
{
    let ids: HashSet<Id> = ids.collect();
    let lookups: Vec<_> = ids
        .into_iter()
        .map(|id| look_up(id).map_ok(move |value| (id, value)))
        .collect();
    let mut lookups = stream::iter(lookups).buffer_unordered(16);
    let mut found = HashMap::new();
    while let Some(looked_up) = lookups.next().await {
        match looked_up {
            Ok((id, Some(value))) => {
                found.insert(id, value);
            }
            Ok((_, None)) => {}
            // A lead is not lost over a workflow that cannot be read: it is as if there were none.
            Err(error @ StoreError::Damaged { .. }) => {
                tracing::error!(error = %Chain(&error), "a catalogue item cannot be read");
            }
            Err(error) => return Err(error),
        }
    }
    Ok(found)
}

/// The lead that `draft` describes.
///
/// # Errors
/// `Validation` with every problem at once: the draft's own, and what its workflow shows to be wrong.
pub(crate) fn enrol(
    account: &Account,
    draft: Draft,
    wanted: &Wanted,
    named: Option<Named<'_>>,
    random: &Randomness,
    now: Timestamp,
) -> Result<Enrolment, ApiError> {
    let workflow = draft.workflow_id.and_then(|id| wanted.workflows.get(&id));
    let mut problems = Vec::new();
    let first_message =
        workflow.and_then(|workflow| check_workflow(&draft, workflow, &mut problems));
    let Draft {
        first_name,
        last_name,
        email,
        phone,
        metadata,
        workflow_id,
        campaign_id,
        message: _,
        request_hash: _,
        problems: mut all_problems,
    } = draft;
    all_problems.extend(problems);
    let Some(first_name) = first_name.filter(|_| all_problems.is_empty()) else {
        return Err(ApiError::Validation(all_problems));
    };
    let mut warnings = Vec::new();
    let campaign = campaign_id.and_then(|id| wanted.campaigns.get(&id));
    if campaign_id.is_some() && campaign.is_none() {
        warnings.push(Warning::UnknownCampaign);
    }
    let id = match named {
        Some(Named { key, index, .. }) => LeadId::of_request(account.id, key, index),
        None => LeadId::new(now, random.bits()),
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
            let of_run = match named {
                Some(_) => (RunId::of_lead(id), JobId::of_lead(id)),
                None => (
                    RunId::new(now, random.bits()),
                    JobId::new(now, random.bits()),
                ),
            };
            lead.start = start(&lead, workflow, first_message, of_run, &mut warnings);
        }
    }
    Ok(Enrolment { lead, warnings })
}

/// What is wrong with a draft in the eyes of its workflow; the first message, if it is a right one.
fn check_workflow(
    draft: &Draft,
    workflow: &Workflow,
    problems: &mut Vec<Problem>,
) -> Option<FirstMessage> {
    // A phone or e-mail that is wrong is not missing: one problem is told once.
    let reach = Reachability {
        phone: draft.phone.is_some() || draft.has_problem_with("phone"),
        email: draft.email.is_some() || draft.has_problem_with("email"),
    };
    if workflow.has_call_step() && !reach.phone {
        problems.push(Problem::new(
            "phone",
            "is required: the workflow has a call step",
        ));
    }
    let message = draft.message.as_ref()?;
    if draft.has_problem_with("force_first_message.channel") {
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
                // A part that could not be read is not missing either.
                // The name of an unknown field is the client's, and may begin like any other.
                let is_known = draft.problems.iter().any(|problem| {
                    problem.field == field
                        || part.is_empty() && problem.field.starts_with("force_first_message.")
                });
                if !is_known {
                    problems.push(Problem::new(&field, error));
                }
            }
            None
        }
    }
}

/// The order to start `lead` in `workflow`; none, with a warning, if no step can reach the lead.
pub(super) fn start(
    lead: &Lead,
    workflow: &Workflow,
    first_message: Option<FirstMessage>,
    (run_id, job_id): (RunId, JobId),
    warnings: &mut Vec<Warning>,
) -> Option<Start> {
    let first = first_touchpoint(
        &workflow.cadence.steps,
        lead.reachability(),
        first_message.as_ref(),
    );
    let (Some(first), Some(status)) = (first, workflow.initial_status()) else {
        warnings.push(Warning::Unreachable);
        return None;
    };
    if workflow.is_paused {
        warnings.push(Warning::Paused);
    }
    Some(Start {
        run_id,
        job_id,
        workflow: workflow.label(),
        status: status.clone(),
        first,
        first_message,
        enrolled_at: lead.profile.created_at,
        reason: None,
        actor: None,
    })
}
