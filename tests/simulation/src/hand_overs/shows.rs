//! Schedules that show bugs of hand-overs which drawn schedules seldom show.

use super::bugs::Bug;
use crate::{
    call::Caller,
    fault::Fault,
    faults::{FaultOf, Faults},
    races::Race,
    scenario::Steps,
    step::Step::{self, *},
};

/// A touchpoint that is claimed again after its lease, and a caller who comes back late.
const LATE_CALLER: &[Step] = &[
    Enrol, Deliver, Wait, Wake, Pull, Wait, Pull, Extend, GiveBack, GiveBack, GiveBack,
];
/// The first claim notes that callers pull, so that the second one is quick.
const SUPPRESSED_MEANWHILE: &[Step] = &[
    Pull, Wait, Enrol, Enrol, Enrol, Wait, Deliver, Wait, Wake, Wait, Suppress, Suppress, Pull,
    Suppress, Suppress,
];
const STOPPED_MEANWHILE: &[Step] = &[Enrol, Deliver, Wait, Wake, Wait, Pull, Wait, Stop];
/// A run that is held beside the end of its hold.
const HELD_TOO_LATE: &[Step] = &[
    Enrol, Enrol, Deliver, Wait, Hold, Look, Unhold, Tick, Unhold, Tick, Unhold, Tick,
];

impl Bug {
    /// Returns steps and faults of which one schedule in a few shows the bug. `drawn` are the faults of
    /// a drawn schedule.
    pub fn shown_by(self, drawn: Faults) -> (Steps, Faults) {
        let slow = |caller, operation| FaultOf {
            operation,
            caller: Some(caller),
            fault: Fault::SLOW,
            is_once: true,
        };
        match self {
            Self::OneOwner | Self::AnyOwner => (Steps::HandOvers(LATE_CALLER), Faults::None),
            Self::SuppressionReadFirst => {
                let claim = slow(Caller::Api, "TransactWriteItems");
                // A suppression, which then comes between the read of the run and its claim.
                let put = FaultOf {
                    is_once: false,
                    ..slow(Caller::Api, "PutItem")
                };
                (
                    Steps::HandOvers(SUPPRESSED_MEANWHILE),
                    Faults::Of(vec![claim, put]),
                )
            }
            Self::DroppedByStop => (Steps::HandOvers(STOPPED_MEANWHILE), Faults::None),
            Self::ReleaseDropped => {
                let park = slow(Caller::DispatchTouchpoints, "PutItem");
                (Steps::HandOvers(HELD_TOO_LATE), Faults::Of(vec![park]))
            }
            Self::ErasureLooksOnce => {
                let race = Race::named("event and erasure").expect("a race");
                (Steps::Race(race), drawn)
            }
            _ => (Steps::HandOversDrawn, drawn),
        }
    }
}
