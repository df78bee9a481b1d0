//! Calls that a person asked for.

use super::fixtures::*;
use crate::{
    cadence::{Reason, TouchpointState as State},
    channel::Channel,
    outcome::Outcome,
    run::{Answer, CadenceState, Reported, Run},
    workflow::Workflow,
};

fn ask(run: &mut Run, index: u16, time: &str, workflow: &Workflow, now: &str) -> Reported {
    let report = callback(at(time));
    run.report(index, report, workflow, at(now))
        .unwrap()
        .unwrap()
}

#[test]
fn a_callback_moves_the_next_call_and_nothing_else() {
    let workflow = workflow();
    let mut run = dispatched(&workflow);
    ask(&mut run, 0, "13T10:30", &workflow, "10T12:10");
    assert_eq!(dues(&run), ["10T12:00", "13T10:30", "10T16:00", "11T16:00"]);
    assert_eq!(reasons(&run, 1), [Reason::Callback]);
    assert_eq!(run.next_index(), Some(2), "the order is by due time");
    assert_eq!(run.cadence_state, CadenceState::Active);
}

#[test]
fn a_callback_for_a_time_that_has_passed_is_due_at_once() {
    let workflow = workflow();
    let mut run = dispatched(&workflow);
    ask(&mut run, 0, "10T11:00", &workflow, "10T12:10");
    assert_eq!(dues(&run)[1], "10T12:10");
}

#[test]
fn a_callback_can_bring_the_next_call_forward() {
    let workflow = workflow();
    let mut run = dispatched(&workflow);
    ask(&mut run, 0, "10T12:30", &workflow, "10T12:10");
    push(&mut run, Answer::TAKEN, &workflow, at("10T12:30"));
    assert_eq!(dues(&run), ["10T12:00", "10T12:30", "10T16:00", "11T16:00"]);
}

#[test]
fn a_callback_outside_the_windows_moves_to_the_next_opening() {
    let workflow = workflow_with_windows();
    for (asked, due, reason) in [
        ("12T20:00", "13T09:00", Reason::WindowClosed),
        ("14T10:00", "16T09:00", Reason::WeekdayClosed),
    ] {
        let mut run = dispatched(&workflow);
        ask(&mut run, 0, asked, &workflow, "10T12:10");
        assert_eq!(dues(&run)[1], due);
        assert_eq!(reasons(&run, 1), [reason, Reason::Callback]);
    }
}

#[test]
fn a_callback_adds_a_call_if_none_is_left() {
    let workflow = workflow();
    let mut run = dispatched(&workflow);
    for (index, now) in [(1, "10T14:00"), (2, "10T16:00")] {
        assert_eq!(push(&mut run, Answer::TAKEN, &workflow, at(now)), index);
    }
    ask(&mut run, 2, "12T10:00", &workflow, "10T16:10");
    let added = &run.touchpoints[4];
    assert_eq!(
        (added.channel, added.state),
        (Channel::Call, State::Scheduled)
    );
    assert_eq!((added.step_index, added.attempt), (0, 4));
    assert_eq!(dues(&run)[3..], ["11T16:00", "12T10:00"]);
    assert_eq!(run.next_index(), Some(3));
}

#[test]
fn each_call_can_lead_to_another_callback() {
    let workflow = workflow();
    let mut run = dispatched(&workflow);
    for (index, now) in [(1, "10T14:00"), (2, "10T16:00")] {
        assert_eq!(push(&mut run, Answer::TAKEN, &workflow, at(now)), index);
    }
    ask(&mut run, 2, "12T10:00", &workflow, "10T16:10");
    push(&mut run, Answer::Template, &workflow, at("11T16:00"));
    for day in 12..20 {
        let (now, next) = (format!("{day}T10:00"), format!("{}T10:00", day + 1));
        let index = push(&mut run, Answer::TAKEN, &workflow, at(&now));
        assert_eq!(usize::from(index), run.touchpoints.len() - 1);
        assert_eq!(
            ask(&mut run, index, &next, &workflow, &now),
            Reported::Changed
        );
        assert_eq!(dues(&run).last().unwrap(), &next);
    }
}

