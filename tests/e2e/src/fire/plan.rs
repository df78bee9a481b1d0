//! What is to happen: steps, faults and kills, written down or drawn from a seed.

use super::{planted::Planted, wire::Faults};

/// Which handlers are killed, and at which of their await points.
#[derive(Clone, Copy, Debug)]
pub enum Kills {
    /// None is.
    None,
    /// The n-th one, instead of being polled once more after so many times.
    At(usize, u32),
    /// So many of a hundred.
    Random(u32),
}

/// One step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// A client creates a lead.
    CreateOne {
        /// With an `Idempotency-Key`.
        is_named: bool,
    },
    /// A client creates so many leads at once.
    CreateMany {
        /// With an `Idempotency-Key`.
        is_named: bool,
        /// How many.
        leads: usize,
    },
    /// A client sends a named request again.
    Replay,
    /// Up to ten messages are delivered.
    Deliver,
    /// requeue-starts runs.
    Requeue,
    /// A client erases a lead.
    Erase,
    /// A client assigns a lead to its workflow anew.
    Assign,
    /// A client stops a lead's automation.
    Stop,
    /// Somebody puts a message into the queue that nobody can read.
    Poison,
    /// A minute passes.
    Wait,
}

/// A schedule, before it runs.
#[derive(Clone, Debug)]
pub struct Plan {
    /// What everything is drawn from.
    pub seed: u64,
    /// The steps, one after the other; none: drawn from the seed, and under way at the same time.
    pub steps: Option<&'static [Step]>,
    /// What the calls meet.
    pub faults: Faults,
    /// What becomes of the handlers.
    pub kills: Kills,
    /// A bug that must be found.
    pub planted: Option<Planted>,
}

impl Plan {
    /// Nothing in the way of `steps`.
    pub fn of_steps(steps: &'static [Step]) -> Self {
        Self {
            seed: 0,
            steps: Some(steps),
            faults: Faults::None,
            kills: Kills::None,
            planted: None,
        }
    }

    /// The schedule of a seed.
    pub fn of_seed(seed: u64) -> Self {
        let mut rng = fastrand::Rng::with_seed(!seed);
        Self {
            seed,
            steps: None,
            faults: Faults::Random(*rng.choice(&[0, 5, 15, 40, 70]).expect("a choice")),
            kills: Kills::Random(*rng.choice(&[0, 10, 30]).expect("a choice")),
            planted: None,
        }
    }
}
