//! `POST /touchpoints/{id}/outcome`.

use axum::{
    Extension, Json,
    extract::State,
    response::{IntoResponse, Response},
};
use domain::{account::AccountSettings, touchpoint_id::TouchpointRef};
use serde_json::value::{RawValue, to_raw_value};

#[cfg(feature = "description")]
use super::reply::ReportedReply as Reply;
use super::{
    outcome::{Settled, settle},
    reply::ReportedReply,
    report::{FIELDS, Report},
};
#[cfg(feature = "description")]
use crate::schema::{
    bodies::OutcomeReport,
    domain_types,
    refusals::{Checked, Keyed, Naming, Raced, WithBody},
};
use crate::{
    auth::Reporter,
    http::{
        body::JsonBody, error::ApiError, outcome_counts::OutcomeCounts, path::TouchpointId,
        reader::Reader,
    },
    leads::{ActiveRun, NextTouchpoint},
    runs::touchpoint_out,
    state::AppState,
};

/// Report the outcome of a touchpoint
///
/// Records the result of a contact, and steers the cadence by it. Send it when the call or the
/// message is over.
///
/// `answered` and `replied` complete the cadence; `no_answer` and the like let it go on. `callback`
/// needs `callback_at`. `deferred` is no outcome: the touchpoint goes back. If you send the same
/// outcome again, the reply has `changed: false`. `next` is the touchpoint that comes next. `opted_out` and
/// `complained` suppress the lead's phone number and e-mail address.
///
/// A webhook gets a `reply_url` with a `token`, which stands for the key. It opens this touchpoint only, for 30
/// days.
#[utoipa::path(
    post,
    path = "/api/public/touchpoints/{id}/outcome",
    operation_id = "reportOutcome",
    tag = "Touchpoints",
    params(
        ("id" = domain_types::TouchpointId, Path, description = "The touchpoint's id."),
        ("token" = Option<String>, Query, description = "The token of a `reply_url`, instead of a key."),
    ),
    security(("key" = []), ()),
    request_body = OutcomeReport,
    responses(
        (status = 200, description = "The touchpoint and its run.", body = Reply<'static>),
        Keyed,
        Checked,
        Naming,
        WithBody,
        Raced,
    ),
)]
pub async fn report(
    State(state): State<AppState>,
    Reporter { account, opened }: Reporter,
    TouchpointId(id): TouchpointId,
    JsonBody(body): JsonBody,
) -> Result<Response, ApiError> {
    let touchpoint = match opened {
        Some(touchpoint) => touchpoint,
        None => {
            let secret = state.catalogue.secret(account.id).await?;
            let touchpoint = secret.touchpoint(&id, account.id);
            touchpoint.ok_or(ApiError::NotFound("Touchpoint"))?
        }
    };
    let mut reader = Reader::of_object(&body)?;
    let report = Report::read(&mut reader, state.clock.now());
    let report = reader.finish_with(&FIELDS, report)?;
    let mut counts = OutcomeCounts::default();
    let settled = settled_body(&state, &account, touchpoint, &report, &mut counts).await;
    let body = match settled {
        // The lead was erased. A token shows nothing of that.
        Err(ApiError::NotFound(_)) if opened.is_some() => return Err(ApiError::InvalidToken),
        settled => settled?,
    };
    Ok((Extension(counts), Json(body)).into_response())
}

/// Takes in a report about a touchpoint, and counts it unless it is a repeat. Returns the body of the
/// reply.
///
/// # Errors
/// Same as [`settle`].
pub async fn settled_body(
    state: &AppState,
    account: &AccountSettings,
    touchpoint: TouchpointRef,
    report: &Report,
    counts: &mut OutcomeCounts,
) -> Result<Box<RawValue>, ApiError> {
    let secret = state.catalogue.secret(account.id).await?;
    let Settled {
        changed,
        is_new,
        suppressed,
        run,
        workflow,
    } = settle(state, account, touchpoint, report).await?;
    counts.suppressions += suppressed;
    if is_new {
        counts.add(report.kind.as_str());
    }
    let reply = ReportedReply {
        success: true,
        changed,
        touchpoint: touchpoint_out(&run, touchpoint.index, &workflow, &secret),
        workflow_run: Some(ActiveRun::from(&run)),
        next: NextTouchpoint::of(&run, &secret, false),
    };
    to_raw_value(&reply).map_err(|_| ApiError::Internal(None))
}
