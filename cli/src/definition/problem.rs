//! Problems of a definition file.

use std::fmt;

use serde_saphyr::UserMessageFormatter;

/// A problem of a file, with what to change.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// Line, from 1. It is 0 if the parser reports none.
    pub line: u64,
    /// Problem, which begins with the path of the field.
    pub message: String,
}

impl Problem {
    /// Returns the problem of a text that is not YAML.
    pub fn of_syntax(error: &serde_saphyr::Error) -> Self {
        let error = error.without_snippet();
        Self {
            line: error.location().map_or(0, |location| location.line()),
            message: error.render_with_formatter(&UserMessageFormatter),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.message)
    }
}
