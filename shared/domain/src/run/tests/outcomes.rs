//! Outcomes: their effects, weights and statuses.

use super::fixtures::*;
use crate::{
    cadence::{Reason, TouchpointState as State},
    channel::Channel,
    outcome::{CadenceEffect, Effect, Outcome},
    run::{Answer, CadenceState, Report, Run, RunStatus},
    workflow::Workflow,
};

fn steps(run: &Run) -> (RunStatus, CadenceState, bool, &str) {
    let status = run.current_status.key.as_str();
    (run.status, run.cadence_state, run.human_takeover, status)
}

#[test]
fn an_answer_completes_the_cadence_and_not_the_run() {
    let run = with(Outcome::Answered, &workflow());
    let completed = CadenceState::Completed;
    let expected = (RunStatus::Running, completed, false, "engaged");
    assert_eq!(steps(&run), expected);
    assert_eq!(states(&run)[1..], [State::Cancelled; 3]);
    assert!(run.wake().is_none() && run.has_open_status());
}

#[test]
fn a_reply_also_hands_the_lead_to_a_person() {
    let run = with(Outcome::Replied, &workflow());
    let completed = CadenceState::Completed;
    assert_eq!(
        steps(&run),
        (RunStatus::Running, completed, true, "engaged")
    );
}

#[test]
fn a_resume_with_the_cadence_reopens_what_a_reply_has_completed() {
    let workflow = workflow();
    let mut run = with(Outcome::Replied, &workflow);
    assert_eq!(run.resume(Some(&workflow), at("10T13:10")), Some(true));
    assert_eq!(run.cadence_state, CadenceState::Active);
    assert_eq!(dues(&run)[1..], ["10T15:00", "10T17:00", "11T17:00"]);
    assert!(run.wake().is_some());
}

#[test]
fn a_call_that_reached_no_person_lets_the_cadence_go_on() {
    let workflow = workflow();
    for outcome in [
        Outcome::Voicemail,
        Outcome::NoAnswer,
        Outcome::Busy,
        Outcome::Failed,
        Outcome::Delivered,
        Outcome::NoOutcome,
    ] {
        let run = with(outcome, &workflow);
        let expected = (RunStatus::Running, CadenceState::Active, false, "contacted");
        assert_eq!(steps(&run), expected);
        let states = states(&run);
        assert_eq!(
            (states[0], &states[1..]),
            (State::Done, &[State::Scheduled; 3][..])
        );
    }
}

#[test]
fn a_wrong_address_skips_the_rest_of_its_channel() {
    let workflow = workflow();
    for outcome in [Outcome::Bounced, Outcome::Invalid] {
        let run = with(outcome, &workflow);
        assert_eq!(
            states(&run),
            [
                State::Done,
                State::Skipped,
                State::Skipped,
                State::Scheduled
            ]
        );
        assert_eq!(reasons(&run, 1), [Reason::AddressInvalid]);
        assert_eq!(run.cadence_state, CadenceState::Active);
    }
}

#[test]
fn an_opt_out_and_a_complaint_end_the_run() {
    let workflow = workflow();
    for outcome in [Outcome::OptedOut, Outcome::Complained] {
        let run = with(outcome, &workflow);
        assert_eq!(
            (run.status, run.cadence_state),
            (RunStatus::Stopped, CadenceState::Cancelled)
        );
        assert_eq!(states(&run)[1..], [State::Cancelled; 3]);
        assert!(run.wake().is_none());
    }
}

#[test]
fn next_step_skips_the_other_attempts_of_the_step() {
    let workflow = workflow_with(Outcome::Voicemail, effect(CadenceEffect::NextStep));
    let run = with(Outcome::Voicemail, &workflow);
    assert_eq!(
        states(&run),
        [
            State::Done,
            State::Skipped,
            State::Skipped,
            State::Scheduled
        ]
    );
    assert_eq!(reasons(&run, 1), [Reason::NextStep]);
}

#[test]
fn a_workflow_can_complete_or_cancel_the_cadence_with_any_outcome_of_its_own() {
    for (cadence, state) in [
        (CadenceEffect::Complete, CadenceState::Completed),
        (CadenceEffect::Cancel, CadenceState::Cancelled),
    ] {
        for outcome in Outcome::CONFIGURABLE {
            let workflow = workflow_with(outcome, effect(cadence));
            let mut run = with(outcome, &workflow);
            assert_eq!((run.status, run.cadence_state), (RunStatus::Running, state));
            assert_eq!(run.resume(Some(&workflow), at("10T13:00")), None);
            // A resume reopens a completed cadence only after a person has had the lead.
            run.stop(at("10T13:10"));
            let is_active = run.resume(Some(&workflow), at("10T13:20"));
            assert_eq!(is_active, Some(cadence == CadenceEffect::Complete));
        }
    }
}

#[test]
fn an_effect_of_the_workflow_replaces_the_default_as_a_whole() {
    let workflow = workflow_with(Outcome::Replied, effect(CadenceEffect::Continue));
    let run = with(Outcome::Replied, &workflow);
    let active = CadenceState::Active;
    assert_eq!(
        steps(&run),
        (RunStatus::Running, active, false, "contacted")
    );
}

#[test]
fn an_outcome_can_end_the_run_by_a_terminal_status() {
    let lost = Effect {
        status: Some("lost".to_owned()),
        ..Effect::default()
    };
    let workflow = workflow_with(Outcome::Voicemail, lost);
    let run = with(Outcome::Voicemail, &workflow);
    let cancelled = CadenceState::Cancelled;
    assert_eq!(
        steps(&run),
        (RunStatus::Completed, cancelled, false, "lost")
    );
}

