//! The caller of a request.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use domain::{account::AccountSettings, api_key::ApiKey};
use http::{Method, request::Parts};

use crate::{http::error::ApiError, limit::Charges, state::AppState};

/// The account of the request's API key.
///
/// The extractor authenticates the request and charges its limits, in this order, before the body is read.
pub struct Caller(pub Arc<AccountSettings>);

impl FromRequestParts<AppState> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let header = parts.headers.get("x-api-key");
        let Some(header) = header.filter(|value| !value.is_empty()) else {
            let found = other_place(parts);
            return Err(ApiError::MissingApiKey { found });
        };
        // A malformed key is refused here, without a read of the table.
        let text = String::from_utf8_lossy(header.as_bytes());
        let key: ApiKey = text
            .parse()
            .map_err(|_| ApiError::InvalidApiKey { flaw: flaw(&text) })?;
        let hash = key.hash();
        let account = state.keys.account(&hash).await?;
        let account = account.ok_or(ApiError::InvalidApiKey { flaw: None })?;
        if let Some(charges) = parts.extensions.get::<Charges>() {
            match hands_over(parts) {
                true => charges.charge_touchpoint(&state.limiter, &account).await?,
                false => charges.charge(&state.limiter, &account, hash).await?,
            }
        }
        Ok(Self(account))
    }
}

/// Returns whether a request is a claim, an extension, a release or an outcome. These have a limit of their
/// own, so that a busy intake does not stop them.
fn hands_over(parts: &Parts) -> bool {
    let path = parts.uri.path();
    parts.method == Method::POST && path.starts_with("/api/public/touchpoints/")
}

/// Headers in which other APIs take a key, with the words for them.
const OTHER_HEADERS: [(&str, &str); 7] = [
    ("authorization", "the header Authorization"),
    ("api-key", "the header Api-Key"),
    ("apikey", "the header ApiKey"),
    ("x-apikey", "the header X-ApiKey"),
    ("x-api-token", "the header X-Api-Token"),
    ("x-auth-token", "the header X-Auth-Token"),
    ("x-access-token", "the header X-Access-Token"),
];
/// Parameters of the query in which other APIs take a key, with the words for them.
const OTHER_PARAMETERS: [(&str, &str); 6] = [
    ("api_key", "the parameter api_key"),
    ("apikey", "the parameter apikey"),
    ("api-key", "the parameter api-key"),
    ("x-api-key", "the parameter x-api-key"),
    ("access_token", "the parameter access_token"),
    ("key", "the parameter key"),
];

/// Quotes that people and programs put around a key.
const QUOTES: [char; 7] = ['"', '\'', '`', '“', '”', '‘', '’'];

/// Returns a usual flaw of a malformed key, for a hint. It has nothing of the key.
fn flaw(text: &str) -> Option<&'static str> {
    let scheme = text.split(|character: char| !character.is_ascii_alphabetic());
    if text.starts_with(QUOTES) {
        Some("is in quotes")
    } else if scheme.take(1).any(|it| it.eq_ignore_ascii_case("bearer")) {
        Some("begins with Bearer")
    } else {
        None
    }
}

/// Returns the place where a request without `X-API-Key` may have its key. It never reads the value.
fn other_place(parts: &Parts) -> Option<&'static str> {
    let in_headers = |(name, _): &&(&str, _)| parts.headers.contains_key(*name);
    let header = OTHER_HEADERS.iter().find(in_headers);
    let query = parts.uri.query().unwrap_or_default();
    let names = || query.split('&').map(|pair| pair.split('=').next());
    let in_query = |(name, _): &&(&str, _)| {
        names().any(|given| given.is_some_and(|given| given.eq_ignore_ascii_case(name)))
    };
    let found = header.or_else(|| OTHER_PARAMETERS.iter().find(in_query));
    found.map(|(_, place)| *place)
}
