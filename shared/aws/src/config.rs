//! The environment of the functions, read once at the start. No other module reads environment
//! variables.
//!
//! There are two exceptions: the Lambda runtime reads its own variables, and `leadgate` leaves the
//! variables of an operator's profile to the AWS SDK.

use std::{fmt, fs, io, path::PathBuf};

use thiserror::Error;
use tracing::level_filters::LevelFilter;

/// Name of the variable with the name of the DynamoDB table.
pub const TABLE_NAME: &str = "TABLE_NAME";
/// Name of the variable with the URL of the queue of workflow starts.
pub const START_QUEUE_URL: &str = "START_QUEUE_URL";
/// Name of the variable with the URL of the queue of hints.
pub const DISPATCH_QUEUE_URL: &str = "DISPATCH_QUEUE_URL";
/// Name of the variable with the address of the API, for links in replies.
pub const API_URL: &str = "API_URL";
/// Name of the variable with CloudWatch's namespace of the metrics.
pub const METRICS_NAMESPACE: &str = "METRICS_NAMESPACE";
/// Name of the variable with the lowest level of the log lines that are written.
pub const LOG_LEVEL: &str = "LOG_LEVEL";
/// Name of the variable with the path of a PEM file: certificates to trust in addition to Amazon's.
pub const AWS_CA_BUNDLE: &str = "AWS_CA_BUNDLE";

/// Maximum size of a host in `API_URL`, in bytes: the name of a host has at most 253, and `:65535` follows.
const MAX_HOST: usize = 259;
const OF_LAMBDA: &str = "Lambda sets it; outside Lambda, set it yourself";

/// Region, credentials and endpoints of AWS's services. The variables are those of the AWS SDKs.
pub struct Aws {
    /// `AWS_REGION`.
    pub region: String,
    /// `AWS_ACCESS_KEY_ID`.
    pub access_key_id: String,
    /// `AWS_SECRET_ACCESS_KEY`.
    pub secret_access_key: String,
    /// `AWS_SESSION_TOKEN`. `None` if the credentials are not temporary. Those of Lambda are.
    pub session_token: Option<String>,
    /// `AWS_ENDPOINT_URL_DYNAMODB` or `AWS_ENDPOINT_URL`. `None` if DynamoDB is at AWS's endpoint.
    pub dynamodb_url: Option<String>,
    /// `AWS_ENDPOINT_URL_SQS` or `AWS_ENDPOINT_URL`. `None` if SQS is at AWS's endpoint.
    pub sqs_url: Option<String>,
    /// Whether `AWS_USE_FIPS_ENDPOINT` is `true`.
    pub use_fips: bool,
    /// Whether `AWS_USE_DUALSTACK_ENDPOINT` is `true`.
    pub use_dual_stack: bool,
    /// The file of `AWS_CA_BUNDLE`. `None` if it is not set.
    pub ca_bundle: Option<CaBundle>,
}

/// The file that `AWS_CA_BUNDLE` names.
#[derive(Debug)]
pub struct CaBundle {
    pub path: PathBuf,
    /// Content of the file: certificates in PEM form.
    pub pem: Vec<u8>,
}

/// Error of the environment. Its message names the variable to set.
#[derive(Error)]
pub enum ConfigError {
    /// A variable is absent, empty or not Unicode.
    #[error("the environment variable {name} is not set: {advice}")]
    Missing {
        name: &'static str,
        /// Advice on how to set it.
        advice: &'static str,
    },
    /// `LOG_LEVEL` is not a level.
    #[error("LOG_LEVEL is {0:?}: set it to error, warn, info, debug or trace")]
    LogLevel(String),
    /// `API_URL` is not the address of a server.
    #[error(
        "API_URL is {0:?}: set it to the address of the API, such as https://leads.example.com, or unset it"
    )]
    ApiUrl(String),
    /// The file of `AWS_CA_BUNDLE` is missing, or the function cannot read it.
    #[error("AWS_CA_BUNDLE: {} cannot be read ({cause}): set it to a PEM file, or unset it", path.display())]
    CaBundle { path: PathBuf, cause: io::Error },
    /// The file of `AWS_CA_BUNDLE` is not a list of certificates.
    #[error("AWS_CA_BUNDLE: {} is not a PEM file of certificates: set it to one, or unset it", .0.display())]
    BadCaBundle(PathBuf),
    /// The TLS library rejects its configuration.
    #[error("the TLS library rejected its configuration")]
    Tls,
}

