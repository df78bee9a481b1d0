//! Where a command works: on the local stack, or on a deployment. Decided here for all commands.

mod profile;
mod stack;

use clap::Args;
use shared::{
    aws::Clients, config::ConfigError, domain::ids::AccountId, queue::StartQueue, store::Store,
};
use thiserror::Error;

use self::stack::StackError;
use crate::{
    dev,
    local::{TABLE, dead_letter_queue_url, demo, start_queue_url},
};

/// How a target is named. A deployment is reached with the region and the credentials that the `aws`
/// command finds too: environment, profile, SSO.
#[derive(Args, Clone, Debug)]
pub(crate) struct TargetArgs {
    /// A stack on AWS, instead of the local one: its outputs name its table and queues
    #[arg(long, value_name = "NAME", conflicts_with_all = ["table", "dynamodb_url"])]
    stack: Option<String>,
    /// A table on AWS, instead of the local stack's
    #[arg(long, value_name = "NAME", conflicts_with = "dynamodb_url")]
    table: Option<String>,
    /// Where the local stack's DynamoDB answers
    #[arg(long, value_name = "URL", default_value_t = at(dev::DYNAMODB_PORT))]
    dynamodb_url: String,
}

/// How the queues of a target are named, for a command that needs them.
#[derive(Args, Clone, Debug)]
pub(crate) struct QueueArgs {
    /// A start queue on AWS, instead of the local stack's
    #[arg(long, value_name = "URL", conflicts_with_all = ["stack", "dynamodb_url", "sqs_url"])]
    pub(crate) queue_url: Option<String>,
    /// Where the local stack's SQS answers
    #[arg(long, value_name = "URL", conflicts_with_all = ["stack", "table"], default_value_t = at(dev::SQS_PORT))]
    sqs_url: String,
}

/// Which account of the target.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct AccountArg {
    /// The account [default on the local stack: the demo account]
    #[arg(long, value_name = "ID")]
    account: Option<AccountId>,
}

fn at(port: u16) -> String {
    format!("http://127.0.0.1:{port}")
}

/// A table and queues, and the clients that reach them.
pub(crate) struct Target {
    pub(crate) clients: Clients,
    pub(crate) is_local: bool,
    table: Option<String>,
    start_queue: Option<String>,
    dead_letter_queue: Option<String>,
}

/// Why a command has nowhere to work.
#[derive(Debug, Error)]
pub(crate) enum TargetError {
    #[error("no local stack answers on {0}: start one with `cargo dev`, or pass --stack NAME")]
    NoLocalStack(String),
    #[error("it is not said which account: pass --account ID (`leadgate account list` shows them)")]
    NoAccount,
    #[error("it is not said which {what}: pass --stack NAME, or {options}")]
    Unnamed {
        what: &'static str,
        options: &'static str,
    },
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Stack(#[from] StackError),
}

impl Target {
    /// The table that is named, or the local stack's, which must answer.
    pub(crate) async fn of(args: &TargetArgs) -> Result<Self, TargetError> {
        Self::resolve(args, None, at(dev::SQS_PORT)).await
    }

    /// The same, with the start queue; a dead-letter queue beside it is told by its URL.
    pub(crate) async fn with_queues(
        args: &TargetArgs,
        queues: &QueueArgs,
        dead_letter_queue: Option<&String>,
    ) -> Result<Self, TargetError> {
        let named = queues.queue_url.clone();
        let named = named.map(|start| (start, dead_letter_queue.cloned()));
        Self::resolve(args, named, queues.sqs_url.clone()).await
    }

    async fn resolve(
        args: &TargetArgs,
        named: Option<(String, Option<String>)>,
        sqs_url: String,
    ) -> Result<Self, TargetError> {
        if let Some(name) = &args.stack {
            let config = profile::sdk_config().await?;
            let outputs = stack::outputs(&config, name).await?;
            return Ok(Self {
                clients: Clients::of(&config),
                is_local: false,
                table: Some(outputs.table),
                start_queue: Some(outputs.start_queue),
                dead_letter_queue: Some(outputs.dead_letter_queue),
            });
        }
        if args.table.is_some() || named.is_some() {
            let (start_queue, dead_letter_queue) = named.unzip();
            return Ok(Self {
                clients: Clients::of(&profile::sdk_config().await?),
                is_local: false,
                table: args.table.clone(),
                start_queue,
                dead_letter_queue: dead_letter_queue.flatten(),
            });
        }
        let url = &args.dynamodb_url;
        let clients = Clients::local(url, &sqs_url);
        Store::new(clients.dynamodb.clone(), TABLE)
            .warm_up()
            .await
            .map_err(|_| TargetError::NoLocalStack(url.clone()))?;
        Ok(Self {
            clients,
            is_local: true,
            table: Some(TABLE.to_owned()),
            start_queue: Some(start_queue_url(&sqs_url)),
            dead_letter_queue: Some(dead_letter_queue_url(&sqs_url)),
        })
    }

    /// The table, if it was named.
    pub(crate) fn known_store(&self) -> Option<Store> {
        let store = |table: &String| Store::new(self.clients.dynamodb.clone(), table);
        self.table.as_ref().map(store)
    }

    pub(crate) fn store(&self) -> Result<Store, TargetError> {
        self.known_store().ok_or(TargetError::Unnamed {
            what: "table",
            options: "--table NAME",
        })
    }

    pub(crate) fn queue(&self) -> Result<StartQueue, TargetError> {
        let (url, _) = self.queue_urls()?;
        Ok(StartQueue::new(self.clients.sqs.clone(), url))
    }

    /// The URLs of the start queue and, where it is known, of the dead-letter queue.
    pub(crate) fn queue_urls(&self) -> Result<(&str, Option<&str>), TargetError> {
        let url = self.start_queue.as_deref().ok_or(TargetError::Unnamed {
            what: "queue",
            options: "--queue-url URL",
        })?;
        Ok((url, self.dead_letter_queue.as_deref()))
    }

    /// The account that is named; on a local stack, the demo account otherwise.
    pub(crate) fn account(&self, arg: AccountArg) -> Result<AccountId, TargetError> {
        let demo = || demo::ACCOUNT_ID.parse().ok().filter(|_| self.is_local);
        arg.account.or_else(demo).ok_or(TargetError::NoAccount)
    }
}
