//! Types of the crate `domain` in the description. They are never made: a field of a reply names one of
//! them in `#[schema(value_type = ...)]`. The crate itself has no word about schemas.

use domain::{activity, cadence, run, workflow};
use serde::Serialize;
use utoipa::ToSchema;

/// A UUID. The examples are the ids of the local stack's demo account.
macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $example:literal) => {
        $(#[$doc])*
        #[derive(Serialize, ToSchema)]
        #[schema(value_type = String, format = "uuid", example = $example)]
        pub struct $name(String);
    };
}

/// The same values as an enum of the crate `domain`. The compiler refuses a value that is missing here,
/// and a test compares the texts.
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

values! {
    /// How a touchpoint reaches the lead.
    Channel, cadence::Channel:
    Call = "call",
    Whatsapp = "whatsapp",
    Email = "email",
    Sms = "sms",
}
values! {
    /// What becomes of a touchpoint.
    TouchpointState, cadence::TouchpointState:
    Scheduled = "scheduled",
    Skipped = "skipped",
    Cancelled = "cancelled",
    Dispatched = "dispatched",
    Done = "done",
    Failed = "failed",
}
values! {
    /// Why a touchpoint is not as its step says.
    Reason, cadence::Reason:
    WindowClosed = "window.closed",
    WeekdayClosed = "weekday.closed",
    ClockGap = "clock.gap",
    NoPhone = "no_phone",
    NoEmail = "no_email",
    ForcedFirstMessage = "forced_first_message",
}
values! {
    /// How far a run is.
    RunStatus, run::RunStatus:
    Queued = "queued",
    Running = "running",
    Completed = "completed",
    Stopped = "stopped",
    Failed = "failed",
}
values! {
    /// What the cadence of a run does.
    CadenceState, run::CadenceState:
    Pending = "pending",
    Active = "active",
    Paused = "paused",
    Completed = "completed",
    Cancelled = "cancelled",
}
values! {
    /// What a workflow is meant to reach.
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
    /// What can happen to a lead.
    ActivityKind, activity::ActivityKind:
    LeadCreated = "lead_created",
    WorkflowAssigned = "workflow_assigned",
    StatusChanged = "status_changed",
    AutomationStopped = "automation_stopped",
    AutomationResumed = "automation_resumed",
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

/// Some hours on some days, from `start` up to and without `end`. One whose end is before its start
/// goes on past midnight, into the day after each of its days.
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
        RunStatus::check();
        CadenceState::check();
        GoalType::check();
        ActivityKind::check();
        Day::check();
    }
}
