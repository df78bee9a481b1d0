//! `leadgate openapi`, `leadgate errors` and `leadgate reference`: what the API says of itself, as files.

use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
    process::ExitCode,
};

use api::Audience;
use clap::Args;
use http::Uri;

use local::reference::{self, ReferenceError};

use crate::failure;

/// What a document's command can be told.
#[derive(Args, Clone, Debug)]
pub struct DocumentArgs {
    /// Write to a file instead of printing
    #[arg(long, value_name = "FILE")]
    to: Option<PathBuf>,
}

/// What `leadgate openapi` can be told.
#[derive(Args, Clone, Debug)]
pub struct OpenapiArgs {
    /// With all that JSON Schema can say of requests, for tools that make requests out of it
    #[arg(long)]
    exact: bool,
    #[command(flatten)]
    document: DocumentArgs,
}

/// What `leadgate reference` can be told.
#[derive(Args, Clone, Debug)]
pub struct ReferenceArgs {
    /// The API's URL, such as the ApiUrl that `sam deploy` prints [default: the host that serves the page]
    #[arg(long)]
    url: Option<Uri>,
    #[command(flatten)]
    document: DocumentArgs,
}

/// Why a document cannot be given.
#[derive(Debug, thiserror::Error)]
enum DocumentError {
    #[error("cannot print")]
    Print(#[source] io::Error),
    #[error("cannot write {0}")]
    Write(PathBuf, #[source] io::Error),
    #[error("cannot be written as JSON")]
    Json(#[from] serde_json::Error),
    #[error(transparent)]
    Reference(#[from] ReferenceError),
}

/// Writes the OpenAPI document. Exit code 1, and a line on standard error, if that fails.
pub fn openapi(args: &OpenapiArgs) -> ExitCode {
    let audience = if args.exact {
        Audience::Tests
    } else {
        Audience::Clients
    };
    let document = api::document(audience).map_err(DocumentError::from);
    report(
        "openapi",
        document.and_then(|text| write(&args.document, &text)),
    )
}

/// Writes the page of errors. Exit code 1, and a line on standard error, if that fails.
pub fn errors(args: &DocumentArgs) -> ExitCode {
    let page = api::errors_page().map_err(DocumentError::from);
    report("errors", page.and_then(|text| write(args, &text)))
}

/// Writes the reference page. Exit code 1, and a line on standard error, if that fails.
pub fn reference(args: &ReferenceArgs) -> ExitCode {
    let page = match &args.url {
        None => Ok(reference::page_for_own_host()),
        Some(url) => reference::page_for(url).map_err(DocumentError::from),
    };
    let written = page.and_then(|page| write(&args.document, &page));
    report("reference", written)
}

fn write(args: &DocumentArgs, text: &str) -> Result<(), DocumentError> {
    let to_file = |path: &Path| {
        fs::write(path, text).map_err(|error| DocumentError::Write(path.to_owned(), error))
    };
    match &args.to {
        Some(path) => to_file(path),
        None => io::stdout()
            .write_all(text.as_bytes())
            .map_err(DocumentError::Print),
    }
}

fn report(command: &str, written: Result<(), DocumentError>) -> ExitCode {
    match written {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failure::report(command, &error),
    }
}
