//! What a stack on AWS is made of, as its outputs in template.yaml say.

use aws_config::SdkConfig;
use aws_sdk_cloudformation::{
    Client, Error as CloudFormationError,
    error::{ProvideErrorMetadata, SdkError},
    types::Output,
};
use thiserror::Error;

/// The outputs that commands need.
pub(super) struct Outputs {
    pub(super) table: String,
    pub(super) start_queue: String,
    pub(super) dead_letter_queue: String,
}

/// Why a stack's outputs are not known.
#[derive(Debug, Error)]
pub(crate) enum StackError {
    #[error("there is no stack {name} in {region}: look at its name, and at AWS_REGION")]
    Absent { name: String, region: String },
    #[error("the stack {name} has no output {output}: it is none of Leadgate's, or not ready")]
    NoOutput { name: String, output: &'static str },
    #[error("no region is set: set AWS_REGION, or a profile's")]
    NoRegion,
    #[error("CloudFormation cannot be asked for the stack {name}")]
    Unasked {
        name: String,
        #[source]
        cause: Box<CloudFormationError>,
    },
}

pub(super) async fn outputs(config: &SdkConfig, name: &str) -> Result<Outputs, StackError> {
    let region = config.region().ok_or(StackError::NoRegion)?;
    let reply = Client::new(config)
        .describe_stacks()
        .stack_name(name)
        .send()
        .await
        .map_err(|error| {
            let name = name.to_owned();
            match &error {
                // "Stack with id x does not exist"
                SdkError::ServiceError(service)
                    if service.err().code() == Some("ValidationError") =>
                {
                    StackError::Absent {
                        name,
                        region: region.to_string(),
                    }
                }
                _ => StackError::Unasked {
                    name,
                    cause: Box::new(error.into()),
                },
            }
        })?;
    let outputs = reply.stacks().first().map(|stack| stack.outputs());
    let of = |output: &'static str| {
        let found = outputs.unwrap_or_default().iter();
        found
            .filter(|it| it.output_key() == Some(output))
            .find_map(Output::output_value)
            .map(str::to_owned)
            .ok_or_else(|| StackError::NoOutput {
                name: name.to_owned(),
                output,
            })
    };
    Ok(Outputs {
        table: of("TableName")?,
        start_queue: of("StartQueueUrl")?,
        dead_letter_queue: of("StartDeadLetterQueueUrl")?,
    })
}
