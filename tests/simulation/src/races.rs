//! Races: short schedules whose steps meet at one lead. They find a weaker condition of a write,
//! which drawn schedules seldom do.

use crate::{
    call::Caller,
    fault::Fault,
    faults::FaultOf,
    step::Step::{self, *},
};

/// Schedule with steps that begin at nearly the same moment.
#[derive(Debug)]
pub struct Race {
    /// Name in docs/mutations.md.
    pub name: &'static str,
    /// Steps before the race, each after the end of the one before.
    pub before: &'static [Step],
    /// Faults of the steps before the race.
    pub faults_before: &'static [FaultOf],
    /// Steps that begin one shortly after the other.
    pub steps: &'static [Step],
    /// Faults of the race.
    pub faults: &'static [FaultOf],
    /// Steps after the race, each after the end of the one before.
    pub after: &'static [Step],
}

impl Race {
    const fn new(name: &'static str, before: &'static [Step], steps: &'static [Step]) -> Self {
        Self {
            name,
            before,
            faults_before: &[],
            steps,
            faults: &[],
            after: &[],
        }
    }

    /// Returns a race by its name. `None` if there is none.
    pub fn named(name: &str) -> Option<&'static Self> {
        RACES.iter().find(|race| race.name == name)
    }

    const fn with(self, faults: &'static [FaultOf]) -> Self {
        Self { faults, ..self }
    }

    const fn after_faults(self, faults_before: &'static [FaultOf]) -> Self {
        Self {
            faults_before,
            ..self
        }
    }

    const fn then(self, after: &'static [Step]) -> Self {
        Self { after, ..self }
    }
}

const CREATE: Step = CreateOne {
    is_idempotent: false,
};
const CREATE_WITH_KEY: Step = CreateOne {
    is_idempotent: true,
};
const CREATE_ARRAY: Step = CreateMany {
    is_idempotent: true,
    leads: 3,
};

const fn once(caller: Caller, operation: &'static str, fault: Fault) -> FaultOf {
    FaultOf {
        operation,
        caller: Some(caller),
        fault,
        is_once: true,
    }
}

const fn always(caller: Caller, operation: &'static str, fault: Fault) -> FaultOf {
    FaultOf {
        is_once: false,
        ..once(caller, operation, fault)
    }
}

/// The message of a start cannot be sent.
const UNSENT: FaultOf = always(Caller::Api, "SendMessage", Fault::Refused);
/// The write of the API that comes first comes late, but in time for its caller.
const SLOW_PUT: FaultOf = once(Caller::Api, "PutItem", Fault::SLOW);
const SLOW_UPDATE: FaultOf = once(Caller::Api, "UpdateItem", Fault::SLOW);
const SLOW_TRANSACTION: FaultOf = once(Caller::Api, "TransactWriteItems", Fault::SLOW);
const LATE_RUN: FaultOf = once(Caller::StartWorkflow, "PutItem", Fault::LATE);
const SLOW_START: FaultOf = once(Caller::StartWorkflow, "TransactWriteItems", Fault::SLOW);
const SLOW_CLEAR: FaultOf = once(Caller::RequeueStarts, "UpdateItem", Fault::SLOW);

