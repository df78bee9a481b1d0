//! Target of a command: the local stack, or a deployment on AWS.

pub mod api;
mod cloudformation;
pub mod local_api;
pub mod logs;
pub mod profile;
mod queue_urls;
mod service;
pub mod stack;
pub mod typed;

use std::{
    env, io,
    path::{Path, PathBuf},
};

use aws::{
    clients::Clients,
    clock::Clock,
    config::ConfigError,
    queue::{DispatchQueue, StartQueue},
    store::{Store, StoreError},
};
use clap::Args;
use domain::{account::Account, ids::AccountId};
use local::{QueueName, Running, TABLE, demo, nearest_running, running_in};
use thiserror::Error;

use self::{
    local_api::{LocalApiError, clock_of},
    queue_urls::QueueUrls,
    stack::StackError,
    typed::typed,
};
use crate::ids::{self, IdError, Kind};

/// Options that name a target. Region and credentials of a deployment come from where the `aws`
/// command finds them: environment, profile, SSO.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Where")]
pub struct TargetArgs {
    /// Name of a stack on AWS, to use instead of the local one
    #[arg(long, value_name = "NAME", conflicts_with_all = ["table", "dynamodb_url", "data_dir"])]
    stack: Option<String>,
    /// Name of a table on AWS, to use instead of a stack
    #[arg(long, value_name = "NAME", conflicts_with_all = ["dynamodb_url", "data_dir"])]
    table: Option<String>,
    /// Data folder of the local stack [default: .leadgate in this folder or the nearest above]
    #[arg(long, value_name = "DIR", conflicts_with = "dynamodb_url")]
    data_dir: Option<PathBuf>,
    /// URL of DynamoDB, for a local stack that runs in memory
    #[arg(long, value_name = "URL")]
    dynamodb_url: Option<String>,
}

/// Options that name the queues of a target.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Where")]
pub struct QueueUrlArgs {
    /// URL of the queue on AWS, for use with --table
    #[arg(long, value_name = "URL", conflicts_with_all = ["stack", "dynamodb_url", "sqs_url", "data_dir"])]
    pub queue_url: Option<String>,
    /// URL of SQS, for a local stack that runs in memory
    #[arg(long, value_name = "URL", conflicts_with_all = ["stack", "table"])]
    sqs_url: Option<String>,
}

/// Option that names the account.
#[derive(Args, Clone, Debug)]
pub struct AccountArg {
    /// Name or id of the account, or the last characters of the id [default on a local stack: the
    /// demo account]
    // Not parsed by clap: it would print a wrong value, which may be a key.
    #[arg(long, value_name = "NAME|ID")]
    account: Option<String>,
}

/// A table and its queues, with the clients for them.
pub struct Target {
    pub clients: Clients,
    pub is_local: bool,
    /// Clock of the target. It stands still if that of the local stack can be moved.
    pub clock: Clock,
    table: Option<String>,
    start: QueueUrls,
    dispatch: QueueUrls,
}

