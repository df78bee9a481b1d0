//! Holds: a run waits at its hand-over, and goes on later.

use super::fixtures::*;
use crate::{
    cadence::{Reason, TouchpointState as State},
    channel::Channel,
    outcome::Outcome,
    run::{Answer, CadenceState, HeldBy, Report, Run, RunStatus, Wake},
};

fn by() -> HeldBy {
    HeldBy::Workflow(ID.parse().unwrap())
}

#[test]
fn a_held_run_stays_active_and_waits_for_the_end_of_the_hold() {
    let mut run = run(&workflow());
    run.hold(by(), at("10T12:00"));
    assert_eq!(run.wake(), Some(Wake::Held(by())));
    let held = (run.status, run.cadence_state, run.is_live());
    assert_eq!(held, (RunStatus::Running, CadenceState::Active, false));
    assert_eq!(states(&run), [State::Scheduled; 4]);
}

#[test]
fn a_release_moves_the_rest_by_the_time_of_the_hold() {
    let workflow = workflow();
    let mut run = run(&workflow);
    run.hold(by(), at("10T12:00"));
    // A second hold does not move the begin of the first.
    run.hold(by(), at("10T15:00"));
    assert!(run.release(&workflow, at("11T12:00")));
    assert_eq!(dues(&run), ["11T12:00", "11T14:00", "11T16:00", "12T16:00"]);
    assert!(run.is_live() && !run.release(&workflow, at("11T12:00")));
    assert_eq!(claim(&mut run, &workflow, at("11T12:00")), Ok(0));
}

#[test]
fn a_release_keeps_the_windows_and_the_time_of_a_callback() {
    let workflow = workflow_with_windows();
    let mut run = run_from(&workflow, at("10T12:00"));
    push(&mut run, Answer::TAKEN, &workflow, at("10T12:00"));
    let asked = callback(at("13T10:30"));
    run.report(0, asked, &workflow, at("10T12:05"));
    run.hold(by(), at("10T16:00"));
    run.release(&workflow, at("12T20:00"));
    assert_eq!(dues(&run)[1..], ["13T10:30", "13T09:00", "13T20:00"]);
    assert_eq!(reasons(&run, 1), [Reason::Callback]);
    assert_eq!(reasons(&run, 2), [Reason::WindowClosed]);
}

#[test]
fn an_overdue_callback_is_due_at_the_release() {
    let workflow = workflow();
    let mut run = run(&workflow);
    let asked = callback(at("10T13:00"));
    run.apply_contact(asked, Channel::Call, &workflow, at("10T12:00"));
    run.hold(by(), at("10T13:00"));
    run.release(&workflow, at("10T15:00"));
    assert_eq!(dues(&run)[0], "10T15:00");
}

#[test]
fn the_time_of_an_opened_touchpoint_does_not_run_while_it_is_held() {
    let workflow = workflow();
    let mut run = run(&workflow);
    run.open(OpenTimes::default(), &workflow, at("10T12:00"));
    run.hold(by(), at("10T12:40"));
    assert!(!run.advance(&workflow, at("10T15:00")));
    run.release(&workflow, at("10T15:00"));
    assert_eq!(run.hand_over.as_ref().unwrap().expires_at, at("10T15:20"));
    assert!(!run.advance(&workflow, at("10T15:19")));
    assert!(run.advance(&workflow, at("10T15:20")));
    assert_eq!(states(&run)[0], State::Expired);
}

#[test]
fn a_run_that_is_held_at_an_expiry_keeps_the_time_since_the_pause() {
    let workflow = workflow();
    let mut run = run(&workflow);
    run.open(OpenTimes::default(), &workflow, at("10T12:00"));
    // The workflow was paused at 12:20, and the wake at 13:00 finds that.
    run.hold(by(), at("10T12:20"));
    assert!(!run.advance(&workflow, at("10T13:00")));
    run.release(&workflow, at("10T15:00"));
    assert_eq!(run.hand_over.as_ref().unwrap().expires_at, at("10T15:40"));
}

#[test]
fn a_hold_over_closed_hours_leaves_the_open_time_that_was_left() {
    let workflow = workflow_with_windows();
    for released_at in ["10T20:00", "11T09:00"] {
        let mut run = run_from(&workflow, at("10T17:30"));
        run.open(OpenTimes::default(), &workflow, at("10T17:30"));
        // Ten minutes of the hour are over, and the rest is tomorrow's.
        run.hold(by(), at("10T17:40"));
        run.release(&workflow, at(released_at));
        assert_eq!(run.hand_over.unwrap().expires_at, at("11T09:50"));
    }
}

#[test]
fn a_claimed_run_is_not_held() {
    let workflow = workflow();
    let mut run = run(&workflow);
    claim(&mut run, &workflow, at("10T12:00")).unwrap();
    run.hold(by(), at("10T12:00"));
    assert_eq!(run.held, None);
}

#[test]
fn a_run_without_a_hand_over_left_is_not_held() {
    let mut workflow = workflow();
    workflow.cadence.steps.truncate(1);
    workflow.cadence.steps[0].max_attempts = 2;
    let mut run = run(&workflow);
    push(&mut run, Answer::TAKEN, &workflow, at("10T12:00"));
    run.hold(by(), at("10T13:00"));
    let invalid = Report {
        outcome: Outcome::Invalid,
        callback_at: None,
    };
    // The hold ends with the last touchpoint that could wait.
    run.apply_contact(invalid, Channel::Call, &workflow, at("10T13:10"));
    assert_eq!((states(&run)[1], run.held), (State::Skipped, None));
    run.hold(by(), at("10T13:20"));
    assert_eq!(run.held, None);
    assert!(run.advance(&workflow, at("10T14:00")));
    assert_eq!(run.status, RunStatus::Completed);
}

#[test]
fn a_missing_outcome_waits_for_the_end_of_the_hold() {
    let workflow = workflow();
    let mut run = run(&workflow);
    push(&mut run, Answer::TAKEN, &workflow, at("10T12:00"));
    run.hold(by(), at("10T14:00"));
    assert!(!run.advance(&workflow, at("10T20:00")));
    run.release(&workflow, at("10T20:00"));
    assert!(run.advance(&workflow, at("10T20:00")));
    assert_eq!(run.touchpoints[0].outcome, Some(Outcome::NoOutcome));
}

#[test]
fn a_stop_an_end_and_an_answer_end_a_hold() {
    let workflow = workflow();
    let answer = Report {
        outcome: Outcome::Answered,
        callback_at: None,
    };
    let mut runs: [Run; 3] = std::array::from_fn(|_| run(&workflow));
    for run in &mut runs {
        run.hold(by(), at("10T12:00"));
    }
    runs[0].stop(at("10T13:00"));
    runs[1].end(RunStatus::Stopped);
    runs[2].apply_contact(answer, Channel::Call, &workflow, at("10T13:00"));
    for run in runs {
        assert_eq!((run.held, run.wake()), (None, None));
    }
}
