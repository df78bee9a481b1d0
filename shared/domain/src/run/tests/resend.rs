//! Resends of touchpoints that need a person.

use super::fixtures::*;
use crate::{
    cadence::{Reason, TouchpointState as State},
    outcome::Outcome,
    run::{Answer, CadenceState, HeldBy, NotResent, Run, RunStatus, Wake, WakeKind},
    workflow::Workflow,
};

/// Returns a run whose first call was refused twice.
fn failed(workflow: &Workflow) -> Run {
    let mut run = run(workflow);
    push(&mut run, Answer::Refused, workflow, at("10T12:00"));
    push(&mut run, Answer::Refused, workflow, at("10T12:01"));
    assert_eq!(states(&run)[0], State::Failed);
    run
}

#[test]
fn a_failed_touchpoint_is_due_now_under_the_same_index() {
    let workflow = workflow();
    let mut run = failed(&workflow);
    let due_at = at("10T13:00");
    assert_eq!(run.resend(0, &workflow, due_at), Ok(due_at));
    assert_eq!(dues(&run), ["10T13:00", "10T14:00", "10T16:00", "11T16:00"]);
    let wake = Wake::Due {
        at: due_at,
        kind: WakeKind::HandOver,
        channel: run.touchpoints[0].channel,
    };
    assert_eq!(run.wake(), Some(wake));
    assert_eq!(claim(&mut run, &workflow, due_at), Ok(0));
}

#[test]
fn the_later_touchpoints_keep_their_distance_from_the_second_contact() {
    let workflow = workflow();
    let mut run = failed(&workflow);
    run.resend(0, &workflow, at("10T13:00")).unwrap();
    push(&mut run, Answer::TAKEN, &workflow, at("10T13:00"));
    assert_eq!(dues(&run)[1..], ["10T15:00", "10T17:00", "11T17:00"]);
}

#[test]
fn an_unconfirmed_touchpoint_can_be_sent_again() {
    let workflow = workflow();
    let mut run = run(&workflow);
    let retry_at = at("10T12:05");
    push(
        &mut run,
        Answer::Unknown { retry_at },
        &workflow,
        at("10T12:00"),
    );
    push(&mut run, Answer::Refused, &workflow, retry_at);
    assert_eq!(states(&run)[0], State::Unconfirmed);
    assert_eq!(run.resend(0, &workflow, at("10T12:10")), Ok(at("10T12:10")));
    assert_eq!(states(&run), [State::Scheduled; 4]);
}

#[test]
fn a_resend_waits_for_the_next_opening_of_the_windows() {
    let workflow = workflow_with_windows();
    let mut run = failed(&workflow);
    assert_eq!(run.resend(0, &workflow, at("10T20:00")), Ok(at("11T09:00")));
    assert_eq!(reasons(&run, 0), [Reason::WindowClosed]);
}

#[test]
fn a_message_that_could_not_be_filled_in_gets_another_chance() {
    let workflow = workflow();
    let mut run = run(&workflow);
    push(&mut run, Answer::Template, &workflow, at("10T12:00"));
    assert_eq!(reasons(&run, 0), [Reason::Template]);
    run.resend(0, &workflow, at("10T12:30")).unwrap();
    assert_eq!(reasons(&run, 0), []);
}

#[test]
fn a_touchpoint_that_is_claimed_goes_first() {
    let workflow = workflow();
    let mut run = failed(&workflow);
    assert_eq!(claim(&mut run, &workflow, at("10T14:00")), Ok(1));
    run.resend(0, &workflow, at("10T14:00")).unwrap();
    assert_eq!(run.next_index(), Some(1));
    run.settle(OWNER, Answer::TAKEN, &workflow, at("10T14:00"))
        .unwrap();
    assert_eq!(run.next_index(), Some(0));
}

#[test]
fn a_touchpoint_that_needs_no_person_is_not_sent_again() {
    let workflow = workflow();
    let mut run = with(Outcome::NoAnswer, &workflow);
    let before = run.clone();
    for (index, reason) in [
        (0, NotResent::State(State::Done)),
        (1, NotResent::State(State::Scheduled)),
        (9, NotResent::Absent),
    ] {
        assert_eq!(run.resend(index, &workflow, at("10T13:00")), Err(reason));
    }
    assert_eq!(run, before);
}

#[test]
fn a_run_that_does_not_go_on_sends_nothing_again() {
    let workflow = workflow();
    let mut stopped = failed(&workflow);
    stopped.stop(at("10T13:00"));
    let mut ended = failed(&workflow);
    ended.end(RunStatus::Stopped);
    let mut held = failed(&workflow);
    held.hold(HeldBy::All, at("10T13:00"));
    let mut paused = failed(&workflow);
    paused.stop(at("10T13:00"));
    paused.resume(None, at("10T13:00"));
    for (mut run, reason) in [
        (stopped, NotResent::TakenOver),
        (ended, NotResent::RunOver(RunStatus::Stopped)),
        (held, NotResent::Held),
        (paused, NotResent::CadenceOver(CadenceState::Paused)),
    ] {
        let before = run.clone();
        assert_eq!(run.resend(0, &workflow, at("10T13:00")), Err(reason));
        assert_eq!(run, before);
    }
}
