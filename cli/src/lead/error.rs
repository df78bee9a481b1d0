//! Reasons why a command on leads fails.

use aws::store::StoreError;
use local::text::PrintError;

use crate::{lead_arg::LeadArgError, target::TargetError};

/// Reason why a command on leads failed.
#[derive(Debug, thiserror::Error)]
pub enum LeadError {
    #[error(transparent)]
    Lead(#[from] LeadArgError),
    #[error(transparent)]
    Target(#[from] TargetError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Print(#[from] PrintError),
}
