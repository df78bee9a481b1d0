//! The result of an import.

use std::collections::BTreeMap;

use local::text::printable;
use serde::Serialize;

use super::send::{Result as LineResult, Sent};
use crate::{lead::create::Remarks, output::wrapped_table};

/// Maximum number of refused lines that people are shown. The file has them all.
const MOST_SHOWN: usize = 20;

/// A line that has no lead.
#[derive(Serialize)]
pub struct Refusal {
    pub line: usize,
    pub reason: String,
}

/// The result of an import.
#[derive(Serialize)]
pub struct Summary {
    pub dry_run: bool,
    /// Number of lines with values, below the headings.
    pub lines: usize,
    /// Number of leads that are created, or that would be in a dry run.
    created: usize,
    already_there: usize,
    pub refused: usize,
    /// Number of lines for each warning.
    warnings: BTreeMap<String, usize>,
    /// Number of lines for each hint.
    hints: BTreeMap<String, usize>,
    pub refusals: Vec<Refusal>,
    pub refused_file: Option<String>,
}

impl Summary {
    pub fn new(dry_run: bool, lines: usize, refusals: Vec<Refusal>) -> Self {
        Self {
            dry_run,
            lines,
            created: 0,
            already_there: 0,
            refused: refusals.len(),
            warnings: BTreeMap::new(),
            hints: BTreeMap::new(),
            refusals,
            refused_file: None,
        }
    }

    /// Adds the result of a line.
    pub fn add(&mut self, sent: Sent) {
        match sent.result {
            LineResult::Created(Remarks { warning, hints }) => {
                self.created += 1;
                if let Some(warning) = warning {
                    *self.warnings.entry(warning).or_default() += 1;
                }
                for hint in hints {
                    *self.hints.entry(hint).or_default() += 1;
                }
            }
            LineResult::AlreadyThere => self.already_there += 1,
            LineResult::Refused(reason) => {
                self.refused += 1;
                let line = sent.line;
                let at = self.refusals.partition_point(|it| it.line < line);
                self.refusals.insert(at, Refusal { line, reason });
            }
        }
    }

    /// Returns the number of lines that have a result.
    pub fn done(&self) -> usize {
        self.created + self.already_there + self.refused
    }

    /// Returns the summary for people.
    pub fn text(&self) -> String {
        let mut text = String::new();
        for (name, remarks) in [("WARNING", &self.warnings), ("HINT", &self.hints)] {
            if !remarks.is_empty() {
                let rows = remarks.iter();
                let rows: Vec<_> = rows
                    .map(|(text, count)| [count.to_string(), text.clone()])
                    .collect();
                text += &wrapped_table(["LINES", name], &rows);
                text.push('\n');
            }
        }
        if !self.refusals.is_empty() {
            let rows = self.refusals.iter().take(MOST_SHOWN);
            let rows: Vec<_> = rows
                .map(|it| [it.line.to_string(), it.reason.clone()])
                .collect();
            text += &wrapped_table(["LINE", "REFUSED BECAUSE"], &rows);
            let rest = self.refusals.len() - rows.len();
            if rest > 0 {
                let file = self.refused_file.as_ref();
                let file = file.map(|file| format!(" in {}", printable(file)));
                text += &format!("... and {rest} more{}\n", file.unwrap_or_default());
            }
            text.push('\n');
        }
        let (created, refused) = (self.created, self.refused);
        text += &if self.dry_run {
            format!("Nothing is stored. Valid: {created}, refused: {refused}.\n")
        } else {
            let there = self.already_there;
            format!("Created: {created}, already there: {there}, refused: {refused}.\n")
        };
        text
    }
}
