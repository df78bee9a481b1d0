//! The result of an import.

use std::collections::BTreeMap;

use serde::Serialize;

use super::send::{Result as LineResult, Sent};
use crate::output::table;

/// Number of refused lines that people are shown.
const MOST_SHOWN: usize = 10;

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
    /// Number of lines for each warning and hint.
    warnings: BTreeMap<String, usize>,
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
            refusals,
            refused_file: None,
        }
    }

    /// Adds the result of a line.
    pub fn add(&mut self, sent: Sent) {
        match sent.result {
            LineResult::Created(remarks) => {
                self.created += 1;
                for remark in remarks {
                    *self.warnings.entry(remark).or_default() += 1;
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
        if !self.warnings.is_empty() {
            let rows = self.warnings.iter();
            let rows: Vec<_> = rows
                .map(|(text, count)| [count.to_string(), text.clone()])
                .collect();
            text += &table(["LINES", "WARNING"], &rows, "WARNING");
            text.push('\n');
        }
        if !self.refusals.is_empty() {
            let rows = self.refusals.iter().take(MOST_SHOWN);
            let rows: Vec<_> = rows
                .map(|it| [it.line.to_string(), it.reason.clone()])
                .collect();
            text += &table(["LINE", "REFUSED BECAUSE"], &rows, "REFUSED BECAUSE");
            let rest = self.refusals.len() - rows.len();
            if rest > 0 {
                text += &format!("... and {rest} more\n");
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
