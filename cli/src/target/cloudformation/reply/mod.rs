//! Reads the replies of DescribeStacks and DescribeStackResources.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStacks.html>
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStackResources.html>

use aws_smithy_runtime_api::client::orchestrator::{HttpResponse, OrchestratorError};
use aws_smithy_types::error::ErrorMetadata;
use aws_smithy_xml::decode::{Document, XmlDecodeError, try_data};

const RESULT: &str = "DescribeStacksResponse/DescribeStacksResult";
const OUTPUT: &str = "DescribeStacksResponse/DescribeStacksResult/Stacks/member/Outputs/member";
const OUTPUT_KEY: &str =
    "DescribeStacksResponse/DescribeStacksResult/Stacks/member/Outputs/member/OutputKey";
const OUTPUT_VALUE: &str =
    "DescribeStacksResponse/DescribeStacksResult/Stacks/member/Outputs/member/OutputValue";
const RESOURCES: &str = "DescribeStackResourcesResponse/DescribeStackResourcesResult";
const RESOURCE: &str =
    "DescribeStackResourcesResponse/DescribeStackResourcesResult/StackResources/member";
const ERROR_CODE: &str = "ErrorResponse/Error/Code";
const ERROR_MESSAGE: &str = "ErrorResponse/Error/Message";

/// Outputs of a stack, in CloudFormation's order.
#[derive(Debug, Default)]
pub(in crate::target) struct Outputs(Vec<Output>);

#[derive(Debug, Default)]
struct Output {
    key: String,
    value: String,
}

impl Outputs {
    /// Returns the value of an output. `None` if the stack does not have it.
    pub(in crate::target) fn value(&self, key: &str) -> Option<&str> {
        let mut outputs = self.0.iter();
        let output = outputs.find(|output| output.key == key)?;
        Some(&output.value)
    }
}

/// Resource of a stack.
#[derive(Debug, Default, PartialEq, Eq)]
pub(in crate::target) struct Resource {
    /// Name in the template.
    pub logical_id: String,
    /// Name in AWS.
    pub physical_id: String,
    /// Type, such as `AWS::Logs::LogGroup`.
    pub kind: String,
}

/// Reads the outputs of the stack, or CloudFormation's refusal.
pub fn read_outputs(response: &HttpResponse) -> Result<Outputs, OrchestratorError<ErrorMetadata>> {
    read(response, outputs)
}

/// Reads the resources of the stack, or CloudFormation's refusal.
pub fn read_resources(
    response: &HttpResponse,
) -> Result<Vec<Resource>, OrchestratorError<ErrorMetadata>> {
    read(response, resources)
}

fn read<T>(
    response: &HttpResponse,
    content: fn(&[u8]) -> Result<T, XmlDecodeError>,
) -> Result<T, OrchestratorError<ErrorMetadata>> {
    let body = response.body().bytes().unwrap_or_default();
    if response.status().is_success() {
        content(body).map_err(OrchestratorError::other)
    } else {
        Err(OrchestratorError::operation(refusal(body)))
    }
}

fn outputs(body: &[u8]) -> Result<Outputs, XmlDecodeError> {
    let elements = elements(body, &[OUTPUT_KEY, OUTPUT_VALUE])?;
    if !elements.iter().any(|(path, _)| path == RESULT) {
        return Err(XmlDecodeError::custom("there is no DescribeStacksResult"));
    }
    let mut outputs = Outputs::default();
    for (path, text) in elements {
        if path == OUTPUT {
            outputs.0.push(Output::default());
        } else if let Some(output) = outputs.0.last_mut() {
            match path.as_str() {
                OUTPUT_KEY => output.key = text,
                OUTPUT_VALUE => output.value = text,
                _ => {}
            }
        }
    }
    Ok(outputs)
}

fn resources(body: &[u8]) -> Result<Vec<Resource>, XmlDecodeError> {
    let [logical_id, physical_id, kind] =
        ["LogicalResourceId", "PhysicalResourceId", "ResourceType"]
            .map(|name| format!("{RESOURCE}/{name}"));
    let elements = elements(body, &[&logical_id, &physical_id, &kind])?;
    if !elements.iter().any(|(path, _)| path == RESOURCES) {
        return Err(XmlDecodeError::custom(
            "there is no DescribeStackResourcesResult",
        ));
    }
    let mut resources = Vec::new();
    for (path, text) in elements {
        if path == RESOURCE {
            resources.push(Resource::default());
        } else if let Some(resource) = resources.last_mut() {
            match path {
                path if path == logical_id => resource.logical_id = text,
                path if path == physical_id => resource.physical_id = text,
                path if path == kind => resource.kind = text,
                _ => {}
            }
        }
    }
    Ok(resources)
}

/// Returns the code and the message of an error. It has neither if the body is not
/// CloudFormation's.
fn refusal(body: &[u8]) -> ErrorMetadata {
    let mut error = ErrorMetadata::builder();
    let elements = elements(body, &[ERROR_CODE, ERROR_MESSAGE]);
    for (path, text) in elements.unwrap_or_default() {
        error = match path.as_str() {
            ERROR_CODE => error.code(text),
            ERROR_MESSAGE => error.message(text),
            _ => error,
        };
    }
    error.build()
}

/// Returns the path of each element in the document's order. Elements at the paths of `texts` have
/// their text, with its entities decoded.
fn elements(body: &[u8], texts: &[&str]) -> Result<Vec<(String, String)>, XmlDecodeError> {
    // The reader of elements ends at a syntax error as if the document ended there.
    for token in Document::try_from(body)? {
        token?;
    }
    let mut document = Document::try_from(body)?;
    let mut elements = Vec::new();
    let mut names = Vec::new();
    while let Some(element) = document.next_start_element() {
        names.truncate(element.depth());
        names.push(element.local().to_owned());
        let path = names.join("/");
        let text = if texts.contains(&path.as_str()) {
            try_data(&mut document.scoped_to(element))?.into_owned()
        } else {
            String::new()
        };
        elements.push((path, text));
    }
    Ok(elements)
}

#[cfg(test)]
mod tests;
