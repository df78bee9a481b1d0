mod any;

use std::io::{self, Write};

use aws_sdk_dynamodb::types::AttributeValue;
use domain::{
    cadence::{Cadence, Channel, Day, Reachability, Reason, Step, TouchpointState, Window, plan},
    first_message::MessageParts,
    outcome::{Outcome, Outcomes},
    run::{
        Answer, Awaited, Claim, Delivery, HandOver, Owner, Receiver, Report, Reported, WakeKind,
    },
    time::time_zone,
    timing::OpenTimes,
    workflow::{GoalType, Workflow},
};
use jiff::{SignedDuration, tz::Offset};

use super::*;
use crate::store::item::{decode, encode};

const ID: &str = "0192f0c1-7a3e-7cc4-9d5b-3f1e2a4b5c6d";

fn sms(content: &str) -> FirstMessage {
    let parts = MessageParts {
        content: Some(content.to_owned()),
        ..MessageParts::default()
    };
    FirstMessage::new(Channel::Sms, parts).unwrap()
}

fn step(channel: Channel, max_attempts: u8, interval: &str, delay: &str) -> Step {
    Step {
        channel,
        max_attempts,
        attempt_interval: interval.parse().unwrap(),
        delay: delay.parse().unwrap(),
        message: None,
    }
}

fn status() -> Status {
    Status {
        id: ID.parse().unwrap(),
        key: "engaged".to_owned(),
        label: "Engaged".to_owned(),
        category: "active".to_owned(),
        is_initial: true,
        is_terminal: false,
    }
}

/// Returns a workflow with these steps, and with calls on workdays.
fn workflow(steps: Vec<Step>) -> Workflow {
    let days = vec![Day::Mon, Day::Tue, Day::Wed, Day::Thu, Day::Fri];
    let (start, end) = ("09:00".parse().unwrap(), "18:00".parse().unwrap());
    Workflow {
        id: ID.parse().unwrap(),
        version: 12,
        name: "Sales Outreach".to_owned(),
        goal_type: GoalType::Appointment,
        is_paused: false,
        timezone: time_zone("America/Santiago").unwrap(),
        statuses: vec![status()],
        cadence: Cadence {
            windows: vec![Window::new(days, start, end).unwrap()],
            gate_all_channels: false,
            steps,
        },
        outcomes: Outcomes::default(),
        created_at: planned_at(),
    }
}

const EVERYWHERE: Reachability = Reachability {
    phone: true,
    email: true,
};

fn planned_at() -> Timestamp {
    "2026-02-13T21:30:00Z".parse().unwrap()
}

/// Returns a run of a workflow.
fn run(workflow: &Workflow, reach: Reachability) -> Run {
    let (cadence, zone) = (&workflow.cadence, &workflow.timezone);
    Run {
        account_id: ID.parse().unwrap(),
        lead_id: ID.parse().unwrap(),
        id: ID.parse().unwrap(),
        job_id: ID.parse().unwrap(),
        workflow: workflow.label(),
        current_status: status(),
        status: RunStatus::Running,
        cadence_state: CadenceState::Active,
        human_takeover: false,
        paused_at: None,
        is_status_set: true,
        touchpoints: plan(cadence, zone, reach, None, planned_at()),
        hand_over: None,
        awaited: None,
        held: None,
        created_at: planned_at() + SignedDuration::from_nanos(123_456_789),
        revision: 0,
    }
}

fn item(run: &Run) -> std::collections::HashMap<String, AttributeValue> {
    let key = keys::run(run.account_id, run.lead_id, run.id);
    encode(key, &RunItem::from(run)).unwrap()
}

/// Returns the size of a value in bytes, by "DynamoDB Item sizes and formats" in AWS's developer
/// guide.
fn size(value: &AttributeValue) -> usize {
    match value {
        AttributeValue::S(text) => text.len(),
        AttributeValue::N(number) => number.trim_start_matches('-').len().div_ceil(2) + 1,
        AttributeValue::Bool(_) => 1,
        AttributeValue::L(values) => 3 + values.iter().map(|value| 1 + size(value)).sum::<usize>(),
        AttributeValue::M(values) => 3 + attributes_size(values) + values.len(),
        other => panic!("a run has no {other:?}"),
    }
}

