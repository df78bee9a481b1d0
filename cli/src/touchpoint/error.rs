//! Reasons why a command on touchpoints fails.

use local::text::PrintError;

use crate::{lead_arg::LeadArgError, target::api::ApiCallError, touchpoint_id::TouchpointIdError};

/// Reason why a command on touchpoints failed.
#[derive(Debug, thiserror::Error)]
pub enum TouchpointError {
    #[error("--callback-at is for the outcome callback: leave it out, or write callback")]
    NoCallback,
    #[error(
        "the outcome callback needs the time of the call: add --callback-at tomorrow, --callback-at \
         2h or --callback-at 2026-02-10T09:00"
    )]
    NoCallbackTime,
    #[error(
        "no lead of the account has {what}: `leadgate touchpoint list` shows leads by their ids"
    )]
    NoLead { what: String },
    #[error(transparent)]
    Id(#[from] TouchpointIdError),
    #[error(transparent)]
    Lead(#[from] LeadArgError),
    #[error(transparent)]
    Api(#[from] ApiCallError),
    #[error(transparent)]
    Print(#[from] PrintError),
}
