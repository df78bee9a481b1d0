//! The embedded SQS: winterbaume's service behind an HTTP port, and the two queues.

use std::sync::Arc;

use aws_sdk_sqs::{Client, types::QueueAttributeName};
use axum::{
    Router,
    body::{Body, Bytes},
    extract::State,
    response::Response,
};
use http::{HeaderMap, Method, StatusCode, Uri};
use serde_json::json;
use winterbaume_core::MockRequest;

use super::{LocalError, definition::Definition, move_tasks::Sqs};

const START_QUEUE: &str = "leadgate-starts";
const DEAD_LETTER_QUEUE: &str = "leadgate-starts-dlq";

/// The account in the queues' URLs and ARNs, as the embedded service names it.
const ACCOUNT: &str = "123456789012";

/// Where the queues are.
#[derive(Clone, Debug)]
pub(super) struct QueueUrls {
    pub(super) start: String,
    pub(super) dead_letter: String,
}

/// Returns the routes of SQS's port.
pub(super) fn routes() -> Router {
    Router::new()
        .fallback(answer)
        .with_state(Arc::new(Sqs::default()))
}

async fn answer(
    State(sqs): State<Arc<Sqs>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let request = MockRequest {
        method: method.to_string(),
        uri: uri.to_string(),
        headers,
        body,
    };
    let reply = sqs.answer(request).await;
    let mut response = Response::new(Body::from(reply.body));
    *response.status_mut() =
        StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    *response.headers_mut() = reply.headers;
    response
}

/// Creates the queues. They are empty: starts that were under way when the stack last stopped are sent
/// again from the table (see `recovery`).
pub(super) async fn create_queues(
    client: &Client,
    definition: &Definition,
    sqs_url: &str,
) -> Result<QueueUrls, LocalError> {
    use QueueAttributeName as Name;
    let failed = |error: aws_sdk_sqs::Error| LocalError::Sqs(Box::new(error));
    client
        .create_queue()
        .queue_name(DEAD_LETTER_QUEUE)
        .attributes(
            Name::MessageRetentionPeriod,
            definition.dead_letter_retention().to_string(),
        )
        .send()
        .await
        .map_err(|error| failed(error.into()))?;
    let redrive = json!({
        "deadLetterTargetArn": format!("arn:aws:sqs:us-east-1:{ACCOUNT}:{DEAD_LETTER_QUEUE}"),
        "maxReceiveCount": definition.max_receive_count(),
    });
    client
        .create_queue()
        .queue_name(START_QUEUE)
        .attributes(
            Name::VisibilityTimeout,
            definition.visibility_timeout().to_string(),
        )
        .attributes(
            Name::MessageRetentionPeriod,
            definition.retention().to_string(),
        )
        .attributes(Name::RedrivePolicy, redrive.to_string())
        .send()
        .await
        .map_err(|error| failed(error.into()))?;
    Ok(QueueUrls {
        start: start_queue_url(sqs_url),
        dead_letter: dead_letter_queue_url(sqs_url),
    })
}

/// The URL of the start queue of the SQS at `sqs_url`.
pub fn start_queue_url(sqs_url: &str) -> String {
    format!("{sqs_url}/{ACCOUNT}/{START_QUEUE}")
}

/// The URL of the dead-letter queue of the SQS at `sqs_url`.
pub fn dead_letter_queue_url(sqs_url: &str) -> String {
    format!("{sqs_url}/{ACCOUNT}/{DEAD_LETTER_QUEUE}")
}

/// The ARN of the start queue, as the event source names it.
pub(super) fn start_queue_arn() -> String {
    format!("arn:aws:sqs:us-east-1:{ACCOUNT}:{START_QUEUE}")
}
