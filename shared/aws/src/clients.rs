//! AWS clients with the timeouts, retries and connections that every function uses.

mod https;
mod signer;
mod timeouts;
mod transaction_conflict;
mod user_agent;

use aws_sdk_dynamodb::config::{
    AppName, BehaviorVersion, Credentials, IdentityCache, Region, retry::RetryPartition,
};
use aws_smithy_http_client::Builder;
use aws_types::{
    SdkConfig,
    origin::Origin,
    sdk_config::{self, SharedCredentialsProvider, StalledStreamProtectionConfig},
};

pub use self::{
    https::{Roots, https_client},
    timeouts::{ATTEMPT_TIMEOUT, OPERATION_TIMEOUT, retries, timeouts},
};
use self::{
    signer::Signer, timeouts::POOL_IDLE_TIMEOUT, transaction_conflict::TransactionUnderWay,
    user_agent::UserAgent,
};
use crate::config::{self, ConfigError};

/// One client for each service. They share connections, credentials, timeouts and retries.
#[derive(Clone, Debug)]
pub struct Clients {
    pub dynamodb: aws_sdk_dynamodb::Client,
    pub sqs: aws_sdk_sqs::Client,
}

impl Clients {
    /// Returns the clients of a function, with the region, credentials and endpoints of
    /// [`config::aws`]. Lambda gives a container credentials for its whole life, so the clients
    /// never renew them.
    ///
    /// # Errors
    /// Same as [`config::aws`] and [`https_client`].
    pub fn from_env() -> Result<Self, ConfigError> {
        let env = config::aws()?;
        let credentials = Credentials::new(
            env.access_key_id,
            env.secret_access_key,
            env.session_token,
            None,
            "environment",
        );
        let config = with_limits(SdkConfig::builder())
            .http_client(https_client(Roots::Amazon, env.ca_bundle)?)
            .region(Region::new(env.region))
            .use_fips(env.use_fips)
            .use_dual_stack(env.use_dual_stack)
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .identity_cache(IdentityCache::no_cache())
            .build();
        let mut dynamodb = aws_sdk_dynamodb::config::Builder::from(&config);
        dynamodb.set_endpoint_url(env.dynamodb_url);
        let mut sqs = aws_sdk_sqs::config::Builder::from(&config);
        sqs.set_endpoint_url(env.sqs_url);
        Ok(Self::new(dynamodb, sqs))
    }

    /// Returns clients with this configuration.
    pub fn of(config: &SdkConfig) -> Self {
        Self::new(config.into(), config.into())
    }

    /// Returns clients for services on this machine that accept any credentials, over plain HTTP.
    ///
    /// The SDK has one budget of retries for each partition. Each endpoint is a partition here, so
    /// that the clients of one endpoint do not spend the retries of another.
    pub fn local(dynamodb_url: &str, sqs_url: &str) -> Self {
        let http = Builder::new()
            .pool_idle_timeout(POOL_IDLE_TIMEOUT)
            .build_http();
        let credentials = Credentials::new("local", "local", None, None, "local");
        let config = with_limits(SdkConfig::builder())
            .http_client(http)
            .region(Region::from_static("us-east-1"))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .build();
        let dynamodb = aws_sdk_dynamodb::config::Builder::from(&config)
            .endpoint_url(dynamodb_url)
            .retry_partition(RetryPartition::new(dynamodb_url.to_owned()));
        let sqs = aws_sdk_sqs::config::Builder::from(&config)
            .endpoint_url(sqs_url)
            .retry_partition(RetryPartition::new(sqs_url.to_owned()));
        Self::new(dynamodb, sqs)
    }

    fn new(dynamodb: aws_sdk_dynamodb::config::Builder, sqs: aws_sdk_sqs::config::Builder) -> Self {
        let dynamodb = dynamodb
            .retry_classifier(TransactionUnderWay)
            .interceptor(UserAgent)
            .push_auth_scheme(Signer::default());
        let sqs = sqs
            .interceptor(UserAgent)
            .push_auth_scheme(Signer::default());
        Self {
            dynamodb: aws_sdk_dynamodb::Client::from_conf(dynamodb.build()),
            sqs: aws_sdk_sqs::Client::from_conf(sqs.build()),
        }
    }
}

/// Adds to `config` the timeouts and retries that all clients use.
pub fn with_limits(mut config: sdk_config::Builder) -> sdk_config::Builder {
    // Without this, the DynamoDB client would use its own number of attempts.
    config.insert_origin("retry_config", Origin::shared_config());
    config.set_app_name(AppName::new("leadgate").ok());
    config
        .behavior_version(BehaviorVersion::latest())
        .timeout_config(timeouts())
        .retry_config(retries())
        // Replies are small, and the timeout of an attempt limits them.
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
}
