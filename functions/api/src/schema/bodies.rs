//! What bodies may hold, where no type of the handlers' says so: their readers take the fields one by one, and a result
//! of many is put together as text. What JSON Schema says of a text beyond its type is in `rules`.

#![expect(
    dead_code,
    clippy::large_enum_variant,
    reason = "these types are never made: they describe what is read by hand"
)]

use std::collections::HashMap;

use super::types::{CampaignId, Channel, WorkflowId};
use serde::Serialize;
use utoipa::ToSchema;

/// A name of 1 to 200 characters once it is trimmed and composed (NFC), without control characters.
#[derive(Serialize, ToSchema)]
#[schema(example = "John")]
pub struct Text(String);

/// An address of RFC 5321 or 6531, at most 254 characters. It is kept in lower case.
#[derive(Serialize, ToSchema)]
#[schema(example = "john@example.com")]
pub struct Email(String);

/// A number with its country, kept as E.164. Also taken, and too many to write down here: brackets, `(0)`,
/// `tel:`, `00` for the `+`, an extension (kept as `metadata.phone_extension`), digits of any script; and,
/// if the account has a `default_country`, a number of that country without its prefix.
#[derive(Serialize, ToSchema)]
#[schema(example = "+1234567890")]
pub struct Phone(String);

/// Words of at most 1,000 characters for whoever reads the history.
#[derive(Serialize, ToSchema)]
pub struct Note(Option<String>);

/// A text of at most 4,096 characters.
#[derive(Serialize, ToSchema)]
pub struct MessageText(Option<String>);

/// Text that is blank, and `null`, mean that a field is not given: web forms send them.
#[derive(Serialize, ToSchema)]
pub struct NotGiven(Option<String>);

/// Any JSON, nested at most 8 deep. A number has at most 38 significant digits and lies between 1E-130 and
/// 1E+126, or is 0: what the store keeps exactly. Send others as strings.
#[derive(Serialize, ToSchema)]
pub struct MetadataValue(serde_json::Value);

/// One lead, or 1 to 1,000 of them.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub enum NewLeads {
    One(NewLead),
    Many(NewLeadArray),
}

#[derive(Serialize, ToSchema)]
pub struct NewLeadArray(Vec<NewLead>);

/// A lead. Every other key goes into `metadata`, unless that has the same key. At most 64 KiB.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "first_name": "John", "last_name": "Doe", "email": "john@example.com", "phone": "+1234567890", "age": 35,
    "metadata": {"company": "Acme"},
    "workflow_id": "019c0000-0000-7000-8000-0000000000a1", "campaign_id": "019c0000-0000-7000-8000-0000000000c1",
}))]
pub struct NewLead {
    first_name: Text,
    last_name: Option<Text>,
    email: Option<Email>,
    phone: Option<Phone>,
    #[schema(required = false)]
    metadata: GivenMetadata,
    /// Enrols the lead. If the account does not know it, the lead is created, and `warning` says so.
    workflow_id: Option<WorkflowId>,
    /// Tags the lead. If the account does not know it, the lead is created, and `warning` says so.
    campaign_id: Option<CampaignId>,
    #[schema(required = false)]
    force_first_message: FirstMessage,
    #[serde(flatten)]
    extra: HashMap<String, MetadataValue>,
}

/// Any keys. `null` and `""` mean none.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({"company": "Acme"}))]
pub struct GivenMetadata(HashMap<String, MetadataValue>);

/// What is said instead of the cadence's first touchpoint. Needs `workflow_id`. The channel defaults to the
/// workflow's first, and must be able to reach the lead. A call takes `begin_message` or `content`; WhatsApp
/// `content`, or `template_id` and maybe `components`; e-mail `content` or `html`, and maybe `subject`; SMS
/// `content`.
#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"channel": "whatsapp", "content": "Hello, when does a call suit you?"}))]
pub struct FirstMessage {
    channel: Option<Channel>,
    #[schema(required = false)]
    content: MessageText,
    #[schema(required = false)]
    begin_message: MessageText,
    #[schema(required = false)]
    subject: MessageText,
    html: Option<String>,
    #[schema(required = false)]
    template_id: MessageText,
    components: Option<Vec<MetadataValue>>,
}

/// What to change. Where a field may be removed, `null` and blank text remove it.
#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(min_properties = 1, example = json!({"email": "john@example.com", "company": null, "metadata": {"age": 36}}))]
pub struct LeadChange {
    #[schema(required = false)]
    first_name: Text,
    last_name: Option<Text>,
    email: Option<Email>,
    phone: Option<Phone>,
    company: Option<Text>,
    title: Option<Text>,
    #[schema(required = false)]
    source: Text,
    campaign_id: Option<CampaignId>,
    #[schema(required = false)]
    metadata: ChangedMetadata,
}

/// Merged into what is there at its first level; a key whose value is `null` is removed. At most 100 keys.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({"company": "Acme", "age": null}))]
pub struct ChangedMetadata(HashMap<String, MetadataValue>);

#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Assignment {
    workflow_id: WorkflowId,
    #[schema(required = false)]
    reason: Note,
    /// Who asks for it; shown in the history.
    #[schema(required = false)]
    actor_id: Note,
}

#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StatusChange {
    /// The key of one of the statuses of the workflow that the lead is in.
    #[schema(format = "status-key", example = "won")]
    status_key: String,
    #[schema(required = false)]
    reason: Note,
    /// Only if the lead is in this workflow.
    workflow_id: Option<WorkflowId>,
}

#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AutomationStop {
    workflow_id: WorkflowId,
}

#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AutomationResume {
    workflow_id: WorkflowId,
    /// Whether the cadence goes on as well.
    #[schema(required = false, default = false)]
    resume_cadence: Flag,
}

/// For whom, and from when.
#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"phone": true, "email": false, "at": "2026-02-10T12:00:00Z"}))]
pub struct PreviewRequest {
    /// Whether the lead has a phone number.
    #[schema(required = false, default = true)]
    phone: Flag,
    /// Whether the lead has an e-mail address.
    #[schema(required = false, default = true)]
    email: Flag,
    /// The enrolment; by default now.
    at: Option<Instant>,
    /// A time zone of the IANA database instead of the workflow's.
    timezone: Option<TimeZoneName>,
}

/// `null` and `""` mean that it is not given.
#[derive(Serialize, ToSchema)]
pub struct Flag(Option<bool>);

#[derive(Serialize, ToSchema)]
#[schema(format = DateTime, example = "2026-02-10T12:00:00Z")]
pub struct Instant(String);

#[derive(Serialize, ToSchema)]
#[schema(format = "timezone", example = "America/Santiago")]
pub struct TimeZoneName(String);
