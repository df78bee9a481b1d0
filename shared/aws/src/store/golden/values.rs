//! The values of the golden items.

use std::{fmt::Debug, str::FromStr};

use domain::{
    account::Account,
    activity::{Activity, ActivityKind, Contact, ContactDetails},
    api_key::{ApiKeyHash, ApiKeyRecord},
    cadence::{
        Cadence, Channel, Day, FirstTouchpoint, Reason, Step, Touchpoint, TouchpointState, Window,
    },
    campaign::Campaign,
    first_message::{FirstMessage, MessageParts},
    idempotency::Receipt,
    ids::ApiKeyId,
    lead::{Lead, Profile, Start},
    limit::Limit,
    outcome::{CadenceEffect, Effect, Outcome, Outcomes},
    run::{
        Awaited, CadenceState, Claim, Delivery, HandOver, Held, HeldBy, Owner, Run, RunStatus,
        WakeKind,
    },
    time::time_zone,
    workflow::{GoalType, Status, Workflow},
};
use jiff::{SignedDuration, Timestamp, tz::Offset};
use serde_json::value::RawValue;

use crate::store::PendingStart;

pub(in crate::store) const ACCOUNT: &str = "019c0000-0000-7000-8000-00000000000a";
pub(in crate::store) const LEAD: &str = "019c0000-0000-7000-8000-00000000000b";
pub(in crate::store) const RUN: &str = "019c0000-0000-7000-8000-00000000000c";
const JOB: &str = "019c0000-0000-7000-8000-00000000000d";
pub(in crate::store) const WORKFLOW: &str = "019c0000-0000-7000-8000-00000000000e";
const STATUS: &str = "019c0000-0000-7000-8000-00000000000f";
const CAMPAIGN: &str = "019c0000-0000-7000-8000-000000000010";
const API_KEY: &str = "019c0000-0000-7000-8000-000000000011";

pub(in crate::store) fn id<T: FromStr<Err: Debug>>(text: &str) -> T {
    text.parse().unwrap()
}

/// Returns noon in UTC of a day after 2026-02-10.
pub(in crate::store) fn at(days: i64) -> Timestamp {
    let noon: Timestamp = "2026-02-10T12:00:00Z".parse().unwrap();
    noon + SignedDuration::from_hours(24 * days)
}

pub(in crate::store) fn hash() -> ApiKeyHash {
    "c1861067576f416d648463a73bbf809cb662c19673f6ba661b34f660afc0c064"
        .parse()
        .unwrap()
}

pub(in crate::store) fn account() -> Account {
    Account {
        id: id(ACCOUNT),
        name: "Acme".to_owned(),
        default_country: Some("CL".parse().unwrap()),
        limit: Some(Limit::new(100, 200).unwrap()),
        created_at: at(0),
    }
}

pub(in crate::store) fn bare_account() -> Account {
    Account {
        default_country: None,
        limit: None,
        ..account()
    }
}

pub(in crate::store) fn api_key() -> ApiKeyRecord {
    let account = account().settings(Some(Limit::new(10, 20).unwrap()));
    ApiKeyRecord {
        id: id(API_KEY),
        account,
        name: "Website".to_owned(),
        last4: "kIk0".to_owned(),
        created_at: at(0),
        expires_at: Some(at(90)),
        revoked_at: Some(at(30)),
        last_used: Some(at(1)),
    }
}

pub(in crate::store) fn bare_api_key() -> ApiKeyRecord {
    ApiKeyRecord {
        id: ApiKeyId::of_hash(id(ACCOUNT), &hash()),
        account: bare_account().settings(None),
        name: String::new(),
        last4: String::new(),
        expires_at: None,
        revoked_at: None,
        last_used: None,
        ..api_key()
    }
}

pub(in crate::store) fn campaign() -> Campaign {
    Campaign {
        id: id(CAMPAIGN),
        name: "Spring".to_owned(),
        created_at: at(0),
    }
}

fn status() -> Status {
    Status {
        id: id(STATUS),
        key: "new".to_owned(),
        label: "New".to_owned(),
        category: "active".to_owned(),
        is_initial: true,
        is_terminal: false,
    }
}

fn text(content: &str) -> MessageParts {
    MessageParts {
        content: Some(content.to_owned()),
        ..MessageParts::default()
    }
}

