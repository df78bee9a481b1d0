//! `DELETE /suppressions/{id}`.

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use domain::{
    address::AddressHash,
    suppression::{Consent, NotRemoved, Removal},
    time::whole_second,
};
use jiff::{SignedDuration, Timestamp};

use super::reply::{EndedOut, RemovedReply};
#[cfg(feature = "description")]
use crate::schema::{
    bodies::SuppressionRemoval,
    domain_types,
    refusals::{Checked, Keyed, Naming, Raced, WithBody},
};
use crate::{
    auth::Caller,
    http::{
        body::JsonBody,
        error::{ApiError, Problem},
        path::SuppressionId,
        reader::Reader,
    },
    state::AppState,
};

/// Fields of the body.
const FIELDS: [&str; 3] = ["reason", "actor", "consent"];
/// Difference that is allowed for the clocks of clients.
const DAY: SignedDuration = SignedDuration::from_hours(24);

/// Remove a suppression
///
/// Lets an address be contacted again, on all channels. `reason` is required. A suppression that is `opted_out` or
/// `complained` also needs the person's new `consent`: its time and its source.
///
/// The removal is kept: the check of the address shows it among the ended suppressions. A second request gets 404.
#[utoipa::path(
    delete,
    path = "/api/public/suppressions/{id}",
    operation_id = "removeSuppression",
    tag = "Suppressions",
    params(("id" = domain_types::SuppressionId, Path, description = "The suppression's id.")),
    request_body = SuppressionRemoval,
    responses(
        (status = 200, description = "The suppression is removed.", body = RemovedReply<'static>),
        Keyed,
        Checked,
        Naming,
        WithBody,
        Raced,
    ),
)]
pub async fn remove(
    State(state): State<AppState>,
    Caller(account): Caller,
    SuppressionId(id): SuppressionId,
    JsonBody(body): JsonBody,
) -> Result<Response, ApiError> {
    let unknown = || ApiError::NotFound("Suppression");
    let address = AddressHash::of_suppression(&id).ok_or_else(unknown)?;
    let removal = read(&body, state.clock.now())?;
    let removed = state.store.unsuppress(account.id, address, &removal).await;
    let found = match removed.map_err(ApiError::of_suppression)? {
        Ok(found) => found,
        Err(NotRemoved::NotSuppressed) => return Err(unknown()),
        Err(NotRemoved::NeedsConsent(reason)) => {
            let what = format!(
                "is required, because the reason of the suppression is {reason}: send the \"at\" and the \
                 \"source\" of the person's new consent"
            );
            return Err(ApiError::invalid("consent", what));
        }
    };
    let ended = found.ended.last().ok_or(ApiError::Internal(None))?;
    let body = RemovedReply {
        success: true,
        ended: EndedOut::new(address, ended),
    };
    Ok(Json(body).into_response())
}

fn read(body: &[u8], now: Timestamp) -> Result<Removal, ApiError> {
    let mut reader = Reader::of_object(body)?;
    let reason = reader.short_text("reason");
    if reason.is_none() && !reader.has_problem_with("reason") {
        reader.problem("reason", "is required: it is kept with the removal");
    }
    let actor = reader.short_text("actor");
    let consent = read_consent(&mut reader, now);
    let reason = reader.finish_with(&FIELDS, reason)?;
    Ok(Removal {
        at: whole_second(now),
        reason,
        actor,
        consent,
    })
}

/// Takes `consent`, an object. Its problems are in the reader.
fn read_consent(reader: &mut Reader, now: Timestamp) -> Option<Consent> {
    let value = reader.take_value("consent")?;
    let Ok(fields) = serde_json::from_str(value.get()) else {
        let what = r#"must be an object: {"at": "2026-02-10T12:00:00Z", "source": "form"}"#;
        reader.problem("consent", what);
        return None;
    };
    let mut inner = Reader::new(fields);
    let (at, source) = (inner.time("at"), inner.short_text("source"));
    for (field, is_given) in [("at", at.is_some()), ("source", source.is_some())] {
        if !is_given && !inner.has_problem_with(field) {
            inner.problem(field, "is required");
        }
    }
    let last = now.saturating_add(DAY).unwrap_or(Timestamp::MAX);
    if let Some(at) = at.filter(|at| *at > last) {
        inner.refuse("at", &at.to_string(), "must not be in the future");
    }
    let consent = at.zip(source).map(|(at, source)| Consent { at, source });
    match inner.finish(&["at", "source"]) {
        Ok(()) => consent,
        Err(ApiError::Validation(problems)) => {
            let within = |problem: Problem| problem.within("consent");
            reader.problems.extend(problems, within);
            None
        }
        Err(_) => None,
    }
}
