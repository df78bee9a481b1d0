//! A line of the journal, as the log file has it.

use jiff::{Timestamp, tz::TimeZone};
use serde::{Deserialize, Serialize};

use super::lines::Line;

/// A line of the journal, with its time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Time of the line.
    pub at: Timestamp,
    #[serde(flatten)]
    pub(super) line: Line,
}

impl Entry {
    /// Returns the line as `leadgate dev` prints it, with its colours. It is cut at `width` columns
    /// if it is about a request or a run.
    pub fn render(&self, zone: &TimeZone, width: Option<usize>) -> String {
        self.line.render(self.at, zone, width)
    }
}
