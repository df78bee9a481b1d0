use std::io::{self, Write};

use aws_sdk_dynamodb::types::AttributeValue;
use domain::{
    cadence::{Cadence, Channel, Day, Reachability, Reason, Step, TouchpointState, plan},
    workflow::{GoalType, Workflow},
};
use jiff::tz::Offset;
use proptest::{collection::vec, option, prelude::*, sample::select};

use super::*;
use crate::store::item::{decode, encode};

const ID: &str = "0192f0c1-7a3e-7cc4-9d5b-3f1e2a4b5c6d";

fn sms(content: &str) -> FirstMessage {
    FirstMessage::new(Channel::Sms, parts(content)).unwrap()
}

fn parts(content: &str) -> MessageParts {
    MessageParts {
        content: Some(content.to_owned()),
        ..MessageParts::default()
    }
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

/// Returns a run of a workflow with these steps, and with calls on workdays.
fn run(steps: Vec<Step>, reach: Reachability) -> Run {
    let status = Status {
        id: ID.parse().unwrap(),
        key: "engaged".to_owned(),
        label: "Engaged".to_owned(),
        category: "active".to_owned(),
        is_initial: true,
        is_terminal: false,
    };
    let days = vec![Day::Mon, Day::Tue, Day::Wed, Day::Thu, Day::Fri];
    let (start, end) = ("09:00".parse().unwrap(), "18:00".parse().unwrap());
    let now = "2026-02-13T21:30:00Z".parse().unwrap();
    let workflow = Workflow {
        id: ID.parse().unwrap(),
        version: 12,
        name: "Sales Outreach".to_owned(),
        goal_type: GoalType::Appointment,
        is_paused: false,
        timezone: time_zone("America/Santiago").unwrap(),
        statuses: vec![status.clone()],
        cadence: Cadence {
            windows: vec![Window::new(days, start, end).unwrap()],
            gate_all_channels: false,
            steps,
        },
        created_at: now,
    };
    Run {
        account_id: ID.parse().unwrap(),
        lead_id: ID.parse().unwrap(),
        id: ID.parse().unwrap(),
        job_id: ID.parse().unwrap(),
        workflow: workflow.label(),
        current_status: status,
        status: RunStatus::Completed,
        cadence_state: CadenceState::Cancelled,
        human_takeover: false,
        paused_at: None,
        touchpoints: plan(&workflow.cadence, &workflow.timezone, reach, None, now),
        snapshot: Some(Snapshot::from(&workflow)),
        created_at: now,
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

#[test]
fn an_ordinary_run_costs_one_write_unit_and_the_longest_stays_far_below_the_limit() {
    let reach = Reachability {
        phone: true,
        email: true,
    };
    // The demo's workflow.
    let ordinary = vec![
        step(Channel::Call, 3, "PT2H", "PT0S"),
        step(Channel::Whatsapp, 1, "PT0S", "P1D"),
        step(Channel::Email, 1, "PT0S", "P1D"),
        step(Channel::Call, 3, "P1D", "P2D"),
        step(Channel::Sms, 1, "PT0S", "P3D"),
    ];
    let ordinary = attributes_size(&item(&run(ordinary, reach)));
    // Each touchpoint is moved and skipped.
    let longest = vec![step(Channel::Call, 10, "PT17H", "PT17H"); 50];
    let reach = Reachability {
        phone: false,
        email: false,
    };
    let longest = attributes_size(&item(&run(longest, reach)));
    writeln!(
        io::stderr(),
        "a run of 5 steps and 9 attempts: {ordinary} bytes; of 50 steps and 500 attempts: {longest} bytes"
    )
    .unwrap();
    assert!(ordinary <= 1_024, "{ordinary} bytes");
    assert!(longest < 60_000, "{longest} bytes");
}

#[test]
fn a_touchpoint_is_a_line_as_the_data_model_shows_it() {
    let run = run(
        vec![step(Channel::Call, 3, "PT2H", "P1D")],
        Reachability {
            phone: false,
            email: false,
        },
    );
    let lines: Vec<_> = run.touchpoints.into_iter().map(Line).collect();
    assert_eq!(
        serde_json::to_value(&lines).unwrap(),
        serde_json::json!([
            "0 c1/3 2026-02-16T09:00:00-03 kdp",
            "0 c2/3 2026-02-16T11:00:00-03 kp",
            "0 c3/3 2026-02-16T13:00:00-03 kp",
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
        "0 c1/3 2026-02-16T09:00:00-03 s more",
    ] {
        let line = serde_json::from_value::<Line>(wrong.into());
        let error = line.err().unwrap().to_string();
        assert_eq!(error, "a touchpoint cannot be read", "{wrong}");
    }
}

fn any_touchpoint() -> impl Strategy<Value = Touchpoint> {
    use Reason::{ClockGap, ForcedFirstMessage, NoEmail, NoPhone, WeekdayClosed, WindowClosed};
    use TouchpointState::{Cancelled, Dispatched, Done, Failed, Scheduled, Skipped};
    let states = vec![Scheduled, Skipped, Cancelled, Dispatched, Done, Failed];
    let reasons = vec![
        WindowClosed,
        WeekdayClosed,
        ClockGap,
        NoPhone,
        NoEmail,
        ForcedFirstMessage,
    ];
    (
        (any::<u16>(), select(Channel::ALL.to_vec())),
        any::<(u8, u8)>(),
        (-2_000_000_000_000..4_000_000_000_000_i64, -93_599..=93_599),
        select(states),
        vec(select(reasons), 0..4),
    )
        .prop_map(
            |((step_index, channel), (attempt, max_attempts), (due, offset), state, reasons)| {
                Touchpoint {
                    step_index,
                    channel,
                    attempt,
                    max_attempts,
                    due_at: Timestamp::from_millisecond(due).unwrap(),
                    offset: Offset::from_seconds(offset).unwrap(),
                    state,
                    reasons,
                    message: None,
                }
            },
        )
}

proptest! {
    #[test]
    fn a_run_comes_back_from_its_item_equal(
        mut touchpoints in vec(any_touchpoint(), 0..9),
        first_message in option::of("\\PC{1,9}"),
        messages in prop::collection::btree_map(any::<u16>(), "\\PC{0,9}", 0..4),
        (human_takeover, gate_all_channels, has_windows, is_planned) in any::<(bool, bool, bool, bool)>(),
    ) {
        let reach = Reachability { phone: true, email: true };
        let mut run = run(vec![step(Channel::Call, 1, "PT0S", "PT0S")], reach);
        if let Some(first) = touchpoints.first_mut() {
            first.message = first_message.as_deref().map(sms);
        }
        run.touchpoints = touchpoints;
        run.human_takeover = human_takeover;
        run.snapshot = run.snapshot.filter(|_| is_planned).map(|snapshot| Snapshot {
            windows: if has_windows { snapshot.windows } else { Vec::new() },
            gate_all_channels,
            messages: messages.iter().map(|(step, text)| (*step, parts(text))).collect(),
            ..snapshot
        });
        let back = decode::<RunItem>(item(&run)).unwrap();
        prop_assert_eq!(back.into_run(run.account_id, run.lead_id).unwrap(), run);
    }
}
