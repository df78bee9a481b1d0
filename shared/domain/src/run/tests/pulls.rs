//! Pulled touchpoints, their leases, and touchpoints that receivers defer.

use super::fixtures::*;
use crate::{
    cadence::{Reason, TouchpointState as State},
    channel::Channel,
    outcome::Outcome,
    run::{
        Answer, ClaimOver, Delivery, MOST_LAPSES, Owner, Report, Run, RunStatus, Wake, WakeKind,
    },
};

const OTHER: Owner = Owner([2; 10]);

#[test]
fn a_pulled_touchpoint_is_opened_when_it_is_due_and_expires_from_then_on() {
    let workflow = workflow();
    let mut run = run(&workflow);
    assert_eq!(
        run.open(OpenTimes::default(), &workflow, at("10T12:00")),
        Some(0)
    );
    assert_eq!(
        run.open(OpenTimes::default(), &workflow, at("10T12:00")),
        None
    );
    let expiry = Wake::Due {
        at: at("10T13:00"),
        kind: WakeKind::Expiry,
        channel: crate::channel::Channel::Call,
    };
    assert_eq!(run.wake(), Some(expiry));
    pull(&mut run, &workflow, at("10T12:30")).unwrap();
    assert_eq!(run.wake(), Some(expiry), "a claim touches no index");
    assert_eq!(states(&run)[0], State::Claimed);
}

#[test]
fn an_opened_touchpoint_expires_and_the_next_one_follows_as_planned() {
    let workflow = workflow();
    let mut run = run(&workflow);
    run.open(OpenTimes::default(), &workflow, at("10T12:00"));
    assert!(run.advance(&workflow, at("10T13:00")));
    assert_eq!(states(&run)[..2], [State::Expired, State::Scheduled]);
    assert_eq!(dues(&run)[1], "10T14:00");
}

#[test]
fn a_pulled_lease_that_lapses_goes_back_three_times_and_is_then_unconfirmed() {
    let workflow = workflow();
    let mut run = run(&workflow);
    let mut now = at("10T12:00");
    for _ in 0..MOST_LAPSES {
        assert_eq!(pull(&mut run, &workflow, now), Ok(0));
        now += LEASE;
        assert!(run.advance(&workflow, now));
        assert_eq!(states(&run)[0], State::Scheduled);
    }
    assert_eq!(pull(&mut run, &workflow, now), Ok(0));
    assert!(run.advance(&workflow, now + LEASE));
    assert_eq!(states(&run)[0], State::Unconfirmed);
}

#[test]
fn a_pulled_lease_that_lapses_without_time_left_is_unconfirmed() {
    let workflow = workflow();
    let mut run = run(&workflow);
    run.open(OpenTimes::default(), &workflow, at("10T12:00"));
    let lease = hours(1);
    let claimed = run.claim(
        OWNER,
        lease,
        Delivery::Pull,
        OpenTimes::default(),
        &workflow,
        at("10T12:30"),
    );
    assert_eq!(claimed, Ok(0));
    assert!(run.advance(&workflow, at("10T13:00")));
    assert_eq!(states(&run)[0], State::Unconfirmed);
}

#[test]
fn a_lapsed_lease_of_a_stopped_run_is_unconfirmed() {
    let workflow = workflow();
    let mut run = run(&workflow);
    pull(&mut run, &workflow, at("10T12:00")).unwrap();
    run.stop(at("10T12:00"));
    assert!(run.advance(&workflow, at("10T12:01")));
    assert_eq!(states(&run)[0], State::Unconfirmed);
    assert!(run.wake().is_none());
}

#[test]
fn a_touchpoint_that_came_back_after_a_lapsed_lease_is_unconfirmed_and_never_dropped() {
    let workflow = workflow();
    let ended_by = |end: &dyn Fn(&mut Run)| {
        let mut run = run(&workflow);
        pull(&mut run, &workflow, at("10T12:00")).unwrap();
        assert!(run.advance(&workflow, at("10T12:01")));
        assert_eq!(states(&run)[0], State::Scheduled);
        end(&mut run);
        assert!(run.hand_over.is_none());
        states(&run)[0]
    };
    let settled = |run: &mut Run, answer| {
        pull(run, &workflow, at("10T12:02")).unwrap();
        run.settle(OWNER, answer, &workflow, at("10T12:02"))
            .unwrap();
    };
    let contact = |run: &mut Run, outcome| {
        let report = Report {
            outcome,
            callback_at: None,
        };
        run.apply_contact(report, Channel::Call, &workflow, at("10T12:02"));
    };
    let ends: [&dyn Fn(&mut Run); 7] = [
        &|run| {
            run.stop(at("10T12:02"));
        },
        &|run| run.end(RunStatus::Stopped),
        &|run| contact(run, Outcome::Answered),
        &|run| contact(run, Outcome::Invalid),
        &|run| settled(run, Answer::Skipped(Reason::Suppressed)),
        &|run| settled(run, Answer::Template),
        &|run| {
            pull(run, &workflow, at("10T12:02")).unwrap();
            run.stop(at("10T12:02"));
            let back = Answer::Back {
                retry_at: at("10T12:02"),
            };
            run.settle(OWNER, back, &workflow, at("10T12:02")).unwrap();
        },
    ];
    for end in ends {
        assert_eq!(ended_by(end), State::Unconfirmed);
    }
}