pub(in crate::store) fn workflow() -> Workflow {
    let window = Window::new(
        vec![Day::Mon, Day::Fri],
        "09:00".parse().unwrap(),
        "18:00".parse().unwrap(),
    );
    let step = |channel, message| Step {
        channel,
        max_attempts: 2,
        attempt_interval: "PT2H".parse().unwrap(),
        delay: "P1D".parse().unwrap(),
        message,
    };
    Workflow {
        id: id(WORKFLOW),
        version: 3,
        name: "Sales Outreach".to_owned(),
        goal_type: GoalType::PaymentLink,
        is_paused: false,
        timezone: time_zone("America/Santiago").unwrap(),
        statuses: vec![status()],
        cadence: Cadence {
            windows: vec![window.unwrap()],
            gate_all_channels: true,
            steps: vec![
                step(Channel::Call, None),
                step(Channel::Whatsapp, Some(text("Hello"))),
            ],
        },
        outcomes: Outcomes::default(),
        created_at: at(0),
    }
}

pub(in crate::store) fn bare_workflow() -> Workflow {
    let workflow = workflow();
    Workflow {
        version: 1,
        cadence: Cadence {
            windows: Vec::new(),
            gate_all_channels: false,
            steps: workflow.cadence.steps.into_iter().take(1).collect(),
        },
        ..workflow
    }
}

fn first_message() -> FirstMessage {
    let parts = MessageParts {
        content: Some("Welcome, {{first_name}}".to_owned()),
        template_id: Some("welcome".to_owned()),
        components: Some("[1.0]".to_owned()),
        ..MessageParts::default()
    };
    FirstMessage::new(Channel::Whatsapp, parts).unwrap()
}

pub(in crate::store) fn start() -> Start {
    Start {
        run_id: id(RUN),
        job_id: id(JOB),
        workflow: workflow().label(),
        status: status(),
        first: FirstTouchpoint {
            step_index: 1,
            channel: Channel::Whatsapp,
            max_attempts: 2,
            total_steps: 2,
        },
        first_message: Some(first_message()),
        enrolled_at: at(0) + SignedDuration::from_millis(5),
        reason: Some("asked for a call".to_owned()),
        actor: Some("Alice".to_owned()),
    }
}

/// A lead with no optional attribute.
pub(in crate::store) fn lead() -> Lead {
    Lead {
        account_id: id(ACCOUNT),
        profile: Profile {
            id: id(LEAD),
            first_name: "Jane".try_into().unwrap(),
            last_name: None,
            email: None,
            phone: None,
            source: "api".try_into().unwrap(),
            company: None,
            title: None,
            metadata: [].into_iter().collect(),
            campaign_id: None,
            created_at: at(0),
            updated_at: at(0),
        },
        start: None,
    }
}

