//! Calls CloudWatch Logs about one log group, in AWS's JSON protocol.
//! <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html>

use aws_config::SdkConfig;
use aws_smithy_runtime_api::client::{
    orchestrator::{HttpResponse, OrchestratorError},
    result::SdkError,
};
use aws_smithy_types::error::ErrorMetadata;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use thiserror::Error;

use super::service::{Call, CallError, Service, call};

pub(super) const SERVICE: Service = Service {
    id: "CloudWatch Logs",
    name: "logs",
};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Request<'a> {
    log_group_name: &'a str,
    start_time: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<&'a str>,
}

/// Lines of a log group. There are more if there is a token.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Reply {
    #[serde(default)]
    events: Vec<LogEvent>,
    next_token: Option<String>,
}

/// A line of a log group.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LogEvent {
    pub event_id: String,
    /// Time of the line, in milliseconds since 1970.
    pub timestamp: i64,
    pub message: String,
}

#[derive(Deserialize)]
struct Refusal {
    #[serde(rename = "__type")]
    code: Option<String>,
    #[serde(alias = "Message")]
    message: Option<String>,
}

/// Reason why the lines of a log group are unknown.
#[derive(Debug, Error)]
pub enum LogsError {
    #[error("CloudWatch Logs refused to read {group}: {advice} ({code}: {message})")]
    Refused {
        group: String,
        advice: &'static str,
        code: String,
        message: String,
    },
    #[error(
        "CloudWatch Logs cannot be called: check AWS_REGION, your network, and AWS_ENDPOINT_URL if it is set"
    )]
    Call(#[source] Box<CallError>),
}

/// Returns all lines of a log group from `start` on, in milliseconds since 1970.
///
/// # Errors
/// [`LogsError`].
pub async fn events_since(
    config: &SdkConfig,
    group: &str,
    start: i64,
) -> Result<Vec<LogEvent>, LogsError> {
    let mut events = Vec::new();
    let mut token = None;
    loop {
        let request = Request {
            log_group_name: group,
            start_time: start,
            next_token: token.as_deref(),
        };
        let request = Call {
            operation: "FilterLogEvents",
            content_type: "application/x-amz-json-1.1",
            target: Some("Logs_20140328.FilterLogEvents"),
            // A struct of texts and numbers is always JSON.
            body: serde_json::to_string(&request).unwrap_or_default(),
        };
        let reply = call(config, &SERVICE, request, read::<Reply>).await;
        let reply = reply.map_err(|error| failure(error, group))?;
        events.extend(reply.events);
        token = reply.next_token;
        if token.is_none() {
            return Ok(events);
        }
    }
}

fn read<T: DeserializeOwned>(
    response: &HttpResponse,
) -> Result<T, OrchestratorError<ErrorMetadata>> {
    let body = response.body().bytes().unwrap_or_default();
    if response.status().is_success() {
        return serde_json::from_slice(body).map_err(OrchestratorError::other);
    }
    let mut error = ErrorMetadata::builder();
    if let Ok(refusal) = serde_json::from_slice::<Refusal>(body) {
        // The code can have a namespace in front.
        let code = refusal.code.as_deref();
        let code = code.and_then(|code| code.rsplit('#').next());
        if let Some(code) = code {
            error = error.code(code);
        }
        if let Some(message) = refusal.message {
            error = error.message(message);
        }
    }
    Err(OrchestratorError::operation(error.build()))
}

fn failure(error: CallError, group: &str) -> LogsError {
    let SdkError::ServiceError(service) = &error else {
        return LogsError::Call(Box::new(error));
    };
    let code = service.err().code();
    let advice = match code {
        Some("AccessDeniedException") => {
            "allow logs:FilterLogEvents on the log groups of the stack"
        }
        Some("ResourceNotFoundException") => "the stack may be in the middle of an update",
        Some(
            "ExpiredTokenException" | "UnrecognizedClientException" | "InvalidSignatureException",
        ) => "renew your AWS credentials, for example with `aws sso login`",
        _ => "try again in a minute",
    };
    let status = service.raw().status();
    LogsError::Refused {
        group: group.to_owned(),
        advice,
        code: code.map_or_else(|| format!("HTTP {status}"), str::to_owned),
        message: service.err().message().unwrap_or("no message").to_owned(),
    }
}
