//! The embedded SQS: winterbaume's service, the routes of its port, and the two queues.

use std::sync::Arc;

use aws::clock::Clock;
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

use crate::{
    LocalError,
    move_tasks::Sqs,
    queue_names::{
        DEAD_LETTER_QUEUE, START_QUEUE, dead_letter_queue_arn, dead_letter_queue_url,
        start_queue_url,
    },
    template::Template,
};

/// URLs of the queues.
#[derive(Clone, Debug)]
pub(super) struct QueueUrls {
    pub(super) start: String,
    pub(super) dead_letter: String,
}

/// Returns the routes of SQS's port.
pub(super) fn routes(clock: Clock) -> Router {
    Router::new()
        .fallback(answer)
        .with_state(Arc::new(Sqs::new(clock)))
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

/// Creates the queues. They are empty: `recovery` sends the starts that were lost when the stack
/// last stopped.
pub(super) async fn create_queues(
    client: &Client,
    template: &Template,
    sqs_url: &str,
) -> Result<QueueUrls, LocalError> {
    use QueueAttributeName as Name;
    let failed = |error: aws_sdk_sqs::Error| LocalError::Sqs(Box::new(error));
    client
        .create_queue()
        .queue_name(DEAD_LETTER_QUEUE)
        .attributes(
            Name::MessageRetentionPeriod,
            template.dead_letter_retention().to_string(),
        )
        .send()
        .await
        .map_err(|error| failed(error.into()))?;
    let redrive = json!({
        "deadLetterTargetArn": dead_letter_queue_arn(),
        "maxReceiveCount": template.max_receive_count(),
    });
    client
        .create_queue()
        .queue_name(START_QUEUE)
        .attributes(
            Name::VisibilityTimeout,
            template.visibility_timeout().to_string(),
        )
        .attributes(
            Name::MessageRetentionPeriod,
            template.retention().to_string(),
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
