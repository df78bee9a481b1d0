//! Request bodies. The handlers read them field by field, so no type of theirs describes them. Keywords of JSON
//! Schema beyond the type are in `openapi/rules.rs`.

#![expect(
    dead_code,
    clippy::large_enum_variant,
    reason = "these types are never made: they describe what is read by hand"
)]

use std::collections::HashMap;

use super::domain_types::{
    AllChannels, CampaignId, Channel, EventWord, LeadId, OutcomeWord, SuppressionReason,
    TouchpointId, WorkflowId,
};
use serde::Serialize;
use utoipa::ToSchema;

/// A text of 1 to 200 characters, of which one is visible. Leadgate trims it and composes its
/// accents (NFC). Control characters are refused.
#[derive(Serialize, ToSchema)]
#[schema(example = "John")]
pub struct Text(String);

/// An e-mail address of at most 254 characters (RFC 5321 or 6531), kept in lower case. Letters of
/// all scripts are accepted. After IDNA, its domain has only letters, digits, hyphens and dots.
#[derive(Serialize, ToSchema)]
#[schema(example = "john@example.com")]
pub struct Email(String);

/// A phone number with its country code, such as `+1234567890`, kept as E.164. If the account has a
/// `default_country`, a number of that country needs no country code. Other notations are accepted
/// too: brackets, `(0)`, `tel:`, `00` for the `+`, an extension (kept as
/// `metadata.phone_extension`), and digits of any script.
#[derive(Serialize, ToSchema)]
#[schema(example = "+1234567890")]
pub struct Phone(String);

/// A text of at most 1,000 characters, shown in the history.
#[derive(Serialize, ToSchema)]
pub struct Note(Option<String>);

/// A text of at most 4,096 characters.
#[derive(Serialize, ToSchema)]
pub struct MessageText(Option<String>);

/// `null` and text that shows nothing mean "not given", because web forms send them.
#[derive(Serialize, ToSchema)]
pub struct NotGiven(Option<String>);

/// Any JSON, nested at most 8 deep. A number has at most 38 significant digits and lies between 1E-130 and
/// 1E+126, or is 0. The store keeps such numbers exactly. Send others as strings.
#[derive(Serialize, ToSchema)]
pub struct MetadataValue(serde_json::Value);

/// One lead, or an array of 1 to 1,000 leads.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub enum NewLeads {
    One(NewLead),
    Many(NewLeadArray),
}

#[derive(Serialize, ToSchema)]
pub struct NewLeadArray(Vec<NewLead>);

/// The fields of a lead. A key that is not in this list goes into `metadata`, unless `metadata` has
/// the same key. A lead has at most 64 KiB.
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
    /// The workflow that the lead enters. If the account does not have it, the lead is created with a
    /// `warning`.
    workflow_id: Option<WorkflowId>,
    /// The campaign that tags the lead. If the account does not have it, the lead is created with a
    /// `warning`.
    campaign_id: Option<CampaignId>,
    #[schema(required = false)]
    force_first_message: FirstMessage,
    #[serde(flatten)]
    extra: HashMap<String, MetadataValue>,
}

/// Your own data about the lead, under any keys. `null` and `""` mean none.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({"company": "Acme"}))]
pub struct GivenMetadata(HashMap<String, MetadataValue>);

/// A message that replaces the first touchpoint's own. Needs `workflow_id`. The channel defaults to the
/// workflow's first one, and must be able to reach the lead. A call takes `begin_message` or `content`; WhatsApp
/// `content`, or `template_id` with optional `components`; e-mail `content` or `html`, with optional `subject`; SMS
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

/// The fields to change. `null` and blank text remove a field that may be removed.
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

/// Merged into the metadata at its first level; a key with the value `null` is removed. At most 100 keys.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({"company": "Acme", "age": null}))]
pub struct ChangedMetadata(HashMap<String, MetadataValue>);

#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Assignment {
    workflow_id: WorkflowId,
    #[schema(required = false)]
    reason: Note,
    /// The person or system that asks for it, shown in the history.
    #[schema(required = false)]
    actor_id: Note,
}

#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StatusChange {
    /// The key of a status of the lead's workflow.
    #[schema(format = "status-key", example = "won")]
    status_key: String,
    #[schema(required = false)]
    reason: Note,
    /// Changes the status only if the lead is in this workflow.
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
    /// Whether the cadence is resumed as well.
    #[schema(required = false, default = false)]
    resume_cadence: Flag,
}

/// The result of a contact.
#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"outcome": "no_answer", "at": "2026-02-10T12:00:00Z", "provider_id": "CA123"}))]
pub struct OutcomeReport {
    outcome: OutcomeWord,
    #[serde(flatten)]
    details: OutcomeDetails,
}

/// The result of a contact, with the id of its touchpoint.
#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OutcomeOfTouchpoint {
    id: TouchpointId,
    outcome: OutcomeWord,
    #[serde(flatten)]
    details: OutcomeDetails,
}

/// 1 to 100 outcomes.
#[derive(Serialize, ToSchema)]
#[schema(example = json!([{
    "id": "tp_04wNgsxUkf1gx7rEpRJ2c9PuCEgkOevg6iPv6kNvmLUmfBzbS4vMjPCukK9fjY0deaeTD7ZZjOHbKMvWF", "outcome": "no_answer",
}]))]
pub struct OutcomeReports(Vec<OutcomeOfTouchpoint>);

