//! Definition files on disk.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use local::text::{counted, printable};
use thiserror::Error;

use super::{
    account::AccountDefinition, node::Node, problem::Problem, reader::Reader,
    workflow::WorkflowDefinition,
};

/// Content of a file.
#[derive(Clone, Debug)]
pub enum File {
    /// One workflow.
    Workflow(Box<WorkflowDefinition>),
    /// An account.
    Account(AccountDefinition),
}

/// Reason why a file gives no definition.
#[derive(Debug, Error)]
pub enum FileError {
    #[error("there is no file {}: check the name, or write a file with `leadgate init FILE`", shown(.0))]
    Missing(PathBuf),
    #[error("cannot read {}", shown(.file))]
    Read {
        file: PathBuf,
        /// Reason of the operating system.
        #[source]
        cause: io::Error,
    },
    /// The content is wrong. The text has a line for each problem.
    #[error("{0}")]
    Wrong(String),
}

impl WorkflowDefinition {
    /// Reads the file of a workflow.
    ///
    /// # Errors
    /// [`FileError`], with all problems at once.
    pub fn open(file: &Path) -> Result<Self, FileError> {
        open(file, Self::read)
    }

    /// Reads the text of a workflow's file.
    ///
    /// # Errors
    /// All problems, in the file's order. If the text is not YAML, the first problem.
    pub fn read(yaml: &str) -> Result<Self, Vec<Problem>> {
        let root = root(yaml)?;
        if root.is_account() {
            let problem = "this is the file of an account: `plan` takes the file of one workflow";
            return Err(vec![Problem::new(root.place, problem)]);
        }
        Reader::read(&root, Reader::workflow)
    }
}

impl File {
    /// Reads a file of either kind.
    ///
    /// # Errors
    /// Same as [`WorkflowDefinition::open`].
    pub fn open(file: &Path) -> Result<Self, FileError> {
        open(file, Self::read)
    }

    /// Reads a file's text. It is an account's if it has `workflows`, `campaigns` or
    /// `destinations`.
    ///
    /// # Errors
    /// Same as [`WorkflowDefinition::read`].
    pub fn read(yaml: &str) -> Result<Self, Vec<Problem>> {
        let root = root(yaml)?;
        if root.is_account() {
            Reader::read(&root, Reader::account).map(Self::Account)
        } else {
            let workflow = Reader::read(&root, Reader::workflow);
            workflow.map(|workflow| Self::Workflow(Box::new(workflow)))
        }
    }
}

fn root(yaml: &str) -> Result<Node, Vec<Problem>> {
    Node::read(yaml).map_err(|error| vec![Problem::of_syntax(yaml, &error)])
}

fn open<T>(
    file: &Path,
    read: impl FnOnce(&str) -> Result<T, Vec<Problem>>,
) -> Result<T, FileError> {
    let yaml = if is_stdin(file) {
        io::read_to_string(io::stdin())
    } else {
        fs::read_to_string(file)
    };
    let yaml = yaml.map_err(|cause| match cause.kind() {
        io::ErrorKind::NotFound => FileError::Missing(file.to_owned()),
        _ => FileError::Read {
            file: file.to_owned(),
            cause,
        },
    })?;
    read(&yaml).map_err(|problems| FileError::Wrong(lines(&shown(file), &yaml, &problems)))
}

/// Returns whether a file is standard input.
pub fn is_stdin(file: &Path) -> bool {
    file == Path::new("-")
}

fn shown(file: &Path) -> String {
    if is_stdin(file) {
        return "<stdin>".to_owned();
    }
    printable(&file.to_string_lossy())
}

fn lines(file: &str, yaml: &str, problems: &[Problem]) -> String {
    let mut text = format!("{file} has {}", counted(problems.len(), "mistake"));
    for problem in problems {
        text += "\n";
        text += &problem.text(file, yaml);
    }
    text
}
