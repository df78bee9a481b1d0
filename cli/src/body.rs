//! Leads that an option gives as the body of a request.

use std::{
    fs,
    io::{self, Read},
};

use api::Problems;
use local::text::printable;
use thiserror::Error;

/// Reason why there is no body.
#[derive(Debug, Error)]
pub enum BodyError {
    #[error("cannot read {0}")]
    Read(String, #[source] io::Error),
    #[error("{0} has many leads: `leadgate lead import FILE.csv` takes many")]
    Many(&'static str),
}

/// Returns the body that an option gives: JSON, `@FILE`, or `-` for standard input.
pub fn read(option: &'static str, argument: &str) -> Result<String, BodyError> {
    let body = match argument.strip_prefix('@') {
        Some(path) => fs::read_to_string(path),
        None if argument == "-" => {
            let mut body = String::new();
            io::stdin().read_to_string(&mut body).map(|_| body)
        }
        None => Ok(argument.to_owned()),
    };
    let name = || match argument {
        "-" => "standard input".to_owned(),
        _ => printable(argument.trim_start_matches('@')),
    };
    let body = body.map_err(|error| BodyError::Read(name(), error))?;
    if body.trim_start().starts_with('[') {
        return Err(BodyError::Many(option));
    }
    Ok(body)
}

/// Returns a line for each problem, and one for each hint.
pub fn lines(problems: &Problems) -> String {
    let shown = problems.shown();
    let mut lines: Vec<_> = shown
        .iter()
        .map(|problem| problem.message.clone())
        .collect();
    let rest = problems.total() - shown.len();
    if rest > 0 {
        lines.push(format!("... and {rest} more"));
    }
    let hints = problems.hints().clone().into_texts().into_iter();
    lines.extend(hints.map(|hint| format!("Hint: {hint}")));
    lines.join("\n")
}
