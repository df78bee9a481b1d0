//! A lead on the command line, found through the API.

use super::{
    error::TouchpointError,
    reply::{list_at, next_cursor, text_at},
};
use crate::{
    lead_arg::{Clue, LeadArgError},
    target::api::Api,
};

/// Maximum number of pages of the newest leads that are compared.
const PAGES: usize = 5;

/// Returns the whole id of a lead. A text that is no whole id is compared with the newest leads.
///
/// # Errors
/// [`TouchpointError::Lead`] if it is not exactly one, or [`TouchpointError::Api`].
pub async fn whole_lead(api: &Api, text: &str) -> Result<String, TouchpointError> {
    if let Ok(id) = text.trim().parse::<domain::ids::LeadId>() {
        return Ok(id.to_string());
    }
    let clue = Clue::read(text)?;
    let (mut found, mut cursor) = (Vec::new(), None);
    for _ in 0..PAGES {
        let after = cursor.map_or_else(String::new, |it: String| format!("&cursor={it}"));
        let reply = api.get(&format!("/leads?limit=200{after}")).await?.body;
        for lead in list_at(&reply, "/leads") {
            let id = text_at(lead, "/id");
            if clue.fits_texts(id, text_at(lead, "/email"), text_at(lead, "/phone")) {
                found.push(id.to_owned());
            }
        }
        cursor = next_cursor(&reply);
        if cursor.is_none() {
            break;
        }
    }
    let what = clue.what();
    match (found.len(), found.pop()) {
        (1, Some(one)) => Ok(one),
        (_, None) if cursor.is_some() => Err(LeadArgError::NotAmongNewest { what }.into()),
        (_, None) => Err(TouchpointError::NoLead { what }),
        (count, Some(last)) => Err(LeadArgError::Several {
            what,
            count,
            ids: last,
        }
        .into()),
    }
}
