//! Counts of outcomes and suppressions, for the metrics of a request's log line.

use std::collections::BTreeMap;

/// Numbers of the outcomes that a request has taken in, by their words, and of the suppressions that it
/// has created. Repeats do not count.
#[derive(Clone, Debug, Default)]
pub struct OutcomeCounts {
    by_word: BTreeMap<&'static str, u64>,
    pub suppressions: u64,
}

impl OutcomeCounts {
    pub fn add(&mut self, word: &'static str) {
        *self.by_word.entry(word).or_default() += 1;
    }

    /// Returns the number of outcomes with a word. `None` if there are none.
    pub fn of(&self, word: &str) -> Option<u64> {
        self.by_word.get(word).copied()
    }
}
