//! The values of the golden items.

mod addresses;
mod runs;

use std::{fmt::Debug, str::FromStr};

use domain::{
    account::Account,
    activity::{Activity, ActivityKind, Contact, ContactDetails, Sent},
    api_key::{ApiKeyHash, ApiKeyRecord},
    cadence::{
        Cadence, Channel, Day, FirstTouchpoint, Reason, Step, Touchpoint, TouchpointState, Window,
    },
    campaign::Campaign,
    destination::{Destination, Destinations, Rate, Recipient, WebhookSecrets},
    first_message::{FirstMessage, MessageParts},
    idempotency::Receipt,
    ids::ApiKeyId,
    lane::{Lane, Pause, PausedBy, Slow, TouchpointMark},
    lead::{Lead, Profile, Start},
    limit::Limit,
    outcome::{CadenceEffect, Effect, Outcome, Outcomes},
    run::{
        Awaited, CadenceState, Claim, Delivery, HandOver, Held, HeldBy, Owner, Receiver, Run,
        RunStatus, WakeKind,
    },
    time::time_zone,
    timing::Timing,
    webhook_secret::WebhookSecret,
    workflow::{GoalType, Status, Workflow},
};
use jiff::{SignedDuration, Timestamp, tz::Offset};
use serde_json::value::RawValue;

use crate::store::{Hold, HoldScope, PendingStart, ReleaseOrder};

pub(in crate::store) use self::{addresses::*, runs::*};

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

/// An operator's hold.
pub(in crate::store) fn hold() -> Hold {
    Hold {
        since: at(1),
        reason: Some("the dialer is down".to_owned()),
    }
}

/// The order to release the runs that the golden workflow has held.
pub(in crate::store) fn release() -> ReleaseOrder {
    ReleaseOrder {
        scope: HoldScope::Workflow(id(ACCOUNT), id(WORKFLOW)),
        id: id("019c0000-0000-7000-8000-000000000012"),
        empty_since: Some(at(2)),
    }
}

pub(in crate::store) fn destinations() -> Destinations {
    let destination = |name: &str, channels: &[Channel], rate| Destination {
        name: name.to_owned(),
        channels: channels.to_vec(),
        to: Recipient::Pull,
        rate,
        timing: Timing::default(),
    };
    let rate = Rate::new(5, Some(10)).unwrap();
    let list = vec![
        destination("dialer", &[Channel::Call], Some(rate)),
        destination("desk", &[Channel::Sms, Channel::Whatsapp], None),
    ];
    Destinations::new(list, 2).unwrap()
}

/// A webhook, and a destination from which callers pull.
pub(in crate::store) fn destinations_with_webhook() -> Destinations {
    let [dialer, desk] = destinations().list().to_vec().try_into().unwrap();
    let url = "https://dialer.example.com/leadgate".parse().unwrap();
    let dialer = Destination {
        to: Recipient::Webhook(url),
        ..dialer
    };
    Destinations::new(vec![dialer, desk], 2).unwrap()
}

/// A webhook and a destination from which callers pull, with times of their own.
pub(in crate::store) fn destinations_with_times() -> Destinations {
    let destinations = destinations_with_webhook();
    let [dialer, desk] = destinations.list().to_vec().try_into().unwrap();
    let dialer = Destination {
        timing: Timing {
            expires_after: "PT10M".parse().ok(),
            outcome_timeout: "PT90M".parse().ok(),
            min_gap: "PT0S".parse().ok(),
        },
        ..dialer
    };
    let desk = Destination {
        timing: Timing {
            expires_after: "P7D".parse().ok(),
            ..Timing::default()
        },
        ..desk
    };
    Destinations::new(vec![dialer, desk], 2).unwrap()
}

/// A lead whose run follows a call for another run.
pub(in crate::store) fn called_lead() -> Lead {
    let start = Start {
        last_call: Some(at(1)),
        min_gap: "PT3H".parse().ok(),
        ..start()
    };
    Lead {
        start: Some(start),
        ..lead()
    }
}

/// The secrets of a webhook during a rotation.
pub(in crate::store) fn webhook_secrets() -> WebhookSecrets {
    WebhookSecrets {
        current: WebhookSecret::new([2; 32]),
        previous: Some((WebhookSecret::new([1; 32]), at(3))),
        is_shown: true,
    }
}

/// A lane that is broken, paused, slow and about to be probed.
pub(in crate::store) fn lane() -> Lane {
    Lane {
        receiver: Receiver([1, 2, 3, 250, 251, 252]),
        paused: Some(Pause {
            since: at(1),
            by: PausedBy::Receiver,
        }),
        failed: vec![TouchpointMark(7), TouchpointMark(u32::MAX)],
        has_errors: true,
        coolings: 2,
        busy_since: Some(at(2) - SignedDuration::from_hours(1)),
        cooling_until: Some(at(2)),
        probe_until: Some(at(2) + SignedDuration::from_mins(1)),
        slow: Some(Slow {
            took: SignedDuration::from_millis(2_500),
            at: at(1),
        }),
        revision: 3,
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
        last_call: None,
        min_gap: None,
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
