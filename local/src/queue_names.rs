//! Names, URLs and ARNs of the two queues of a local stack.

/// Region in the queues' ARNs and in the events of start-workflow.
pub(super) const REGION: &str = "us-east-1";
pub(super) const START_QUEUE: &str = "leadgate-starts";
pub(super) const DEAD_LETTER_QUEUE: &str = "leadgate-starts-dlq";

/// AWS account in the queues' URLs and ARNs. The embedded service has this one built in.
const ACCOUNT: &str = "123456789012";

/// Returns the URL of the start queue of the SQS at `sqs_url`.
pub fn start_queue_url(sqs_url: &str) -> String {
    format!("{sqs_url}/{ACCOUNT}/{START_QUEUE}")
}

/// Returns the URL of the dead-letter queue of the SQS at `sqs_url`.
pub fn dead_letter_queue_url(sqs_url: &str) -> String {
    format!("{sqs_url}/{ACCOUNT}/{DEAD_LETTER_QUEUE}")
}

/// Returns the ARN of the start queue.
pub(super) fn start_queue_arn() -> String {
    arn(START_QUEUE)
}

/// Returns the ARN of the dead-letter queue.
pub(super) fn dead_letter_queue_arn() -> String {
    arn(DEAD_LETTER_QUEUE)
}

fn arn(queue: &str) -> String {
    format!("arn:aws:sqs:{REGION}:{ACCOUNT}:{queue}")
}
