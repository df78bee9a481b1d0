//! `PATCH` and `PUT /leads/{id}` (CONTRACT section 5).

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use jiff::Timestamp;
use shared::{
    domain::{
        account::Account,
        ids::LeadId,
        lead::{Change, LeadPatch},
    },
    store::StoreError,
};

use super::{
    body::{JsonBody, malformed},
    create::LEAD_LIMIT,
    reader::Reader,
    reply::{ChangedReply, ListedLead},
};
use crate::{auth::Caller, error::ApiError, path_id::PathId, state::AppState};

/// DynamoDB takes an update of 300 operations and 4 KB of expression.
const MOST_KEYS: usize = 200;

pub(crate) async fn change(
    State(state): State<AppState>,
    Caller(account): Caller,
    PathId(id): PathId<LeadId>,
    JsonBody(body): JsonBody,
) -> Result<Response, ApiError> {
    let patch = read(&body, &account)?;
    if let Change::Set(campaign) = patch.campaign_id {
        let known = state.catalogue.campaign(account.id, campaign).await?;
        known.ok_or(ApiError::NotFound("Campaign"))?;
    }
    let now = state.clock.now();
    let now = Timestamp::from_second(now.as_second()).unwrap_or(now);
    let lead = match state.store.change_lead(account.id, id, patch, now).await {
        Err(StoreError::Conflict) => return Err(ApiError::NotFound("Lead")),
        changed => changed?,
    };
    let body = ChangedReply {
        success: true,
        lead: ListedLead::from(&lead.profile),
    };
    Ok(Json(body).into_response())
}

/// Reads a change by the rules of an intake.
fn read(body: &[u8], account: &Account) -> Result<LeadPatch, ApiError> {
    if body.len() > LEAD_LIMIT {
        return Err(ApiError::PayloadTooLarge(
            "A change must not be over 64 KiB",
        ));
    }
    let fields = serde_json::from_slice(body)
        .map_err(|error| malformed(&error, "The body must be a JSON object"))?;
    let mut reader = Reader::new(fields);
    let mut extension = None;
    let patch = LeadPatch {
        first_name: reader.replacement("first_name", Reader::optional),
        last_name: reader.change("last_name", Reader::optional),
        email: reader.change("email", Reader::optional),
        phone: reader.change("phone", |reader, _| {
            let dialled = reader.phone(account)?;
            extension = dialled.extension;
            Some(dialled.phone)
        }),
        source: reader.replacement("source", Reader::optional),
        company: reader.change("company", Reader::optional),
        title: reader.change("title", Reader::optional),
        campaign_id: reader.change("campaign_id", Reader::id),
        metadata: reader.metadata_alone(extension),
    };
    if patch.metadata.len() > MOST_KEYS {
        let what = format!("must not change more than {MOST_KEYS} keys at once");
        reader.problem("metadata", what);
    }
    if patch == LeadPatch::default() && reader.problems.is_empty() {
        reader.problem("the body", "must name at least one field to change");
    }
    if reader.problems.is_empty() {
        Ok(patch)
    } else {
        Err(ApiError::Validation(reader.problems))
    }
}
