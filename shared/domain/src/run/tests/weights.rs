//! Outcomes that come again, late, before another one or after the end.

use super::fixtures::*;
use crate::{
    cadence::TouchpointState as State,
    channel::Channel,
    outcome::{CadenceEffect, Outcome},
    run::{Answer, CadenceState, NotDispatched, Report, Reported, RunStatus},
};

#[test]
fn an_outcome_before_the_first_claim_is_refused_and_after_it_always_accepted() {
    let workflow = workflow();
    let mut run = run(&workflow);
    let answered = Report {
        outcome: Outcome::NoAnswer,
        callback_at: None,
    };
    let reported = run.report(0, answered, &workflow, at("10T12:00"));
    assert_eq!(reported, Some(Err(NotDispatched)));
    assert_eq!(run.report(99, answered, &workflow, at("10T12:00")), None);
    push(&mut run, Answer::Template, &workflow, at("10T12:00"));
    assert_eq!(states(&run)[0], State::Failed);
    report(&mut run, 0, Outcome::NoAnswer, &workflow, at("10T12:01"));
    assert_eq!(states(&run)[0], State::Done);
}

#[test]
fn an_outcome_ends_a_lease_and_an_open_try() {
    let workflow = workflow();
    let retry_at = at("10T12:05");
    let mut pulled = run(&workflow);
    pull(&mut pulled, &workflow, at("10T12:00")).unwrap();
    let mut open = run(&workflow);
    push(
        &mut open,
        Answer::Unknown { retry_at },
        &workflow,
        at("10T12:00"),
    );
    for mut run in [pulled, open] {
        report(&mut run, 0, Outcome::NoAnswer, &workflow, at("10T12:01"));
        assert_eq!((states(&run)[0], &run.hand_over), (State::Done, &None));
        assert_eq!(run.current_status.key, "contacted");
    }
}

#[test]
fn an_outcome_that_is_sent_again_changes_nothing() {
    let workflow = workflow();
    for outcome in Outcome::REPORTED {
        let run = with(outcome, &workflow);
        let mut again = run.clone();
        let reported = report(&mut again, 0, outcome, &workflow, at("10T12:11"));
        assert_eq!((reported, again), (Reported::Before, run));
    }
}

#[test]
fn only_a_heavier_outcome_replaces_another_and_callback_an_answer() {
    let workflow = workflow();
    for before in Outcome::ALL {
        for outcome in Outcome::REPORTED {
            let mut run = with(before, &workflow);
            let reported = report(&mut run, 0, outcome, &workflow, at("10T12:11"));
            let expected = match outcome {
                it if it == before => Reported::Before,
                it if it.replaces(before) => Reported::Changed,
                _ => Reported::Lighter,
            };
            assert_eq!(reported, expected, "{before} {outcome}");
        }
    }
}

#[test]
fn a_heavier_outcome_never_reopens_a_cadence() {
    let workflow = workflow();
    for before in [Outcome::Answered, Outcome::Replied] {
        for outcome in Outcome::REPORTED {
            let mut run = with(before, &workflow);
            report(&mut run, 0, outcome, &workflow, at("10T12:11"));
            let is_callback = before == Outcome::Answered && outcome == Outcome::Callback;
            let is_active = run.cadence_state == CadenceState::Active;
            assert_eq!(is_active, is_callback, "{before} {outcome}");
        }
    }
}

#[test]
fn a_late_outcome_changes_the_run_only_if_it_is_an_answer_or_heavier_than_a_callback() {
    let workflow = workflow_with(Outcome::Busy, effect(CadenceEffect::Complete));
    for outcome in Outcome::REPORTED {
        let mut run = dispatched(&workflow);
        claim(&mut run, &workflow, at("10T14:00")).unwrap();
        assert_eq!(run.touchpoints[0].outcome, Some(Outcome::NoOutcome));
        let before = run.clone();
        let report = Report {
            outcome,
            callback_at: (outcome == Outcome::Callback).then(|| at("12T10:00")),
        };
        let reported = run.report(0, report, &workflow, at("10T14:01"));
        assert_eq!(reported, Some(Ok(Reported::Changed)));
        assert_eq!(run.touchpoints[0].outcome, Some(outcome));
        run.touchpoints[0].outcome = before.touchpoints[0].outcome;
        let steers = outcome == Outcome::Answered || outcome.weight() >= 5;
        assert_eq!(run != before, steers, "{outcome}");
        assert_eq!(states(&run)[1], State::Claimed);
    }
}

#[test]
fn a_touchpoint_that_went_back_and_was_moved_overtakes_no_other() {
    let workflow = workflow();
    let mut run = run(&workflow);
    push(&mut run, Answer::Template, &workflow, at("10T12:00"));
    push(&mut run, Answer::Refused, &workflow, at("10T14:00"));
    // Outside of a touchpoint, the person asks for a call in four days.
    let asked = callback(at("14T10:00"));
    run.apply_contact(asked, Channel::Sms, &workflow, at("10T14:00"));
    push(&mut run, Answer::TAKEN, &workflow, at("10T16:00"));
    let asked = callback(at("13T10:00"));
    run.report(2, asked, &workflow, at("10T16:05"));
    assert_eq!(dues(&run)[1], "13T10:00");
}

#[test]
fn an_outcome_of_an_ended_run_is_only_recorded() {
    let workflow = workflow();
    for outcome in Outcome::REPORTED {
        let mut run = dispatched(&workflow);
        run.end(RunStatus::Stopped);
        let before = run.clone();
        report(&mut run, 0, outcome, &workflow, at("10T12:10"));
        assert_eq!(run.touchpoints[0].outcome, Some(outcome));
        run.touchpoints[0] = before.touchpoints[0].clone();
        assert_eq!(run, before);
    }
}

#[test]
fn a_reply_after_the_cadence_has_run_out_engages_the_lead_and_reopens_nothing() {
    let workflow = workflow();
    let mut run = run(&workflow);
    for now in ["10T12:00", "10T14:00", "10T16:00", "11T16:00"] {
        push(&mut run, Answer::TAKEN, &workflow, at(now));
    }
    report(&mut run, 3, Outcome::Delivered, &workflow, at("11T16:01"));
    assert_eq!(run.status, RunStatus::Completed);
    report(&mut run, 3, Outcome::Replied, &workflow, at("11T16:10"));
    assert_eq!(run.current_status.key, "engaged");
    assert!(run.human_takeover && run.wake().is_none());
    assert_eq!(
        (run.status, run.cadence_state),
        (RunStatus::Completed, CadenceState::Completed)
    );
}

#[test]
fn a_wrong_address_stays_skipped_after_a_stop_and_a_resume() {
    let workflow = workflow();
    let mut run = dispatched(&workflow);
    run.stop(at("10T12:05"));
    report(&mut run, 0, Outcome::Invalid, &workflow, at("10T12:10"));
    run.resume(Some(&workflow), at("10T13:00"));
    let next = run.next_index().and_then(|index| run.touchpoint(index));
    assert_eq!(next.map(|it| it.channel), Some(Channel::Sms));
}
