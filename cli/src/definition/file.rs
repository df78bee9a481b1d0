//! A definition as a file on disk.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use thiserror::Error;

use super::{Definition, Problem};

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
    /// Reads a file.
    ///
    /// # Errors
    /// [`FileError`], with all problems at once.
    pub fn open(file: &Path) -> Result<Self, FileError> {
        let yaml = fs::read_to_string(file).map_err(|cause| FileError::Read {
            file: file.to_owned(),
            cause,
        })?;
        Self::read(&yaml).map_err(|problems| FileError::Wrong {
            file: file.to_owned(),
            problems,
        })
    }
}

fn lines(file: &Path, problems: &[Problem]) -> String {
    let lines = problems
        .iter()
        .map(|Problem { line, message }| format!("{}:{line}: {message}", file.display()));
    lines.collect::<Vec<_>>().join("\n")
}
