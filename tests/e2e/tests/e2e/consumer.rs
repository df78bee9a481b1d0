//! start-workflow, fed by hand: one batch at a time.

use aws::clock::Clock;
use aws_lambda_events::sqs::{SqsEvent, SqsMessage};
use local::Services;
use start_workflow::{StartWorkflow, handle};

/// Lets a new start-workflow consume what is in the queue, and gives how many records it handled and failed.
pub async fn consume(services: &Services, clock: &Clock) -> (usize, usize) {
    let function = StartWorkflow::new(services.store.clone(), clock.clone());
    consume_by(&function, services).await
}

/// The same by one that has been at work before.
pub async fn consume_by(function: &StartWorkflow, services: &Services) -> (usize, usize) {
    let sqs = &services.clients.sqs;
    let received = sqs
        .receive_message()
        .queue_url(&services.queue_url)
        .max_number_of_messages(10)
        .send()
        .await
        .unwrap();
    let mut event = SqsEvent::default();
    for message in received.messages.unwrap_or_default() {
        sqs.delete_message()
            .queue_url(&services.queue_url)
            .set_receipt_handle(message.receipt_handle)
            .send()
            .await
            .unwrap();
        let mut record = SqsMessage::default();
        record.message_id = message.message_id;
        record.body = message.body;
        event.records.push(record);
    }
    let records = event.records.len();
    let reply = handle(function, event).await;
    (records, reply.batch_item_failures.len())
}
