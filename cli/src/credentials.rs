//! Errors whose cause is that AWS credentials or the region are missing.

use std::error::Error;

use aws::telemetry::ErrorChain;
use aws_credential_types::provider::error::CredentialsError;

/// Advice for a call without a region.
pub const NO_REGION: &str = "no AWS region is set: set AWS_REGION, or a region in your AWS profile";
/// End of the SDK's error for such a call.
const MISSING_REGION: &str = "Missing Region";

/// Returns the text of an error with its causes. If AWS credentials or the region are missing, the
/// text is about that only: the call that needed them makes no difference.
pub fn text_of(error: &(dyn Error + 'static)) -> String {
    match credentials_error(error) {
        None => match ErrorChain(error).to_string() {
            text if text.ends_with(MISSING_REGION) => NO_REGION.to_owned(),
            text => text,
        },
        Some(CredentialsError::CredentialsNotLoaded(_)) => {
            "no AWS credentials found: set AWS_PROFILE to a profile that has them, or run `aws sso \
             login`"
                .to_owned()
        }
        Some(cause) => format!(
            "the AWS credentials cannot be loaded: check AWS_PROFILE, or run `aws sso login`: {}",
            ErrorChain(cause)
        ),
    }
}

/// Returns the outermost credentials error among the causes of an error. `None` if credentials were
/// found.
fn credentials_error<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a CredentialsError> {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if let Some(error) = error.downcast_ref() {
            return Some(error);
        }
        cause = error.source();
    }
    None
}
