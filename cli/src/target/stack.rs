//! Finds the table and the queues of a stack on AWS. The outputs of template.yaml have their names.

use aws_config::{Region, SdkConfig};
use aws_smithy_runtime_api::client::{
    orchestrator::HttpResponse,
    result::{SdkError, ServiceError},
};
use aws_smithy_types::error::ErrorMetadata;
use thiserror::Error;

use super::{
    cloudformation::{self, describe_resources, describe_stack},
    queue_urls::QueueUrls,
    service::CallError,
};
use crate::credentials::NO_REGION;

/// Suffix of the log groups' names in the template.
const LOG_GROUP: &str = "LogGroup";
/// Beginning of the name of the gateway's log group. The function `api` logs each request, too.
const GATEWAY: &str = "Access";

/// Outputs that the commands need.
pub struct Outputs {
    pub table: String,
    pub start: QueueUrls,
    /// A stack of an older version has none.
    pub dispatch: QueueUrls,
}

/// Log group of a function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogGroup {
    /// Name of the function, such as `start-workflow`.
    pub function: String,
    /// Name of the group.
    pub name: String,
}

/// Reason why the parts of a stack are unknown.
#[derive(Debug, Error)]
pub enum StackError {
    #[error("{NO_REGION}")]
    NoRegion,
    #[error("there is no stack {name} in {region}: check the name, and AWS_REGION")]
    Absent { name: String, region: Region },
    #[error(
        "the stack {name} has no output {output}: pass a stack of Leadgate whose deployment has \
         finished"
    )]
    NoOutput { name: String, output: &'static str },
    #[error("the stack {name} has no log groups: pass a stack of Leadgate")]
    NoLogGroups { name: String },
    #[error("CloudFormation refused to describe the stack {name}: {advice} ({code}: {message})")]
    Refused {
        name: String,
        advice: &'static str,
        code: String,
        message: String,
    },
    #[error(
        "CloudFormation's reply cannot be read: check your network, and AWS_ENDPOINT_URL if it is set"
    )]
    Reply(#[source] Box<CallError>),
    #[error(
        "CloudFormation in {region} cannot be called: check AWS_REGION, your network, and \
         AWS_ENDPOINT_URL if it is set"
    )]
    Call {
        region: Region,
        #[source]
        cause: Box<CallError>,
    },
}

/// Asks CloudFormation for the outputs of the stack.
pub async fn outputs(config: &SdkConfig, name: &str) -> Result<Outputs, StackError> {
    let outputs = all_outputs(config, name).await?;
    Ok(Outputs {
        table: value(&outputs, name, "TableName")?,
        start: QueueUrls {
            queue: Some(value(&outputs, name, "StartQueueUrl")?),
            dead_letters: Some(value(&outputs, name, "StartDeadLetterQueueUrl")?),
        },
        dispatch: QueueUrls {
            queue: outputs.value("DispatchQueueUrl").map(str::to_owned),
            dead_letters: outputs
                .value("DispatchDeadLetterQueueUrl")
                .map(str::to_owned),
        },
    })
}

/// Asks CloudFormation for the URL of the stack's API.
pub async fn api_url(config: &SdkConfig, name: &str) -> Result<String, StackError> {
    value(&all_outputs(config, name).await?, name, "ApiUrl")
}

async fn all_outputs(
    config: &SdkConfig,
    name: &str,
) -> Result<cloudformation::Outputs, StackError> {
    let region = config.region().ok_or(StackError::NoRegion)?;
    let advice = "allow cloudformation:DescribeStacks, or pass --table instead of --stack";
    let outputs = describe_stack(config, name).await;
    outputs.map_err(|error| failure(error, name, region, advice))
}

fn value(
    outputs: &cloudformation::Outputs,
    name: &str,
    output: &'static str,
) -> Result<String, StackError> {
    let value = outputs.value(output).map(str::to_owned);
    value.ok_or_else(|| StackError::NoOutput {
        name: name.to_owned(),
        output,
    })
}

/// Asks CloudFormation for the log groups of the stack's functions.
pub async fn log_groups(config: &SdkConfig, name: &str) -> Result<Vec<LogGroup>, StackError> {
    let region = config.region().ok_or(StackError::NoRegion)?;
    let advice = "allow cloudformation:DescribeStackResources";
    let resources = describe_resources(config, name)
        .await
        .map_err(|error| failure(error, name, region, advice))?;
    let groups = resources.into_iter().filter_map(|resource| {
        let stem = resource.logical_id.strip_suffix(LOG_GROUP)?;
        let is_of_function = resource.kind == "AWS::Logs::LogGroup" && stem != GATEWAY;
        is_of_function.then(|| LogGroup {
            function: kebab_case(stem),
            name: resource.physical_id.clone(),
        })
    });
    let groups: Vec<_> = groups.collect();
    if groups.is_empty() {
        let name = name.to_owned();
        return Err(StackError::NoLogGroups { name });
    }
    Ok(groups)
}

/// Returns the name of a function from its name in the template: `start-workflow` from
/// `StartWorkflow`.
fn kebab_case(name: &str) -> String {
    let mut text = String::new();
    for character in name.chars() {
        if character.is_ascii_uppercase() && !text.is_empty() {
            text.push('-');
        }
        text.push(character.to_ascii_lowercase());
    }
    text
}

fn failure(error: CallError, name: &str, region: &Region, access: &'static str) -> StackError {
    match &error {
        SdkError::ServiceError(service) => refusal(service, name, region, access),
        SdkError::ResponseError(_) => StackError::Reply(Box::new(error)),
        _ => StackError::Call {
            region: region.clone(),
            cause: Box::new(error),
        },
    }
}

fn refusal(
    refusal: &ServiceError<ErrorMetadata, HttpResponse>,
    name: &str,
    region: &Region,
    access: &'static str,
) -> StackError {
    let status = refusal.raw().status();
    let message = refusal.err().message().unwrap_or("no message").to_owned();
    let code = refusal.err().code();
    let name = name.to_owned();
    let advice = match code {
        // An invalid name has the same code. CloudFormation repeats the name in its message.
        Some("ValidationError") if message == format!("Stack with id {name} does not exist") => {
            let region = region.clone();
            return StackError::Absent { name, region };
        }
        Some("ValidationError") => "check the name",
        Some("AccessDenied") => access,
        Some("ExpiredToken" | "InvalidClientTokenId" | "SignatureDoesNotMatch") => {
            "renew your AWS credentials, for example with `aws sso login`"
        }
        None if !status.is_server_error() => "check AWS_ENDPOINT_URL if it is set",
        _ => "try again in a minute",
    };
    StackError::Refused {
        name,
        advice,
        code: code.map_or_else(|| format!("HTTP {status}"), str::to_owned),
        message,
    }
}
