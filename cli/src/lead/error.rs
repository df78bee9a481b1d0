//! Reasons why a command on leads fails.

use api::{ApiError, Problems};
use aws::store::StoreError;
use local::text::PrintError;

use crate::{
    body::{BodyError, lines},
    lead_arg::LeadArgError,
    target::TargetError,
};

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
    #[error(transparent)]
    Body(#[from] BodyError),
    #[error("{}", lines(.0))]
    Invalid(Problems),
    #[error(transparent)]
    Api(ApiError),
}

impl From<ApiError> for LeadError {
    fn from(error: ApiError) -> Self {
        match error {
            ApiError::Validation(problems) => Self::Invalid(problems),
            // The API hides the cause from its clients.
            ApiError::Internal(Some(cause)) => Self::Store(cause),
            error => Self::Api(error),
        }
    }
}
