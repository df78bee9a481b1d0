//! A campaign: a tag that a lead can carry.

use jiff::Timestamp;

use super::ids::CampaignId;

/// A campaign of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Campaign {
    /// Its id.
    pub id: CampaignId,
    /// Its display name.
    pub name: String,
    /// When it was created.
    pub created_at: Timestamp,
}
