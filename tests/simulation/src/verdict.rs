//! Results of a schedule.

use std::{collections::BTreeSet, fmt};

use crate::{
    conditions::Write,
    permission::Access,
    scenario::{Scenario, Steps},
};

/// Result of a schedule in which every invariant holds.
#[derive(Debug)]
pub struct Passed {
    /// Operations of AWS that were called before the faults ended. Retries do not count.
    pub calls: Vec<String>,
    /// Number of attempts of all calls.
    pub attempts: usize,
    /// Permissions that all calls needed.
    pub needed: BTreeSet<Access>,
    /// Number of polls of each handler before the faults ended.
    pub polls: Vec<u32>,
    /// Number of runs that were promised.
    pub promised: usize,
    /// Number of touchpoints that callers have received.
    pub handed_over: usize,
    /// Conditional writes of all calls.
    pub writes: BTreeSet<Write>,
    /// Events of the schedule.
    pub log: Vec<String>,
}

/// Schedule in which an invariant does not hold.
pub struct Failure {
    pub scenario: Scenario,
    pub problems: Vec<String>,
    pub log: Vec<String>,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:?}", self.scenario)?;
        for line in self.log.iter().chain(&self.problems) {
            writeln!(f, "{line}")?;
        }
        if matches!(
            self.scenario.steps,
            Steps::Drawn | Steps::HandOversDrawn | Steps::PushesDrawn
        ) {
            let seed = self.scenario.seed;
            write!(
                f,
                "replay: LEADGATE_SEED={seed} cargo test -p simulation any_schedule -- --nocapture"
            )?;
        }
        Ok(())
    }
}
