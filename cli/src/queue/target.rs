//! Which queues `leadgate queue` looks at: those of the local stack, or of a deployment.

use aws_sdk_sqs::Client;
use clap::Args;
use shared::{aws::Clients, store::Store};

use crate::{local::TABLE, local_args::LocalArgs};

/// How a target is named. A deployment is reached with the region and the credentials of the environment.
#[derive(Args, Clone, Debug)]
pub(super) struct TargetArgs {
    /// The start queue of a deployment, instead of the local stack's
    #[arg(long, value_name = "URL", requires = "dlq_url")]
    queue_url: Option<String>,
    /// The dead-letter queue of a deployment
    #[arg(long, value_name = "URL", requires = "queue_url")]
    dlq_url: Option<String>,
    /// The table of a deployment; without it, what only the table tells is left out
    #[arg(long, value_name = "NAME", requires = "queue_url")]
    table: Option<String>,
    #[command(flatten)]
    local: LocalArgs,
}

/// Two queues, and the table that their messages are about.
pub(super) struct Target {
    pub(super) sqs: Client,
    pub(super) start_url: String,
    pub(super) dead_letter_url: String,
    /// None: its name was not given.
    pub(super) store: Option<Store>,
    /// SQS's endpoint, if it is a local stack's.
    pub(super) local: Option<String>,
}

impl Target {
    pub(super) async fn of(args: &TargetArgs) -> Self {
        let TargetArgs {
            queue_url,
            dlq_url,
            table,
            local,
        } = args;
        match (queue_url, dlq_url) {
            (Some(start_url), Some(dead_letter_url)) => {
                let clients = Clients::from_env().await;
                let store = |table: &String| Store::new(clients.dynamodb, table);
                Self {
                    sqs: clients.sqs,
                    start_url: start_url.clone(),
                    dead_letter_url: dead_letter_url.clone(),
                    store: table.as_ref().map(store),
                    local: None,
                }
            }
            _ => {
                let clients = local.clients().await;
                Self {
                    sqs: clients.sqs,
                    start_url: local.start_queue_url(),
                    dead_letter_url: local.dead_letter_queue_url(),
                    store: Some(Store::new(clients.dynamodb, TABLE)),
                    local: Some(local.sqs_url().to_owned()),
                }
            }
        }
    }
}
