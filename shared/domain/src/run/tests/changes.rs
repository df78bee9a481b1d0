use super::fixtures::*;
use crate::{
    cadence::TouchpointState,
    run::{Answer, CadenceState, Run, RunStatus},
    workflow::Workflow,
};

fn paused(version: u32) -> Workflow {
    Workflow {
        is_paused: true,
        version,
        ..workflow()
    }
}

#[test]
fn a_run_refers_to_the_version_that_it_was_planned_from() {
    let planned_from = Workflow {
        version: 2,
        ..workflow()
    };
    let (lead, start) = lead_and_start(&workflow(), at("10T12:00"));
    let run = Run::build(&lead, &start, Some(&planned_from), at("10T12:00"));
    assert_eq!((run.workflow.version, run.touchpoints.len()), (2, 4));
    assert_eq!(dues(&run), ["10T12:00", "10T14:00", "10T16:00", "11T16:00"]);
}

#[test]
fn a_run_that_is_not_planned_keeps_the_order_alone() {
    let (lead, start) = lead_and_start(&workflow(), at("10T12:00"));
    for (workflow, state) in [
        (None, CadenceState::Cancelled),
        (Some(paused(2)), CadenceState::Paused),
    ] {
        let run = Run::build(&lead, &start, workflow.as_ref(), at("10T12:00"));
        assert_eq!((run.workflow.version, run.cadence_state), (1, state));
        assert!(!run.is_planned() && run.wake().is_none());
    }
}

#[test]
fn a_stop_cancels_the_rest_and_a_resume_with_the_cadence_brings_it_back_later() {
    let workflow = workflow();
    let mut run = run(&workflow);
    push(&mut run, Answer::TAKEN, &workflow, at("10T12:00"));
    assert_eq!(run.stop(at("10T13:00")), Some(3));
    let paused = (run.human_takeover, run.cadence_state, run.paused_at);
    assert_eq!(paused, (true, CadenceState::Paused, Some(at("10T13:00"))));
    assert_eq!(states(&run)[1..], [TouchpointState::Cancelled; 3]);
    assert!(run.is_active() && run.wake().is_none());
    assert_eq!(run.stop(at("10T14:00")), None);

    // The automation alone is resumed. The cadence stays where it is until it is resumed too.
    assert_eq!(run.resume(None, at("10T15:00")), Some(false));
    assert_eq!(
        (run.human_takeover, run.cadence_state),
        (false, CadenceState::Paused)
    );
    assert_eq!(run.resume(None, at("10T16:00")), None);
    assert_eq!(run.resume(Some(&workflow), at("10T23:00")), Some(true));
    assert_eq!(run.cadence_state, CadenceState::Active);
    assert_eq!(dues(&run), ["10T12:00", "11T00:00", "11T02:00", "12T02:00"]);
    assert_eq!(states(&run)[1..], [TouchpointState::Scheduled; 3]);
    assert_eq!(run.resume(Some(&workflow), at("10T23:00")), None);
    // The next pause counts from its own start.
    assert_eq!(run.stop(at("10T23:30")), Some(3));
    assert_eq!(run.paused_at, Some(at("10T23:30")));
}

#[test]
fn a_terminal_status_completes_the_run_and_another_one_does_not() {
    let mut run = run(&workflow());
    assert!(run.move_to(&status("engaged")) && !run.move_to(&status("engaged")));
    assert_eq!((run.status, run.is_active()), (RunStatus::Running, true));
    assert!(run.move_to(&status("won")));
    assert_eq!(
        (run.status, run.cadence_state),
        (RunStatus::Completed, CadenceState::Cancelled)
    );
    assert!(!run.is_active() && !run.has_open_status() && run.wake().is_none());
    assert_eq!(states(&run), [TouchpointState::Cancelled; 4]);
}

#[test]
fn an_ended_run_is_not_resumed() {
    let workflow = workflow();
    for ended_by in [RunStatus::Completed, RunStatus::Stopped] {
        let mut run = run(&workflow);
        run.complete(at("10T12:00"));
        run.end(ended_by);
        run.stop(at("10T13:00"));
        assert_eq!(run.resume(Some(&workflow), at("10T14:00")), Some(false));
        assert_eq!(run.cadence_state, CadenceState::Completed);
        assert!(run.wake().is_none());
    }
}

#[test]
fn a_run_that_has_waited_is_planned_from_the_end_of_the_wait() {
    let (lead, start) = lead_and_start(&workflow(), at("10T12:00"));
    let mut waiting = Run::build(&lead, &start, Some(&paused(1)), at("10T12:00"));
    assert!(waiting.is_waiting());
    let unpaused = workflow();
    let run = waiting.after_wait(&lead, &start, &unpaused, at("14T12:00"));
    assert_eq!(
        (run.status, run.cadence_state),
        (RunStatus::Running, CadenceState::Active)
    );
    assert!(!run.is_waiting() && run.created_at == waiting.created_at);
    assert_eq!(run.touchpoints[0].due_at, at("14T12:00"));

    // A person took the lead over during the wait, and keeps it.
    assert_eq!(waiting.stop(at("10T13:00")), Some(0));
    assert_eq!(waiting.resume(Some(&unpaused), at("10T14:00")), Some(false));
    assert_eq!(waiting.stop(at("10T15:00")), Some(0));
    let run = waiting.after_wait(&lead, &start, &unpaused, at("14T12:00"));
    assert_eq!(
        (run.human_takeover, run.cadence_state),
        (true, CadenceState::Paused)
    );
    assert_eq!(states(&run), [TouchpointState::Cancelled; 4]);
}
