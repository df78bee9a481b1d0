//! Problems of a definition file.

use std::fmt;

use local::text::printable;
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
    /// Returns a problem. Its message is one line, although the file chooses part of it.
    pub fn new(line: u64, message: &str) -> Self {
        Self {
            line,
            message: printable(message),
        }
    }

    /// Returns the problem of a text that is not YAML.
    pub fn of_syntax(error: &serde_saphyr::Error) -> Self {
        let error = error.without_snippet();
        let line = error.location().map_or(0, |location| location.line());
        Self::new(line, &error.render_with_formatter(&UserMessageFormatter))
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.message)
    }
}
