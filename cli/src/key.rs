//! `leadgate key`: the API keys of an account. A key is shown once, when it is created; afterwards it is
//! known by its id.

use std::{io, process::ExitCode};

use aws::{
    clock::Clock,
    randomness::{self, NoRandomness, Randomness},
    store::{Store, StoreError},
};
use clap::{Args, Subcommand};
use domain::{
    account::Account,
    api_key::{ApiKeyHash, ApiKeyRecord},
    ids::{AccountId, ApiKeyId},
    limit::{Limit, LimitError, Limits},
    time::whole_second,
};
use jiff::{SignedDuration, Timestamp};
use local::text::printable;
use serde::Serialize;

use crate::{
    account::{LimitArgs, name, shown},
    failure,
    ids::{self, IdError},
    output::{FullArg, OutputArg, or_dash, table},
    target::{AccountArg, Target, TargetArgs, TargetError},
};

/// What `leadgate key` can be told.
#[derive(Subcommand, Clone, Debug)]
pub enum KeyCommand {
    /// Create a key and show it, once.
    ///
    /// Prints {"api_key": "nxr_live_...", "key": {"id", "account_id", "name", "last4", "state", "limit": {"rate",
    /// "burst"}, "created_at", "expires_at", "revoked_at", "last_used"}} as JSON; null where nothing is
    /// set. state is active, expired or revoked; last_used is the hour.
    Create(CreateArgs),
    /// List an account's keys, oldest first, expired and revoked ones too.
    ///
    /// Prints {"keys": [...]} as JSON.
    List(ListArgs),
    /// Revoke a key. It stops working within 60 seconds.
    ///
    /// Prints {"key": {...}} as JSON. A key that was revoked before stays as it is.
    Revoke(RevokeArgs),
}

/// What `leadgate key create` can be told.
#[derive(Args, Clone, Debug)]
pub struct CreateArgs {
    /// What it is called, such as the system that uses it
    #[arg(long, value_parser = name)]
    name: String,
    /// When the key expires, such as 2027-01-31T00:00:00Z [default: never]
    #[arg(long, value_name = "INSTANT")]
    expires_at: Option<Timestamp>,
    #[command(flatten)]
    limit: LimitArgs,
    #[command(flatten)]
    account: AccountArg,
    #[command(flatten)]
    output: OutputArg,
    #[command(flatten)]
    target: TargetArgs,
}

/// What `leadgate key list` can be told.
#[derive(Args, Clone, Debug)]
pub struct ListArgs {
    #[command(flatten)]
    account: AccountArg,
    #[command(flatten)]
    full: FullArg,
    #[command(flatten)]
    output: OutputArg,
    #[command(flatten)]
    target: TargetArgs,
}

/// What `leadgate key revoke` can be told.
#[derive(Args, Clone, Debug)]
pub struct RevokeArgs {
    /// Id of the key, whole or short, as `leadgate key list` shows it; not the key itself
    // A text: what is wrong here may be a key, and the parser would show it.
    id: String,
    #[command(flatten)]
    account: AccountArg,
    #[command(flatten)]
    output: OutputArg,
    #[command(flatten)]
    target: TargetArgs,
}

#[derive(Serialize)]
struct CreatedOut<'a> {
    api_key: &'a str,
    key: KeyOut,
}

#[derive(Serialize)]
struct KeysOut {
    keys: Vec<KeyOut>,
}

#[derive(Serialize)]
struct OneOut {
    key: KeyOut,
}

#[derive(Serialize)]
struct KeyOut {
    id: ApiKeyId,
    account_id: AccountId,
    name: String,
    last4: String,
    state: &'static str,
    limit: Option<Limit>,
    created_at: Timestamp,
    expires_at: Option<Timestamp>,
    revoked_at: Option<Timestamp>,
    last_used: Option<Timestamp>,
}

impl KeyOut {
    fn new(record: ApiKeyRecord, now: Timestamp) -> Self {
        let opens = record.is_valid_at(now);
        let ApiKeyRecord {
            id,
            account,
            name,
            last4,
            created_at,
            expires_at,
            revoked_at,
            last_used,
        } = record;
        let state = match revoked_at {
            _ if opens => "active",
            Some(_) => "revoked",
            None => "expired",
        };
        Self {
            id,
            account_id: account.id,
            name,
            last4,
            state,
            limit: account.limits.key,
            created_at,
            expires_at,
            revoked_at,
            last_used,
        }
    }
}

/// Runs the command. Exit code 1, and a line for each problem on standard error, if it cannot.
pub async fn run(command: &KeyCommand) -> ExitCode {
    let now = Clock::System.now();
    let done = match command {
        KeyCommand::Create(args) => create(args, now).await,
        KeyCommand::List(args) => list(args, now).await,
        KeyCommand::Revoke(args) => revoke(args, now).await,
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failure::report("key", &error),
    }
}