#[test]
fn a_lease_and_its_extension_end_with_the_window_and_with_the_time_of_the_touchpoint() {
    let workflow = workflow_with_windows();
    let mut run = run_from(&workflow, at("10T17:30"));
    let claimed = run.claim(
        OWNER,
        hours(1),
        Delivery::Pull,
        OpenTimes::default(),
        &workflow,
        at("10T17:30"),
    );
    assert_eq!(claimed, Ok(0));
    let until = run.hand_over.as_ref().unwrap().claim.unwrap().until;
    assert_eq!(until, at("10T18:00"));
    let extended = run.extend(OWNER, hours(1), &workflow, at("10T17:40"));
    assert_eq!(extended, Ok(at("10T18:00")));

    let workflow = super::fixtures::workflow();
    let mut run = super::fixtures::run(&workflow);
    pull(&mut run, &workflow, at("10T12:00")).unwrap();
    let extended = run.extend(OWNER, hours(2), &workflow, at("10T12:00"));
    assert_eq!(extended, Ok(at("10T13:00")));
    // A shorter one changes nothing.
    let extended = run.extend(OWNER, LEASE, &workflow, at("10T12:01"));
    assert_eq!(extended, Ok(at("10T13:00")));
}

#[test]
fn a_lease_is_not_extended_by_another_caller_after_its_end_or_after_a_stop() {
    let workflow = workflow();
    let mut run = run(&workflow);
    pull(&mut run, &workflow, at("10T12:00")).unwrap();
    let now = at("10T12:00");
    assert_eq!(run.extend(OTHER, LEASE, &workflow, now), Err(ClaimOver));
    let late = run.extend(OWNER, LEASE, &workflow, at("10T12:01"));
    assert_eq!(late, Err(ClaimOver));
    run.stop(now);
    assert_eq!(run.extend(OWNER, LEASE, &workflow, now), Err(ClaimOver));
}

#[test]
fn a_touchpoint_that_came_back_goes_to_the_new_destination_of_its_channel() {
    let workflow = workflow();
    let mut run = run(&workflow);
    let retry_at = at("10T12:05");
    push(
        &mut run,
        Answer::Back { retry_at },
        &workflow,
        at("10T12:00"),
    );
    assert_eq!(run.open(OpenTimes::default(), &workflow, retry_at), Some(0));
    let hand_over = run.hand_over.clone().unwrap();
    let now = (hand_over.delivery, hand_over.wake, hand_over.wake_at);
    assert_eq!(now, (Delivery::Pull, WakeKind::Expiry, at("10T13:05")));
    assert_eq!(push(&mut run, Answer::TAKEN, &workflow, at("10T12:10")), 0);
}

#[test]
fn a_deferred_touchpoint_goes_back_under_its_index_with_one_more_try() {
    let workflow = workflow();
    let mut run = run(&workflow);
    push(&mut run, Answer::TAKEN, &workflow, at("10T12:00"));
    let retry_at = at("10T12:20");
    assert_eq!(run.defer(0, retry_at), Some(Ok(())));
    assert_eq!((states(&run)[0], run.awaited), (State::Scheduled, None));
    assert_eq!(push(&mut run, Answer::TAKEN, &workflow, retry_at), 0);
    assert_eq!(run.awaited.unwrap().tries, 2);
    // The time of the touchpoint goes on.
    run.defer(0, at("10T13:30"));
    assert!(run.advance(&workflow, at("10T13:00")));
    assert_eq!(states(&run)[0], State::Expired);
}

#[test]
fn a_touchpoint_is_deferred_only_after_a_claim_and_before_an_outcome() {
    use crate::run::NotDeferred;
    let workflow = workflow();
    let mut run = run(&workflow);
    let retry_at = at("10T12:20");
    let before = Some(Err(NotDeferred::NotDispatched));
    assert_eq!(run.defer(0, retry_at), before);
    assert_eq!(run.defer(99, retry_at), None);
    push(&mut run, Answer::TAKEN, &workflow, at("10T12:00"));
    report(&mut run, 0, Outcome::Busy, &workflow, at("10T12:01"));
    let after = Some(Err(NotDeferred::HasOutcome));
    assert_eq!(run.defer(0, retry_at), after);
}

#[test]
fn a_deferred_open_try_stays_open() {
    let workflow = workflow();
    let mut run = run(&workflow);
    let retry_at = at("10T12:05");
    let unknown = Answer::Unknown { retry_at };
    push(&mut run, unknown, &workflow, at("10T12:00"));
    assert_eq!(run.defer(0, at("10T12:30")), Some(Ok(())));
    assert_eq!(states(&run)[0], State::Claimed);
    assert_eq!(
        push(&mut run, Answer::Refused, &workflow, at("10T12:30")),
        0
    );
    assert_eq!(states(&run)[0], State::Unconfirmed);
}
