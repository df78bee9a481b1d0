//! How a deployment is reached: with the region and the credentials that the `aws` command finds too.

use aws::{
    clients::{self, Roots, https_client},
    config::{self, ConfigError},
};
use aws_config::{BehaviorVersion, SdkConfig};

/// The operator's configuration, with the limits of Leadgate's own clients.
pub(super) async fn sdk_config() -> Result<SdkConfig, ConfigError> {
    let found = aws_config::defaults(BehaviorVersion::latest())
        .http_client(https_client(Roots::System, config::ca_bundle()?)?)
        .timeout_config(clients::timeouts())
        .retry_config(clients::retries())
        .load()
        .await;
    Ok(clients::with_limits(found.into_builder()).build())
}
