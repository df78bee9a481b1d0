//! Prints lines.

use std::io::Write;

use super::error::TailError;
use crate::output::safe_json;

/// Prints text with colours, where they are wanted.
pub fn print(text: &str) -> Result<(), TailError> {
    let mut stdout = anstream::stdout().lock();
    let printed = stdout.write_all(text.as_bytes());
    printed
        .and_then(|()| stdout.flush())
        .map_err(TailError::Print)
}

/// Prints a value as one line of JSON.
pub fn print_json(value: &impl serde::Serialize) -> Result<(), TailError> {
    let json = serde_json::to_string(value).map_err(|error| TailError::Print(error.into()))?;
    print(&(safe_json(&json) + "\n"))
}
