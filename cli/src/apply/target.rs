//! Where `leadgate apply` writes: an account of the local stack, or of a deployment.

use clap::Args;
use shared::{aws::Clients, domain::ids::AccountId, queue::StartQueue, store::Store};

use crate::{
    local::{TABLE, demo},
    local_args::LocalArgs,
};

/// How a target is named. A deployment is reached with the region and the credentials of the environment.
#[derive(Args, Clone, Debug)]
pub(super) struct TargetArgs {
    /// The account; with --table it must be given
    #[arg(long, value_name = "ID", default_value = demo::ACCOUNT_ID)]
    account: AccountId,
    /// The table of a deployment, instead of the local stack's
    #[arg(long, value_name = "NAME", requires_all = ["queue_url", "account"])]
    table: Option<String>,
    /// The start queue of a deployment
    #[arg(long, value_name = "URL", requires = "table")]
    queue_url: Option<String>,
    #[command(flatten)]
    local: LocalArgs,
}

/// An account, and how it is reached.
pub(super) struct Target {
    pub(super) account: AccountId,
    pub(super) store: Store,
    pub(super) queue: StartQueue,
    /// DynamoDB's endpoint, if it is a local stack's.
    pub(super) local: Option<String>,
}

impl Target {
    pub(super) async fn of(args: &TargetArgs) -> Self {
        let TargetArgs {
            account,
            table,
            queue_url,
            local,
        } = args;
        let account = *account;
        match (table, queue_url) {
            (Some(table), Some(queue_url)) => {
                let clients = Clients::from_env().await;
                Self {
                    account,
                    store: Store::new(clients.dynamodb, table),
                    queue: StartQueue::new(clients.sqs, queue_url),
                    local: None,
                }
            }
            _ => {
                let clients = local.clients().await;
                Self {
                    account,
                    store: Store::new(clients.dynamodb, TABLE),
                    queue: StartQueue::new(clients.sqs, &local.start_queue_url()),
                    local: Some(local.dynamodb_url().to_owned()),
                }
            }
        }
    }
}
