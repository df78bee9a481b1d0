//! Descriptions of types of the crate `domain`, which has no schemas of its own. A field of a reply names one in
//! `#[schema(value_type = ...)]`.

use domain::{activity, cadence, outcome, run, suppression, workflow};
use serde::Serialize;
use utoipa::ToSchema;

/// Describes an id. The examples are the ids of the local stack's demo account.
macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $example:literal) => {
        $(#[$doc])*
        #[derive(Serialize, ToSchema)]
        #[schema(value_type = String, format = "uuid", example = $example)]
        pub struct $name(String);
    };
}

/// Describes an enum of the crate `domain`. The compiler refuses a missing value, and a test compares the
/// texts.
macro_rules! values {
    ($(#[$doc:meta])* $name:ident, $domain:ty: $($value:ident = $text:tt,)+) => {
        $(#[$doc])*
        #[derive(Serialize, ToSchema)]
        pub enum $name {
            $(#[serde(rename = $text)] $value,)+
        }

        impl From<$domain> for $name {
            fn from(value: $domain) -> Self {
                match value {
                    $(<$domain>::$value => Self::$value,)+
                }
            }
        }

        #[cfg(test)]
        impl $name {
            fn check() {
                $(assert_eq!(serde_json::json!(<$domain>::$value), $text);)+
            }
        }
    };
}

id! {
    /// A lead.
    LeadId, "019c0000-0000-7000-8000-000000001101"
}
id! {
    /// One enrolment of a lead in a workflow.
    RunId, "019c0000-0000-7000-8000-000000001201"
}
id! {
    /// The order to start a run, as the client sees it.
    JobId, "019c0000-0000-7000-8000-000000001301"
}
id! {
    /// A workflow.
    WorkflowId, "019c0000-0000-7000-8000-0000000000a1"
}
id! {
    /// A campaign.
    CampaignId, "019c0000-0000-7000-8000-0000000000c1"
}
id! {
    /// A status of a workflow.
    StatusId, "019c0000-0000-7000-8000-000000000053"
}

/// A touchpoint. The id is opaque and never changes.
#[derive(Serialize, ToSchema)]
#[schema(value_type = String, pattern = "^tp_[0-9A-Za-z]{81}$", example = "tp_04wNgsxUkf1gx7rEpRJ2c9PuCEgkOevg6iPv6kNvmLUmfBzbS4vMjPCukK9fjY0deaeTD7ZZjOHbKMvWF")]
pub struct TouchpointId(String);

/// A suppression. The id stands for the address without showing it.
#[derive(Serialize, ToSchema)]
#[schema(value_type = String, pattern = "^sup_[0-9A-Za-z]{23}$", example = "sup_0B96l7gA770SM0WzBBmANR5")]
pub struct SuppressionId(String);

/// All channels of the address, also those of later versions.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[expect(dead_code, reason = "it only describes")]
pub enum AllChannels {
    All,
}

/// The kind of an address.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[expect(dead_code, reason = "it only describes")]
pub enum AddressKind {
    Phone,
    Email,
}

/// The result of a contact, or `deferred`.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[expect(dead_code, reason = "it only describes")]
pub enum OutcomeWord {
    Answered,
    Replied,
    Voicemail,
    NoAnswer,
    Busy,
    Failed,
    Delivered,
    Bounced,
    Invalid,
    OptedOut,
    Complained,
    Callback,
    /// The contact could not be made yet. The touchpoint goes back.
    Deferred,
}

/// The result of a contact outside of a touchpoint.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[expect(dead_code, reason = "it only describes")]
pub enum EventWord {
    Answered,
    Replied,
    Voicemail,
    NoAnswer,
    Busy,
    Failed,
    Bounced,
    Invalid,
    OptedOut,
    Complained,
    Callback,
}

values! {
    /// How a touchpoint reaches the lead.
    Channel, cadence::Channel:
    Call = "call",
    Whatsapp = "whatsapp",
    Email = "email",
    Sms = "sms",
}
values! {
    /// The state of a touchpoint.
    TouchpointState, cadence::TouchpointState:
    Scheduled = "scheduled",
    Claimed = "claimed",
    Dispatched = "dispatched",
    Unconfirmed = "unconfirmed",
    Done = "done",
    Failed = "failed",
    Skipped = "skipped",
    Cancelled = "cancelled",
    Expired = "expired",
}
values! {
    /// The reason why a touchpoint differs from its step.
    Reason, cadence::Reason:
    WindowClosed = "window.closed",
    WeekdayClosed = "weekday.closed",
    ClockGap = "clock.gap",
    NoPhone = "no_phone",
    NoEmail = "no_email",
    ForcedFirstMessage = "forced_first_message",
    Late = "late",
    Callback = "callback",
    NextStep = "next_step",
    AddressInvalid = "address_invalid",
    Suppressed = "suppressed",
    MinGap = "min_gap",
    Template = "template",
}
values! {
    /// The result of a contact.
    #[expect(clippy::enum_variant_names, reason = "the name is the domain's")]
    Outcome, outcome::Outcome:
    Answered = "answered",
    Replied = "replied",
    Voicemail = "voicemail",
    NoAnswer = "no_answer",
    Busy = "busy",
    Failed = "failed",
    Delivered = "delivered",
    Bounced = "bounced",
    Invalid = "invalid",
    OptedOut = "opted_out",
    Complained = "complained",
    Callback = "callback",
    NoOutcome = "no_outcome",
}
values! {
    /// The reason of a suppression.
    SuppressionReason, suppression::SuppressionReason:
    OptedOut = "opted_out",
    Complained = "complained",
    Invalid = "invalid",
    Legal = "legal",
    Manual = "manual",
}
values! {
    /// The effect of an outcome on the cadence.
    CadenceEffect, outcome::CadenceEffect:
    Continue = "continue",
    NextStep = "next_step",
    Complete = "complete",
    Cancel = "cancel",
}
values! {
    /// The progress of a run.
    RunStatus, run::RunStatus:
    Queued = "queued",
    Running = "running",
    Completed = "completed",
    Stopped = "stopped",
    Failed = "failed",
}
values! {
    /// The state of the cadence of a run.
    CadenceState, run::CadenceState:
    Pending = "pending",
    Active = "active",
    Paused = "paused",
    Completed = "completed",
    Cancelled = "cancelled",
}
values! {
    /// The goal of a workflow.
    GoalType, workflow::GoalType:
    Appointment = "appointment",
    Sale = "sale",
    Qualification = "qualification",
    Information = "information",
    PaymentLink = "payment_link",
    Support = "support",
    Custom = "custom",
    Quote = "quote",
    DocumentCollection = "document_collection",
}
values! {
    /// The kind of an entry in the history.
    ActivityKind, activity::ActivityKind:
    LeadCreated = "lead_created",
    WorkflowAssigned = "workflow_assigned",
    StatusChanged = "status_changed",
    AutomationStopped = "automation_stopped",
    AutomationResumed = "automation_resumed",
    TouchpointClaimed = "touchpoint_claimed",
    TouchpointSent = "touchpoint_sent",
    TouchpointLapsed = "touchpoint_lapsed",
    TouchpointReleased = "touchpoint_released",
    TouchpointEnded = "touchpoint_ended",
    TouchpointOutcome = "touchpoint_outcome",
    ContactReported = "contact_reported",
}
values! {
    /// A day of the week.
    Day, cadence::Day:
    Mon = "mon",
    Tue = "tue",
    Wed = "wed",
    Thu = "thu",
    Fri = "fri",
    Sat = "sat",
    Sun = "sun",
}

#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WindowParts {
    days: Vec<Day>,
    #[schema(example = "09:00")]
    start: String,
    #[schema(example = "18:00")]
    end: String,
}

/// Hours on some days of the week, from `start` until just before `end`. If `end` is before `start`, the window
/// goes on past midnight into the next day.
#[derive(Serialize, ToSchema)]
pub struct Window(WindowParts);

#[derive(Serialize, ToSchema)]
#[schema(value_type = HashMap<String, Value>, description = "Any keys, with the values that were sent.", example = json!({"company": "Acme"}))]
pub struct Metadata(String);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_described_values_are_those_of_the_replies() {
        Channel::check();
        TouchpointState::check();
        Reason::check();
        Outcome::check();
        SuppressionReason::check();
        CadenceEffect::check();
        RunStatus::check();
        CadenceState::check();
        GoalType::check();
        ActivityKind::check();
        Day::check();
    }
}
