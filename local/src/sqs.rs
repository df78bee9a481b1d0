//! The embedded SQS: winterbaume's service, the routes of its port, and the queues.

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
    queue_names::QueueName,
    template::{Queues, Template},
};

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
/// last stopped, and wake-runs finds the runs that are due.
pub(super) async fn create_queues(client: &Client, template: &Template) -> Result<(), LocalError> {
    use QueueAttributeName as Name;
    let failed = |error: aws_sdk_sqs::Error| LocalError::Sqs(Box::new(error));
    for queue in QueueName::ALL {
        let Queues { main, dead_letter } = template.queues(queue);
        client
            .create_queue()
            .queue_name(queue.dead_letter_name())
            .attributes(
                Name::MessageRetentionPeriod,
                dead_letter.message_retention_period.to_string(),
            )
            .send()
            .await
            .map_err(|error| failed(error.into()))?;
        let redrive = json!({
            "deadLetterTargetArn": queue.dead_letter_arn(),
            "maxReceiveCount": main.redrive_policy.max_receive_count,
        });
        client
            .create_queue()
            .queue_name(queue.name())
            .attributes(Name::VisibilityTimeout, main.visibility_timeout.to_string())
            .attributes(
                Name::MessageRetentionPeriod,
                main.message_retention_period.to_string(),
            )
            .attributes(Name::RedrivePolicy, redrive.to_string())
            .send()
            .await
            .map_err(|error| failed(error.into()))?;
    }
    Ok(())
}
