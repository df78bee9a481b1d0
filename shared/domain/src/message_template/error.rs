//! Errors in templates.

use std::fmt;

use thiserror::Error;

use super::variable::{METADATA, Variable, shown};
use crate::{
    field_names::{Meaning, meaning},
    spelling::Words,
};

/// Maximum size of a template, in bytes. minijinja counts columns in 16 bits.
pub const MAX_SIZE: usize = 65_534;
/// The only filter.
pub const DEFAULT: &str = "default";

/// Error in a template. Its text follows the name of the field.
#[derive(Clone, PartialEq, Eq, Error)]
pub enum TemplateError {
    #[error("must not be longer than {MAX_SIZE} bytes")]
    TooLong,
    #[error("{problem}{place}{}", .problem.advice())]
    Wrong { problem: Problem, place: Place },
}

/// Problem in a template.
#[derive(Clone, PartialEq, Eq, Error)]
pub enum Problem {
    #[error("has the unknown variable {}; {}", shown(.0), instead_of(.0))]
    UnknownVariable(String),
    #[error("has the unknown filter {}; the only filter is {DEFAULT}", shown(.0))]
    UnknownFilter(String),
    #[error("has {{% ... %}}, but a message takes only {{{{ variables }}}}")]
    Statement,
    #[error("is not a valid template: it has {found} instead of {expected}")]
    Unexpected {
        found: String,
        expected: &'static str,
    },
    #[error("is not a valid template: {0}")]
    Syntax(String),
}

/// Place of a problem in a text, from 1. It is shown if the text has several lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    pub line: usize,
    /// Column in characters.
    pub column: usize,
    is_shown: bool,
}

impl Problem {
    /// Returns how to write the characters that begin a template as plain text. It is empty if the
    /// problem is another one.
    fn advice(&self) -> &'static str {
        match self {
            Self::UnknownVariable(_) | Self::UnknownFilter(_) => "",
            Self::Statement => r#"; a plain {% is written {{ "{%" }}"#,
            Self::Unexpected { .. } => r#"; a plain {{ is written {{ "{{" }}"#,
            Self::Syntax(_) => {
                r#"; a plain {{ is written {{ "{{" }}, and a plain {# is written {{ "{#" }}"#
            }
        }
    }
}

impl Place {
    pub fn new(text: &str, at: usize) -> Self {
        let before = text.get(..at).unwrap_or_default();
        let line = before.rsplit('\n').next().unwrap_or_default();
        Self {
            line: before.matches('\n').count() + 1,
            column: line.chars().count() + 1,
            is_shown: text.trim_end().contains('\n'),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { line, column, .. } = self;
        if self.is_shown {
            write!(f, " (line {line}, column {column} of the text)")?;
        }
        Ok(())
    }
}

/// Writes no text of a client, because it may be personal data.
impl fmt::Debug for TemplateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TemplateError(redacted)")
    }
}

impl fmt::Debug for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Problem(redacted)")
    }
}

/// Returns what to write instead of an unknown variable.
fn instead_of(name: &str) -> String {
    let last = name.rsplit('.').next().unwrap_or_default();
    match nearest(last) {
        Some(METADATA) => "did you mean a key of metadata, as in metadata.plan?".to_owned(),
        Some(nearest) => format!("did you mean {nearest}?"),
        None => {
            let names = Variable::FIELDS.map(|(name, _)| name).join(", ");
            format!("known are {names} and keys of metadata, as in metadata.plan")
        }
    }
}

/// Returns the variable that a name probably means. `None` if it means none.
fn nearest(name: &str) -> Option<&'static str> {
    let words = Words::of(name);
    let names = Variable::FIELDS.map(|(name, _)| name);
    let mut names = names.into_iter().chain([METADATA]);
    let is_meant = |known: &&str| words.is_misspelling_of(&Words::of(known));
    let meant = match meaning(name) {
        Some(Meaning::WholeName) => Some("first_name"),
        Some(Meaning::OtherName(field)) => Some(field).filter(|it| Variable::of(it).is_some()),
        _ => None,
    };
    names.find(is_meant).or(meant)
}
