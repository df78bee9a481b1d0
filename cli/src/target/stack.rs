//! Finds the table and the queues of a stack on AWS. The outputs of template.yaml have their names.

use aws_config::{Region, SdkConfig};
use aws_smithy_runtime_api::client::{
    orchestrator::HttpResponse,
    result::{SdkError, ServiceError},
};
use aws_smithy_types::error::ErrorMetadata;
use thiserror::Error;

use super::cloudformation::{CallError, describe_stack};
use crate::credentials::NO_REGION;

/// Outputs that the commands need.
pub struct Outputs {
    pub table: String,
    pub start_queue: String,
    pub dead_letter_queue: String,
}

/// Reason why the outputs of a stack are unknown.
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
    let region = config.region().ok_or(StackError::NoRegion)?;
    let outputs = describe_stack(config, name)
        .await
        .map_err(|error| failure(error, name, region))?;
    let value = |output: &'static str| {
        let value = outputs.value(output).map(str::to_owned);
        value.ok_or_else(|| StackError::NoOutput {
            name: name.to_owned(),
            output,
        })
    };
    Ok(Outputs {
        table: value("TableName")?,
        start_queue: value("StartQueueUrl")?,
        dead_letter_queue: value("StartDeadLetterQueueUrl")?,
    })
}

fn failure(error: CallError, name: &str, region: &Region) -> StackError {
    match &error {
        SdkError::ServiceError(service) => refusal(service, name, region),
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
        Some("AccessDenied") => {
            "allow cloudformation:DescribeStacks, or pass --table instead of --stack"
        }
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
