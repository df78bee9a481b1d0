//! `leadgate openapi`, `leadgate errors`, `leadgate reference` and `leadgate schema`: descriptions of
//! the API and of files.

use std::{
    fs,
    io::{self, Write},
    path::PathBuf,
    process::ExitCode,
};

use api::Audience;
use clap::Args;
use http::Uri;
use local::{
    reference::{self, ReferenceError},
    text::PrintError,
};

use crate::{definition::schema, failure};

/// Options of every command that prints a document.
#[derive(Args, Clone, Debug)]
pub struct DocumentArgs {
    /// Write to a file instead of printing
    #[arg(long, value_name = "FILE")]
    to: Option<PathBuf>,
}

/// Options of `leadgate errors`.
#[derive(Args, Clone, Debug)]
pub struct ErrorsArgs {
    /// Write the web page that the API serves at /docs/errors, not Markdown
    #[arg(long)]
    html: bool,
    #[command(flatten)]
    document: DocumentArgs,
}

/// Options of `leadgate openapi`.
#[derive(Args, Clone, Debug)]
pub struct OpenapiArgs {
    /// Describe requests as exactly as JSON Schema can, for tools that generate requests
    #[arg(long)]
    exact: bool,
    #[command(flatten)]
    document: DocumentArgs,
}

/// Options of `leadgate reference`.
#[derive(Args, Clone, Debug)]
pub struct ReferenceArgs {
    /// URL of the API, such as the ApiUrl that `sam deploy` prints [default: the host that serves
    /// the page]
    #[arg(long)]
    url: Option<Uri>,
    #[command(flatten)]
    document: DocumentArgs,
}

/// Reason why a document is not written.
#[derive(Debug, thiserror::Error)]
enum DocumentError {
    #[error(transparent)]
    Print(#[from] PrintError),
    #[error("cannot write {0}")]
    Write(PathBuf, #[source] io::Error),
    #[error("the document cannot be written as JSON")]
    Json(#[from] serde_json::Error),
    #[error(transparent)]
    Reference(#[from] ReferenceError),
}

/// Writes the OpenAPI document. The exit code is 1 if that fails; standard error then has a line.
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

/// Writes the page of errors. The exit code is 1 if that fails; standard error then has a line.
pub fn errors(args: &ErrorsArgs) -> ExitCode {
    let page = if args.html {
        Ok(api::error_page())
    } else {
        api::errors_page().map_err(DocumentError::from)
    };
    report("errors", page.and_then(|text| write(&args.document, &text)))
}

/// Writes the JSON Schema of files. The exit code is 1 if that fails; standard error then has a
/// line.
pub fn schema_of_files(args: &DocumentArgs) -> ExitCode {
    let text = schema_text().map_err(DocumentError::from);
    report("schema", text.and_then(|text| write(args, &text)))
}

/// Returns the JSON Schema of files as text.
///
/// # Errors
/// [`serde_json::Error`].
pub fn schema_text() -> Result<String, serde_json::Error> {
    Ok(serde_json::to_string_pretty(&schema())? + "\n")
}

/// Writes the reference page. The exit code is 1 if that fails; standard error then has a line.
pub fn reference(args: &ReferenceArgs) -> ExitCode {
    let page = match &args.url {
        None => Ok(reference::page_for_own_host()),
        Some(url) => reference::page_for(url).map_err(DocumentError::from),
    };
    let written = page.and_then(|page| write(&args.document, &page));
    report("reference", written)
}

fn write(args: &DocumentArgs, text: &str) -> Result<(), DocumentError> {
    match &args.to {
        Some(path) => {
            fs::write(path, text).map_err(|error| DocumentError::Write(path.clone(), error))
        }
        None => {
            let printed = io::stdout().write_all(text.as_bytes());
            Ok(printed.map_err(PrintError::from)?)
        }
    }
}

fn report(command: &str, written: Result<(), DocumentError>) -> ExitCode {
    match written {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failure::report(command, &error),
    }
}
