//! The two queues that the commands work on, and the table that their messages point at.

use aws::{clock::Clock, store::Store};
use aws_sdk_sqs::Client;
use clap::Args;

use crate::target::{QueueUrlArgs, Target, TargetArgs, TargetError};

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

/// The start queue and its dead-letter queue.
pub struct Queues {
    pub sqs: Client,
    pub start_url: String,
    pub dead_letter_url: String,
    /// `None` if no table is given.
    pub store: Option<Store>,
    pub is_local: bool,
    pub clock: Clock,
}

impl Queues {
    pub async fn of(args: &QueuesArgs) -> Result<Self, TargetError> {
        let target = Target::with_queues(&args.target, &args.urls, args.dlq_url.as_ref()).await?;
        let (start_url, dead_letter_url) = target.queue_urls()?;
        let dead_letter_url = dead_letter_url.ok_or(TargetError::Unnamed {
            what: "dead-letter queue",
            options: "--dlq-url URL",
        })?;
        Ok(Self {
            start_url: start_url.to_owned(),
            dead_letter_url: dead_letter_url.to_owned(),
            store: target.known_store(),
            is_local: target.is_local,
            clock: target.clock,
            sqs: target.clients.sqs,
        })
    }
}
