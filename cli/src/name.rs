//! Display names on the command line.

use domain::name::{Name, NameError};

/// Reads a name.
pub fn name(text: &str) -> Result<String, NameError> {
    Name::try_from(text).map(String::from)
}
