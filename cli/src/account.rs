//! `leadgate account`: the customers of a deployment. Everything belongs to exactly one.

use std::{io, process::ExitCode};

use aws::{
    clock::Clock,
    store::{Store, StoreError},
};
use clap::{Args, Subcommand};
use domain::{
    account::{Account, AccountPatch, AccountRecord},
    country::Country,
    ids::AccountId,
    limit::{Limit, LimitError, Limits},
    name::{Name, NameError},
    patch::Change,
    time::whole_second,
};
use jiff::Timestamp;
use serde::Serialize;

use local::text::printable;

use crate::{
    failure,
    output::{FullArg, OutputArg, or_dash, table},
    target::{Target, TargetArgs, TargetError},
};

/// What `leadgate account` can be told.
#[derive(Subcommand, Clone, Debug)]
pub enum AccountCommand {
    /// Create an account.
    ///
    /// Prints {"account": {"id", "name", "default_country", "limit": {"rate", "burst"}, "created_at"}} as
    /// JSON; null where nothing is set.
    Create(CreateArgs),
    /// List the accounts, oldest first.
    ///
    /// Prints {"accounts": [...]} as JSON.
    List(ListArgs),
    /// Show an account.
    Show(ShowArgs),
    /// Change an account. What is not given stays; give at least one change.
    Set(SetArgs),
}

/// What `leadgate account create` can be told.
#[derive(Args, Clone, Debug)]
pub struct CreateArgs {
    /// Its display name
    #[arg(long, value_parser = name)]
    name: String,
    /// In which phone numbers without a country are read, such as US [default: they are refused]
    #[arg(long, value_name = "COUNTRY")]
    default_country: Option<Country>,
    #[command(flatten)]
    limit: LimitArgs,
    #[command(flatten)]
    output: OutputArg,
    #[command(flatten)]
    target: TargetArgs,
}

/// What `leadgate account list` can be told.
#[derive(Args, Clone, Debug)]
pub struct ListArgs {
    #[command(flatten)]
    full: FullArg,
    #[command(flatten)]
    output: OutputArg,
    #[command(flatten)]
    target: TargetArgs,
}

/// What `leadgate account show` can be told.
#[derive(Args, Clone, Debug)]
pub struct ShowArgs {
    /// Id of the account, whole or short
    // A text: what is wrong here may be a key, and the parser would show it.
    id: String,
    #[command(flatten)]
    output: OutputArg,
    #[command(flatten)]
    target: TargetArgs,
}

/// What `leadgate account set` can be told.
#[derive(Args, Clone, Debug)]
#[command(override_usage = "leadgate account set [OPTIONS] <ID>")]
#[group(id = "change", required = true, multiple = true, args = ["name", "default_country", "no_default_country", "rate", "no_limit"])]
pub struct SetArgs {
    /// Id of the account, whole or short
    // A text: what is wrong here may be a key, and the parser would show it.
    id: String,
    /// Another display name
    #[arg(long, value_parser = name)]
    name: Option<String>,
    /// Another country in which phone numbers without one are read
    #[arg(long, value_name = "COUNTRY")]
    default_country: Option<Country>,
    /// Refuse phone numbers without a country
    #[arg(long, conflicts_with = "default_country")]
    no_default_country: bool,
    #[command(flatten)]
    limit: LimitArgs,
    /// Let requests through without a limit
    #[arg(long, conflicts_with = "rate")]
    no_limit: bool,
    #[command(flatten)]
    output: OutputArg,
    #[command(flatten)]
    target: TargetArgs,
}

/// How many requests are let through.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct LimitArgs {
    /// Requests a second that are let through [default: no limit]
    #[arg(long, value_name = "REQUESTS", requires = "burst")]
    rate: Option<u32>,
    /// Requests at once, after a quiet time
    #[arg(long, value_name = "REQUESTS", requires = "rate")]
    burst: Option<u32>,
}

impl LimitArgs {
    pub(crate) fn limit(self) -> Result<Option<Limit>, LimitError> {
        let numbers = self.rate.zip(self.burst);
        numbers
            .map(|(rate, burst)| Limit::new(rate, burst))
            .transpose()
    }
}

/// A name from the command line.
pub(crate) fn name(text: &str) -> Result<String, NameError> {
    Name::try_from(text).map(String::from)
}

#[derive(Serialize)]
struct AccountsOut {
    accounts: Vec<AccountOut>,
}

#[derive(Serialize)]
struct OneOut {
    account: AccountOut,
}

