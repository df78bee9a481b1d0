//! Definition files on disk.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use local::text::printable;
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
    /// The file cannot be read.
    #[error("cannot read {}", shown(.file))]
    Read {
        /// The file.
        file: PathBuf,
        /// Reason of the operating system.
        #[source]
        cause: io::Error,
    },
    /// The content is wrong. The text has a line for each problem.
    #[error("{}", lines(.file, .problems))]
    Wrong {
        /// The file.
        file: PathBuf,
        /// All problems, in the file's order.
        problems: Vec<Problem>,
    },
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
        Reader::read(&root(yaml)?, Reader::workflow)
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

    /// Reads a file's text. It is an account's if it has `workflows` or `campaigns`.
    ///
    /// # Errors
    /// Same as [`WorkflowDefinition::read`].
    pub fn read(yaml: &str) -> Result<Self, Vec<Problem>> {
        let root = root(yaml)?;
        if root.has("workflows") || root.has("campaigns") {
            Reader::read(&root, Reader::account).map(Self::Account)
        } else {
            let workflow = Reader::read(&root, Reader::workflow);
            workflow.map(|workflow| Self::Workflow(Box::new(workflow)))
        }
    }
}

fn root(yaml: &str) -> Result<Node, Vec<Problem>> {
    Node::read(yaml).map_err(|error| vec![Problem::of_syntax(&error)])
}

fn open<T>(
    file: &Path,
    read: impl FnOnce(&str) -> Result<T, Vec<Problem>>,
) -> Result<T, FileError> {
    let yaml = fs::read_to_string(file).map_err(|cause| FileError::Read {
        file: file.to_owned(),
        cause,
    })?;
    read(&yaml).map_err(|problems| FileError::Wrong {
        file: file.to_owned(),
        problems,
    })
}

fn shown(file: &Path) -> String {
    printable(&file.to_string_lossy())
}

fn lines(file: &Path, problems: &[Problem]) -> String {
    let lines = problems
        .iter()
        .map(|Problem { line, message }| format!("{}:{line}: {message}", shown(file)));
    lines.collect::<Vec<_>>().join("\n")
}