async fn create(args: &CreateArgs, now: Timestamp) -> Result<(), KeyError> {
    let limit = args.limit.limit().map_err(KeyError::Limit)?;
    if args.expires_at.is_some_and(|end| end <= now) {
        return Err(KeyError::Past);
    }
    let target = Target::of(&args.target).await?;
    let (store, account) = (target.store()?, target.account(&args.account).await?);
    let found = store.account(account).await?;
    let account = found.ok_or(KeyError::NoAccount(account))?.account;
    let limits = Limits {
        key: limit,
        ..account.limits
    };
    let account = Account { limits, ..account };
    let key = randomness::api_key()?;
    let record = ApiKeyRecord {
        expires_at: args.expires_at.map(whole_second),
        ..key.record(
            ApiKeyId::new(now, Randomness::System.bits()),
            account,
            &args.name,
            whole_second(now),
        )
    };
    store.create_api_key(&key.hash(), &record).await?;
    let out = CreatedOut {
        api_key: key.reveal(),
        key: KeyOut::new(record, now),
    };
    args.output.print(&out, |CreatedOut { api_key, key }| {
        format!(
            "{api_key}\n\nKeep this key: it is shown only now.\n\n{}",
            details(key)
        )
    })?;
    Ok(())
}

async fn list(args: &ListArgs, now: Timestamp) -> Result<(), KeyError> {
    let target = Target::of(&args.target).await?;
    let (store, account) = (target.store()?, target.account(&args.account).await?);
    let keys = keys(&store, account).await?.into_iter();
    let out = KeysOut {
        keys: keys.map(|(_, record)| KeyOut::new(record, now)).collect(),
    };
    args.output.print(&out, |out| {
        let time = |time| args.full.time(time, now);
        // Only the hour is kept.
        let last_used = |hour: Timestamp| match time(hour) {
            _ if args.full.is_full() => hour.to_string(),
            _ if now.duration_since(hour) < SignedDuration::from_hours(1) => "this hour".to_owned(),
            ago => ago,
        };
        let row = |key: &KeyOut| {
            [
                args.full.id(key.id),
                or_dash(Some(&key.name)),
                or_dash(Some(&key.last4)),
                key.state.to_owned(),
                or_dash(key.limit.map(shown)),
                time(key.created_at),
                or_dash(key.expires_at.map(time)),
                or_dash(key.last_used.map(last_used)),
            ]
        };
        let rows: Vec<_> = out.keys.iter().map(row).collect();
        let headings = [
            "ID",
            "NAME",
            "LAST 4",
            "STATE",
            "LIMIT",
            "CREATED",
            "EXPIRES",
            "LAST USED",
        ];
        table(headings, &rows, "NAME")
    })?;
    Ok(())
}

async fn revoke(args: &RevokeArgs, now: Timestamp) -> Result<(), KeyError> {
    ids::check(ids::KEY, &args.id)?;
    let target = Target::of(&args.target).await?;
    let (store, account) = (target.store()?, target.account(&args.account).await?);
    let keys = keys(&store, account).await?;
    let id = |(_, record): &(ApiKeyHash, ApiKeyRecord)| record.id.to_string();
    let (hash, mut record) = ids::find(ids::KEY, &args.id, keys, id)?;
    let now = whole_second(now);
    match store.revoke_api_key(&hash, now).await {
        Ok(()) => record.revoked_at = Some(now),
        // It was revoked before.
        Err(StoreError::Conflict) if record.revoked_at.is_some() => {}
        Err(error) => return Err(error.into()),
    }
    let out = OneOut {
        key: KeyOut::new(record, now),
    };
    args.output.print(&out, |OneOut { key }| {
        let at = key.revoked_at.unwrap_or(now);
        format!(
            "Revoked at {at}. It stops working within 60 seconds.\n\n{}",
            details(key)
        )
    })?;
    Ok(())
}

async fn keys(
    store: &Store,
    account: AccountId,
) -> Result<Vec<(ApiKeyHash, ApiKeyRecord)>, KeyError> {
    if store.account(account).await?.is_none() {
        return Err(KeyError::NoAccount(account));
    }
    Ok(store.api_keys(account).await?)
}

fn details(key: &KeyOut) -> String {
    let KeyOut {
        id,
        account_id,
        name,
        last4,
        expires_at,
        ..
    } = key;
    let end = expires_at.map_or("never".to_owned(), |end| end.to_string());
    let name = printable(&or_dash(Some(name)));
    format!(
        "Id       {id}\nName     {name}\nEnds in  {last4}\nAccount  {account_id}\nExpires  {end}\n"
    )
}

/// Why a command could not do what it was asked.
#[derive(Debug, thiserror::Error)]
enum KeyError {
    #[error("there is no account {0}")]
    NoAccount(AccountId),
    #[error(transparent)]
    Id(#[from] IdError),
    #[error("--expires-at must be in the future")]
    Past,
    #[error("the limit's {0}")]
    Limit(LimitError),
    #[error(transparent)]
    Random(#[from] NoRandomness),
    #[error(transparent)]
    Target(#[from] TargetError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("cannot print")]
    Terminal(#[from] io::Error),
}