#[derive(Serialize)]
struct AccountOut {
    id: AccountId,
    name: String,
    default_country: Option<Country>,
    limit: Option<Limit>,
    created_at: Timestamp,
}

impl From<AccountRecord> for AccountOut {
    fn from(record: AccountRecord) -> Self {
        let AccountRecord {
            account:
                Account {
                    id,
                    default_country,
                    limits,
                },
            name,
            created_at,
        } = record;
        Self {
            id,
            name,
            default_country,
            limit: limits.account,
            created_at,
        }
    }
}

/// Runs the command. Exit code 1, and a line for each problem on standard error, if it cannot.
pub async fn run(command: &AccountCommand) -> ExitCode {
    let now = Clock::System.now();
    let done = match command {
        AccountCommand::Create(args) => create(args, now).await,
        AccountCommand::List(args) => list(args, now).await,
        AccountCommand::Show(args) => show(args).await,
        AccountCommand::Set(args) => set(args).await,
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failure::report("account", &error),
    }
}

async fn create(args: &CreateArgs, now: Timestamp) -> Result<(), AccountError> {
    let limit = args.limit.limit().map_err(AccountError::Limit)?;
    let store = Target::of(&args.target).await?.store()?;
    let record = AccountRecord {
        account: Account {
            id: AccountId::new(now, aws::randomness::Randomness::System.bits()),
            default_country: args.default_country,
            limits: Limits {
                account: limit,
                key: None,
            },
        },
        name: args.name.clone(),
        created_at: whole_second(now),
    };
    store.create_account(&record).await?;
    print(args.output, record)
}

async fn list(args: &ListArgs, now: Timestamp) -> Result<(), AccountError> {
    let store = Target::of(&args.target).await?.store()?;
    let accounts = store.accounts().await?;
    let out = AccountsOut {
        accounts: accounts.into_iter().map(AccountOut::from).collect(),
    };
    args.output.print(&out, |out| {
        let row = |account: &AccountOut| {
            [
                args.full.id(account.id),
                account.name.clone(),
                or_dash(account.default_country),
                or_dash(account.limit.map(shown)),
                args.full.time(account.created_at, now),
            ]
        };
        let rows: Vec<_> = out.accounts.iter().map(row).collect();
        table(["ID", "NAME", "COUNTRY", "LIMIT", "CREATED"], &rows, "NAME")
    })?;
    Ok(())
}

async fn show(args: &ShowArgs) -> Result<(), AccountError> {
    let target = Target::of(&args.target).await?;
    let id = target.account_of(&args.id).await?;
    print(args.output, read(&target.store()?, id).await?)
}

async fn set(args: &SetArgs) -> Result<(), AccountError> {
    let limit = args.limit.limit().map_err(AccountError::Limit)?;
    let target = Target::of(&args.target).await?;
    let (store, id) = (target.store()?, target.account_of(&args.id).await?);
    let record = read(&store, id).await?;
    let patch = AccountPatch {
        name: args.name.clone(),
        default_country: change(args.default_country, args.no_default_country),
        limit: change(limit, args.no_limit),
    };
    store.change_account(&record, patch).await?;
    print(args.output, read(&store, id).await?)
}

fn change<T>(value: Option<T>, is_removed: bool) -> Change<T> {
    match value {
        Some(value) => Change::Set(value),
        None if is_removed => Change::Remove,
        None => Change::Keep,
    }
}

async fn read(store: &Store, id: AccountId) -> Result<AccountRecord, AccountError> {
    store.account(id).await?.ok_or(AccountError::Absent(id))
}

fn print(output: OutputArg, record: AccountRecord) -> Result<(), AccountError> {
    let out = OneOut {
        account: record.into(),
    };
    output.print(&out, |OneOut { account }| {
        format!(
            "Account          {}\nName             {}\nDefault country  {}\nLimit            {}\nCreated          {}\n",
            account.id,
            printable(&account.name),
            or_dash(account.default_country),
            or_dash(account.limit.map(shown)),
            account.created_at,
        )
    })?;
    Ok(())
}

/// A limit as people read it.
pub(crate) fn shown(limit: Limit) -> String {
    format!("{}/s, burst {}", limit.rate(), limit.burst())
}

/// Why a command could not do what it was asked.
#[derive(Debug, thiserror::Error)]
enum AccountError {
    #[error("there is no account {0}")]
    Absent(AccountId),
    #[error("the limit's {0}")]
    Limit(LimitError),
    #[error(transparent)]
    Target(#[from] TargetError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("cannot print")]
    Terminal(#[from] io::Error),
}
