//! Suppressions in replies.

use domain::{
    address::AddressHash,
    suppression::{Consent, Ended, Removal, Suppression, SuppressionReason},
};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::paging::Pagination;
#[cfg(feature = "description")]
use crate::schema::domain_types;

/// The reply to a new suppression.
#[derive(Serialize, ToSchema)]
pub struct SuppressedReply<'a> {
    pub success: bool,
    pub suppression: SuppressionOut<'a>,
    /// The number of runs that were stopped. Always 0: touchpoints are skipped when they come due.
    #[schema(example = 0)]
    pub runs_stopped: u32,
}

/// A suppression. Nothing in it shows the address.
#[derive(Serialize, ToSchema)]
#[schema(as = Suppression)]
pub struct SuppressionOut<'a> {
    #[schema(value_type = domain_types::SuppressionId)]
    id: String,
    /// The kind of the address: `phone` or `email`.
    #[schema(value_type = domain_types::AddressKind)]
    kind: &'static str,
    channels: ChannelsOut,
    #[schema(value_type = domain_types::SuppressionReason)]
    reason: SuppressionReason,
    #[schema(required, example = "Asked on the phone")]
    note: Option<&'a str>,
    created_at: Timestamp,
}

/// `all`, or the channels of the address.
#[derive(Serialize, ToSchema)]
#[schema(as = SuppressedChannels)]
#[serde(untagged)]
pub enum ChannelsOut {
    #[schema(value_type = domain_types::AllChannels)]
    All(&'static str),
    #[schema(value_type = Vec<domain_types::Channel>)]
    Some(Vec<&'static str>),
}

/// A suppression that was removed.
#[derive(Serialize, ToSchema)]
#[schema(as = EndedSuppression)]
pub struct EndedOut<'a> {
    suppression: SuppressionOut<'a>,
    removal: RemovalOut<'a>,
}

/// The removal of a suppression.
#[derive(Serialize, ToSchema)]
#[schema(as = Removal)]
struct RemovalOut<'a> {
    at: Timestamp,
    #[schema(example = "Signed up again")]
    reason: &'a str,
    /// The person or system that has removed it.
    #[schema(required, example = "Alice")]
    actor: Option<&'a str>,
    #[schema(required)]
    consent: Option<ConsentOut<'a>>,
}

/// The consent of the person to be contacted again.
#[derive(Serialize, ToSchema)]
#[schema(as = Consent)]
struct ConsentOut<'a> {
    at: Timestamp,
    #[schema(example = "Newsletter form")]
    source: &'a str,
}

/// A page of suppressions.
#[derive(Serialize, ToSchema)]
pub struct SuppressionsReply<'a> {
    pub success: bool,
    pub suppressions: Vec<SuppressionOut<'a>>,
    pub pagination: Pagination,
}

/// The suppressions of one address.
#[derive(Serialize, ToSchema)]
pub struct CheckReply<'a> {
    pub success: bool,
    pub suppressed: bool,
    #[schema(required)]
    pub suppression: Option<SuppressionOut<'a>>,
    /// Suppressions of the address that were removed, oldest first. The last ten are kept.
    pub ended: Vec<EndedOut<'a>>,
}

/// The reply to a removal.
#[derive(Serialize, ToSchema)]
pub struct RemovedReply<'a> {
    pub success: bool,
    #[serde(flatten)]
    pub ended: EndedOut<'a>,
}

impl<'a> SuppressionOut<'a> {
    pub fn new(address: AddressHash, suppression: &'a Suppression) -> Self {
        let Suppression {
            channels,
            reason,
            note,
            created_at,
        } = suppression;
        let words = channels.words();
        Self {
            id: address.suppression_id(),
            kind: address.kind.as_str(),
            channels: match words.first() {
                Some(all) if channels.is_all() => ChannelsOut::All(all),
                _ => ChannelsOut::Some(words),
            },
            reason: *reason,
            note: note.as_deref(),
            created_at: *created_at,
        }
    }
}

impl<'a> EndedOut<'a> {
    pub fn new(address: AddressHash, ended: &'a Ended) -> Self {
        let Removal {
            at,
            reason,
            actor,
            consent,
        } = &ended.removal;
        let consent = consent
            .as_ref()
            .map(|Consent { at, source }| ConsentOut { at: *at, source });
        Self {
            suppression: SuppressionOut::new(address, &ended.suppression),
            removal: RemovalOut {
                at: *at,
                reason,
                actor: actor.as_deref(),
                consent,
            },
        }
    }
}