#[test]
fn a_callback_that_is_sent_again_stays_where_it_is() {
    let workflow = workflow();
    let mut run = dispatched(&workflow);
    ask(&mut run, 0, "13T10:30", &workflow, "10T12:10");
    let again = ask(&mut run, 0, "14T10:30", &workflow, "10T12:11");
    assert_eq!((again, &*dues(&run)[1]), (Reported::Before, "13T10:30"));
}

#[test]
fn a_callback_after_an_answer_makes_the_cadence_active_again() {
    let workflow = workflow();
    let mut run = dispatched(&workflow);
    report(&mut run, 0, Outcome::Answered, &workflow, at("10T12:10"));
    assert_eq!(run.cadence_state, CadenceState::Completed);
    let asked = ask(&mut run, 0, "13T10:30", &workflow, "10T12:20");
    assert_eq!(asked, Reported::Changed);
    assert_eq!(run.cadence_state, CadenceState::Active);
    assert_eq!(dues(&run), ["10T12:00", "13T10:30", "10T16:10", "11T16:10"]);
    assert!(run.wake().is_some());
}

#[test]
fn a_callback_after_an_answer_to_the_last_call_adds_one() {
    let mut workflow = workflow();
    workflow.cadence.steps.truncate(1);
    workflow.cadence.steps[0].max_attempts = 1;
    let kept = crate::outcome::Effect::default();
    let goes_on = crate::outcome::Outcomes::new([(Outcome::Answered, kept)].into());
    for outcomes in [workflow.outcomes.clone(), goes_on] {
        workflow.outcomes = outcomes;
        let mut run = dispatched(&workflow);
        report(&mut run, 0, Outcome::Answered, &workflow, at("10T12:10"));
        assert_eq!(run.cadence_state, CadenceState::Completed);
        ask(&mut run, 0, "13T10:30", &workflow, "10T12:20");
        assert_eq!(run.cadence_state, CadenceState::Active);
        assert_eq!(dues(&run), ["10T12:00", "13T10:30"]);
    }
}

#[test]
fn a_callback_does_not_take_the_lead_from_a_person() {
    let workflow = workflow();
    let mut run = dispatched(&workflow);
    report(&mut run, 0, Outcome::Answered, &workflow, at("10T12:10"));
    run.stop(at("10T12:15"));
    ask(&mut run, 0, "13T10:30", &workflow, "10T12:20");
    assert_eq!(run.cadence_state, CadenceState::Completed);
    assert!(run.wake().is_none());
}

#[test]
fn an_answer_after_a_callback_is_only_recorded() {
    let workflow = workflow();
    let mut run = dispatched(&workflow);
    ask(&mut run, 0, "13T10:30", &workflow, "10T12:10");
    let before = run.clone();
    let reported = report(&mut run, 0, Outcome::Answered, &workflow, at("10T12:20"));
    assert_eq!((reported, run), (Reported::Lighter, before));
}

#[test]
fn a_callback_ends_the_tries_of_the_call_that_it_moves() {
    let workflow = workflow();
    let mut run = run(&workflow);
    run.open(OpenTimes::default(), &workflow, at("10T12:00"));
    let asked = callback(at("13T10:30"));
    run.apply_contact(asked, Channel::Sms, &workflow, at("10T12:10"));
    assert_eq!(
        (dues(&run)[0].as_str(), &run.hand_over),
        ("13T10:30", &None)
    );
}

#[test]
fn a_run_has_at_most_a_thousand_touchpoints() {
    let mut workflow = workflow();
    workflow.cadence.steps.truncate(1);
    let mut run = dispatched(&workflow);
    let added = run.touchpoints[0].clone();
    run.touchpoints.resize(1_000, added);
    let asked = callback(at("13T10:30"));
    run.apply_contact(asked, Channel::Call, &workflow, at("10T12:10"));
    assert_eq!(run.touchpoints.len(), 1_000);
}