/// Reason why a command has no target.
#[derive(Debug, Error)]
pub enum TargetError {
    #[error(
        "no local stack is running in {} or a folder above it: start one with `cargo dev`, pass --dynamodb-url for \
         one in memory, or --stack NAME for one on AWS",
        .0.display()
    )]
    NoLocalStack(PathBuf),
    #[error(
        "no local stack is running with the data folder {}: start one with `cargo dev --data-dir {}`",
        .0.display(),
        typed::quoted(&.0.display().to_string())
    )]
    NoStackIn(PathBuf),
    #[error(
        "the local stack on {0} does not answer: start it again with `cargo dev`, or pass --stack NAME for one on \
         AWS"
    )]
    NoAnswer(String),
    #[error("the current folder cannot be read: change to another, or pass --data-dir")]
    NoFolder(#[source] io::Error),
    #[error("no account given: pass --account NAME or ID (`leadgate account list` shows both)")]
    NoAccount,
    #[error("no {what} given: pass --stack NAME, or {options}")]
    Unnamed {
        what: &'static str,
        options: &'static str,
    },
    #[error(transparent)]
    Id(#[from] IdError),
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Stack(#[from] StackError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    LocalApi(#[from] LocalApiError),
}

impl AccountArg {
    /// Returns the option as it is typed, with a blank before it. It is empty if it is not given.
    pub fn typed(&self) -> String {
        typed([("--account", self.account.as_deref())])
    }
}

impl TargetArgs {
    /// Returns the options as they are typed, with a blank before each. Commands that a person is to
    /// copy end with them.
    pub fn typed(&self) -> String {
        let data_dir = self.data_dir.as_ref().map(|it| it.display().to_string());
        typed([
            ("--stack", self.stack.as_deref()),
            ("--table", self.table.as_deref()),
            ("--data-dir", data_dir.as_deref()),
            ("--dynamodb-url", self.dynamodb_url.as_deref()),
        ])
    }
}

impl Target {
    /// Returns the target that the options name. It is the running local stack if they name none.
    pub async fn of(args: &TargetArgs) -> Result<Self, TargetError> {
        Self::resolve(args, None, None).await
    }

    /// Same as [`Target::of`], with the start queue that the options name.
    pub async fn with_queues(
        args: &TargetArgs,
        queues: &QueueUrlArgs,
    ) -> Result<Self, TargetError> {
        Self::with_queue(args, queues, QueueName::Start, None).await
    }

    /// Same as [`Target::of`], with the queues. The URL of a queue on AWS is that of the queue with
    /// this name. `dead_letter_queue` is the URL of its dead-letter queue.
    pub async fn with_queue(
        args: &TargetArgs,
        queues: &QueueUrlArgs,
        name: QueueName,
        dead_letter_queue: Option<&String>,
    ) -> Result<Self, TargetError> {
        let named = queues.queue_url.clone().map(|url| {
            let urls = QueueUrls {
                queue: Some(url),
                dead_letters: dead_letter_queue.cloned(),
            };
            (name, urls)
        });
        Self::resolve(args, named, queues.sqs_url.clone()).await
    }

    async fn resolve(
        args: &TargetArgs,
        named: Option<(QueueName, QueueUrls)>,
        sqs_url: Option<String>,
    ) -> Result<Self, TargetError> {
        if let Some(name) = &args.stack {
            let config = profile::sdk_config().await?;
            let outputs = stack::outputs(&config, name).await?;
            return Ok(Self {
                clients: Clients::of(&config),
                is_local: false,
                clock: Clock::System,
                table: Some(outputs.table),
                start: outputs.start,
                dispatch: outputs.dispatch,
            });
        }
        if args.table.is_some() || named.is_some() {
            let (mut start, mut dispatch) = (QueueUrls::default(), QueueUrls::default());
            match named {
                Some((QueueName::Start, urls)) => start = urls,
                Some((QueueName::Dispatch, urls)) => dispatch = urls,
                None => {}
            }
            return Ok(Self {
                clients: Clients::of(&profile::sdk_config().await?),
                is_local: false,
                clock: Clock::System,
                table: args.table.clone(),
                start,
                dispatch,
            });
        }
        let (dynamodb_url, sqs_url, clock) = match &args.dynamodb_url {
            Some(url) => (url.clone(), sqs_url, Clock::System),
            None => {
                let running = running(args.data_dir.as_deref())?;
                let clock = clock_of(&running)?;
                let sqs_url = sqs_url.or(Some(running.sqs_url));
                (running.dynamodb_url, sqs_url, clock)
            }
        };
        // Commands that call SQS fail before, in `queue_urls`, if there is no URL.
        let clients = Clients::local(&dynamodb_url, sqs_url.as_deref().unwrap_or_default());
        Store::new(clients.dynamodb.clone(), TABLE)
            .warm_up()
            .await
            .map_err(|_| TargetError::NoAnswer(dynamodb_url))?;
        Ok(Self {
            clients,
            is_local: true,
            clock,
            table: Some(TABLE.to_owned()),
            start: QueueUrls::local(QueueName::Start, sqs_url.as_deref()),
            dispatch: QueueUrls::local(QueueName::Dispatch, sqs_url.as_deref()),
        })
    }

    /// Returns the table. `None` if none is given.
    pub fn known_store(&self) -> Option<Store> {
        let store = |table: &String| Store::new(self.clients.dynamodb.clone(), table);
        self.table.as_ref().map(store)
    }

    pub fn store(&self) -> Result<Store, TargetError> {
        self.known_store().ok_or(TargetError::Unnamed {
            what: "table",
            options: "--table NAME",
        })
    }

    pub fn queue(&self) -> Result<StartQueue, TargetError> {
        let (url, _) = self.queue_urls(QueueName::Start)?;
        Ok(StartQueue::new(self.clients.sqs.clone(), url))
    }

    /// Returns the dispatch queue. `None` if its URL is not known: wake-runs then sends the hints.
    pub fn dispatch_queue(&self) -> Option<DispatchQueue> {
        let url = self.dispatch.queue.as_deref()?;
        Some(DispatchQueue::new(self.clients.sqs.clone(), url))
    }

    /// Returns the URLs of a queue that are known.
    pub fn known_urls(&self, name: QueueName) -> &QueueUrls {
        match name {
            QueueName::Start => &self.start,
            QueueName::Dispatch => &self.dispatch,
        }
    }

    /// Returns the URL of a queue and, if it is known, that of its dead-letter queue.
    pub fn queue_urls(&self, name: QueueName) -> Result<(&str, Option<&str>), TargetError> {
        let urls = self.known_urls(name);
        let url = urls.queue.as_deref().ok_or(TargetError::Unnamed {
            what: "queue",
            options: if self.is_local {
                "--sqs-url URL"
            } else {
                "--queue-url URL"
            },
        })?;
        Ok((url, urls.dead_letters.as_deref()))
    }

    pub async fn account(&self, arg: &AccountArg) -> Result<AccountId, TargetError> {
        self.account_or_demo(arg.account.as_deref()).await
    }

    /// Returns the id of the given account. It is the demo account on a local stack if none is
    /// given.
    pub async fn account_or_demo(&self, given: Option<&str>) -> Result<AccountId, TargetError> {
        let Some(text) = given else {
            let demo = demo::ACCOUNT_ID.parse().ok().filter(|_| self.is_local);
            return demo.ok_or(TargetError::NoAccount);
        };
        self.account_of(text).await
    }

    /// Returns the table, and the id of the given account. It checks that the account exists.
    pub async fn store_of(&self, arg: &AccountArg) -> Result<(Store, AccountId), TargetError> {
        let (store, id) = (self.store()?, self.account(arg).await?);
        match store.account(id).await? {
            Some(_) => Ok((store, id)),
            None => Err(IdError::Unknown {
                kind: Kind::Account,
                id: id.to_string(),
            }
            .into()),
        }
    }

    /// Returns the id of the account with this name, whole id or short id. It does not look up a
    /// whole id.
    pub async fn account_of(&self, text: &str) -> Result<AccountId, TargetError> {
        if let Ok(id) = text.parse() {
            return Ok(id);
        }
        let all = self.store()?.accounts().await?;
        let id = |account: &Account| account.id.to_string();
        let found = ids::find_named(Kind::Account, text, all, id, |account| &account.name)?;
        Ok(found.id)
    }
}

/// Returns the running local stack with this data folder, or the nearest one from the current
/// folder upwards.
pub fn running(data_dir: Option<&Path>) -> Result<Running, TargetError> {
    if let Some(folder) = data_dir {
        return running_in(folder).ok_or_else(|| TargetError::NoStackIn(folder.to_owned()));
    }
    let here = env::current_dir().map_err(TargetError::NoFolder)?;
    match nearest_running(&here) {
        Some(running) => Ok(running),
        None => Err(TargetError::NoLocalStack(here)),
    }
}
