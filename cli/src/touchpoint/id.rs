//! Finds the whole id of a touchpoint through the API.

use serde_json::Value;

use super::error::TouchpointError;
use crate::{
    target::api::Api,
    touchpoint_id::{Named, the_one},
};

/// Maximum number of pages of a state among which a short id is looked up.
const PAGES: usize = 5;
/// States of the touchpoints among which a short id is looked up.
const STATES: [&str; 4] = ["claimed", "due", "unconfirmed", "failed"];

/// Returns the whole id of a touchpoint. The end of an id is compared with the lists of the account.
///
/// # Errors
/// [`TouchpointError::Id`] if it is not exactly one, or [`TouchpointError::Api`].
pub async fn whole(api: &Api, text: &str) -> Result<String, TouchpointError> {
    let end = match Named::read(text)? {
        Named::Whole(id) => return Ok(id),
        Named::End(end) => end,
    };
    let mut found = Vec::new();
    for state in STATES {
        let mut cursor = None;
        for _ in 0..PAGES {
            let after = cursor.map_or_else(String::new, |it: String| format!("&cursor={it}"));
            let path = format!("/touchpoints?state={state}&limit=200{after}");
            let reply = api.get(&path).await?.body;
            let listed = reply["touchpoints"].as_array().into_iter().flatten();
            let ids = listed.filter_map(|it| it["id"].as_str());
            found.extend(ids.filter(|it| it.ends_with(&end)).map(str::to_owned));
            let next = &reply["pagination"]["next_cursor"];
            cursor = next.as_str().map(str::to_owned);
            if cursor.is_none() {
                break;
            }
        }
    }
    Ok(the_one(&end, found)?)
}

/// Returns a text of a reply. It is empty if there is none.
pub fn text_at<'a>(value: &'a Value, path: &str) -> &'a str {
    value
        .pointer(path)
        .and_then(Value::as_str)
        .unwrap_or_default()
}
