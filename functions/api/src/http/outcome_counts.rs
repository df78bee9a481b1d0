//! Counts of outcomes, for the metrics of a request's log line.

use std::collections::BTreeMap;

/// Numbers of the outcomes that a request has taken in, by their words. Repeats do not count.
#[derive(Clone, Debug, Default)]
pub struct OutcomeCounts(BTreeMap<&'static str, u64>);

impl OutcomeCounts {
    pub fn one(word: &'static str) -> Self {
        Self([(word, 1)].into())
    }

    pub fn add(&mut self, word: &'static str) {
        *self.0.entry(word).or_default() += 1;
    }

    /// Returns the number of outcomes with a word. `None` if there are none.
    pub fn of(&self, word: &str) -> Option<u64> {
        self.0.get(word).copied()
    }
}
