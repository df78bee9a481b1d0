//! The file of refused lines: their columns, and the line and the reason of each.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use local::text::printable;
use thiserror::Error;

use super::{
    columns::REPORTED,
    sheet::{Sheet, row_of},
    summary::Summary,
};

/// Mode of the file. It has personal data.
const MODE: u32 = 0o600;

/// Place of the refused lines.
#[derive(Debug)]
pub enum Report {
    /// A file that the operator has named. It is open before the first line is sent.
    Named(NewFile),
    /// The first free name with this beginning.
    Beside(PathBuf),
    Nowhere,
}

/// Reason why the refused lines cannot be written.
#[derive(Debug, Error)]
pub enum ReportError {
    #[error("{} exists already: name a new file with --report", printable(&.0.to_string_lossy()))]
    Exists(PathBuf),
    #[error("cannot write the refused lines to {}: name another file with --report", printable(&.0.to_string_lossy()))]
    Write(PathBuf, #[source] io::Error),
}

/// A file that is removed again if it does not become whole.
#[derive(Debug)]
pub struct NewFile {
    path: PathBuf,
    file: File,
    is_whole: bool,
}

impl Report {
    /// Returns the place: the file `named`, which it opens, or one beside the file that is
    /// imported.
    ///
    /// # Errors
    /// [`ReportError`] if `named` exists or cannot be created.
    pub fn open(named: Option<&Path>, beside: Option<&Path>) -> Result<Self, ReportError> {
        match (named, beside) {
            (Some(path), _) => Ok(Self::Named(NewFile::create(path)?)),
            (None, None) => Ok(Self::Nowhere),
            (None, Some(file)) => {
                let stem = file.with_extension("");
                // The refused lines of a report are in another one with a number.
                let is_report = stem.extension().is_some_and(|end| end == "refused");
                Ok(Self::Beside(if is_report {
                    stem
                } else {
                    stem.with_added_extension("refused")
                }))
            }
        }
    }

    /// Writes the refused lines. Returns the path of their file. `None` if there are none.
    ///
    /// # Errors
    /// [`ReportError::Write`].
    pub fn write(self, sheet: &Sheet, summary: &Summary) -> Result<Option<PathBuf>, ReportError> {
        if summary.refusals.is_empty() {
            return Ok(None);
        }
        match self {
            Self::Nowhere => Ok(None),
            Self::Named(file) => file.write(&content(sheet, summary)).map(Some),
            Self::Beside(start) => {
                let content = content(sheet, summary);
                let mut number = 1;
                loop {
                    // The operator may be mending the lines of the import before.
                    let end = match number {
                        1 => "refused.csv".to_owned(),
                        _ => format!("refused-{number}.csv"),
                    };
                    let path = start.with_extension(end);
                    match NewFile::create(&path) {
                        Err(ReportError::Exists(_)) => number += 1,
                        file => return file?.write(&content).map(Some),
                    }
                }
            }
        }
    }
}

impl NewFile {
    fn create(path: &Path) -> Result<Self, ReportError> {
        let mut options = OpenOptions::new();
        let file = options.write(true).create_new(true).mode(MODE).open(path);
        let file = file.map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => ReportError::Exists(path.to_owned()),
            _ => ReportError::Write(path.to_owned(), error),
        })?;
        Ok(Self {
            path: path.to_owned(),
            file,
            is_whole: false,
        })
    }

    /// Writes the content, and returns the path.
    fn write(mut self, content: &[u8]) -> Result<PathBuf, ReportError> {
        let written = self.file.write_all(content);
        written.map_err(|error| ReportError::Write(self.path.clone(), error))?;
        self.is_whole = true;
        Ok(self.path.clone())
    }
}

impl Drop for NewFile {
    fn drop(&mut self) {
        if !self.is_whole {
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Returns the refused lines in the form of the file that they come from.
fn content(sheet: &Sheet, summary: &Summary) -> Vec<u8> {
    let own: Vec<_> = sheet
        .headings
        .iter()
        .map(|it| !REPORTED.contains(&it.as_str()))
        .collect();
    // A report of a report has its columns once.
    let kept = |cells: &[String]| -> Vec<String> {
        let cells = cells.iter().zip(own.iter().chain(std::iter::repeat(&true)));
        cells
            .filter(|(_, own)| **own)
            .map(|(cell, _)| cell.clone())
            .collect()
    };
    let mut content = Vec::new();
    if sheet.has_mark {
        content.extend("\u{feff}".bytes());
    }
    let columns = kept(&sheet.headings);
    let mut line = |cells: Vec<String>, more: [&str; 2]| {
        let cells = more.into_iter().chain(cells.iter().map(String::as_str));
        content.extend(row_of(cells, sheet.delimiter));
    };
    line(columns, REPORTED);
    let mut rows = sheet.rows.iter();
    for refusal in &summary.refusals {
        // Both are in the order of the file.
        if let Some(row) = rows.find(|row| row.line == refusal.line) {
            line(
                kept(&row.cells),
                [&refusal.line.to_string(), &refusal.reason],
            );
        }
    }
    content
}
