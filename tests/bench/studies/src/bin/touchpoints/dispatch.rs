//! Hands hints to dispatch-touchpoints, as Lambda's event source does.

use aws::{clock::Clock, queue::Hint};
use aws_lambda_events::sqs::{SqsEvent, SqsMessage};
use aws_sdk_sqs::types::DeleteMessageBatchRequestEntry;
use dispatch_touchpoints::{DispatchTouchpoints, handle};
use harness::Result;
use local::Services;

/// Maximum number of hints in a call, as in template.yaml.
const BATCH: i32 = 10;

/// dispatch-touchpoints and its event source.
pub struct Dispatch<'a> {
    services: &'a Services,
    function: DispatchTouchpoints,
}

impl<'a> Dispatch<'a> {
    pub fn new(services: &'a Services, clock: &Clock) -> Self {
        let (store, queue) = (services.store.clone(), services.dispatch.clone());
        Self {
            services,
            function: DispatchTouchpoints::new(store, queue, clock.clone()),
        }
    }

    /// Calls the function with the next hints, and returns these. Empty if no hint is visible.
    ///
    /// # Errors
    /// A hint that the function could not handle.
    pub async fn next(&self) -> Result<Vec<Hint>> {
        let (sqs, queue) = (
            &self.services.clients.sqs,
            &self.services.dispatch_queue_url,
        );
        let receive = sqs.receive_message().queue_url(queue);
        let received = receive.max_number_of_messages(BATCH).send().await?;
        let (mut event, mut hints) = (SqsEvent::default(), Vec::new());
        let mut delete = sqs.delete_message_batch().queue_url(queue);
        for (number, message) in received
            .messages
            .unwrap_or_default()
            .into_iter()
            .enumerate()
        {
            hints.push(Hint::from_body(
                message.body.as_deref().unwrap_or_default(),
            )?);
            let entry = DeleteMessageBatchRequestEntry::builder().id(number.to_string());
            let entry = entry.set_receipt_handle(message.receipt_handle).build()?;
            delete = delete.entries(entry);
            let mut record = SqsMessage::default();
            record.message_id = message.message_id;
            record.body = message.body;
            event.records.push(record);
        }
        if hints.is_empty() {
            return Ok(hints);
        }
        let reply = handle(&self.function, event).await;
        if !reply.batch_item_failures.is_empty() {
            return Err("dispatch-touchpoints failed to handle a hint".into());
        }
        delete.send().await?;
        Ok(hints)
    }
}
