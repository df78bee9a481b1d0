//! Calls a service of AWS without the SDK's client for it, as decided in
//! [ADR 16](../../../../docs/adr/0016-cloudformation-is-called-without-its-client.md).

mod endpoint;

use std::fmt::Debug;

use aws_config::SdkConfig;
use aws_runtime::{
    auth::{
        SigV4OperationSigningConfig,
        sigv4::{SCHEME_ID, SigV4AuthScheme},
    },
    retries::classifiers::AwsErrorCodeClassifier,
    service_clock_skew::{ServiceClockSkewClassifier, ServiceClockSkewInterceptor},
};
use aws_smithy_runtime::client::{
    orchestrator::operation::Operation,
    retries::classifiers::{HttpStatusCodeClassifier, TransientErrorClassifier},
};
use aws_smithy_runtime_api::{
    box_error::BoxError,
    client::{
        auth::{AuthSchemeOptionResolverParams, static_resolver::StaticAuthSchemeOptionResolver},
        orchestrator::{HttpRequest, HttpResponse, OrchestratorError},
        result::SdkError,
        runtime_components::RuntimeComponentsBuilder,
        runtime_plugin::StaticRuntimePlugin,
    },
};
use aws_smithy_types::{body::SdkBody, config_bag::Layer, error::ErrorMetadata};
use aws_types::{SigningName, region::SigningRegion};

const USER_AGENT: &str = concat!("leadgate/", env!("CARGO_PKG_VERSION"), " aws-sdk-rust");

/// A service of AWS.
#[derive(Debug)]
pub struct Service {
    /// Id in the SDK's models. It names the variables and the section of a configured URL.
    pub id: &'static str,
    /// Name in host names and in signatures.
    pub name: &'static str,
}

/// A call of an operation.
#[derive(Debug)]
pub struct Call {
    pub operation: &'static str,
    pub content_type: &'static str,
    /// Header `X-Amz-Target`, which names the operation in AWS's JSON protocol.
    pub target: Option<&'static str>,
    pub body: String,
}

/// Failed call. A refusal by the service is its service error.
pub type CallError = SdkError<ErrorMetadata, HttpResponse>;

/// Calls an operation, and reads its reply with `read`. `config` has an HTTP client and the limits of
/// [`aws::clients::with_limits`].
///
/// # Errors
/// [`CallError`] if there are no credentials, if the service cannot be reached or refuses the call, or
/// if `read` cannot read the reply.
pub async fn call<T: Debug + Send + Sync + 'static>(
    config: &SdkConfig,
    service: &'static Service,
    call: Call,
    read: fn(&HttpResponse) -> Result<T, OrchestratorError<ErrorMetadata>>,
) -> Result<T, CallError> {
    let endpoint = endpoint::url(config, service.id, service.name)
        .await
        .map_err(CallError::construction_failure)?;
    Operation::builder()
        .service_name(service.id)
        .operation_name(call.operation)
        .endpoint_url(&endpoint)
        .serializer(request)
        .deserializer(read)
        .interceptor(ServiceClockSkewInterceptor::new())
        .with_connection_poisoning()
        .retry_classifier(TransientErrorClassifier::<ErrorMetadata>::new())
        .retry_classifier(AwsErrorCodeClassifier::<ErrorMetadata>::new())
        .retry_classifier(HttpStatusCodeClassifier::default())
        .retry_classifier(ServiceClockSkewClassifier::<ErrorMetadata>::new())
        .runtime_plugin(settings(config, service))
        .build()
        .invoke(call)
        .await
}

/// Takes credentials, connections, timeouts and retries from `config`, as the SDK's clients do.
fn settings(config: &SdkConfig, service: &'static Service) -> StaticRuntimePlugin {
    let mut layer = Layer::new(service.id);
    layer.store_or_unset(config.retry_config().cloned());
    layer.store_or_unset(config.timeout_config().cloned());
    layer.store_put(AuthSchemeOptionResolverParams::new(()));
    layer.store_put(SigV4OperationSigningConfig {
        region: config.region().cloned().map(SigningRegion::from),
        name: Some(SigningName::from_static(service.name)),
        ..SigV4OperationSigningConfig::default()
    });
    let mut components = RuntimeComponentsBuilder::new(service.id)
        .with_http_client(config.http_client())
        .with_sleep_impl(config.sleep_impl())
        .with_time_source(config.time_source())
        .with_identity_cache(config.identity_cache())
        .with_auth_scheme(SigV4AuthScheme::new())
        .with_auth_scheme_option_resolver(Some(StaticAuthSchemeOptionResolver::new(vec![
            SCHEME_ID,
        ])));
    if let Some(credentials) = config.credentials_provider() {
        components.set_identity_resolver(SCHEME_ID, credentials);
    }
    StaticRuntimePlugin::new()
        .with_config(layer.freeze())
        .with_runtime_components(components)
}

fn request(call: Call) -> Result<HttpRequest, BoxError> {
    let mut request = HttpRequest::new(SdkBody::from(call.body));
    request.set_method("POST")?;
    request.set_uri("/")?;
    let headers = request.headers_mut();
    headers.try_insert("content-type", call.content_type)?;
    headers.try_insert("user-agent", USER_AGENT)?;
    if let Some(target) = call.target {
        headers.try_insert("x-amz-target", target)?;
    }
    Ok(request)
}

#[cfg(test)]
mod tests;
