//! The functions' environment, read once at the start. Nothing else reads environment variables, the
//! AWS SDK's and the Lambda runtime's own apart.

use thiserror::Error;
use tracing::level_filters::LevelFilter;

/// The table that holds everything.
pub const TABLE_NAME: &str = "TABLE_NAME";
/// The queue of workflow starts.
pub const START_QUEUE_URL: &str = "START_QUEUE_URL";
/// Where CloudWatch files the metrics.
pub const METRICS_NAMESPACE: &str = "METRICS_NAMESPACE";
/// How much is logged.
pub const LOG_LEVEL: &str = "LOG_LEVEL";

/// Why the environment cannot be used. The message says what to set.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum ConfigError {
    /// A variable is absent, empty or not Unicode.
    #[error("the environment variable {name} is not set: {advice}")]
    Missing {
        /// The variable.
        name: &'static str,
        /// What belongs in it.
        advice: &'static str,
    },
    /// `LOG_LEVEL` is no level.
    #[error("LOG_LEVEL is {0:?}: set it to error, warn, info, debug or trace")]
    LogLevel(String),
}

/// The table's name, from `TABLE_NAME`.
pub fn table_name() -> Result<String, ConfigError> {
    required(TABLE_NAME, "set it to the name of the DynamoDB table")
}

/// The start queue's URL, from `START_QUEUE_URL`.
pub fn start_queue_url() -> Result<String, ConfigError> {
    required(
        START_QUEUE_URL,
        "set it to the URL of the SQS queue of workflow starts",
    )
}

/// The namespace of the metrics, from `METRICS_NAMESPACE`, so that stacks of one account do not share them;
/// `Leadgate` if it is not set.
pub fn metrics_namespace() -> String {
    read(METRICS_NAMESPACE).unwrap_or_else(|| "Leadgate".to_owned())
}

/// The level from `LOG_LEVEL`; `info` if it is not set.
pub fn log_level() -> Result<LevelFilter, ConfigError> {
    match read(LOG_LEVEL) {
        None => Ok(LevelFilter::INFO),
        Some(text) => text
            .to_ascii_lowercase()
            .parse()
            .map_err(|_| ConfigError::LogLevel(text)),
    }
}

fn required(name: &'static str, advice: &'static str) -> Result<String, ConfigError> {
    read(name).ok_or(ConfigError::Missing { name, advice })
}

#[expect(
    clippy::disallowed_methods,
    reason = "this is the module the ban points to"
)]
fn read(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