#[derive(Serialize, ToSchema)]
struct OutcomeDetails {
    /// The time of the contact.
    at: Option<Instant>,
    /// The id of the contact at the provider, of at most 200 characters.
    #[schema(required = false)]
    provider_id: ShortText,
    /// The provider's own word for the outcome, of at most 200 characters.
    #[schema(required = false)]
    provider_code: ShortText,
    /// The number or the address from which the contact was made, of at most 200 characters.
    #[schema(required = false)]
    from: ShortText,
    /// The length of the call in seconds.
    duration_s: Option<u32>,
    #[schema(required = false)]
    note: Note,
    /// The time at which the person wants a call, at most 90 days ahead. `callback` needs it.
    callback_at: Option<Instant>,
}

/// A text of at most 200 characters.
#[derive(Serialize, ToSchema)]
pub struct ShortText(Option<String>);

/// The touchpoints that a caller wants.
#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"channels": ["call"], "limit": 1, "lease": "PT5M"}))]
pub struct ClaimBody {
    /// The channels of the touchpoints; the default is all.
    channels: Option<Vec<Channel>>,
    /// The maximum number of touchpoints.
    #[schema(minimum = 1, maximum = 25, default = 1)]
    limit: Option<u32>,
    #[schema(required = false)]
    lease: LeaseLength,
    /// The lead whose touchpoint is wanted; the default is any lead.
    lead_id: Option<LeadId>,
}

/// The time for which the caller has a touchpoint: PT30S to PT1H, by default PT5M.
#[derive(Serialize, ToSchema)]
#[schema(example = "PT5M")]
pub struct LeaseLength(Option<String>);

/// A longer lease of a touchpoint.
#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"token": "q83vEjRWeJCrzw", "lease": "PT5M"}))]
pub struct ExtendBody {
    /// The token of the lease.
    token: String,
    #[schema(required = false)]
    lease: LeaseLength,
}

/// A touchpoint that goes back.
#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"token": "q83vEjRWeJCrzw", "reason": "Shift ends"}))]
pub struct ReleaseBody {
    /// The token of the lease.
    token: String,
    #[schema(required = false)]
    reason: Note,
}

/// A contact outside of a touchpoint.
#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"type": "replied", "channel": "sms", "note": "Asks for a quote"}))]
pub struct LeadEvent {
    r#type: EventWord,
    channel: Channel,
    /// The time of the contact.
    at: Option<Instant>,
    #[schema(required = false)]
    note: Note,
    /// The time at which the person wants a call, at most 90 days ahead. `callback` needs it.
    callback_at: Option<Instant>,
}

/// One suppression, or an array of 1 to 1,000.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub enum NewSuppressions {
    One(NewSuppression),
    Many(NewSuppressionArray),
}

#[derive(Serialize, ToSchema)]
pub struct NewSuppressionArray(Vec<NewSuppression>);

/// An address that must not be contacted: either `phone` or `email`.
#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"phone": "+1234567890", "channels": ["call"], "reason": "opted_out"}))]
pub struct NewSuppression {
    phone: Option<Phone>,
    email: Option<Email>,
    /// The channels on which the address must not be contacted. The default is `all`. A phone number has `call`,
    /// `whatsapp` and `sms`, and an e-mail address has `email`.
    channels: Option<GivenChannels>,
    reason: SuppressionReason,
    /// A text of at most 200 characters. It outlives the erasure of a lead, so it must not name a person.
    #[schema(required = false)]
    note: ShortText,
}

/// `all`, or a list of channels.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub enum GivenChannels {
    All(AllChannels),
    Some(Vec<Channel>),
}

/// The reason of a removal.
#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "reason": "Signed up again", "consent": {"at": "2026-02-10T12:00:00Z", "source": "Newsletter form"},
}))]
pub struct SuppressionRemoval {
    /// A text of 1 to 200 characters.
    #[schema(min_length = 1, max_length = 200, example = "Signed up again")]
    reason: String,
    /// The person or system that asks for it, of at most 200 characters.
    #[schema(required = false)]
    actor: ShortText,
    /// The person's new consent. A suppression that is `opted_out` or `complained` needs it.
    consent: Option<GivenConsent>,
}

/// The time and the source of a consent.
#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GivenConsent {
    at: Instant,
    /// The place where the consent was given, such as a form, of at most 200 characters.
    #[schema(min_length = 1, max_length = 200, example = "Newsletter form")]
    source: String,
}

/// The lead and the time of the preview.
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
    /// The time of the enrolment; the default is now.
    at: Option<Instant>,
    /// An IANA time zone that replaces the workflow's.
    timezone: Option<TimeZoneName>,
}

/// `null` and `""` mean "not given".
#[derive(Serialize, ToSchema)]
pub struct Flag(Option<bool>);

#[derive(Serialize, ToSchema)]
#[schema(format = DateTime, example = "2026-02-10T12:00:00Z")]
pub struct Instant(String);

#[derive(Serialize, ToSchema)]
#[schema(format = "timezone", example = "America/Santiago")]
pub struct TimeZoneName(String);
