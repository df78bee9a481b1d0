//! Scenarios: steps, faults and cancellations, written down or drawn from a seed.

use fastrand::Rng;

use crate::{
    fault::Fault,
    faults::{FaultOf, Faults},
    mutations::Mutation,
    races::Race,
    step::Step,
};

/// Handlers that are cancelled, and the await points at which it happens.
#[derive(Clone, Copy, Debug)]
pub enum Cancellations {
    /// No handler.
    None,
    /// One handler, after a number of polls.
    At {
        /// Number of the handler, from 0, in the order of their begin.
        handler: usize,
        /// Polls before the handler is dropped.
        polls: u32,
    },
    /// This percentage of handlers.
    Random(u32),
}

/// Steps of a scenario.
#[derive(Clone, Copy, Debug)]
pub enum Steps {
    /// These steps, each after the end of the one before.
    InTurn(&'static [Step]),
    /// These steps. Most begin before the end of the one before.
    SideBySide(&'static [Step]),
    /// Steps that are drawn from the seed. Most begin before the end of the one before.
    Drawn,
    /// The steps of a race.
    Race(&'static Race),
    /// A schedule of hand-overs that is drawn from the seed.
    HandOversDrawn,
    /// These steps of a schedule of hand-overs.
    HandOvers(&'static [Step]),
    /// A schedule of hand-overs to a webhook that is drawn from the seed.
    PushesDrawn,
    /// These steps of a schedule of hand-overs to a webhook.
    Pushes(&'static [Step]),
}

/// Content of a schedule.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// Seed of everything that is drawn.
    pub seed: u64,
    /// Steps, written down or drawn from the seed.
    pub steps: Steps,
    /// Faults of the calls.
    pub faults: Faults,
    /// Cancellations of the handlers.
    pub cancellations: Cancellations,
    /// Bug that the invariants must find.
    pub mutation: Option<Mutation>,
}

impl Scenario {
    /// Returns a scenario of `steps` in which nothing fails.
    pub fn of_steps(steps: &'static [Step]) -> Self {
        Self {
            seed: 0,
            steps: Steps::InTurn(steps),
            faults: Faults::None,
            cancellations: Cancellations::None,
            mutation: None,
        }
    }

    /// Returns steps of hand-overs in which nothing fails. What they meet is drawn from a seed.
    pub fn of_hand_overs(steps: &'static [Step], seed: u64) -> Self {
        Self {
            seed,
            steps: Steps::HandOvers(steps),
            ..Self::of_steps(&[])
        }
    }

    /// Returns steps of hand-overs to a webhook in which only the receiver fails. Its answers are drawn
    /// from a seed.
    pub fn of_push_steps(steps: &'static [Step], seed: u64) -> Self {
        Self {
            seed,
            steps: Steps::Pushes(steps),
            ..Self::of_steps(&[])
        }
    }

    /// Draws a schedule of hand-overs to a webhook, with the faults and cancellations of its seed.
    pub fn of_pushes(seed: u64) -> Self {
        Self {
            steps: Steps::PushesDrawn,
            ..Self::of_seed(seed)
        }
    }

    /// Returns a race, whose pauses are drawn from a seed.
    pub fn of_race(race: &'static Race, seed: u64) -> Self {
        Self {
            seed,
            steps: Steps::Race(race),
            ..Self::of_steps(&[])
        }
    }

    /// Draws the scenario of a seed.
    pub fn of_seed(seed: u64) -> Self {
        let mut rng = Rng::with_seed(!seed);
        let mut percent = |choices: &[u32]| *rng.choice(choices).expect("a choice");
        Self {
            seed,
            steps: match seed % 4 {
                3 => Steps::HandOversDrawn,
                _ => Steps::Drawn,
            },
            faults: Faults::Random(percent(&[0, 5, 15, 40, 70])),
            cancellations: Cancellations::Random(percent(&[0, 10, 30])),
            mutation: None,
        }
    }

    /// Draws a scenario that can show a mutation. The steps and the fault that a mutation needs are
    /// written down if few schedules have them.
    pub fn of_mutation(mutation: Mutation, seed: u64) -> Self {
        let drawn = Self::of_seed(seed);
        if let Mutation::HandOver(bug) = mutation {
            let (steps, faults) = bug.shown_by(drawn.faults);
            return Self {
                steps,
                faults,
                mutation: Some(mutation),
                ..drawn
            };
        }
        let faults = match mutation {
            // The first try takes effect after the second one.
            Mutation::YoungOrphan | Mutation::RunTombstoneSkipped => Faults::Of(vec![FaultOf {
                operation: "PutItem",
                caller: None,
                fault: Fault::LATE,
                is_once: true,
            }]),
            _ => drawn.faults,
        };
        Self {
            steps: steps_that_show(mutation),
            faults,
            mutation: Some(mutation),
            ..drawn
        }
    }
}

fn race(name: &str) -> Steps {
    Steps::Race(Race::named(name).expect("a race"))
}

/// Returns the steps of which one goes wrong with a mutation. They are drawn if many schedules have
/// them.
fn steps_that_show(mutation: Mutation) -> Steps {
    use Step::{Assign, Claim, Deliver, Erase, Pause, Replay, Resume, Rival, Stop};

    const CREATE: Step = Step::CreateOne {
        is_idempotent: false,
    };
    const CREATE_WITH_KEY: Step = Step::CreateOne {
        is_idempotent: true,
    };
    const CREATE_MANY: Step = Step::CreateMany {
        is_idempotent: false,
        leads: 4,
    };
    match mutation {
        Mutation::YoungOrphan => Steps::SideBySide(&[CREATE_WITH_KEY, Deliver, Deliver, Deliver]),
        Mutation::UnprocessedIgnored => Steps::InTurn(&[CREATE_MANY]),
        Mutation::LeadTombstoneSkipped => Steps::InTurn(&[CREATE_WITH_KEY, Erase, Replay]),
        Mutation::RunTombstoneSkipped => Steps::InTurn(&[CREATE_MANY, Deliver, Erase]),
        Mutation::ManifestSkipped => Steps::InTurn(&[Rival, Replay]),
        Mutation::EntryForgottenOnStop => Steps::InTurn(&[CREATE, Deliver, Stop]),
        Mutation::EntryForgottenOnResume => Steps::InTurn(&[CREATE, Deliver, Stop, Resume]),
        Mutation::EntryForgottenOnAssign => Steps::InTurn(&[CREATE, Deliver, Assign]),
        // The workflow is unpaused when the faults end.
        Mutation::EntryForgottenOnRelease => Steps::InTurn(&[CREATE, Deliver, Pause, Claim]),
        Mutation::ClaimRevision => Steps::InTurn(&[CREATE, Deliver, Claim]),
        Mutation::ChangeCondition => race("change and erasure"),
        Mutation::ElementsShareId => race("array"),
        Mutation::DelayUnsaid => race("delayed start"),
        Mutation::PendingClearedBlindly => race("requeue and assignment"),
        Mutation::ErasureOfOtherStart => race("erasure and assignment"),
        _ => Steps::Drawn,
    }
}
