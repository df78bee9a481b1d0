//! `leadgate account`: the customers of a deployment.

use std::process::ExitCode;

use aws::{randomness::Randomness, store::StoreError};
use clap::{Args, Subcommand};
use domain::{
    account::{Account, AccountPatch},
    country::Country,
    ids::AccountId,
    limit::Limit,
    patch::Change,
    time::whole_second,
};
use jiff::Timestamp;
use local::text::{PrintError, printable};
use serde::Serialize;

use crate::{
    failure,
    limit::{InvalidLimit, LimitArgs, shown},
    name::name,
    output::{FullArg, OutputArg, or_dash},
    stored,
    target::{Target, TargetArgs, TargetError},
};

/// Commands of `leadgate account`.
#[derive(Subcommand, Clone, Debug)]
pub enum AccountCommand {
    /// Create an account.
    ///
    /// By default, it may make 100 requests a second, and 1,000 at once.
    ///
    /// With --output json, prints {"account": {"id", "name", "default_country", "limit": {"rate", "burst"},
    /// "created_at"}}. A field that is not set is null.
    Create(CreateArgs),
    /// List the accounts, oldest first.
    ///
    /// With --output json, prints {"accounts": [...]}.
    List(ListArgs),
    /// Show an account.
    Show(ShowArgs),
    /// Change an account. Give at least one option; the other settings stay.
    Set(SetArgs),
}

/// Options of `leadgate account create`.
#[derive(Args, Clone, Debug)]
pub struct CreateArgs {
    /// Display name
    #[arg(long, value_parser = name)]
    name: String,
    /// Country of phone numbers that have no country code, such as US [default: refuse such
    /// numbers]
    #[arg(long, value_name = "COUNTRY")]
    default_country: Option<Country>,
    #[command(flatten)]
    limit: LimitArgs,
    /// Set no limit [default: 100 requests a second, and 1,000 at once]
    #[arg(long, conflicts_with = "rate")]
    no_limit: bool,
    #[command(flatten)]
    output: OutputArg,
    #[command(flatten)]
    target: TargetArgs,
}

/// Options of `leadgate account list`.
#[derive(Args, Clone, Debug)]
pub struct ListArgs {
    #[command(flatten)]
    full: FullArg,
    #[command(flatten)]
    output: OutputArg,
    #[command(flatten)]
    target: TargetArgs,
}

/// Options of `leadgate account show`.
#[derive(Args, Clone, Debug)]
pub struct ShowArgs {
    /// Name or id of the account, or the last characters of the id [default on a local stack: the
    /// demo account]
    // Not parsed by clap: it would print a wrong value, which may be a key.
    #[arg(value_name = "NAME|ID")]
    account: Option<String>,
    #[command(flatten)]
    output: OutputArg,
    #[command(flatten)]
    target: TargetArgs,
}

/// Options of `leadgate account set`.
#[derive(Args, Clone, Debug)]
#[command(override_usage = "leadgate account set [OPTIONS] <NAME|ID>")]
#[group(id = "change", required = true, multiple = true, args = ["name", "default_country", "no_default_country", "rate", "no_limit"])]
pub struct SetArgs {
    /// Name or id of the account, or the last characters of the id
    // Not parsed by clap: it would print a wrong value, which may be a key.
    #[arg(value_name = "NAME|ID")]
    account: String,
    /// New display name
    #[arg(long, value_parser = name)]
    name: Option<String>,
    /// New country of phone numbers that have no country code
    #[arg(long, value_name = "COUNTRY")]
    default_country: Option<Country>,
    /// Refuse phone numbers that have no country code
    #[arg(long, conflicts_with = "default_country")]
    no_default_country: bool,
    #[command(flatten)]
    limit: LimitArgs,
    /// Remove the limit
    #[arg(long, conflicts_with = "rate")]
    no_limit: bool,
    #[command(flatten)]
    output: OutputArg,
    #[command(flatten)]
    target: TargetArgs,
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

impl From<Account> for AccountOut {
    fn from(account: Account) -> Self {
        let Account {
            id,
            name,
            default_country,
            limit,
            created_at,
        } = account;
        Self {
            id,
            name,
            default_country,
            limit,
            created_at,
        }
    }
}

/// Runs the command. The exit code is 1 if it fails; standard error then has a line for each
/// problem.
pub async fn run(command: &AccountCommand) -> ExitCode {
    let done = match command {
        AccountCommand::Create(args) => create(args).await,
        AccountCommand::List(args) => list(args).await,
        AccountCommand::Show(args) => show(args).await,
        AccountCommand::Set(args) => set(args).await,
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failure::report("account", &error),
    }
}

async fn create(args: &CreateArgs) -> Result<(), AccountError> {
    let given = args.limit.limit()?;
    let is_default = given.is_none() && !args.no_limit;
    let limit = given.or(is_default.then_some(Limit::OF_NEW_ACCOUNT));
    let target = Target::of(&args.target).await?;
    let (store, now) = (target.store()?, target.clock.now());
    let account = Account {
        id: AccountId::new(now, Randomness::System.bits()),
        name: args.name.clone(),
        default_country: args.default_country,
        limit,
        created_at: whole_second(now),
    };
    store.create_account(&account).await?;
    let note = match is_default {
        true => "\nThe limit is the default. `leadgate account set` changes or removes it.\n",
        false => "",
    };
    print(args.output, account, note)
}

async fn list(args: &ListArgs) -> Result<(), AccountError> {
    let target = Target::of(&args.target).await?;
    let (store, now) = (target.store()?, target.clock.now());
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
        let headings = ["ID", "NAME", "COUNTRY", "LIMIT", "CREATED"];
        args.full.table(headings, &rows, &["NAME"])
    })?;
    Ok(())
}

async fn show(args: &ShowArgs) -> Result<(), AccountError> {
    let target = Target::of(&args.target).await?;
    let id = target.account_or_demo(args.account.as_deref()).await?;
    let account = stored::account(&target.store()?, id).await?;
    print(args.output, account, "")
}

async fn set(args: &SetArgs) -> Result<(), AccountError> {
    let limit = args.limit.limit()?;
    let target = Target::of(&args.target).await?;
    let (store, id) = (target.store()?, target.account_of(&args.account).await?);
    let account = stored::account(&store, id).await?;
    let patch = AccountPatch {
        name: args.name.clone(),
        default_country: change(args.default_country, args.no_default_country),
        limit: change(limit, args.no_limit),
    };
    store.change_account(&account, patch).await?;
    print(args.output, stored::account(&store, id).await?, "")
}

fn change<T>(value: Option<T>, is_removed: bool) -> Change<T> {
    match value {
        Some(value) => Change::Set(value),
        None if is_removed => Change::Remove,
        None => Change::Keep,
    }
}

fn print(output: OutputArg, account: Account, note: &str) -> Result<(), AccountError> {
    let out = OneOut {
        account: account.into(),
    };
    output.print(&out, |OneOut { account }| {
        format!(
            "Account          {}\nName             {}\nDefault country  {}\nLimit            {}\nCreated          {}\n{note}",
            account.id,
            printable(&account.name),
            or_dash(account.default_country),
            or_dash(account.limit.map(shown)),
            account.created_at,
        )
    })?;
    Ok(())
}

/// Reason why a command on accounts failed.
#[derive(Debug, thiserror::Error)]
enum AccountError {
    #[error(transparent)]
    Limit(#[from] InvalidLimit),
    #[error(transparent)]
    Target(#[from] TargetError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Print(#[from] PrintError),
}
