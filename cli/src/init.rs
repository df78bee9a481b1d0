//! `leadgate init`: writes a workflow file to start from, and its schema for editors.

use std::{
    fs, io,
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::Args;
use local::text::{PrintError, printable};
use serde_json::Value;

use crate::{
    definition::SCHEMA_TITLE, documents::schema_text, failure, output::print, target::typed::quoted,
};

/// Content of a new file.
const TEMPLATE: &str = include_str!("init/workflow.yaml");
/// Name of the workflow in [`TEMPLATE`].
const NAME: &str = "My first workflow";
/// Name of the schema's file, which the first line of [`TEMPLATE`] names.
const SCHEMA: &str = "leadgate.schema.json";

/// Options of `leadgate init`.
#[derive(Args, Clone, Debug)]
pub struct InitArgs {
    /// File to write
    #[arg(default_value = "workflow.yaml")]
    file: PathBuf,
    /// Write over a file that exists
    #[arg(long)]
    force: bool,
}

/// Reason why there is no new file.
#[derive(Debug, thiserror::Error)]
enum InitError {
    #[error("{} exists: choose another name, or pass --force to write over it", shown(.0))]
    Exists(PathBuf),
    #[error(
        "init writes a file and its schema, and nothing to standard output: name the file, such as workflow.yaml"
    )]
    StandardOutput,
    #[error("cannot write {}", shown(.0))]
    Write(PathBuf, #[source] io::Error),
    #[error("the schema cannot be written as JSON")]
    Json(#[from] serde_json::Error),
    #[error(transparent)]
    Print(#[from] PrintError),
}

/// Writes the files. The exit code is 1 if that fails; standard error then has a line.
pub fn run(args: &InitArgs) -> ExitCode {
    match init(args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failure::report("init", &error),
    }
}

fn init(args: &InitArgs) -> Result<(), InitError> {
    let InitArgs { file, force } = args;
    if file.as_os_str() == "-" {
        return Err(InitError::StandardOutput);
    }
    let text = TEMPLATE.replacen(NAME, &name(file)?, 1);
    write(file, &text, *force)?;
    let schema = file.with_file_name(SCHEMA);
    let written = write(&schema, &schema_text()?, *force || is_ours(&schema));
    let (file, schema) = (shown(file), shown(&schema));
    let wrote = match written {
        Ok(()) => format!("Wrote {file}, and {schema} for your editor.\n"),
        Err(InitError::Exists(_)) => format!(
            "Wrote {file}.\nKept {schema}: it is not a schema of Leadgate. This writes over it:\n\n  \
             leadgate schema --to {}\n",
            quoted(&schema)
        ),
        Err(error) => return Err(error),
    };
    let file = quoted(&file);
    print(&format!(
        "{wrote}\n  leadgate plan {file}     shows when it contacts a lead\n  \
         leadgate apply {file}    stores it, after a question\n",
    ))?;
    Ok(())
}

/// Returns the name of the workflow of a new file, as YAML. Another file than the default one gives
/// its name, because a workflow is found by its name.
fn name(file: &Path) -> Result<String, InitError> {
    let stem = file.file_stem().unwrap_or_default().to_string_lossy();
    let words = printable(&stem).replace(['-', '_'], " ");
    let mut letters = words.trim().chars();
    match letters.next() {
        Some(first) if words != "workflow" => {
            let name = first.to_uppercase().chain(letters).collect::<String>();
            // Text in JSON is text in YAML.
            Ok(serde_json::to_string(&name)?)
        }
        _ => Ok(NAME.to_owned()),
    }
}

/// Returns whether a file is the schema of some version of Leadgate.
fn is_ours(file: &Path) -> bool {
    let text = fs::read(file).unwrap_or_default();
    let found: Value = serde_json::from_slice(&text).unwrap_or_default();
    found
        .get("title")
        .is_some_and(|title| *title == SCHEMA_TITLE)
}

/// Writes a file. Without `force`, it writes over no file.
fn write(file: &Path, text: &str, force: bool) -> Result<(), InitError> {
    let written = if force {
        fs::write(file, text)
    } else {
        fs::File::create_new(file)
            .and_then(|mut file| io::Write::write_all(&mut file, text.as_bytes()))
    };
    written.map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => InitError::Exists(file.to_owned()),
        _ => InitError::Write(file.to_owned(), error),
    })
}

fn shown(file: &Path) -> String {
    printable(&file.to_string_lossy())
}
