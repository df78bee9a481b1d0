//! Reasons that an operator gives, for people.

use thiserror::Error;

use crate::name::{DisplayNameError, check_no_key};

/// Maximum number of characters of a reason, as in the API.
const LIMIT: usize = 1_000;

/// Error for a text that is no reason.
#[derive(Debug, Error)]
pub enum ReasonError {
    #[error("--reason {0}")]
    ApiKey(#[from] DisplayNameError),
    #[error("--reason must not be longer than {LIMIT} characters: shorten it")]
    Long,
}

/// Reads a reason. An empty one is none.
pub fn reason(text: Option<&str>) -> Result<Option<String>, ReasonError> {
    let Some(text) = text.map(str::trim).filter(|text| !text.is_empty()) else {
        return Ok(None);
    };
    check_no_key(text)?;
    match text.chars().count() > LIMIT {
        true => Err(ReasonError::Long),
        false => Ok(Some(text.to_owned())),
    }
}
