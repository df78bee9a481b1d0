use jiff::Timestamp;

use super::ids::CampaignId;

/// A tag that a lead can carry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Campaign {
    pub id: CampaignId,
    /// Display name.
    pub name: String,
    pub created_at: Timestamp,
}
