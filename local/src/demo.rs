//! The demo account: one key, one workflow, one campaign and ten leads. It is the same on every
//! local stack, so that the README's curl and the files in events/ work on each. It is never
//! created on AWS.

use aws::{
    account_secret::AccountSecret,
    store::{Store, StoreError},
};
use domain::{
    account::Account,
    api_key::{ApiKey, ApiKeyError},
    cadence::{Cadence, Channel, IntervalError, Step, first_touchpoint},
    campaign::Campaign,
    country::CountryError,
    first_message::MessageParts,
    ids::IdError,
    lead::{Lead, Profile, Start},
    name::{Name, NameError},
    outcome::Outcomes,
    phone::{Phone, PhoneError},
    time::{TimeZoneError, time_zone, whole_second},
    workflow::{GoalType, Status, Workflow},
};
use jiff::Timestamp;
use serde_json::value::to_raw_value;
use thiserror::Error;

use crate::LocalError;

/// API key of the demo account. It is not secret, because it works on local stacks only.
pub const API_KEY: &str = "nxr_live_LeadgateDemoKeyForLocalStackOnly0m2QZI";
/// Id of [`API_KEY`].
pub const KEY_ID: &str = "019c0000-0000-7000-8000-000000000061";
/// Id of the demo workflow.
pub const WORKFLOW_ID: &str = "019c0000-0000-7000-8000-0000000000a1";
/// Id of the demo campaign.
pub const CAMPAIGN_ID: &str = "019c0000-0000-7000-8000-0000000000c1";

/// Secret of the demo account, so that the ids of its touchpoints are the same on every local stack.
const SECRET: [u8; 32] = *b"Leadgate demo secret, local only";
/// Id of the demo account.
pub const ACCOUNT_ID: &str = "019c0000-0000-7000-8000-000000000001";

/// Returns a command that sends a lead to the demo account of the API at `api_url`. The lead is the
/// example of Nexor's reference of create-lead.
pub fn curl(api_url: &str) -> String {
    format!(
        "curl -i {api_url}/api/public/leads \\\n  \
         -H 'X-API-Key: {API_KEY}' \\\n  \
         -H 'Content-Type: application/json' \\\n  \
         -d '{{\"first_name\": \"John\", \"last_name\": \"Doe\", \"phone\": \"+1234567890\",\n       \
         \"workflow_id\": \"{WORKFLOW_ID}\"}}'"
    )
}

/// Names of the demo leads. Their addresses and numbers are reserved for examples.
const LEADS: [(&str, &str); 10] = [
    ("Amara", "Okafor"),
    ("Bruno", "Silva"),
    ("Chiara", "Romano"),
    ("Deniz", "Yılmaz"),
    ("Elin", "Åberg"),
    ("Farid", "Haddad"),
    ("Grace", "Mwangi"),
    ("Hana", "山本"),
    ("Iñigo", "Etxeberria"),
    ("João", "d'Ávila"),
];

/// Texts of the demo workflow. `examples/sales-outreach.yaml` has the same.
const WHATSAPP: &str = "Hello {{ first_name }}, we tried to call you. When does it suit you?";
const EMAIL: &str = "Hello {{ first_name }}, when may we call {{ company | default(\"you\") }}?";
const SMS: &str = "{{ first_name }}, reply with a time, and we call you.";

