//! The queues that the commands work on, and the table that their messages point at.

use aws::{clock::Clock, store::Store};
use aws_sdk_sqs::Client;
use clap::{Args, ValueEnum};
use local::QueueName;

use crate::target::{QueueUrlArgs, Target, TargetArgs, TargetError};

/// Name of a queue on the command line.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Queue {
    /// Starts of runs, for start-workflow
    Start,
    /// Hints that a run is due, for dispatch-touchpoints
    Dispatch,
}

impl Queue {
    pub fn name(self) -> QueueName {
        match self {
            Self::Start => QueueName::Start,
            Self::Dispatch => QueueName::Dispatch,
        }
    }

    /// Returns how texts name the queue.
    pub fn words(self) -> &'static str {
        match self {
            Self::Start => "start queue",
            Self::Dispatch => "dispatch queue",
        }
    }
}

/// Option of the commands that work on one queue.
#[derive(Args, Clone, Copy, Debug)]
pub struct QueueArg {
    /// Queue whose dead letters are meant
    #[arg(long, value_name = "QUEUE", value_enum, default_value_t = Queue::Start)]
    pub queue: Queue,
}

/// Options that name the queues and the table. The commands also work without a table, but show
/// less.
#[derive(Args, Clone, Debug)]
pub struct QueuesArgs {
    #[command(flatten)]
    target: TargetArgs,
    #[command(flatten)]
    urls: QueueUrlArgs,
    /// URL of the dead-letter queue on AWS, for use with --queue-url
    #[arg(long, value_name = "URL", requires = "queue_url")]
    dlq_url: Option<String>,
}

impl QueuesArgs {
    /// Returns the target. URLs of queues on AWS are those of `queue`.
    pub async fn target(&self, queue: Queue) -> Result<Target, TargetError> {
        let dead_letters = self.dlq_url.as_ref();
        Target::with_queue(&self.target, &self.urls, queue.name(), dead_letters).await
    }
}

/// A queue and its dead-letter queue.
pub struct Queues {
    pub queue: Queue,
    pub sqs: Client,
    pub url: String,
    pub dead_letter_url: String,
    /// `None` if no table is given.
    pub store: Option<Store>,
    pub is_local: bool,
    pub clock: Clock,
}

impl Queues {
    pub async fn of(args: &QueuesArgs, queue: Queue) -> Result<Self, TargetError> {
        Self::in_target(&args.target(queue).await?, queue)
    }

    /// Returns a queue of a target.
    ///
    /// # Errors
    /// [`TargetError::Unnamed`] if a URL is not known.
    pub fn in_target(target: &Target, queue: Queue) -> Result<Self, TargetError> {
        let (url, dead_letter_url) = target.queue_urls(queue.name())?;
        let dead_letter_url = dead_letter_url.ok_or(TargetError::Unnamed {
            what: "dead-letter queue",
            options: "--dlq-url URL",
        })?;
        Ok(Self {
            queue,
            url: url.to_owned(),
            dead_letter_url: dead_letter_url.to_owned(),
            store: target.known_store(),
            is_local: target.is_local,
            clock: target.clock.clone(),
            sqs: target.clients.sqs.clone(),
        })
    }
}
