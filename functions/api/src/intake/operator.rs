//! Intake in the operator's own process: the code of `POST /leads`, without a request, an API key or a limit.

use std::sync::Arc;

use aws::randomness::Randomness;
use domain::{
    account::AccountSettings, idempotency::IdempotencyKey, lead::Lead, workflow::Workflow,
};
use jiff::Timestamp;

use super::{
    enrol::enrol, lead_request::LeadRequest, one, outcome::Acceptance, references::References,
    reply::created_body,
};
use crate::{
    http::{error::ApiError, problem::Hints},
    state::AppState,
};

/// A lead that is stored.
pub struct CreatedLead {
    /// The body of the API's reply, as JSON.
    pub body: String,
    /// Whether an earlier call with the same idempotency key created it.
    pub is_replay: bool,
}

/// Creates a lead of an account. `body` is the JSON of the lead.
///
/// # Errors
/// The error that a request with this body gets.
pub async fn create_lead(
    state: &AppState,
    account: &AccountSettings,
    key: Option<&IdempotencyKey>,
    body: &str,
) -> Result<CreatedLead, ApiError> {
    let accepted = one::create(state, account, key, body.as_bytes()).await?;
    Ok(CreatedLead {
        body: accepted.body,
        is_replay: accepted.how == Acceptance::Replayed,
    })
}

/// Checks a lead as [`create_lead`] does, and stores nothing. Returns the body of the reply.
///
/// # Errors
/// Same as [`create_lead`], but for those of the idempotency key and of the write.
pub async fn check_lead(
    state: &AppState,
    account: &AccountSettings,
    body: &str,
) -> Result<String, ApiError> {
    let enrolled = one::read(state, account, None, body.as_bytes()).await?;
    let enrolled = enrolled.map_err(|refused| refused.error)?;
    created_body(&enrolled.lead, &enrolled.remarks)
}

/// Reads a lead as [`create_lead`] does, without a table. `workflow` stands for the workflow that
/// the lead names, if it names one.
///
/// # Errors
/// Same as [`check_lead`], but for those of the table.
pub fn read_lead(
    account: &AccountSettings,
    workflow: Workflow,
    body: &str,
    now: Timestamp,
) -> Result<(Lead, Hints), ApiError> {
    let request = LeadRequest::parse(body.as_bytes(), account, None)?;
    let named = request.workflow_id.map(|id| (id, Arc::new(workflow)));
    let references = References {
        workflows: named.into_iter().collect(),
        ..References::default()
    };
    let enrolled = enrol(request, account, &references, &Randomness::System, now);
    let enrolled = enrolled.map_err(|refused| refused.error)?;
    Ok((enrolled.lead, enrolled.remarks.hints))
}
