//! Timeouts and retries of every client. The SDK's own defaults have no timeout, so a lost packet would hold a
//! request until the function's timeout.

use std::time::Duration;

use aws_sdk_dynamodb::config::{retry::RetryConfig, timeout::TimeoutConfig};

/// Maximum time to connect.
pub(super) const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);
/// Maximum time of one attempt of a call, with its connection.
pub const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(2);
/// Maximum time of a call, with all attempts and the pauses between them.
pub const OPERATION_TIMEOUT: Duration = Duration::from_secs(5);
/// Maximum number of attempts of a call.
const MAX_ATTEMPTS: u32 = 3;
/// Time until an idle connection is closed. It is shorter than the servers' own, so that the first call after a
/// quiet time does not meet a dead connection; the SDK's default is 90 s.
pub(super) const POOL_IDLE_TIMEOUT: Duration = Duration::from_secs(20);

/// Returns the timeouts of a call.
pub fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .operation_attempt_timeout(ATTEMPT_TIMEOUT)
        .operation_timeout(OPERATION_TIMEOUT)
        .build()
}

/// Returns the retries of a call.
pub fn retries() -> RetryConfig {
    RetryConfig::standard().with_max_attempts(MAX_ATTEMPTS)
}
