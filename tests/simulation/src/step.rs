//! Steps of a scenario: what clients, SQS and operators do.

use fastrand::Rng;

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
    /// Two clients correct an array with one key at the same moment, in different ways.
    Correct,
    /// A client creates a lead without a workflow.
    CreateIdle,
    /// A client makes three large changes of a lead at the same moment.
    Change,
    /// A client adds 30 KB to a lead, under a key with this number.
    Enlarge(usize),
    /// A client removes what [`Step::Enlarge`] has added.
    Shrink(usize),
    /// A client makes a change of a lead that adds nothing.
    Rename,
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
    /// A client reports the last outcome again, with another detail.
    Detail,
    /// Two clients report contacts outside of a touchpoint at the same moment, with one key. Often
    /// it is the same contact.
    Event,
    /// Everything that is overdue is done.
    Advance,
    /// An operator pauses the workflow.
    Pause,
    /// An operator unpauses the workflow, and releases the runs that it holds.
    Unpause,
    /// A client creates a lead of one of a few persons, mostly in the workflow with windows.
    Enrol,
    /// wake-runs runs, and then SQS delivers its hints.
    Wake,
    /// wake-runs runs.
    Tick,
    /// SQS delivers up to ten hints to dispatch-touchpoints.
    Look,
    /// A caller claims touchpoints over HTTP.
    Pull,
    /// A caller extends a lease, in time or late.
    Extend,
    /// A caller gives a touchpoint back, in time or late.
    GiveBack,
    /// A caller reports the outcome of a touchpoint: in time, late, again, or after another one.
    Tell,
    /// A client suppresses a person.
    Suppress,
    /// A client removes a suppression.
    Unsuppress,
    /// An operator holds all runs, or those of the account.
    Hold,
    /// An operator ends a hold.
    Unhold,
    /// Time passes until the next thing is due, and often a little longer.
    UntilDue,
    /// Six hours pass, and nothing runs.
    Outage,
}

impl Step {
    /// Draws the step with this number. A schedule begins with a lead. `has_touchpoints`: leads are
    /// also contacted.
    pub fn draw(rng: &mut Rng, number: usize, has_touchpoints: bool) -> Self {
        let is_idempotent = rng.bool();
        if number == 0 {
            return Self::CreateOne { is_idempotent };
        }
        match rng.u8(0..if has_touchpoints { 45 } else { 26 }) {
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
            23 => Self::Rename,
            24 => Self::CreateIdle,
            25 => Self::Correct,
            26..31 => Self::Claim,
            31..33 => Self::Settle,
            33..35 => Self::Report,
            35 => Self::Detail,
            36 => Self::Event,
            37 => Self::Advance,
            38..40 => Self::Resume,
            40 => Self::Pause,
            41 => Self::Unpause,
            _ => Self::WaitLong,
        }
    }
}
