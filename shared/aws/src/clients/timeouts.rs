//! Timeouts and retries of every client. By default, the SDK limits only the time to connect. A lost
//! packet would then hold a request until the function's timeout.

use std::time::Duration;

use aws_sdk_dynamodb::config::{retry::RetryConfig, timeout::TimeoutConfig};

/// Maximum time until a connection is open.
pub(super) const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);
/// Maximum time of one attempt of a call, including its connection.
pub const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(2);
/// Maximum time of a call, including all attempts and the pauses between them.
pub const OPERATION_TIMEOUT: Duration = Duration::from_secs(5);
/// Maximum number of attempts of a call.
const MAX_ATTEMPTS: u32 = 3;
/// Time until the client closes an idle connection. It is shorter than the servers' own time, so
/// that the first call after a quiet time does not use a dead connection. The SDK's default is 90
/// seconds.
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
