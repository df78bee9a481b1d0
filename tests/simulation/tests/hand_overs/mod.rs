//! Scripts of hand-overs.

use std::sync::atomic::{AtomicUsize, Ordering};

use simulation::{Caller, Fault, FaultOf, Faults, Scenario, Step};

use crate::{Player, most_schedules, must_pass_with_any_cancellation, on_half_the_cores};

/// Maximum number of schedules of one script of hand-overs.
const SCHEDULES_OF_SCRIPT: usize = 40;
/// Number of seeds of the script of pushes.
const PUSH_SCRIPTS: u64 = 5;

/// Returns the maximum number of schedules of pushes. One takes as long as about ten schedules of
/// intake.
fn most_of_pushes() -> usize {
    (most_schedules() / 15).max(1)
}

/// Three leads, an outage in the afternoon, and two on the next day in the middle of the cadence.
const OUTAGES: &[Step] = {
    use Step::*;

    &[
        Enrol, Enrol, Enrol, Deliver, Wait, Wake, Outage, Wake, Pull, UntilDue, Wake, Pull, Outage,
        Wake, Pull, Pull, UntilDue, Wake, Pull, Tell, Outage, Wake, Pull, Pull,
    ]
};

#[test]
fn after_six_hours_of_outage_nothing_goes_out_of_hours_or_within_the_gap() {
    let handed_over = AtomicUsize::new(0);
    on_half_the_cores(most_schedules().min(SCHEDULES_OF_SCRIPT), |player, seed| {
        let passed = player.must_pass(&Scenario::of_hand_overs(OUTAGES, seed as u64));
        handed_over.fetch_add(passed.handed_over, Ordering::Relaxed);
    });
    assert_ne!(handed_over.into_inner(), 0);
}

#[test]
fn five_ticks_and_five_deliveries_side_by_side_hand_each_touchpoint_over_once() {
    use Step::*;

    const STEPS: &[Step] = &[
        Enrol, Deliver, Wait, Tick, Tick, Tick, Tick, Tick, Look, Look, Look, Look, Look, Pull,
        Pull, Pull, Pull, Pull,
    ];
    let handed_over = AtomicUsize::new(0);
    on_half_the_cores(SCHEDULES_OF_SCRIPT, |player, seed| {
        let passed = player.must_pass(&Scenario::of_hand_overs(STEPS, seed as u64));
        handed_over.fetch_add(passed.handed_over, Ordering::Relaxed);
    });
    assert_ne!(handed_over.into_inner(), 0);
}

/// A claim beside something that forbids its contact. The first claim notes that callers pull, so that
/// the second one is quick.
const FORBIDDEN_MEANWHILE: [&[Step]; 6] = {
    use Step::*;

    macro_rules! claim_beside {
        ($step:expr) => {
            &[
                Pull, Enrol, Enrol, Enrol, Deliver, Wait, Deliver, Wake, Wait, Pull, $step, $step,
                Pull,
            ]
        };
    }
    [
        claim_beside!(Suppress),
        claim_beside!(Hold),
        claim_beside!(Pause),
        claim_beside!(Stop),
        claim_beside!(Erase),
        claim_beside!(Assign),
    ]
};

#[test]
fn a_contact_that_is_forbidden_beside_its_claim_is_never_handed_over() {
    const SLOW: [Option<&str>; 4] = [
        None,
        Some("BatchGetItem"),
        Some("TransactWriteItems"),
        Some("PutItem"),
    ];
    let kinds = FORBIDDEN_MEANWHILE.len() * SLOW.len();
    let seeds = (most_schedules() / 100).max(1);
    on_half_the_cores(kinds * seeds, |player, number| {
        let steps = FORBIDDEN_MEANWHILE[number % FORBIDDEN_MEANWHILE.len()];
        let slow = SLOW[number / FORBIDDEN_MEANWHILE.len() % SLOW.len()];
        let slow = slow.map(|operation| FaultOf {
            operation,
            caller: Some(Caller::Api),
            fault: Fault::SLOW,
            is_once: false,
        });
        player.must_pass(&Scenario {
            faults: Faults::Of(slow.into_iter().collect()),
            ..Scenario::of_hand_overs(steps, number as u64)
        });
    });
}

#[test]
fn no_touchpoint_is_lost_with_a_cancellation_at_any_await_point() {
    use Step::*;

    const STEPS: &[Step] = &[
        Enrol, Deliver, Wait, Wake, Wait, Pull, Tell, UntilDue, Wake, Pull,
    ];
    let script = Scenario::of_hand_overs(STEPS, 0);
    must_pass_with_any_cancellation("cancellations of hand-overs", [script], most_schedules());
}

#[test]
fn no_push_is_lost_or_doubled_with_a_cancellation_at_any_await_point() {
    use Step::*;

    const STEPS: &[Step] = &[
        Enrol, Enrol, Deliver, Wait, Deliver, Wake, Look, Wait, UntilDue, Wake, Look, Wait, Look,
    ];
    // The seeds give the receiver different answers.
    let scripts = (0..PUSH_SCRIPTS).map(|seed| Scenario::of_push_steps(STEPS, seed));
    must_pass_with_any_cancellation("cancellations of pushes", scripts, most_of_pushes());
}

#[test]
fn intake_goes_on_while_everything_of_the_dispatch_is_dead() {
    const CREATE: Step = Step::CreateOne {
        is_idempotent: false,
    };
    const STEPS: &[Step] = &[
        CREATE,
        Step::Deliver,
        Step::Tick,
        Step::Look,
        CREATE,
        Step::Deliver,
    ];
    let dead = |caller, operation| FaultOf {
        operation,
        caller: Some(caller),
        fault: Fault::Dead,
        is_once: false,
    };
    let faults = ["SendMessage", "SendMessageBatch"].map(|it| dead(Caller::StartWorkflow, it));
    let of_tick = ["Query", "GetItem", "SendMessageBatch"].map(|it| dead(Caller::WakeRuns, it));
    let scenario = Scenario {
        faults: Faults::Of(faults.into_iter().chain(of_tick).collect()),
        ..Scenario::of_steps(STEPS)
    };
    let passed = Player::new().must_pass(&scenario);
    let count = |what: &[&str]| {
        let lines = passed.log.iter();
        lines
            .filter(|line| what.iter().all(|it| line.contains(it)))
            .count()
    };
    assert_eq!(
        count(&["POST /leads  -> Some(201)"]),
        2,
        "{:#?}",
        passed.log
    );
    assert_eq!(count(&["delivered", "failed 0"]), 2, "{:#?}", passed.log);
    assert_eq!(passed.promised, 2);
}

#[test]
fn a_webhook_gets_each_touchpoint_under_one_id_at_the_rate_of_its_lane_whatever_fails() {
    let pushed = AtomicUsize::new(0);
    on_half_the_cores(most_of_pushes(), |player, seed| {
        let passed = player.must_pass(&Scenario::of_pushes(seed as u64));
        pushed.fetch_add(passed.handed_over, Ordering::Relaxed);
    });
    assert_ne!(pushed.into_inner(), 0);
}
