//! The body of a claim.

use domain::{channel::Channel, ids::LeadId};
use jiff::SignedDuration;

use crate::{
    http::{error::ApiError, reader::Reader},
    touchpoints::lease::read_lease,
};

const FIELDS: [&str; 4] = ["channels", "limit", "lease", "lead_id"];
/// Maximum number of touchpoints of one claim.
const MOST: u32 = 25;

/// A claim, as the client asks for it.
pub struct ClaimRequest {
    pub channels: Vec<Channel>,
    pub limit: usize,
    pub lease: SignedDuration,
    /// Lead whose touchpoint is wanted. `None` for any lead.
    pub lead_id: Option<LeadId>,
}

impl ClaimRequest {
    /// Reads the body. Without `channels`, the claim is for all.
    ///
    /// # Errors
    /// [`ApiError::Validation`] and the errors of [`Reader::of_object`].
    pub fn read(body: &[u8]) -> Result<Self, ApiError> {
        let mut reader = Reader::of_object(body)?;
        let channels = reader.channels("channels");
        let limit = reader.count("limit");
        if limit.is_some_and(|limit| !(1..=MOST).contains(&limit)) {
            let what = format!("must be a whole number from 1 to {MOST}");
            reader.problem("limit", what);
        }
        let lease = read_lease(&mut reader);
        let lead_id = reader.id("lead_id");
        reader.finish(&FIELDS)?;
        Ok(Self {
            channels: channels.unwrap_or(Channel::ALL.to_vec()),
            limit: usize::try_from(limit.unwrap_or(1)).unwrap_or(1),
            lease,
            lead_id,
        })
    }
}