/// A lead with all attributes. Its metadata has the keys that DynamoDB does not accept as they are.
pub(in crate::store) fn enrolled_lead() -> Lead {
    let metadata = [("", "null"), ("\0", "true"), ("plan", r#"{"seats": 1.0}"#)];
    let metadata = metadata.map(|(key, value)| {
        let value = RawValue::from_string(value.to_owned()).unwrap();
        (key.to_owned(), value)
    });
    let lead = lead();
    Lead {
        profile: Profile {
            last_name: Some("Doe".try_into().unwrap()),
            email: Some("jane@example.com".try_into().unwrap()),
            phone: Some("+56912345678".try_into().unwrap()),
            source: "website".try_into().unwrap(),
            company: Some("Example".try_into().unwrap()),
            title: Some("Head of Sales".try_into().unwrap()),
            metadata: metadata.into_iter().collect(),
            campaign_id: Some(id(CAMPAIGN)),
            updated_at: at(1),
            ..lead.profile
        },
        start: Some(start()),
        ..lead
    }
}

pub(in crate::store) fn receipt() -> Receipt {
    Receipt {
        fingerprint: "5f2b".to_owned(),
        rest: r#"{"warning":"late"}"#.to_owned(),
    }
}

/// A start without optional attributes, from before workflows had versions.
pub(in crate::store) fn pending_start() -> PendingStart {
    let mut start = Start {
        first_message: None,
        reason: None,
        actor: None,
        ..start()
    };
    start.workflow.version = 1;
    PendingStart::new(id(ACCOUNT), id(LEAD), start, at(1))
}

fn touchpoint(
    step_index: u16,
    channel: Channel,
    state: TouchpointState,
    reasons: &[Reason],
) -> Touchpoint {
    Touchpoint {
        step_index,
        channel,
        attempt: 1,
        max_attempts: 2,
        due_at: at(step_index.into()),
        offset: Offset::from_seconds(-10_800).unwrap(),
        state,
        reasons: reasons.to_vec(),
        message: None,
        was_claimed: false,
        outcome: None,
    }
}

/// A run that is claimed. Its touchpoints have all states, reasons, channels and outcomes.
pub(in crate::store) fn run() -> Run {
    let channels = Channel::ALL.into_iter().cycle();
    let states = TouchpointState::ALL.into_iter().cycle();
    let outcomes = Outcome::ALL.map(Some).into_iter().chain([None]);
    let touchpoints = (0..).zip(outcomes.zip(channels.zip(states)));
    let touchpoints = touchpoints.map(|(index, (outcome, (channel, state)))| {
        let reason = Reason::ALL.get(usize::from(index));
        Touchpoint {
            was_claimed: true,
            outcome,
            ..touchpoint(
                index,
                channel,
                state,
                reason.map_or(&[], std::slice::from_ref),
            )
        }
    });
    let mut touchpoints: Vec<_> = touchpoints.collect();
    touchpoints[0].message = Some(first_message());
    touchpoints.push(Touchpoint {
        was_claimed: true,
        ..touchpoint(14, Channel::Call, TouchpointState::Claimed, &[])
    });
    touchpoints.push(touchpoint(
        15,
        Channel::Sms,
        TouchpointState::Scheduled,
        &[Reason::WindowClosed, Reason::Late],
    ));
    Run {
        account_id: id(ACCOUNT),
        lead_id: id(LEAD),
        id: id(RUN),
        job_id: id(JOB),
        workflow: workflow().label(),
        current_status: status(),
        status: RunStatus::Running,
        cadence_state: CadenceState::Paused,
        human_takeover: true,
        paused_at: Some(at(2)),
        is_status_set: true,
        touchpoints,
        hand_over: Some(HandOver {
            index: 14,
            delivery: Delivery::Push,
            expires_at: at(15),
            tries: 3,
            lapses: 1,
            refusals: 1,
            is_open: true,
            claim: Some(Claim {
                owner: Owner([0, 1, 2, 3, 4, 251, 252, 253, 254, 255]),
                until: at(14) + SignedDuration::from_millis(60_005),
            }),
            wake_at: at(14),
            wake: WakeKind::Retry,
        }),
        awaited: None,
        held: None,
        created_at: at(0),
        revision: 4,
    }
}

/// A run that its paused workflow holds, with a pulled touchpoint and an outcome that is missing.
pub(in crate::store) fn held_run() -> Run {
    let mut dispatched = touchpoint(0, Channel::Whatsapp, TouchpointState::Dispatched, &[]);
    dispatched.was_claimed = true;
    let opened = touchpoint(1, Channel::Call, TouchpointState::Scheduled, &[]);
    Run {
        cadence_state: CadenceState::Active,
        human_takeover: false,
        paused_at: None,
        is_status_set: false,
        touchpoints: vec![dispatched, opened],
        hand_over: Some(HandOver {
            index: 1,
            delivery: Delivery::Pull,
            expires_at: at(2),
            tries: 0,
            lapses: 0,
            refusals: 0,
            is_open: false,
            claim: None,
            wake_at: at(2),
            wake: WakeKind::Expiry,
        }),
        awaited: Some(Awaited {
            due_at: at(1),
            tries: 2,
            expires_at: at(3),
        }),
        held: Some(Held {
            by: HeldBy::Workflow(id(WORKFLOW)),
            since: at(1) + SignedDuration::from_millis(5),
        }),
        revision: 0,
        ..run()
    }
}

/// A run that waits for its paused workflow.
pub(in crate::store) fn waiting_run() -> Run {
    Run {
        status: RunStatus::Queued,
        human_takeover: false,
        paused_at: None,
        is_status_set: false,
        touchpoints: Vec::new(),
        hand_over: None,
        revision: 0,
        ..run()
    }
}

/// The report of an outcome, with all details.
pub(in crate::store) fn report() -> Activity {
    let contact = Contact {
        channel: Channel::Call,
        run_id: Some(id(RUN)),
        index: Some(14),
        try_number: Some(2),
        outcome: Some(Outcome::Callback),
        details: ContactDetails {
            contacted_at: Some(at(14)),
            provider_id: Some("CA1".to_owned()),
            provider_code: Some("completed".to_owned()),
            from: Some("+56912345678".to_owned()),
            duration_s: Some(42),
            note: Some("asks for a call in the evening".to_owned()),
            callback_at: Some(at(15)),
        },
    };
    Activity {
        contact: Some(contact),
        ..Activity::new(ActivityKind::TouchpointOutcome, "call 1/2", at(14))
    }
}

/// A workflow that sets effects of outcomes.
pub(in crate::store) fn workflow_with_outcomes() -> Workflow {
    let effect = Effect {
        cadence: CadenceEffect::NextStep,
        status: Some("new".to_owned()),
        human_takeover: true,
    };
    let outcomes = [
        (Outcome::NoAnswer, effect),
        (Outcome::Answered, Effect::default()),
    ];
    Workflow {
        outcomes: Outcomes::new(outcomes.into()),
        ..workflow()
    }
}
