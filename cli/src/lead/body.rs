//! The body of a request, as `--body` gives it.

use std::{
    fs,
    io::{self, Read},
};

use local::text::printable;
use thiserror::Error;

/// Reason why there is no body.
#[derive(Debug, Error)]
pub enum BodyError {
    #[error("cannot read {0}")]
    Read(String, #[source] io::Error),
    #[error("--body has many leads: `leadgate lead import FILE.csv` takes many")]
    Many,
}

/// Returns the body that `--body` gives.
pub fn read(argument: &str) -> Result<String, BodyError> {
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
        return Err(BodyError::Many);
    }
    Ok(body)
}
