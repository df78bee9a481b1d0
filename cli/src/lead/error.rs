//! Reasons why a command on leads fails.

use api::{ApiError, Problems};
use aws::store::StoreError;
use local::text::PrintError;

use super::body::BodyError;
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

/// Returns a line for each problem.
fn lines(problems: &Problems) -> String {
    let shown = problems.shown();
    let mut lines: Vec<_> = shown
        .iter()
        .map(|problem| problem.message.clone())
        .collect();
    let rest = problems.total() - shown.len();
    if rest > 0 {
        lines.push(format!("... and {rest} more"));
    }
    lines.join("\n")
}
