//! A workflow, a lead and short ways to move a run.

use jiff::{SignedDuration, Timestamp, tz::TimeZone};

pub(super) use crate::timing::OpenTimes;
use crate::{
    cadence::{Cadence, Day, FirstTouchpoint, Reason, Step, Touchpoint, TouchpointState, Window},
    channel::Channel,
    lead::{Lead, Profile, Start},
    outcome::{CadenceEffect, Effect, Outcome, Outcomes},
    run::{Answer, Delivery, NotClaimed, Owner, Receiver, Report, Reported, Run},
    workflow::{GoalType, Status, Workflow},
};

pub(super) const ID: &str = "0192f0c1-7a3e-7cc4-9d5b-3f1e2a4b5c6d";
pub(super) const OWNER: Owner = Owner([1; 10]);
pub(super) const PUSH: Delivery = Delivery::Push(Receiver([1; 6]));
pub(super) const PUSH_ELSEWHERE: Delivery = Delivery::Push(Receiver([2; 6]));
pub(super) const LEASE: SignedDuration = SignedDuration::from_secs(60);
pub(super) const WORKDAYS: [Day; 5] = [Day::Mon, Day::Tue, Day::Wed, Day::Thu, Day::Fri];

/// Returns a time on or after Tuesday, 10 February 2026, the day of the enrolment at 12:00 UTC.
pub(super) fn at(text: &str) -> Timestamp {
    format!("2026-02-{text}:00Z").parse().unwrap()
}

pub(super) fn hours(hours: i64) -> SignedDuration {
    SignedDuration::from_hours(hours)
}

pub(super) fn step(channel: Channel, max_attempts: u8, interval: &str, delay: &str) -> Step {
    Step {
        channel,
        max_attempts,
        attempt_interval: interval.parse().unwrap(),
        delay: delay.parse().unwrap(),
        message: None,
    }
}

pub(super) fn status(key: &str) -> Status {
    Status {
        id: ID.parse().unwrap(),
        key: key.to_owned(),
        label: key.to_owned(),
        category: "active".to_owned(),
        is_initial: key == "new",
        is_terminal: matches!(key, "won" | "lost"),
    }
}

/// Returns a workflow without windows: calls at 12:00, 14:00 and 16:00, and a text message a day
/// later at 16:00.
pub(super) fn workflow() -> Workflow {
    let statuses = ["new", "contacted", "engaged", "qualified", "won", "lost"];
    Workflow {
        id: ID.parse().unwrap(),
        version: 1,
        name: "Sales Outreach".to_owned(),
        goal_type: GoalType::Sale,
        is_paused: false,
        timezone: TimeZone::UTC,
        statuses: statuses.map(status).into(),
        cadence: Cadence {
            windows: Vec::new(),
            gate_all_channels: false,
            steps: vec![
                step(Channel::Call, 3, "PT2H", "PT0S"),
                step(Channel::Sms, 1, "PT0S", "P1D"),
            ],
        },
        outcomes: Outcomes::default(),
        created_at: at("10T12:00"),
    }
}

/// Returns the workflow with calls from 9:00 to 18:00 on workdays.
pub(super) fn workflow_with_windows() -> Workflow {
    let mut workflow = workflow();
    let (start, end) = ("09:00".parse().unwrap(), "18:00".parse().unwrap());
    workflow.cadence.windows = vec![Window::new(WORKDAYS.to_vec(), start, end).unwrap()];
    workflow
}

/// Returns the workflow with an effect of one outcome.
pub(super) fn workflow_with(outcome: Outcome, effect: Effect) -> Workflow {
    Workflow {
        outcomes: Outcomes::new([(outcome, effect)].into()),
        ..workflow()
    }
}

pub(super) fn lead_and_start(workflow: &Workflow, enrolled_at: Timestamp) -> (Lead, Start) {
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
            created_at: enrolled_at,
            updated_at: enrolled_at,
        },
        start: None,
    };
    let start = Start {
        run_id: ID.parse().unwrap(),
        job_id: ID.parse().unwrap(),
        workflow: workflow.label(),
        status: status("new"),
        first: FirstTouchpoint {
            step_index: 0,
            channel: Channel::Call,
            max_attempts: 3,
            total_steps: 2,
        },
        first_message: None,
        enrolled_at,
        last_call: None,
        min_gap: None,
        reason: None,
        actor: None,
    };
    (lead, start)
}

/// Returns the run of a lead that is enrolled on Tuesday at 12:00.
pub(super) fn run(workflow: &Workflow) -> Run {
    run_from(workflow, at("10T12:00"))
}

pub(super) fn run_from(workflow: &Workflow, enrolled_at: Timestamp) -> Run {
    let (lead, start) = lead_and_start(workflow, enrolled_at);
    Run::build(&lead, &start, Some(workflow), enrolled_at)
}

pub(super) fn claim(run: &mut Run, workflow: &Workflow, now: Timestamp) -> Result<u16, NotClaimed> {
    run.claim(OWNER, LEASE, PUSH, OpenTimes::default(), workflow, now)
}

/// Claims the next touchpoint, and settles it with `answer`.
pub(super) fn push(run: &mut Run, answer: Answer, workflow: &Workflow, now: Timestamp) -> u16 {
    let index = claim(run, workflow, now).unwrap();
    run.settle(OWNER, answer, workflow, now).unwrap();
    index
}

pub(super) fn pull(run: &mut Run, workflow: &Workflow, now: Timestamp) -> Result<u16, NotClaimed> {
    run.claim(
        OWNER,
        LEASE,
        Delivery::Pull,
        OpenTimes::default(),
        workflow,
        now,
    )
}

pub(super) fn report(
    run: &mut Run,
    index: u16,
    outcome: Outcome,
    workflow: &Workflow,
    now: Timestamp,
) -> Reported {
    let report = Report {
        outcome,
        callback_at: None,
    };
    run.report(index, report, workflow, now).unwrap().unwrap()
}

pub(super) fn callback(at: Timestamp) -> Report {
    Report {
        outcome: Outcome::Callback,
        callback_at: Some(at),
    }
}

pub(super) fn states(run: &Run) -> Vec<TouchpointState> {
    run.touchpoints.iter().map(|it| it.state).collect()
}

pub(super) fn dues(run: &Run) -> Vec<String> {
    let short = |it: &Touchpoint| it.due_at.strftime("%dT%H:%M").to_string();
    run.touchpoints.iter().map(short).collect()
}

pub(super) fn reasons(run: &Run, index: usize) -> &[Reason] {
    &run.touchpoints[index].reasons
}

/// Returns a run whose first call is with the receiver.
pub(super) fn dispatched(workflow: &Workflow) -> Run {
    let mut run = run(workflow);
    push(&mut run, Answer::TAKEN, workflow, at("10T12:00"));
    run
}

/// Returns a run whose first call has an outcome.
pub(super) fn with(outcome: Outcome, workflow: &Workflow) -> Run {
    let mut run = dispatched(workflow);
    let reported = report(&mut run, 0, outcome, workflow, at("10T12:10"));
    assert_eq!(reported, Reported::Changed);
    run
}

pub(super) fn effect(cadence: CadenceEffect) -> Effect {
    Effect {
        cadence,
        ..Effect::default()
    }
}
