//! URLs of the queues of a target.

use local::QueueName;

/// URLs of a queue and of its dead-letter queue. `None` if the options do not give it.
#[derive(Clone, Debug, Default)]
pub struct QueueUrls {
    pub queue: Option<String>,
    pub dead_letters: Option<String>,
}

impl QueueUrls {
    /// Returns the URLs of a queue of the local stack whose SQS has this URL.
    pub fn local(name: QueueName, sqs_url: Option<&str>) -> Self {
        Self {
            queue: sqs_url.map(|url| name.url(url)),
            dead_letters: sqs_url.map(|url| name.dead_letter_url(url)),
        }
    }
}
