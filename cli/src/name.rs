//! Display names on the command line and in files.

use domain::{
    api_key::PREFIX as API_KEY_PREFIX,
    name::{Name, NameError},
};
use thiserror::Error;

/// Error for a text that is no display name. The message follows the name of the field.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum DisplayNameError {
    #[error("must not be empty")]
    Empty,
    /// Names are printed, and an API key must not be.
    #[error("must not contain an API key: choose a name")]
    ApiKey,
    #[error(transparent)]
    Name(NameError),
}

/// Reads a name.
pub fn name(text: &str) -> Result<String, DisplayNameError> {
    check_no_key(text)?;
    match Name::try_from(text) {
        Ok(name) => Ok(name.into()),
        Err(NameError::Empty) => Err(DisplayNameError::Empty),
        Err(error) => Err(DisplayNameError::Name(error)),
    }
}

/// Checks that a name contains no API key.
///
/// # Errors
/// [`DisplayNameError::ApiKey`].
pub fn check_no_key(text: &str) -> Result<(), DisplayNameError> {
    if text.contains(API_KEY_PREFIX) {
        return Err(DisplayNameError::ApiKey);
    }
    Ok(())
}
