//! Configuration of the AWS clients for a deployment. Region and credentials come from where the
//! `aws` command finds them.

use aws::{
    clients::{self, Roots, https_client},
    config::{self, ConfigError},
};
use aws_config::{BehaviorVersion, SdkConfig};

/// Loads the operator's configuration, with the timeouts and retries of Leadgate's own clients.
pub async fn sdk_config() -> Result<SdkConfig, ConfigError> {
    let found = aws_config::defaults(BehaviorVersion::latest())
        .http_client(https_client(Roots::System, config::ca_bundle()?)?)
        .timeout_config(clients::timeouts())
        .retry_config(clients::retries())
        .load()
        .await;
    Ok(clients::with_limits(found.into_builder()).build())
}
