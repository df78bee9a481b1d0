//! Calls CloudFormation's DescribeStacks without the SDK's client, as decided in
//! [ADR 16](../../../../docs/adr/0016-cloudformation-is-called-without-its-client.md).

mod endpoint;
mod reply;

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
        orchestrator::{HttpRequest, HttpResponse},
        result::SdkError,
        runtime_components::RuntimeComponentsBuilder,
        runtime_plugin::StaticRuntimePlugin,
    },
};
use aws_smithy_types::{body::SdkBody, config_bag::Layer, error::ErrorMetadata};
use aws_types::{SigningName, region::SigningRegion};
use form_urlencoded::Serializer;

pub(super) use self::reply::Outputs;

const SERVICE: &str = "CloudFormation";
const OPERATION: &str = "DescribeStacks";
/// The only version of CloudFormation's API.
const VERSION: &str = "2010-05-15";
const USER_AGENT: &str = concat!("leadgate/", env!("CARGO_PKG_VERSION"), " aws-sdk-rust");

/// Failed call. A refusal by CloudFormation is its service error.
pub type CallError = SdkError<ErrorMetadata, HttpResponse>;

/// Returns the outputs of the stack with this name or ARN. `config` has an HTTP client and the
/// limits of [`aws::clients::with_limits`].
///
/// # Errors
/// [`CallError`] if there are no credentials, if CloudFormation cannot be reached or refuses the
/// call, or if the reply is not one of DescribeStacks.
pub async fn describe_stack(config: &SdkConfig, name: &str) -> Result<Outputs, CallError> {
    let endpoint = endpoint::url(config)
        .await
        .map_err(CallError::construction_failure)?;
    Operation::builder()
        .service_name(SERVICE)
        .operation_name(OPERATION)
        .endpoint_url(&endpoint)
        .serializer(request)
        .deserializer(reply::read)
        .interceptor(ServiceClockSkewInterceptor::new())
        .with_connection_poisoning()
        .retry_classifier(TransientErrorClassifier::<ErrorMetadata>::new())
        .retry_classifier(AwsErrorCodeClassifier::<ErrorMetadata>::new())
        .retry_classifier(HttpStatusCodeClassifier::default())
        .retry_classifier(ServiceClockSkewClassifier::<ErrorMetadata>::new())
        .runtime_plugin(settings(config))
        .build()
        .invoke(name.to_owned())
        .await
}

/// Takes credentials, connections, timeouts and retries from `config`, as the SDK's clients do.
fn settings(config: &SdkConfig) -> StaticRuntimePlugin {
    let mut layer = Layer::new(SERVICE);
    layer.store_or_unset(config.retry_config().cloned());
    layer.store_or_unset(config.timeout_config().cloned());
    layer.store_put(AuthSchemeOptionResolverParams::new(()));
    layer.store_put(SigV4OperationSigningConfig {
        region: config.region().cloned().map(SigningRegion::from),
        name: Some(SigningName::from_static("cloudformation")),
        ..SigV4OperationSigningConfig::default()
    });
    let mut components = RuntimeComponentsBuilder::new(SERVICE)
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

/// Makes the request in AWS's query protocol.
fn request(stack_name: String) -> Result<HttpRequest, BoxError> {
    let body = Serializer::new(String::new())
        .append_pair("Action", OPERATION)
        .append_pair("Version", VERSION)
        .append_pair("StackName", &stack_name)
        .finish();
    let mut request = HttpRequest::new(SdkBody::from(body));
    request.set_method("POST")?;
    request.set_uri("/")?;
    let headers = request.headers_mut();
    headers.try_insert("content-type", "application/x-www-form-urlencoded")?;
    headers.try_insert("user-agent", USER_AGENT)?;
    Ok(request)
}

#[cfg(test)]
mod tests;