/// All races.
pub const RACES: &[Race] = &[
    Race::new(
        "delivery and delivery",
        &[CREATE_WITH_KEY, Replay],
        &[Deliver, Replay, Deliver],
    )
    .then(&[Replay, Deliver]),
    Race::new("delivery and erasure", &[CREATE], &[Deliver, Erase]).with(&[LATE_RUN]),
    Race::new(
        "replay after an erasure",
        &[CREATE_WITH_KEY, Deliver],
        &[Erase],
    )
    .then(&[Replay]),
    Race::new(
        "erasure and late replay",
        &[CREATE_WITH_KEY],
        &[Replay, Erase],
    )
    .with(&[SLOW_PUT]),
    Race::new("two requests with one key", &[], &[Rival]).then(&[Replay]),
    Race::new("two requests with one key, one late", &[], &[Rival, Replay]).with(&[SLOW_PUT]),
    Race::new("two corrections of an array", &[], &[Correct]).then(&[Replay]),
    Race::new("array", &[], &[CREATE_ARRAY]).then(&[Replay, Deliver, Replay]),
    Race::new("delayed start", &[], &[CREATE_WITH_KEY])
        .with(&[UNSENT])
        .then(&[Replay, Requeue, Replay]),
    Race::new(
        "delayed start and erasure",
        &[CREATE_WITH_KEY],
        &[Replay, Erase],
    )
    .with(&[UNSENT, SLOW_UPDATE]),
    Race::new("delayed start of a lead that is not stored", &[], &[CREATE])
        .with(&[UNSENT, always(Caller::Api, "PutItem", Fault::Refused)]),
    Race::new("requeue and assignment", &[CREATE], &[Requeue, Assign])
        .after_faults(&[UNSENT])
        .with(&[UNSENT, SLOW_CLEAR]),
    Race::new("two assignments", &[CREATE, Deliver], &[Assign, Assign]).with(&[SLOW_TRANSACTION]),
    Race::new("two assignments of a start", &[CREATE], &[Assign, Assign]).with(&[SLOW_TRANSACTION]),
    Race::new(
        "two assignments of an idle lead",
        &[CreateIdle],
        &[Assign, Assign],
    )
    .with(&[SLOW_TRANSACTION]),
    Race::new(
        "assignment of an idle lead and erasure",
        &[CreateIdle],
        &[Assign, Erase],
    )
    .with(&[SLOW_TRANSACTION]),
    Race::new(
        "assignment and erasure",
        &[CREATE, Deliver],
        &[Assign, Erase],
    )
    .with(&[SLOW_TRANSACTION]),
    Race::new(
        "erasure and assignment",
        &[CREATE],
        &[Erase, Assign, Deliver],
    )
    .with(&[SLOW_PUT, LATE_RUN]),
    Race::new(
        "erasure of an idle lead and assignment",
        &[CreateIdle],
        &[Erase, Assign, Deliver],
    )
    .with(&[SLOW_PUT, LATE_RUN]),
    Race::new("two erasures", &[CREATE, Deliver], &[Erase, Erase]).with(&[SLOW_PUT]),
    Race::new(
        "two erasures of an idle lead",
        &[CreateIdle],
        &[Erase, Erase],
    )
    .with(&[SLOW_PUT]),
    Race::new("change and erasure", &[CREATE], &[Rename, Erase]).with(&[SLOW_UPDATE]),
    Race::new("large change and erasure", &[CREATE], &[Enlarge(0), Erase]).with(&[SLOW_UPDATE]),
    Race::new(
        "second change and erasure",
        &[CREATE, Enlarge(0)],
        &[Enlarge(1), Erase],
    )
    .with(&[SLOW_UPDATE]),
    Race::new(
        "third change and erasure",
        &[CREATE, Enlarge(0), Enlarge(1)],
        &[Enlarge(1), Erase],
    )
    .with(&[SLOW_UPDATE]),
    Race::new("large changes", &[CREATE], &[Change]),
    Race::new(
        "large changes of a large lead",
        &[CREATE, Enlarge(0)],
        &[Enlarge(1), Enlarge(2)],
    )
    .with(&[SLOW_UPDATE]),
    Race::new(
        "large changes of a full lead",
        &[CREATE, Enlarge(0), Shrink(0), Enlarge(0), Shrink(0)],
        &[Change],
    ),
    Race::new("two claims", &[CREATE, Deliver], &[Claim, Claim, Claim]),
    Race::new("claim and stop", &[CREATE, Deliver], &[Claim, Stop, Claim]),
    Race::new("stop and claim", &[CREATE, Deliver], &[Stop, Claim]).with(&[SLOW_TRANSACTION]),
    Race::new("claim and erasure", &[CREATE, Deliver], &[Claim, Erase]),
    Race::new(
        "late claim and erasure",
        &[CREATE, Deliver],
        &[Claim, Erase],
    )
    .with(&[SLOW_PUT]),
    Race::new("stop and erasure", &[CREATE, Deliver], &[Stop, Erase]).with(&[SLOW_TRANSACTION]),
    Race::new("stop of a start and erasure", &[CREATE], &[Stop, Erase]).with(&[SLOW_TRANSACTION]),
    Race::new("stop of a start and delivery", &[CREATE], &[Stop, Deliver])
        .with(&[SLOW_TRANSACTION]),
    Race::new("stop and assignment", &[CREATE, Deliver], &[Stop, Assign]).with(&[SLOW_TRANSACTION]),
    Race::new("stop of a start and assignment", &[CREATE], &[Stop, Assign])
        .with(&[SLOW_TRANSACTION]),
    Race::new(
        "stop and resume",
        &[CREATE, Deliver, Stop],
        &[Resume, Stop, Resume],
    ),
    Race::new(
        "two outcomes",
        &[CREATE, Deliver, Claim, Settle],
        &[Report, Report],
    )
    .with(&[SLOW_TRANSACTION]),
    Race::new(
        "outcome and claim",
        &[CREATE, Deliver, Claim],
        &[Report, Claim, Settle],
    )
    .with(&[SLOW_TRANSACTION]),
    Race::new(
        "outcome and erasure",
        &[CREATE, Deliver, Claim],
        &[Report, Erase],
    )
    .with(&[SLOW_TRANSACTION]),
    Race::new(
        "two details of an outcome",
        &[CREATE, Deliver, Claim, Report],
        &[Detail, Detail],
    )
    .with(&[SLOW_PUT]),
    Race::new(
        "detail and erasure",
        &[CREATE, Deliver, Claim, Report],
        &[Detail, Erase],
    )
    .with(&[SLOW_PUT]),
    Race::new("event and event", &[CREATE, Deliver], &[Event, Event]).with(&[SLOW_TRANSACTION]),
    Race::new("event of a start", &[CREATE], &[Event, Event]).with(&[SLOW_TRANSACTION]),
    Race::new("event of an idle lead", &[CreateIdle], &[Event, Event]).with(&[SLOW_TRANSACTION]),
    Race::new("event and erasure", &[CREATE, Deliver], &[Event, Erase]).with(&[SLOW_TRANSACTION]),
    Race::new(
        "event of an idle lead and erasure",
        &[CreateIdle],
        &[Event, Erase],
    )
    .with(&[SLOW_TRANSACTION]),
    Race::new("event of a start and erasure", &[CREATE], &[Event, Erase]).with(&[SLOW_TRANSACTION]),
    Race::new("event and assignment", &[CREATE, Deliver], &[Event, Assign])
        .with(&[SLOW_TRANSACTION]),
    Race::new(
        "event of a start and assignment",
        &[CREATE],
        &[Event, Assign],
    )
    .with(&[SLOW_TRANSACTION]),
    Race::new(
        "deliveries of a paused workflow",
        &[Pause, CREATE_WITH_KEY, Deliver, Stop],
        &[Replay],
    )
    .then(&[Deliver, Replay, Deliver]),
    Race::new(
        "deliveries of an unpaused workflow",
        &[Pause, CREATE_WITH_KEY, Deliver, Replay],
        &[Unpause, Deliver, Replay, Deliver],
    )
    .with(&[SLOW_START]),
    Race::new(
        "delivery and erasure of a waiting run",
        &[Pause, CREATE_WITH_KEY],
        &[Deliver, Erase],
    )
    .with(&[SLOW_START]),
    Race::new(
        "planning and stop",
        &[Pause, CREATE_WITH_KEY, Deliver, Unpause, Replay],
        &[Deliver, Stop],
    )
    .with(&[SLOW_START]),
    Race::new(
        "planning and erasure",
        &[Pause, CREATE_WITH_KEY, Deliver, Unpause, Replay],
        &[Deliver, Erase],
    )
    .with(&[SLOW_START]),
    Race::new(
        "assignment and stop of a waiting run",
        &[Pause, CREATE, Deliver],
        &[Assign, Stop, Erase],
    )
    .with(&[SLOW_TRANSACTION]),
    Race::new(
        "assignment of a waiting start",
        &[Pause, CREATE],
        &[Assign, Stop, Deliver],
    )
    .with(&[SLOW_TRANSACTION]),
    Race::new(
        "stop of a waiting start",
        &[Pause, CREATE],
        &[Stop, Assign, Erase],
    )
    .with(&[SLOW_TRANSACTION]),
    Race::new(
        "event of a waiting start",
        &[Pause, CREATE],
        &[Event, Event],
    )
    .with(&[SLOW_TRANSACTION]),
    Race::new("two pauses", &[], &[Pause, Pause, Unpause]),
    Race::new("pause and unpause", &[Pause], &[Unpause, Pause, Unpause]),
];