/// Reason why the demo account is not created: an invalid constant of this module, or the store.
#[derive(Debug, Error)]
enum DemoError {
    #[error(transparent)]
    Country(#[from] CountryError),
    #[error(transparent)]
    Id(#[from] IdError),
    #[error(transparent)]
    Key(#[from] ApiKeyError),
    #[error(transparent)]
    Interval(#[from] IntervalError),
    #[error(transparent)]
    Name(#[from] NameError),
    #[error(transparent)]
    Phone(#[from] PhoneError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    TimeZone(#[from] TimeZoneError),
}

/// Creates the demo account if it does not exist. An existing account keeps all changes and
/// deletions.
pub(super) async fn seed(store: &Store, now: Timestamp) -> Result<(), LocalError> {
    create(store, now).await.map_err(|error| match error {
        DemoError::Store(error) => LocalError::Store(error),
        wrong => LocalError::Demo(wrong.to_string()),
    })
}

async fn create(store: &Store, now: Timestamp) -> Result<(), DemoError> {
    let now = whole_second(now);
    let account = Account {
        id: ACCOUNT_ID.parse()?,
        name: "Demo".to_owned(),
        default_country: Some("US".parse()?),
        limit: None,
        created_at: now,
    };
    if store.account(account.id).await?.is_some() {
        return Ok(());
    }
    let workflow = workflow(now)?;
    unless_exists(store.create_workflow(account.id, &workflow).await)?;
    let campaign = Campaign {
        id: CAMPAIGN_ID.parse()?,
        name: "Spring Launch".to_owned(),
        created_at: now,
    };
    unless_exists(store.create_campaign(account.id, &campaign).await)?;
    for (number, (first_name, last_name)) in (1..).zip(LEADS) {
        let lead = lead(
            &account, &workflow, &campaign, number, first_name, last_name, now,
        )?;
        unless_exists(store.create_lead(&lead, None).await.map(|_| ()))?;
    }
    let key: ApiKey = API_KEY.parse()?;
    let record = key.record(KEY_ID.parse()?, account.settings(None), "Demo", now);
    unless_exists(store.create_api_key(&key.hash(), &record).await)?;
    // The account is written last, so that an interrupted seeding is repeated.
    let secret = Some(AccountSecret(SECRET));
    unless_exists(store.create_account_with(&account, secret).await)?;
    Ok(())
}

fn unless_exists(created: Result<(), StoreError>) -> Result<(), StoreError> {
    match created {
        Err(error) if error.is_conflict() => Ok(()),
        created => created,
    }
}

fn workflow(created_at: Timestamp) -> Result<Workflow, DemoError> {
    let status = |id: &str, key: &str, label: &str, category: &str| {
        Ok::<_, DemoError>(Status {
            id: id.parse()?,
            key: key.to_owned(),
            label: label.to_owned(),
            category: category.to_owned(),
            is_initial: key == "new",
            is_terminal: matches!(key, "won" | "lost"),
        })
    };
    let text = |content: &str| MessageParts {
        content: Some(content.to_owned()),
        ..MessageParts::default()
    };
    let step = |channel, max_attempts, interval: &str, delay: &str, message| {
        Ok::<_, DemoError>(Step {
            channel,
            max_attempts,
            attempt_interval: interval.parse()?,
            delay: delay.parse()?,
            message,
        })
    };
    let email = MessageParts {
        subject: Some("Your request, {{ first_name }}".to_owned()),
        ..text(EMAIL)
    };
    Ok(Workflow {
        id: WORKFLOW_ID.parse()?,
        version: 1,
        name: "Sales Outreach".to_owned(),
        goal_type: GoalType::Appointment,
        is_paused: false,
        timezone: time_zone("America/Santiago")?,
        statuses: vec![
            status(
                "019c0000-0000-7000-8000-000000000051",
                "new",
                "New",
                "active",
            )?,
            status(
                "019c0000-0000-7000-8000-000000000055",
                "contacted",
                "Contacted",
                "active",
            )?,
            status(
                "019c0000-0000-7000-8000-000000000052",
                "engaged",
                "Engaged",
                "active",
            )?,
            status("019c0000-0000-7000-8000-000000000053", "won", "Won", "won")?,
            status(
                "019c0000-0000-7000-8000-000000000054",
                "lost",
                "Lost",
                "lost",
            )?,
        ],
        cadence: Cadence {
            windows: Vec::new(),
            gate_all_channels: false,
            steps: vec![
                step(Channel::Call, 3, "PT2H", "PT0S", None)?,
                step(Channel::Whatsapp, 1, "PT0S", "P1D", Some(text(WHATSAPP)))?,
                step(Channel::Email, 1, "PT0S", "P1D", Some(email))?,
                step(Channel::Call, 3, "P1D", "P2D", None)?,
                step(Channel::Sms, 1, "PT0S", "P3D", Some(text(SMS)))?,
            ],
        },
        outcomes: Outcomes::default(),
        created_at,
    })
}

fn lead(
    account: &Account,
    workflow: &Workflow,
    campaign: &Campaign,
    number: u8,
    first_name: &str,
    last_name: &str,
    now: Timestamp,
) -> Result<Lead, DemoError> {
    let profile = Profile {
        id: format!("019c0000-0000-7000-8000-0000000011{number:02}").parse()?,
        first_name: first_name.try_into()?,
        last_name: Some(last_name.try_into()?),
        email: format!("lead{number}@example.com").as_str().try_into().ok(),
        phone: Some(Phone::try_from(format!("+155501001{number:02}").as_str())?),
        source: Name::api(),
        company: None,
        title: None,
        metadata: to_raw_value("Example Inc.")
            .map(|company| ("company".to_owned(), company))
            .into_iter()
            .collect(),
        campaign_id: Some(campaign.id),
        created_at: now,
        updated_at: now,
    };
    let mut lead = Lead {
        account_id: account.id,
        profile,
        start: None,
    };
    let first = first_touchpoint(&workflow.cadence.steps, lead.reachability(), None);
    if let (Some(first), Some(status)) = (first, workflow.initial_status()) {
        lead.start = Some(Start {
            run_id: format!("019c0000-0000-7000-8000-0000000012{number:02}").parse()?,
            job_id: format!("019c0000-0000-7000-8000-0000000013{number:02}").parse()?,
            workflow: workflow.label(),
            status: status.clone(),
            first,
            first_message: None,
            enrolled_at: now,
            last_call: None,
            min_gap: None,
            reason: None,
            actor: None,
        });
    }
    Ok(lead)
}