#[test]
fn a_takeover_by_an_outcome_pauses_a_cadence_that_goes_on() {
    let takeover = Effect {
        human_takeover: true,
        ..Effect::default()
    };
    let workflow = workflow_with(Outcome::Voicemail, takeover);
    let mut run = with(Outcome::Voicemail, &workflow);
    assert_eq!(
        (run.cadence_state, run.human_takeover),
        (CadenceState::Paused, true)
    );
    assert_eq!(run.resume(Some(&workflow), at("10T12:10")), Some(true));
    assert_eq!(dues(&run)[1], "10T14:00");
}

#[test]
fn a_cadence_that_runs_out_completes_the_run_unless_a_person_was_reached() {
    for (outcome, status) in [
        (Outcome::NoAnswer, RunStatus::Completed),
        (Outcome::Answered, RunStatus::Running),
    ] {
        let mut workflow = workflow_with(Outcome::Answered, effect(CadenceEffect::Continue));
        workflow.cadence.steps.truncate(1);
        workflow.cadence.steps[0].max_attempts = 1;
        let run = with(outcome, &workflow);
        assert_eq!(
            (run.status, run.cadence_state),
            (status, CadenceState::Completed)
        );
        assert!(run.wake().is_none());
    }
}

#[test]
fn an_automatic_status_never_replaces_one_that_a_client_has_set() {
    let workflow = workflow();
    for key in ["contacted", "qualified"] {
        let mut run = run(&workflow);
        run.move_to(&status(key));
        push(&mut run, Answer::TAKEN, &workflow, at("10T12:00"));
        report(&mut run, 0, Outcome::Answered, &workflow, at("10T12:10"));
        assert_eq!(run.current_status.key, key);
    }
}

#[test]
fn contacted_and_engaged_follow_only_the_initial_status_and_contacted() {
    let qualified = Effect {
        status: Some("qualified".to_owned()),
        ..Effect::default()
    };
    let workflow = workflow_with(Outcome::Voicemail, qualified);
    let mut run = with(Outcome::Voicemail, &workflow);
    assert_eq!(run.current_status.key, "qualified");
    push(&mut run, Answer::TAKEN, &workflow, at("10T14:00"));
    report(&mut run, 1, Outcome::Answered, &workflow, at("10T14:10"));
    assert_eq!(run.current_status.key, "qualified");
}

#[test]
fn a_workflow_without_the_automatic_statuses_keeps_the_status() {
    let mut workflow = workflow();
    workflow.statuses.retain(|it| it.is_initial);
    let run = with(Outcome::Answered, &workflow);
    assert_eq!(run.current_status.key, "new");
}

#[test]
fn a_contact_outside_of_a_touchpoint_has_the_same_effects() {
    let workflow = workflow();
    let mut answered = run(&workflow);
    let report = |outcome| Report {
        outcome,
        callback_at: None,
    };
    let now = at("10T11:00");
    let answer = report(Outcome::Answered);
    answered.apply_contact(answer, Channel::Call, &workflow, now);
    assert_eq!(answered.cadence_state, CadenceState::Completed);
    let mut bounced = run(&workflow);
    let bounce = report(Outcome::Bounced);
    bounced.apply_contact(bounce, Channel::Sms, &workflow, now);
    assert_eq!(states(&bounced)[3], State::Skipped);
    let mut ended = run(&workflow);
    ended.end(RunStatus::Stopped);
    let before = ended.clone();
    ended.apply_contact(answer, Channel::Call, &workflow, now);
    assert_eq!(ended, before);
}

#[test]
fn a_contact_outside_of_a_touchpoint_skips_no_step_that_has_not_begun() {
    let workflow = workflow_with(Outcome::Voicemail, effect(CadenceEffect::NextStep));
    let mut run = run(&workflow);
    let voicemail = Report {
        outcome: Outcome::Voicemail,
        callback_at: None,
    };
    run.apply_contact(voicemail, Channel::Call, &workflow, at("10T11:00"));
    assert_eq!(states(&run), [State::Scheduled; 4]);
    push(&mut run, Answer::Template, &workflow, at("10T12:00"));
    run.apply_contact(voicemail, Channel::Call, &workflow, at("10T12:30"));
    assert_eq!(
        states(&run)[1..],
        [State::Skipped, State::Skipped, State::Scheduled]
    );
}

#[test]
fn an_outcome_during_the_wait_for_a_paused_workflow_counts_when_it_is_planned() {
    let workflow = workflow();
    let paused = Workflow {
        is_paused: true,
        ..workflow.clone()
    };
    let (lead, start) = lead_and_start(&workflow, at("10T12:00"));
    for (outcome, is_taken_over) in [(Outcome::Answered, false), (Outcome::Replied, true)] {
        let mut waiting = Run::build(&lead, &start, Some(&paused), at("10T12:00"));
        let report = Report {
            outcome,
            callback_at: None,
        };
        waiting.apply_contact(report, Channel::Call, &workflow, at("10T13:00"));
        let run = waiting.after_wait(&lead, &start, &workflow, at("14T12:00"));
        let completed = CadenceState::Completed;
        let expected = (RunStatus::Running, completed, is_taken_over, "engaged");
        assert_eq!(steps(&run), expected);
        assert!(run.wake().is_none());
    }
}
