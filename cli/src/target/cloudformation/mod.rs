//! Calls CloudFormation about one stack, in AWS's query protocol.

mod reply;

use aws_config::SdkConfig;
use aws_smithy_runtime_api::client::orchestrator::{HttpResponse, OrchestratorError};
use aws_smithy_types::error::ErrorMetadata;
use form_urlencoded::Serializer;

pub(super) use self::reply::{Outputs, Resource};
use super::service::{Call, CallError, Service, call};

pub(super) const SERVICE: Service = Service {
    id: "CloudFormation",
    name: "cloudformation",
};
/// The only version of CloudFormation's API.
const VERSION: &str = "2010-05-15";

/// Returns the outputs of the stack with this name or ARN.
///
/// # Errors
/// Same as [`call`].
pub async fn describe_stack(config: &SdkConfig, name: &str) -> Result<Outputs, CallError> {
    describe(config, "DescribeStacks", name, reply::read_outputs).await
}

/// Returns the resources of the stack with this name or ARN: the first 100.
///
/// # Errors
/// Same as [`call`].
pub async fn describe_resources(
    config: &SdkConfig,
    name: &str,
) -> Result<Vec<Resource>, CallError> {
    let operation = "DescribeStackResources";
    describe(config, operation, name, reply::read_resources).await
}

async fn describe<T: std::fmt::Debug + Send + Sync + 'static>(
    config: &SdkConfig,
    operation: &'static str,
    stack_name: &str,
    read: fn(&HttpResponse) -> Result<T, OrchestratorError<ErrorMetadata>>,
) -> Result<T, CallError> {
    let body = Serializer::new(String::new())
        .append_pair("Action", operation)
        .append_pair("Version", VERSION)
        .append_pair("StackName", stack_name)
        .finish();
    let request = Call {
        operation,
        content_type: "application/x-www-form-urlencoded",
        target: None,
        body,
    };
    call(config, &SERVICE, request, read).await
}
