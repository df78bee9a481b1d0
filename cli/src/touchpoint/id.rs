//! Finds the whole id of a touchpoint through the API.

use super::{
    error::TouchpointError,
    reply::{at, list_at, next_cursor},
};
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
            let listed = list_at(&reply, "/touchpoints").iter();
            let ids = listed.filter_map(|it| at(it, "/id").as_str());
            found.extend(ids.filter(|it| it.ends_with(&end)).map(str::to_owned));
            cursor = next_cursor(&reply);
            if cursor.is_none() {
                break;
            }
        }
    }
    Ok(the_one(&end, found)?)
}
