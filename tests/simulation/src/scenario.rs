//! Scenarios: steps, faults and cancellations, written down or drawn from a seed.

use fastrand::Rng;

use crate::{
    fault::Fault,
    faults::{FaultOf, Faults},
    mutations::Mutation,
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

/// One step of a scenario.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// A client creates a lead.
    CreateOne {
        /// Whether the request has an `Idempotency-Key`.
        is_idempotent: bool,
    },
    /// A client creates leads with one array.
    CreateMany {
        /// Whether the request has an `Idempotency-Key`.
        is_idempotent: bool,
        /// Number of leads.
        leads: usize,
    },
    /// A client sends an idempotent request again.
    Replay,
    /// Two clients send different requests with one key at the same moment. At least one is an array.
    Rival,
    /// A client makes three large changes of a lead at the same moment.
    Change,
    /// SQS delivers up to ten messages.
    Deliver,
    /// requeue-starts runs.
    Requeue,
    /// A client erases a lead.
    Erase,
    /// A client assigns a lead to its workflow again.
    Assign,
    /// A client stops a lead's automation.
    Stop,
    /// A message that start-workflow cannot read comes into the queue.
    Poison,
    /// More than a minute passes.
    Wait,
    /// Two hours pass, until the next touchpoint is due.
    WaitLong,
    /// A client resumes a lead's automation.
    Resume,
    /// A worker or a client claims a touchpoint.
    Claim,
    /// The owner of a claim records the answer of the receiver.
    Settle,
    /// A client reports the outcome of a touchpoint.
    Report,
    /// Everything that is overdue is done.
    Advance,
    /// An operator pauses the workflow.
    Pause,
    /// An operator unpauses the workflow, and releases the runs that it holds.
    Unpause,
}

impl Step {
    /// Draws the step with this number. A schedule begins with a lead. `has_touchpoints`: leads are
    /// also contacted.
    pub fn draw(rng: &mut Rng, number: usize, has_touchpoints: bool) -> Self {
        let is_idempotent = rng.bool();
        if number == 0 {
            return Self::CreateOne { is_idempotent };
        }
        match rng.u8(0..if has_touchpoints { 40 } else { 23 }) {
            0..2 => Self::CreateOne { is_idempotent },
            2..4 => Self::CreateMany {
                is_idempotent,
                leads: rng.usize(1..=4),
            },
            4..6 => Self::Replay,
            6..13 => Self::Deliver,
            13 => Self::Requeue,
            14..16 => Self::Erase,
            16 => Self::Assign,
            17..19 => Self::Stop,
            19 => Self::Poison,
            20 => Self::Rival,
            21 => Self::Change,
            22 => Self::Wait,
            23..28 => Self::Claim,
            28..30 => Self::Settle,
            30..32 => Self::Report,
            32 => Self::Advance,
            33..35 => Self::Resume,
            35 => Self::Pause,
            36 => Self::Unpause,
            _ => Self::WaitLong,
        }
    }
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

    /// Draws the scenario of a seed.
    pub fn of_seed(seed: u64) -> Self {
        let mut rng = Rng::with_seed(!seed);
        let mut percent = |choices: &[u32]| *rng.choice(choices).expect("a choice");
        Self {
            seed,
            steps: Steps::Drawn,
            faults: Faults::Random(percent(&[0, 5, 15, 40, 70])),
            cancellations: Cancellations::Random(percent(&[0, 10, 30])),
            mutation: None,
        }
    }

    /// Draws a scenario that can show a mutation. The steps and the fault that a mutation needs are
    /// written down if few schedules have them.
    pub fn of_mutation(mutation: Mutation, seed: u64) -> Self {
        let drawn = Self::of_seed(seed);
        let faults = match mutation {
            // The first try takes effect after the second one.
            Mutation::YoungOrphan | Mutation::RunTombstoneSkipped => Faults::Of(vec![FaultOf {
                operation: "PutItem",
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
        _ => Steps::Drawn,
    }
}