fn attributes_size(item: &std::collections::HashMap<String, AttributeValue>) -> usize {
    item.iter()
        .map(|(name, value)| name.len() + size(value))
        .sum()
}

/// Lives through a run: claims each touchpoint a little late, and reports that the contact failed.
/// Returns the size of the largest item on the way.
fn largest_on_the_way(run: &mut Run, workflow: &Workflow, delivery: Delivery) -> usize {
    let mut largest = attributes_size(&item(run));
    let mut grow = |run: &Run| largest = largest.max(attributes_size(&item(run)));
    while let Some(index) = run.next_index() {
        run.revision += 4;
        let due = run.touchpoint(index).unwrap().due_at;
        let now = due + SignedDuration::from_nanos(1_123_456_789);
        let (owner, lease) = (Owner([7; 10]), SignedDuration::from_secs(60));
        if delivery == Delivery::Pull {
            run.open(OpenTimes::default(), workflow, now).unwrap();
            grow(run);
        }
        let times = OpenTimes::default();
        run.claim(owner, lease, delivery, times, workflow, now)
            .unwrap();
        assert!(run.wake().is_some());
        grow(run);
        if delivery.is_push() {
            run.settle(owner, Answer::TAKEN, workflow, now).unwrap();
            grow(run);
        }
        let report = Report {
            outcome: Outcome::Failed,
            callback_at: None,
        };
        let reported = run.report(index, report, workflow, now).unwrap();
        assert_eq!(reported, Ok(Reported::Changed));
        grow(run);
    }
    largest
}

#[test]
fn an_ordinary_run_with_its_claim_and_its_entry_costs_one_write_unit() {
    // The demo's workflow.
    let workflow = workflow(vec![
        step(Channel::Call, 3, "PT2H", "PT0S"),
        step(Channel::Whatsapp, 1, "PT0S", "P1D"),
        step(Channel::Email, 1, "PT0S", "P1D"),
        step(Channel::Call, 3, "P1D", "P2D"),
        step(Channel::Sms, 1, "PT0S", "P3D"),
    ]);
    for delivery in [Delivery::Push(Receiver([7; 6])), Delivery::Pull] {
        let mut run = run(&workflow, EVERYWHERE);
        let planned = attributes_size(&item(&run));
        let largest = largest_on_the_way(&mut run, &workflow, delivery);
        writeln!(
            io::stderr(),
            "a run of 5 steps and 9 attempts: {planned} bytes, {largest} with claim, entries and \
             outcomes ({delivery:?})"
        )
        .unwrap();
        assert!(largest <= 1_024, "{largest} bytes");
    }
}

#[test]
fn the_longest_run_stays_far_below_the_limit_of_an_item() {
    let steps = vec![step(Channel::Call, 10, "PT17H", "PT17H"); 50];
    let workflow = workflow(steps);
    let mut run = run(&workflow, EVERYWHERE);
    let largest = largest_on_the_way(&mut run, &workflow, Delivery::Pull);
    writeln!(
        io::stderr(),
        "a run of 50 steps and 500 attempts: {largest} bytes"
    )
    .unwrap();
    assert!(largest < 60_000, "{largest} bytes");
}

#[test]
fn a_touchpoint_is_a_line_as_the_data_model_shows_it() {
    let workflow = workflow(vec![step(Channel::Call, 3, "PT2H", "P1D")]);
    let nowhere = Reachability {
        phone: false,
        email: false,
    };
    let mut touchpoints = run(&workflow, nowhere).touchpoints;
    touchpoints[1].was_claimed = true;
    touchpoints[2].was_claimed = true;
    touchpoints[2].outcome = Some(Outcome::NoAnswer);
    let lines: Vec<_> = touchpoints.into_iter().map(Line).collect();
    assert_eq!(
        serde_json::to_value(&lines).unwrap(),
        serde_json::json!([
            "0 c1/3 20260216T090000-03 kdp",
            "0 c2/3 20260216T110000-03 kp -",
            "0 c3/3 20260216T130000-03 kp n",
        ])
    );
}

