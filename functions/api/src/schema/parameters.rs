//! Parameters of queries and headers. The handlers read them one by one, so these types only describe.

#![expect(
    dead_code,
    reason = "these types are never made: they describe what is read by hand"
)]

use super::domain_types::{CampaignId, Channel, LeadId, WorkflowId};
use utoipa::IntoParams;

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PageParams {
    /// Maximum number of items.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u16>,
    /// `pagination.next_cursor` of the page before.
    #[param(format = "cursor")]
    cursor: Option<String>,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub struct LeadParams {
    /// Only leads of this campaign.
    campaign_id: Option<CampaignId>,
    /// Only leads that were enrolled in this workflow.
    workflow_id: Option<WorkflowId>,
    /// Only leads that were created at or after this time, such as `2026-02-10T12:00:00Z`.
    #[param(format = DateTime)]
    created_after: Option<String>,
    /// Only leads that were created before this time, such as `2026-02-11T12:00:00Z`.
    #[param(format = DateTime)]
    created_before: Option<String>,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub struct TouchpointParams {
    /// `due`: touchpoints that you can claim now. `claimed`: touchpoints that a caller has. `unconfirmed` and
    /// `failed`: touchpoints that need a person. All other states need `lead_id`.
    #[param(format = "listed-state", example = "due")]
    state: Option<String>,
    /// Only touchpoints of this channel.
    channel: Option<Channel>,
    /// Only touchpoints of this lead, in any state. Without it, `state` is required.
    lead_id: Option<LeadId>,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub struct AddressParams {
    /// A phone number; a `+` is written as `%2B`. Either `phone` or `email` is required.
    #[param(example = "+1234567890")]
    phone: Option<String>,
    /// An e-mail address.
    #[param(example = "john@example.com")]
    email: Option<String>,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub struct RunParams {
    /// Only the run of this workflow counts.
    workflow_id: Option<WorkflowId>,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
pub struct IdempotencyParams {
    /// The client's own name for the request, such as `order-17`, kept for 24 hours or longer. A repeated
    /// request with the same key gets the first reply and changes nothing.
    #[param(
        nullable = false,
        rename = "Idempotency-Key",
        min_length = 1,
        max_length = 255,
        pattern = "^[!-~]+$"
    )]
    idempotency_key: Option<String>,
}
