//! Definitions as files on disk: a workflow, or what an account has.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use domain::country::Country;
use thiserror::Error;

use super::{
    Definition, LONGEST_NAME, Problem,
    node::{Node, Value},
    not_yaml,
    reader::Reader,
};

/// What a file defines.
#[derive(Clone, Debug)]
pub enum File {
    /// One workflow.
    Workflow(Box<Definition>),
    /// What an account has.
    Account(AccountDefinition),
}

/// What a file says of an account. What it does not say stays as it is.
#[derive(Clone, Debug, Default)]
pub struct AccountDefinition {
    /// The account's display name.
    pub name: Option<String>,
    /// In which phone numbers without a country are read.
    pub default_country: Option<Country>,
    /// All of its workflows.
    pub workflows: Option<Vec<Definition>>,
    /// The names of all of its campaigns.
    pub campaigns: Option<Vec<String>>,
}

/// Why a file gives no definition.
#[derive(Debug, Error)]
pub enum FileError {
    /// It cannot be read.
    #[error("cannot read {}", .file.display())]
    Read {
        /// The file.
        file: PathBuf,
        /// The system's reason.
        #[source]
        cause: io::Error,
    },
    /// What it says is wrong; a line for each problem.
    #[error("{}", lines(.file, .problems))]
    Wrong {
        /// The file.
        file: PathBuf,
        /// The problems, in its order.
        problems: Vec<Problem>,
    },
}

impl Definition {
    /// Reads a workflow's file.
    ///
    /// # Errors
    /// [`FileError`], with all problems at once.
    pub fn open(file: &Path) -> Result<Self, FileError> {
        open(file, Self::read)
    }
}

impl File {
    /// Reads a file of either kind.
    ///
    /// # Errors
    /// [`FileError`], with all problems at once.
    pub fn open(file: &Path) -> Result<Self, FileError> {
        open(file, Self::read)
    }

    /// Reads a file's text: of an account, if it has `workflows` or `campaigns`.
    ///
    /// # Errors
    /// As of [`Definition::read`].
    pub fn read(yaml: &str) -> Result<Self, Vec<Problem>> {
        let root = Node::read(yaml).map_err(|error| vec![not_yaml(&error)])?;
        let is_account = matches!(&root.value, Value::Fields(fields)
            if fields.iter().any(|(name, _)| name == "workflows" || name == "campaigns"));
        if is_account {
            Reader::read(&root, Reader::account).map(Self::Account)
        } else {
            let read = Reader::read(&root, Reader::definition);
            read.map(|definition| Self::Workflow(Box::new(definition)))
        }
    }
}

impl Reader {
    fn account(&mut self, root: &Node) -> Option<AccountDefinition> {
        let known = ["name", "default_country", "workflows", "campaigns"];
        let fields = self.fields(root, &known)?;
        let name = fields.get("name");
        let default_country = fields.get("default_country");
        let workflows = fields.get("workflows");
        let campaigns = fields.get("campaigns");
        let read = AccountDefinition {
            name: name.and_then(|node| self.text_up_to(node, LONGEST_NAME)),
            default_country: default_country.and_then(|node| self.parse(node)),
            workflows: workflows.and_then(|node| self.each(node, Self::definition)),
            campaigns: campaigns.and_then(|node| self.each(node, Self::campaign)),
        };
        for node in [workflows, campaigns].into_iter().flatten() {
            self.names_differ(node);
        }
        Some(read)
    }

    fn campaign(&mut self, node: &Node) -> Option<String> {
        let fields = self.fields(node, &["name"])?;
        let name = self.required(fields, "name")?;
        self.text_up_to(name, LONGEST_NAME)
    }

    /// What is stored is found by its name.
    fn names_differ(&mut self, node: &Node) {
        let Value::List(elements) = &node.value else {
            return;
        };
        let mut names = Vec::new();
        for element in elements {
            let Value::Fields(fields) = &element.value else {
                continue;
            };
            let name = fields.iter().find(|(field, _)| field == "name");
            let Some((_, name)) = name else { continue };
            let Value::Text(text) = &name.value else {
                continue;
            };
            if names.contains(&text.trim()) {
                self.problem(name, format_args!("is the name of one before: {text}"));
            }
            names.push(text.trim());
        }
    }
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

fn lines(file: &Path, problems: &[Problem]) -> String {
    let lines = problems
        .iter()
        .map(|Problem { line, message }| format!("{}:{line}: {message}", file.display()));
    lines.collect::<Vec<_>>().join("\n")
}