#[test]
fn a_line_that_is_no_touchpoint_is_refused_and_not_shown() {
    for wrong in [
        "",
        "0",
        "0 c1/3 2026-02-16T09:00:00-03",
        "0 x1/3 2026-02-16T09:00:00-03 s",
        "0 c13 2026-02-16T09:00:00-03 s",
        "0 c1/3 2026-02-16T09:00:00 s",
        "0 c1/3 2026-02-16-03 s",
        "0 c1/3 2026-02-16T09:00:00-03 z",
        "0 c1/3 2026-02-16T09:00:00-03 sz",
        "0 c1/3 2026-02-16T09:00:00-03 s ",
        "0 c1/3 2026-02-16T09:00:00-03 s z",
        "0 c1/3 2026-02-16T09:00:00-03 s nn",
        "0 c1/3 2026-02-16T09:00:00-03 s n more",
        "0 c1/3 2026-02-16T09:00:00-03  n",
        "70000 c1/3 2026-02-16T09:00:00-03 s",
        "0 c300/3 2026-02-16T09:00:00-03 s",
    ] {
        let line = serde_json::from_value::<Line>(wrong.into());
        let error = line.err().unwrap().to_string();
        assert_eq!(error, "a touchpoint cannot be read", "{wrong}");
    }
}

/// Lines of a run's progress, each with a wrong one made of it.
#[test]
fn a_damaged_line_of_the_progress_is_refused() {
    let time = "2026-02-16T12:00:00Z";
    let owner = "BwcHBwcHBwcHBw";
    let hand_over = format!("0 p 1/0/0 {time} h{time} {owner} {time}");
    let awaited = format!("1 {time} {time}");
    let held = format!("workflow {time}");
    assert!(parse_hand_over(&hand_over).is_some());
    assert!(parse_awaited(&awaited).is_some() && parse_held(&held, ID.parse().unwrap()).is_some());
    for (right, wrong) in [
        (time, ""),
        (time, "2026-02-16"),
        (time, "12:00"),
        (owner, "BwcHBwcHBw"),
        (owner, "BwcHBwcHBwcHBwcH"),
        (owner, "=========-----"),
        (owner, ""),
        (" h", " "),
        (" h", " z"),
        (" h", " hh"),
        (" p ", " "),
        (" p ", " x "),
        (" p ", " op "),
        (" p ", "  "),
        ("1/0/0", "1/0"),
        ("1/0/0", "1/0/0/0/0"),
        ("1/0/0", "1/0/0/"),
        ("1/0/0", "1/0/0/256"),
        (" p ", " p:AgMEBQY "),
        (" p ", " p:AgMEBQYHCA "),
        (" p ", " p:====AgME "),
        ("1/0/0", "1/-1/0"),
        ("1/0/0", "1/0/256"),
        ("1/0/0", "65536/0/0"),
        ("1/0/0", "//"),
        ("0 p", "-1 p"),
        ("0 p", "65536 p"),
        ("0 p", " p"),
        (" p", "p"),
    ] {
        let line = hand_over.replacen(right, wrong, 1);
        assert_ne!(line, hand_over);
        assert_eq!(parse_hand_over(&line), None, "{line}");
    }
    for cut in 0..hand_over.len() {
        // Without the claim, it is the line of a touchpoint that is not claimed.
        let is_whole = hand_over[cut..] == format!(" {owner} {time}");
        let line = &hand_over[..cut];
        assert_eq!(parse_hand_over(line).is_some(), is_whole, "{line}");
    }
    for line in [
        "",
        "1",
        "x 1 2",
        &format!("-{awaited}"),
        &format!("{awaited} {time}"),
    ] {
        assert_eq!(parse_awaited(line), None, "{line}");
    }
    for line in [
        "",
        "workflow",
        "lane 2026-02-16T12:00:00Z",
        &format!("{held}x"),
        &held[8..],
    ] {
        assert_eq!(parse_held(line, ID.parse().unwrap()), None, "{line}");
    }
}

#[test]
fn a_run_with_a_damaged_attribute_is_refused() {
    let workflow = workflow(vec![step(Channel::Call, 1, "PT0S", "PT0S")]);
    let run = run(&workflow, EVERYWHERE);
    for attribute in ["hand_over", "awaited", "held"] {
        let mut item = item(&run);
        item.insert(attribute.to_owned(), AttributeValue::S("x".to_owned()));
        let error = run_of(item, run.account_id, run.lead_id).unwrap_err();
        assert!(
            matches!(error, StoreError::Damaged { entity: "run", .. }),
            "{attribute}"
        );
    }
}
