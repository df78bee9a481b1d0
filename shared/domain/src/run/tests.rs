use jiff::SignedDuration;

use super::*;
use crate::{
    cadence::{Cadence, FirstTouchpoint, Step, TouchpointState},
    channel::Channel,
    lead::Profile,
    workflow::GoalType,
};

const ID: &str = "0192f0c1-7a3e-7cc4-9d5b-3f1e2a4b5c6d";

fn now() -> Timestamp {
    "2026-02-10T12:00:00Z".parse().unwrap()
}

fn step(message: Option<&str>) -> Step {
    Step {
        channel: Channel::Sms,
        max_attempts: 2,
        attempt_interval: "PT1H".parse().unwrap(),
        delay: "PT1H".parse().unwrap(),
        message: message.map(|text| MessageParts {
            content: Some(text.to_owned()),
            ..MessageParts::default()
        }),
    }
}

fn workflow(version: u32, is_paused: bool) -> Workflow {
    Workflow {
        id: ID.parse().unwrap(),
        version,
        name: "Sales Outreach".to_owned(),
        goal_type: GoalType::Sale,
        is_paused,
        timezone: TimeZone::UTC,
        statuses: Vec::new(),
        cadence: Cadence {
            windows: Vec::new(),
            gate_all_channels: true,
            steps: vec![step(None), step(Some("Hello"))],
        },
        created_at: now(),
    }
}

fn lead_and_start() -> (Lead, Start) {
    let lead = Lead {
        account_id: ID.parse().unwrap(),
        profile: Profile {
            id: ID.parse().unwrap(),
            first_name: "John".try_into().unwrap(),
            last_name: None,
            email: None,
            phone: Some("+1234567890".try_into().unwrap()),
            source: crate::name::Name::api(),
            company: None,
            title: None,
            metadata: std::iter::empty().collect(),
            campaign_id: None,
            created_at: now(),
            updated_at: now(),
        },
        start: None,
    };
    let label = workflow(1, false).label();
    let start = Start {
        run_id: ID.parse().unwrap(),
        job_id: ID.parse().unwrap(),
        workflow: label,
        status: Status {
            id: ID.parse().unwrap(),
            key: "new".to_owned(),
            label: "New".to_owned(),
            category: "active".to_owned(),
            is_initial: true,
            is_terminal: false,
        },
        first: FirstTouchpoint {
            step_index: 0,
            channel: Channel::Sms,
            max_attempts: 2,
            total_steps: 2,
        },
        first_message: None,
        enrolled_at: now(),
        reason: None,
        actor: None,
    };
    (lead, start)
}

fn build(workflow: Option<&Workflow>) -> Run {
    let (lead, start) = lead_and_start();
    Run::build(&lead, &start, workflow, now())
}

#[test]
fn a_run_keeps_the_workflow_that_it_was_planned_from_and_each_message_once() {
    let run = build(Some(&workflow(2, false)));
    assert_eq!((run.workflow.version, run.touchpoints.len()), (2, 4));
    let snapshot = run.snapshot.unwrap();
    assert!(snapshot.gate_all_channels);
    let messages: Vec<_> = snapshot.messages.into_iter().collect();
    assert_eq!(messages, [(1, step(Some("Hello")).message.unwrap())]);
}

#[test]
fn a_run_that_is_not_planned_keeps_the_order_alone() {
    for (workflow, state) in [
        (None, CadenceState::Cancelled),
        (Some(workflow(2, true)), CadenceState::Paused),
    ] {
        let run = build(workflow.as_ref());
        assert_eq!((run.workflow.version, run.cadence_state), (1, state));
        assert_eq!((run.touchpoints.len(), run.snapshot), (0, None));
    }
}

fn later(hours: i64) -> Timestamp {
    now() + SignedDuration::from_hours(hours)
}

fn states(run: &Run) -> Vec<TouchpointState> {
    let states = run.touchpoints.iter().map(|touchpoint| touchpoint.state);
    states.collect()
}

#[test]
fn a_stop_cancels_what_is_scheduled_and_a_resume_with_the_cadence_brings_it_back_later() {
    let mut run = build(Some(&workflow(1, false)));
    run.touchpoints[0].state = TouchpointState::Done;
    let planned = run.clone();
    assert_eq!(run.stop(later(2)), Some(3));
    assert_eq!(
        (run.human_takeover, run.cadence_state),
        (true, CadenceState::Paused)
    );
    assert_eq!(states(&run)[1..], [TouchpointState::Cancelled; 3]);
    assert!(run.is_active());
    assert_eq!(run.stop(later(3)), None);

    // The automation alone is resumed. The cadence stays where it is until it is resumed too.
    assert_eq!(run.resume(false, later(4)), Some(false));
    assert_eq!(
        (run.human_takeover, run.cadence_state),
        (false, CadenceState::Paused)
    );
    assert_eq!(run.resume(false, later(5)), None);
    assert_eq!(run.resume(true, later(12)), Some(true));
    assert_eq!(run.cadence_state, CadenceState::Active);
    assert_eq!(run.touchpoints[0], planned.touchpoints[0]);
    for (resumed, planned) in run.touchpoints.iter().zip(&planned.touchpoints).skip(1) {
        assert_eq!(resumed.state, TouchpointState::Scheduled);
        assert_eq!(
            resumed.due_at,
            planned.due_at + SignedDuration::from_hours(10)
        );
    }
    assert_eq!(run.resume(true, later(13)), None);
    // The next pause counts from its own start.
    assert_eq!(run.stop(later(20)), Some(3));
    assert_eq!(run.paused_at, Some(later(20)));
}

#[test]
fn a_terminal_status_completes_the_run_and_another_one_does_not() {
    let mut run = build(Some(&workflow(1, false)));
    let status = |key: &str, is_terminal| Status {
        key: key.to_owned(),
        is_terminal,
        ..run.current_status.clone()
    };
    let (engaged, won) = (status("engaged", false), status("won", true));
    assert!(run.move_to(&engaged) && !run.move_to(&engaged));
    assert_eq!((run.status, run.is_active()), (RunStatus::Running, true));
    assert!(run.move_to(&won));
    assert_eq!(
        (run.status, run.cadence_state),
        (RunStatus::Completed, CadenceState::Cancelled)
    );
    assert!(!run.is_active());
    assert_eq!(states(&run), [TouchpointState::Cancelled; 4]);
}

#[test]
fn a_run_that_has_waited_is_planned_from_the_end_of_the_wait() {
    let (lead, start) = lead_and_start();
    let mut waiting = build(Some(&workflow(1, true)));
    assert!(waiting.is_waiting());
    let unpaused = workflow(2, false);
    let run = waiting.after_wait(&lead, &start, &unpaused, later(100));
    assert_eq!(
        (run.status, run.cadence_state),
        (RunStatus::Running, CadenceState::Active)
    );
    assert!(!run.is_waiting() && run.created_at == waiting.created_at);
    assert_eq!(run.touchpoints[0].due_at, later(101));

    // A person took the lead over during the wait, and keeps it.
    assert_eq!(waiting.stop(later(1)), Some(0));
    assert_eq!(waiting.resume(true, later(2)), Some(false));
    assert_eq!(waiting.stop(later(3)), Some(0));
    let run = waiting.after_wait(&lead, &start, &unpaused, later(100));
    assert_eq!(
        (run.human_takeover, run.cadence_state),
        (true, CadenceState::Paused)
    );
    assert_eq!(states(&run), [TouchpointState::Cancelled; 4]);
}
