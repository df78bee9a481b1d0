//! `GET /suppressions/check`.

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use domain::{email::Email, phone::Phone};

use super::reply::{CheckReply, EndedOut, SuppressionOut};
#[cfg(feature = "description")]
use crate::schema::{
    parameters::AddressParams,
    refusals::{Checked, Keyed},
};
use crate::{
    auth::Caller,
    http::{error::ApiError, paging::Parameters},
    state::AppState,
};

/// Check whether an address is suppressed
///
/// Looks up a phone number or an e-mail address, and includes every suppression that is stored. Use it before a
/// contact outside of Leadgate.
///
/// `ended` has the suppressions that were removed, with the reason and the consent of each removal.
#[utoipa::path(
    get,
    path = "/api/public/suppressions/check",
    operation_id = "checkSuppression",
    tag = "Suppressions",
    params(AddressParams),
    responses(
        (status = 200, description = "Whether the address is suppressed.", body = CheckReply<'static>),
        Keyed,
        Checked,
    ),
)]
pub async fn check(
    State(state): State<AppState>,
    Caller(account): Caller,
    mut parameters: Parameters,
) -> Result<Response, ApiError> {
    let phone = parameters.take_as("phone", |text| {
        // A + that is not encoded stands for a blank.
        if text.starts_with(' ') {
            return Err("begins with a blank: write the + of a number as %2B".to_owned());
        }
        let read = Phone::read(text, account.default_country);
        read.map(|dialled| dialled.phone)
            .map_err(|error| error.to_string())
    });
    let email = parameters.take_as("email", |text| {
        Email::try_from(text).map_err(|error| error.to_string())
    });
    parameters.finish()?;
    let secret = state.catalogue.secret(account.id).await?;
    let address = match (phone, email) {
        (Some(phone), None) => secret.phone_hash(&phone),
        (None, Some(email)) => secret.email_hash(&email),
        (Some(_), Some(_)) => {
            let what = "cannot be sent together with phone: check each on its own";
            return Err(ApiError::invalid("email", what));
        }
        (None, None) => return Err(ApiError::invalid("phone", "or email is required")),
    };
    let found = state.store.address(account.id, address).await?;
    let suppression = found.suppression.as_ref();
    let ended = found.ended.iter();
    let body = CheckReply {
        success: true,
        suppressed: suppression.is_some(),
        suppression: suppression.map(|it| SuppressionOut::new(address, it)),
        ended: ended.map(|it| EndedOut::new(address, it)).collect(),
    };
    Ok(Json(body).into_response())
}
