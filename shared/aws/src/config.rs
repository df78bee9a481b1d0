//! The functions' environment, read once at the start. Nothing else reads environment variables, the
//! Lambda runtime's own apart, and those of an operator's profile, which `leadgate` leaves to the AWS SDK.

use std::{fmt, fs, io, path::PathBuf};

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
/// A PEM file of certificates that are trusted beside Amazon's.
pub const AWS_CA_BUNDLE: &str = "AWS_CA_BUNDLE";

const OF_LAMBDA: &str = "Lambda sets it, and outside of Lambda you must";

/// Where a function finds AWS's services, and as whom: the AWS SDKs' own variables.
pub struct Aws {
    /// `AWS_REGION`.
    pub region: String,
    /// `AWS_ACCESS_KEY_ID`.
    pub access_key_id: String,
    /// `AWS_SECRET_ACCESS_KEY`.
    pub secret_access_key: String,
    /// `AWS_SESSION_TOKEN`, if the credentials are temporary, as Lambda's are.
    pub session_token: Option<String>,
    /// `AWS_ENDPOINT_URL_DYNAMODB` or `AWS_ENDPOINT_URL`, if DynamoDB is not at AWS's endpoint.
    pub dynamodb_url: Option<String>,
    /// `AWS_ENDPOINT_URL_SQS` or `AWS_ENDPOINT_URL`, if SQS is not at AWS's endpoint.
    pub sqs_url: Option<String>,
    /// `AWS_USE_FIPS_ENDPOINT` is `true`.
    pub use_fips: bool,
    /// `AWS_USE_DUALSTACK_ENDPOINT` is `true`.
    pub use_dual_stack: bool,
    /// What `AWS_CA_BUNDLE` names.
    pub ca_bundle: Option<CaBundle>,
}

/// The file that `AWS_CA_BUNDLE` names.
#[derive(Debug)]
pub struct CaBundle {
    /// Where it is.
    pub path: PathBuf,
    /// What it holds: certificates in PEM form.
    pub pem: Vec<u8>,
}

/// Why the environment cannot be used. The message says what to set.
#[derive(Error)]
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
    /// The file of `AWS_CA_BUNDLE` is missing or cannot be read.
    #[error("AWS_CA_BUNDLE: {} cannot be read ({cause}): set it to a PEM file, or not at all", path.display())]
    CaBundle {
        /// The file.
        path: PathBuf,
        /// What the system says.
        cause: io::Error,
    },
    /// The file of `AWS_CA_BUNDLE` is no list of certificates.
    #[error("AWS_CA_BUNDLE: {} is not a PEM file of certificates: set it to one, or not at all", .0.display())]
    BadCaBundle(PathBuf),
    /// The TLS library takes no configuration.
    #[error("TLS cannot be set up")]
    Tls,
}

/// The message: it is the form in which a `main` that fails shows its error.
impl fmt::Debug for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
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

/// Where AWS's services are, and as whom they are called.
pub fn aws() -> Result<Aws, ConfigError> {
    let endpoint = |name| read(name).or_else(|| read("AWS_ENDPOINT_URL"));
    let is_on = |name| read(name).is_some_and(|value| value.eq_ignore_ascii_case("true"));
    Ok(Aws {
        region: required("AWS_REGION", OF_LAMBDA)?,
        access_key_id: required("AWS_ACCESS_KEY_ID", OF_LAMBDA)?,
        secret_access_key: required("AWS_SECRET_ACCESS_KEY", OF_LAMBDA)?,
        session_token: read("AWS_SESSION_TOKEN"),
        dynamodb_url: endpoint("AWS_ENDPOINT_URL_DYNAMODB"),
        sqs_url: endpoint("AWS_ENDPOINT_URL_SQS"),
        use_fips: is_on("AWS_USE_FIPS_ENDPOINT"),
        use_dual_stack: is_on("AWS_USE_DUALSTACK_ENDPOINT"),
        ca_bundle: ca_bundle()?,
    })
}

/// The certificates that are trusted beside others, from `AWS_CA_BUNDLE`; none if it is not set.
pub fn ca_bundle() -> Result<Option<CaBundle>, ConfigError> {
    let Some(path) = read(AWS_CA_BUNDLE).map(PathBuf::from) else {
        return Ok(None);
    };
    match fs::read(&path) {
        Ok(pem) => Ok(Some(CaBundle { path, pem })),
        Err(cause) => Err(ConfigError::CaBundle { path, cause }),
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
