//! `PATCH` and `PUT /leads/{id}` ([contract](../../../../docs/contract.md#patch-leadsid-and-put-leadsid)).

use aws::store::StoreError;
use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use domain::{
    account::AccountSettings, ids::LeadId, lead::LeadPatch, patch::Change, time::whole_second,
};

use super::reply::{ChangedReply, ListedLead};
use crate::http::{body::JsonBody, reader::Reader};
#[cfg(feature = "description")]
use crate::schema::{
    bodies::LeadChange,
    domain_types,
    refusals::{Checked, Keyed, Naming, Raced, WithBody},
};
use crate::{
    auth::Caller,
    http::{error::ApiError, path::PathId},
    retry::{TRIES, pause},
    state::AppState,
};

/// Maximum number of metadata keys in a change. DynamoDB accepts 300 operators and 4 KB of expression in an update.
const MAX_KEYS: usize = 100;
/// Fields of a change.
const FIELDS: [&str; 9] = [
    "first_name",
    "last_name",
    "email",
    "phone",
    "company",
    "title",
    "source",
    "campaign_id",
    "metadata",
];

/// Change a lead
///
/// Changes the fields of the body, with PUT as well. All other fields stay as they are. Use it when
/// a person's data change.
///
/// The reply is the lead after the change. Concurrent changes of different fields are all made. The
/// touchpoints of a run stay as they are.
#[utoipa::path(
    patch,
    path = "/api/public/leads/{id}",
    operation_id = "changeLead",
    tag = "Leads",
    params(("id" = domain_types::LeadId, Path, description = "The lead's id.")),
    request_body = LeadChange,
    responses(
        (status = 200, description = "The lead after the change.", body = ChangedReply<'static>),
        Keyed,
        Checked,
        Naming,
        WithBody,
        Raced,
    ),
)]
pub async fn change(
    State(state): State<AppState>,
    Caller(account): Caller,
    PathId(id): PathId<LeadId>,
    JsonBody(body): JsonBody,
) -> Result<Response, ApiError> {
    let patch = read(&body, &account)?;
    for try_number in 0..TRIES {
        pause(&state.randomness, try_number).await;
        let read = state.store.read_for_change(account.id, id).await?;
        let read = read.ok_or(ApiError::NotFound("Lead"))?;
        if let Change::Set(campaign) = patch.campaign_id {
            let known = state.catalogue.campaign(account.id, campaign).await?;
            known.ok_or(ApiError::NotFound("Campaign"))?;
        }
        if !read.has_room_for(&patch) {
            return Err(ApiError::PayloadTooLarge(
                "With this change the lead would be over 64 KiB; remove keys of its metadata first",
            ));
        }
        let now = whole_second(state.clock.now());
        match state.store.change_lead(&read, &patch, now).await {
            // Another change has taken the room that this one needs, or the lead was erased.
            Err(StoreError::Conflict) => {}
            changed => {
                let lead = changed.map_err(ApiError::of_change)?;
                let body = ChangedReply {
                    success: true,
                    lead: ListedLead::from(&lead.profile),
                };
                return Ok(Json(body).into_response());
            }
        }
    }
    Err(ApiError::Conflict)
}

/// Reads a change, by the rules of `POST /leads`.
fn read(body: &[u8], account: &AccountSettings) -> Result<LeadPatch, ApiError> {
    let mut reader = Reader::of_object(body)?;
    if reader.is_empty() {
        reader.problem("body", "must name at least one field to change");
    }
    let mut extension = Change::Keep;
    let patch = LeadPatch {
        first_name: reader.replacement("first_name", Reader::optional),
        last_name: reader.change("last_name", Reader::optional),
        email: reader.change("email", Reader::optional),
        phone: match reader.change("phone", |reader, _| reader.phone(account)) {
            Change::Keep => Change::Keep,
            Change::Remove => {
                extension = Change::Remove;
                Change::Remove
            }
            Change::Set(dialled) => {
                extension = dialled.extension.map_or(Change::Remove, Change::Set);
                Change::Set(dialled.phone)
            }
        },
        source: reader.replacement("source", Reader::optional),
        company: reader.change("company", Reader::optional),
        title: reader.change("title", Reader::optional),
        campaign_id: reader.change("campaign_id", Reader::id),
        metadata: reader.changed_metadata(extension),
    };
    if patch.metadata.len() > MAX_KEYS {
        let what = format!("must not change more than {MAX_KEYS} keys at once");
        reader.problem("metadata", what);
    }
    reader.finish(&FIELDS).map(|()| patch)
}