/// Writes the message, because a `main` that fails prints the `Debug` form of its error.
impl fmt::Debug for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Returns the name of the table, from `TABLE_NAME`.
///
/// # Errors
/// [`ConfigError::Missing`].
pub fn table_name() -> Result<String, ConfigError> {
    required(TABLE_NAME, "set it to the name of the DynamoDB table")
}

/// Returns the URL of the start queue, from `START_QUEUE_URL`.
///
/// # Errors
/// [`ConfigError::Missing`].
pub fn start_queue_url() -> Result<String, ConfigError> {
    required(
        START_QUEUE_URL,
        "set it to the URL of the SQS queue of workflow starts",
    )
}

/// Returns the URL of the dispatch queue, from `DISPATCH_QUEUE_URL`.
///
/// # Errors
/// [`ConfigError::Missing`].
pub fn dispatch_queue_url() -> Result<String, ConfigError> {
    required(
        DISPATCH_QUEUE_URL,
        "set it to the URL of the SQS queue of hints for dispatch-touchpoints",
    )
}

/// Returns the address of the API, from `API_URL`: scheme and host, without a slash at the end. Empty if it is not
/// set. Links in replies are then relative.
///
/// # Errors
/// [`ConfigError::ApiUrl`].
pub fn api_url() -> Result<String, ConfigError> {
    let Some(text) = read(API_URL) else {
        return Ok(String::new());
    };
    let url = text.strip_suffix('/').unwrap_or(&text);
    if is_origin(url) {
        Ok(url.to_owned())
    } else {
        Err(ConfigError::ApiUrl(text))
    }
}

/// Returns whether a text is a scheme and a host, perhaps with a port. Replies show it, so it has no other
/// character.
fn is_origin(url: &str) -> bool {
    let host = url
        .strip_prefix("https://")
        .or_else(|| url.strip_prefix("http://"));
    let is_part_of_host = |byte: u8| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte);
    host.is_some_and(|host| {
        (1..=MAX_HOST).contains(&host.len()) && host.bytes().all(is_part_of_host)
    })
}

/// Returns the namespace of the metrics, from `METRICS_NAMESPACE`. It keeps the metrics of several
/// stacks in one AWS account apart. `Leadgate` if it is not set.
pub fn metrics_namespace() -> String {
    read(METRICS_NAMESPACE).unwrap_or_else(|| "Leadgate".to_owned())
}

/// Returns the level from `LOG_LEVEL`. `info` if it is not set.
///
/// # Errors
/// [`ConfigError::LogLevel`].
pub fn log_level() -> Result<LevelFilter, ConfigError> {
    match read(LOG_LEVEL) {
        None => Ok(LevelFilter::INFO),
        Some(text) => text
            .to_ascii_lowercase()
            .parse()
            .map_err(|_| ConfigError::LogLevel(text)),
    }
}

/// Reads region, credentials and endpoints of AWS's services.
///
/// # Errors
/// [`ConfigError::Missing`], and the errors of [`ca_bundle`].
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

/// Reads the file of `AWS_CA_BUNDLE`. `None` if it is not set.
///
/// # Errors
/// [`ConfigError::CaBundle`].
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_of_the_api_is_a_scheme_and_a_host() {
        for right in [
            "https://leads.example.com",
            "https://api1234567.execute-api.us-east-1.amazonaws.com",
            "https://xn--bcher-kva.example",
            &format!("https://{}:65535", "a".repeat(253)),
            "http://127.0.0.1:3000",
            "http://[::1]:3000",
        ] {
            assert!(is_origin(right), "{right}");
        }
        for wrong in [
            "",
            "leads.example.com",
            "https://",
            "ftp://leads.example.com",
            "https://leads.example.com/api/public",
            "https://leads.example.com?x",
            "https://user@leads.example.com",
            "https://leads.example.com\"",
            "javascript:alert(1)",
            &format!("https://{}", "a".repeat(260)),
        ] {
            assert!(!is_origin(wrong), "{wrong}");
        }
    }
}
