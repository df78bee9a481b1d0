//! Names, URLs and ARNs of the queues of a local stack.

/// Region in the queues' ARNs and in the events of functions.
pub(super) const REGION: &str = "us-east-1";

/// AWS account in the queues' URLs and ARNs. The embedded service has this one built in.
const ACCOUNT: &str = "123456789012";

/// A queue with its dead-letter queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QueueName {
    /// Starts, for start-workflow.
    Start,
    /// Hints, for dispatch-touchpoints.
    Dispatch,
}

impl QueueName {
    pub const ALL: [Self; 2] = [Self::Start, Self::Dispatch];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Start => "leadgate-starts",
            Self::Dispatch => "leadgate-dispatch",
        }
    }

    pub(super) fn dead_letter_name(self) -> String {
        format!("{}-dlq", self.name())
    }

    /// Returns the URL of the queue in the SQS at `sqs_url`.
    pub fn url(self, sqs_url: &str) -> String {
        url(sqs_url, self.name())
    }

    /// Returns the URL of the dead-letter queue in the SQS at `sqs_url`.
    pub fn dead_letter_url(self, sqs_url: &str) -> String {
        url(sqs_url, &self.dead_letter_name())
    }

    /// Returns the ARN of the queue.
    pub(super) fn arn(self) -> String {
        arn(self.name())
    }

    /// Returns the ARN of the dead-letter queue.
    pub(super) fn dead_letter_arn(self) -> String {
        arn(&self.dead_letter_name())
    }
}

fn url(sqs_url: &str, queue: &str) -> String {
    format!("{sqs_url}/{ACCOUNT}/{queue}")
}

fn arn(queue: &str) -> String {
    format!("arn:aws:sqs:{REGION}:{ACCOUNT}:{queue}")
}
