//! AWS clients with the timeouts, retries and connections that every function uses.

use std::time::Duration;

use aws_config::{
    AppName, BehaviorVersion, ConfigLoader, Region, SdkConfig, retry::RetryConfig,
    stalled_stream_protection::StalledStreamProtectionConfig, timeout::TimeoutConfig,
};
use aws_sdk_dynamodb::config::{Credentials, SharedHttpClient, retry::RetryPartition};
use aws_smithy_http_client::{
    Builder,
    tls::{Provider, rustls_provider::CryptoMode},
};
use aws_smithy_runtime_api::client::{
    interceptors::context::InterceptorContext,
    retries::classifiers::{ClassifyRetry, RetryAction},
};

// The SDK's own defaults set no limit at all, so a lost packet would hold a request until the function's
// timeout.

/// For a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);
/// For one attempt of a call, its connection included.
pub const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(2);
/// For a call, all attempts and the pauses between them included: no call takes longer.
pub const OPERATION_TIMEOUT: Duration = Duration::from_secs(5);
const MAX_ATTEMPTS: u32 = 3;

/// Shorter than the servers keep an idle connection, so that the first call after a quiet time does not
/// meet a dead one; the SDK's default is 90 s.
const POOL_IDLE_TIMEOUT: Duration = Duration::from_secs(20);

/// One client for each service; they share connections, credentials and limits.
#[derive(Clone, Debug)]
pub struct Clients {
    /// DynamoDB.
    pub dynamodb: aws_sdk_dynamodb::Client,
    /// SQS.
    pub sqs: aws_sdk_sqs::Client,
}

impl Clients {
    /// Clients for where the function runs: region and credentials as the Lambda runtime provides them,
    /// endpoints from `AWS_ENDPOINT_URL_DYNAMODB` and `AWS_ENDPOINT_URL_SQS` if they are set.
    pub async fn from_env() -> Self {
        Self::of(&config_from_env().await)
    }

    /// Clients with this configuration.
    pub fn of(config: &SdkConfig) -> Self {
        Self::new(config.into(), config.into())
    }

    /// Clients for services on this machine that take any credentials, over plain HTTP. Clients of other
    /// endpoints in the same process have retries of their own to spend.
    pub async fn local(dynamodb_url: &str, sqs_url: &str) -> Self {
        let http = Builder::new()
            .pool_idle_timeout(POOL_IDLE_TIMEOUT)
            .build_http();
        let config = with_limits(http)
            .region(Region::from_static("us-east-1"))
            .credentials_provider(Credentials::new("local", "local", None, None, "local"))
            .load()
            .await;
        let dynamodb = aws_sdk_dynamodb::config::Builder::from(&config)
            .endpoint_url(dynamodb_url)
            .retry_partition(RetryPartition::new(dynamodb_url.to_owned()));
        let sqs = aws_sdk_sqs::config::Builder::from(&config)
            .endpoint_url(sqs_url)
            .retry_partition(RetryPartition::new(sqs_url.to_owned()));
        Self::new(dynamodb, sqs)
    }

    fn new(dynamodb: aws_sdk_dynamodb::config::Builder, sqs: aws_sdk_sqs::config::Builder) -> Self {
        let dynamodb = dynamodb.retry_classifier(TransactionUnderWay).build();
        Self {
            dynamodb: aws_sdk_dynamodb::Client::from_conf(dynamodb),
            sqs: aws_sdk_sqs::Client::from_conf(sqs.build()),
        }
    }
}

/// The configuration of [`Clients::from_env`], for a client of another service.
pub async fn config_from_env() -> SdkConfig {
    let https = Builder::new()
        .tls_provider(Provider::Rustls(CryptoMode::Ring))
        .pool_idle_timeout(POOL_IDLE_TIMEOUT)
        .build_https();
    with_limits(https).load().await
}

/// Another transaction has the item just now: DynamoDB has done nothing, and will in a moment. The SDK does
/// not know by itself that this is worth another try.
#[derive(Debug)]
struct TransactionUnderWay;

impl ClassifyRetry for TransactionUnderWay {
    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        let body = context
            .response()
            .and_then(|response| response.body().bytes());
        let body = body.map(String::from_utf8_lossy).unwrap_or_default();
        if body.contains("TransactionConflictException") {
            RetryAction::transient_error()
        } else {
            RetryAction::NoActionIndicated
        }
    }

    fn name(&self) -> &'static str {
        "transaction under way"
    }
}

fn with_limits(http_client: SharedHttpClient) -> ConfigLoader {
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .operation_attempt_timeout(ATTEMPT_TIMEOUT)
        .operation_timeout(OPERATION_TIMEOUT)
        .build();
    let mut config = aws_config::defaults(BehaviorVersion::latest())
        .http_client(http_client)
        .timeout_config(timeouts)
        .retry_config(RetryConfig::standard().with_max_attempts(MAX_ATTEMPTS))
        // Replies are small and bounded by the attempt's timeout.
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled());
    if let Ok(name) = AppName::new("leadgate") {
        config = config.app_name(name);
    }
    config
}
