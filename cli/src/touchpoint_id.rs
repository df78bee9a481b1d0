//! A touchpoint on the command line: its id, or the end of its id, as tables show it.

use domain::{api_key::PREFIX as API_KEY_PREFIX, touchpoint_id::TouchpointRef};
use thiserror::Error;

/// Minimum number of characters of a short id.
const LEAST: usize = 4;
/// Maximum number of characters of a short id. A longer text is a whole id with a mistake, or an API
/// key.
const MOST: usize = 20;
/// Reason why a text names no touchpoint. A text that may be an API key is left out.
#[derive(Debug, Error)]
pub enum TouchpointIdError {
    #[error(
        "invalid touchpoint id: pass one that `leadgate touchpoint list` or `leadgate dispatch \
         attention` shows"
    )]
    Invalid,
    #[error(
        "no touchpoint that is due, claimed, unconfirmed or failed has an id that ends in {0}: pass the \
         whole id, as `leadgate touchpoint claim` and `leadgate touchpoint list --full` show it"
    )]
    Unknown(String),
    #[error(
        "no touchpoint that needs a person has an id that ends in {0}: `leadgate dispatch attention` \
         lists those that do"
    )]
    NeedsNone(String),
    #[error("{count} touchpoint ids end in {end}: give more characters (`--full` shows whole ids)")]
    Ambiguous { end: String, count: usize },
}

/// A touchpoint as a person names it.
pub enum Named {
    Whole(String),
    /// End of the id. Its case counts.
    End(String),
}

impl Named {
    /// Reads a whole id, or the end of one.
    ///
    /// # Errors
    /// [`TouchpointIdError::Invalid`].
    pub fn read(text: &str) -> Result<Self, TouchpointIdError> {
        let text = text.trim();
        if TouchpointRef::parse(text).is_some() {
            return Ok(Self::Whole(text.to_owned()));
        }
        let is_short = (LEAST..=MOST).contains(&text.len());
        let is_end = is_short && text.bytes().all(|it| it.is_ascii_alphanumeric());
        match is_end && !text.to_ascii_lowercase().contains(API_KEY_PREFIX) {
            true => Ok(Self::End(text.to_owned())),
            false => Err(TouchpointIdError::Invalid),
        }
    }
}

/// Returns the one id of a list that ends in `end`.
///
/// # Errors
/// [`TouchpointIdError`] if it is not exactly one.
pub fn the_one(end: &str, mut found: Vec<String>) -> Result<String, TouchpointIdError> {
    found.sort();
    found.dedup();
    match (found.len(), found.pop()) {
        (1, Some(one)) => Ok(one),
        (count, Some(_)) => Err(TouchpointIdError::Ambiguous {
            end: end.to_owned(),
            count,
        }),
        (_, None) => Err(TouchpointIdError::Unknown(end.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_may_be_an_api_key_or_a_mistyped_id_is_not_repeated() {
        let key = "nxr_live_LeadgateDemoKeyForLocalStackOnly0m2QZI";
        for text in ["", "abc", key, &key[..15], "tp_abc", &"x".repeat(21)] {
            let error = Named::read(text).err().unwrap().to_string();
            assert!(error.starts_with("invalid touchpoint id: "), "{error}");
        }
    }

    #[test]
    fn an_end_that_several_ids_have_is_refused() {
        let ids = |ids: &[&str]| ids.iter().map(ToString::to_string).collect();
        assert_eq!(the_one("9aB1", ids(&["x9aB1", "x9aB1"])).unwrap(), "x9aB1");
        let error = the_one("9aB1", ids(&["x9aB1", "y9aB1"])).unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with("2 touchpoint ids end in 9aB1")
        );
    }
}
