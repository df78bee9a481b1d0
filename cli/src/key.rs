//! `leadgate key`: the API keys of an account. A key is shown once, when it is created. Later
//! commands name it by its id.

use std::{io::Write, process::ExitCode};

use aws::{
    randomness::{self, NoRandomness, Randomness},
    store::{Store, StoreError},
};
use clap::{Args, Subcommand};
use domain::{
    api_key::{ApiKeyHash, ApiKeyRecord},
    ids::{AccountId, ApiKeyId},
    limit::Limit,
    time::whole_second,
};
use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use local::text::{PrintError, printable};
use serde::Serialize;

use crate::{
    failure,
    ids::{self, IdError, Kind},
    limit::{InvalidLimit, LimitArgs, shown},
    moment::Moment,
    name::name,
    output::{FullArg, OutputArg, or_dash},
    stored,
    target::{AccountArg, Target, TargetArgs, TargetError},
};

/// Commands of `leadgate key`.
#[derive(Subcommand, Clone, Debug)]
pub enum KeyCommand {
    /// Create a key and show it, once.
    ///
    /// Standard output has the key alone, so that KEY=$(leadgate key create --name CRM) takes it.
    /// The rest is on standard error.
    ///
    /// The limit of the account holds for all its keys together. --rate and --burst set a limit of
    /// this key.
    ///
    /// With --output json, prints {"api_key": "nxr_live_...", "key": {"id", "account_id", "name",
    /// "last4", "state", "limit": {"rate", "burst"}, "created_at", "expires_at", "revoked_at",
    /// "last_used"}}.
    /// A field that is not set is null. state is active, expired or revoked. last_used is exact to
    /// the hour.
    Create(CreateArgs),
    /// List the keys of an account, oldest first, with those that are expired or revoked.
    ///
    /// With --output json, prints {"keys": [...]}.
    List(ListArgs),
    /// Revoke a key. It stops working within 60 seconds.
    ///
    /// With --output json, prints {"key": {...}}. A key that is revoked already does not change.
    Revoke(RevokeArgs),
}

/// Options of `leadgate key create`.
#[derive(Args, Clone, Debug)]
pub struct CreateArgs {
    /// Display name, such as the name of the system that uses the key
    #[arg(long, value_parser = name)]
    name: String,
    /// Time at which the key expires: 90d from now, 2027-01-31 (its first moment in UTC) or
    /// 2027-01-31T09:00:00Z [default: never]
    #[arg(long, value_name = "TIME")]
    expires_at: Option<Moment>,
    #[command(flatten)]
    limit: LimitArgs,
    #[command(flatten)]
    account: AccountArg,
    #[command(flatten)]
    output: OutputArg,
    #[command(flatten)]
    target: TargetArgs,
}

/// Options of `leadgate key list`.
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

/// Options of `leadgate key revoke`.
#[derive(Args, Clone, Debug)]
pub struct RevokeArgs {
    /// Id of the key, or its last characters, as `leadgate key list` shows it; not the key itself
    // Not parsed by clap: it would print a wrong value, which may be a key.
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

/// Runs the command. The exit code is 1 if it fails; standard error then has a line for each
/// problem.
pub async fn run(command: &KeyCommand) -> ExitCode {
    let done = match command {
        KeyCommand::Create(args) => create(args).await,
        KeyCommand::List(args) => list(args).await,
        KeyCommand::Revoke(args) => revoke(args).await,
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failure::report("key", &error),
    }
}

async fn create(args: &CreateArgs) -> Result<(), KeyError> {
    let limit = args.limit.limit()?;
    let target = Target::of(&args.target).await?;
    let now = target.clock.now();
    let expires_at = args.expires_at.map(|end| end.after(now, &TimeZone::UTC));
    let expires_at = expires_at.map(whole_second);
    if let Some(end) = expires_at.filter(|end| *end <= now) {
        return Err(KeyError::Past(end));
    }
    let (store, account) = (target.store()?, target.account(&args.account).await?);
    let account = stored::account(&store, account).await?;
    let key = randomness::api_key()?;
    let created = ApiKeyRecord {
        expires_at,
        ..key.record(
            ApiKeyId::new(now, Randomness::System.bits()),
            account.settings(limit),
            &args.name,
            whole_second(now),
        )
    };
    store.create_api_key(&key.hash(), &created).await?;
    let out = CreatedOut {
        api_key: key.reveal(),
        key: KeyOut::new(created, now),
    };
    args.output
        .print(&out, |out| format!("{}\n", out.api_key))?;
    if !args.output.is_json() {
        // Not on standard output: `KEY=$(leadgate key create ...)` takes the key alone.
        let details = details(&out.key);
        let _ = write!(
            anstream::stderr(),
            "\nSave this key: it is not shown again.\n\n{details}"
        );
    }
    Ok(())
}

async fn list(args: &ListArgs) -> Result<(), KeyError> {
    let target = Target::of(&args.target).await?;
    let now = target.clock.now();
    let (store, account) = (target.store()?, target.account(&args.account).await?);
    let keys = keys(&store, account).await?.into_iter();
    let out = KeysOut {
        keys: keys.map(|(_, record)| KeyOut::new(record, now)).collect(),
    };
    args.output.print(&out, |out| {
        let time = |time| args.full.time(time, now);
        // The table has the hour only.
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
        args.full.table(headings, &rows, &["NAME"])
    })?;
    Ok(())
}

async fn revoke(args: &RevokeArgs) -> Result<(), KeyError> {
    ids::check(Kind::Key, &args.id)?;
    let target = Target::of(&args.target).await?;
    let (store, account) = (target.store()?, target.account(&args.account).await?);
    let keys = keys(&store, account).await?;
    let id = |(_, record): &(ApiKeyHash, ApiKeyRecord)| record.id.to_string();
    let (hash, mut record) = ids::find(Kind::Key, &args.id, keys, id)?;
    let now = whole_second(target.clock.now());
    match store.revoke_api_key(&hash, now).await {
        Ok(()) => record.revoked_at = Some(now),
        // The key is revoked already.
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
    stored::account(store, account).await?;
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

/// Reason why a command on keys failed.
#[derive(Debug, thiserror::Error)]
enum KeyError {
    #[error(transparent)]
    Id(#[from] IdError),
    #[error("--expires-at {0} is not in the future: give a later time, such as 90d or 2099-01-31")]
    Past(Timestamp),
    #[error(transparent)]
    Limit(#[from] InvalidLimit),
    #[error(transparent)]
    Random(#[from] NoRandomness),
    #[error(transparent)]
    Target(#[from] TargetError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Print(#[from] PrintError),
}
