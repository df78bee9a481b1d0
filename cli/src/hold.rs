//! `leadgate hold` and `leadgate unhold`: no touchpoint of an account, or of all accounts, goes out.

use std::process::ExitCode;

use aws::{
    clock::Clock,
    store::{Hold, HoldScope, Store, StoreError},
};
use clap::{ArgGroup, Args};
use domain::run::HeldBy;
use local::text::{PrintError, printable};
use serde::Serialize;
use thiserror::Error;

use crate::{
    failure,
    output::OutputArg,
    reason::{ReasonError, reason},
    stored,
    target::{Target, TargetArgs, TargetError},
};

/// Options of `leadgate hold`.
#[derive(Args, Clone, Debug)]
pub struct HoldArgs {
    #[command(flatten)]
    scope: ScopeArgs,
    /// Reason, for people; `leadgate dispatch status` shows it
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    #[command(flatten)]
    output: OutputArg,
    #[command(flatten)]
    target: TargetArgs,
}

/// Options of `leadgate unhold`.
#[derive(Args, Clone, Debug)]
pub struct UnholdArgs {
    #[command(flatten)]
    scope: ScopeArgs,
    #[command(flatten)]
    output: OutputArg,
    #[command(flatten)]
    target: TargetArgs,
}

/// Options that name what is held. One of them is required, so that no slip holds everything.
#[derive(Args, Clone, Debug)]
#[command(group(ArgGroup::new("scope").required(true).args(["all", "account"])))]
struct ScopeArgs {
    /// All accounts
    #[arg(long)]
    all: bool,
    /// Name or id of one account, or the last characters of the id
    // Not parsed by clap: it would print a wrong value, which may be a key.
    #[arg(long, value_name = "NAME|ID")]
    account: Option<String>,
}

/// Reason why a command fails.
#[derive(Debug, Error)]
enum HoldError {
    #[error(transparent)]
    Reason(#[from] ReasonError),
    #[error("there is no hold of {0}: `leadgate dispatch status` shows the holds")]
    NotHeld(String),
    #[error(transparent)]
    Target(#[from] TargetError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(
        "the hold is in force, but a touchpoint that is open could not be held, so its time may run out: {0}; run the \
         command again"
    )]
    Open(StoreError),
    #[error(transparent)]
    Print(#[from] PrintError),
}

/// Output of both commands.
#[derive(Serialize)]
struct Changed {
    /// Id of the account. `None` for all accounts.
    account_id: Option<String>,
    held: bool,
    hold: Option<Hold>,
}

/// Runs that a hold is about, with their name for people.
struct Scope {
    scope: HoldScope,
    account_name: Option<String>,
    /// Option that names it, as it is typed.
    option: String,
}

impl ScopeArgs {
    async fn find(&self, target: &Target) -> Result<Scope, HoldError> {
        let Some(text) = &self.account else {
            return Ok(Scope {
                scope: HoldScope::All,
                account_name: None,
                option: "--all".to_owned(),
            });
        };
        let id = target.account_of(text).await?;
        let account = stored::account(&target.store()?, id).await?;
        Ok(Scope {
            scope: HoldScope::Account(id),
            account_name: Some(account.name),
            option: format!("--account {id}"),
        })
    }
}

impl Scope {
    fn account_id(&self) -> Option<String> {
        match self.scope {
            HoldScope::Account(id) => Some(id.to_string()),
            HoldScope::All | HoldScope::Workflow(..) => None,
        }
    }

    /// Returns the runs in words, such as `of the account Acme`.
    fn of_what(&self) -> String {
        match &self.account_name {
            Some(name) => format!(" of the account {}", printable(name)),
            None => String::new(),
        }
    }
}

/// Holds. The exit code is 1 if that fails; standard error then has a line.
pub async fn run(args: &HoldArgs) -> ExitCode {
    match hold(args).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failure::report("hold", &error),
    }
}

/// Ends a hold. The exit code is 1 if that fails; standard error then has a line.
pub async fn run_unhold(args: &UnholdArgs) -> ExitCode {
    match unhold(args).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failure::report("unhold", &error),
    }
}

async fn hold(args: &HoldArgs) -> Result<(), HoldError> {
    let reason = reason(args.reason.as_deref())?;
    let target = Target::of(&args.target).await?;
    let scope = args.scope.find(&target).await?;
    let store = target.store()?;
    let before = store.hold_of(scope.scope).await?;
    let hold = Hold {
        since: before
            .as_ref()
            .map_or_else(|| target.clock.now(), |it| it.since),
        reason,
    };
    store.hold(scope.scope, &hold).await?;
    let changed = Changed {
        account_id: scope.account_id(),
        held: true,
        hold: Some(hold),
    };
    let printed = args.output.print(&changed, |_| {
        let again = match before {
            Some(_) => "The hold was in force already. It has the new reason now.\n",
            None => "",
        };
        format!(
            "{again}No touchpoint{} goes out any more.\nTouchpoints that callers have stay theirs.\n\
             End it with: leadgate unhold {}{}\n",
            scope.of_what(),
            scope.option,
            args.target.typed(),
        )
    });
    hold_open(&store, scope.scope, &target.clock)
        .await
        .map_err(HoldError::Open)?;
    Ok(printed?)
}

/// Holds the touchpoints that are open for callers. It goes on after an error, and returns the first.
async fn hold_open(store: &Store, scope: HoldScope, clock: &Clock) -> Result<(), StoreError> {
    let (accounts, by) = match scope {
        HoldScope::Account(id) => (vec![id], HeldBy::Account),
        HoldScope::Workflow(account, id) => (vec![account], HeldBy::Workflow(id)),
        HoldScope::All => {
            let accounts = store.accounts().await?.into_iter();
            (accounts.map(|it| it.id).collect(), HeldBy::All)
        }
    };
    let held_by = |workflow| match by {
        HeldBy::Workflow(id) => (id == workflow).then_some(by),
        HeldBy::Account | HeldBy::All => Some(by),
    };
    let mut result = Ok(());
    for account in accounts {
        let held = store.hold_open_runs(account, held_by, clock.now()).await;
        result = result.and(held);
    }
    result
}

async fn unhold(args: &UnholdArgs) -> Result<(), HoldError> {
    let target = Target::of(&args.target).await?;
    let scope = args.scope.find(&target).await?;
    let store = target.store()?;
    match store.unhold(scope.scope).await {
        Err(StoreError::Conflict) => {
            let what = match &scope.account_name {
                Some(name) => format!("the account {}", printable(name)),
                None => "all accounts".to_owned(),
            };
            return Err(HoldError::NotHeld(what));
        }
        ended => ended?,
    }
    let is_all_held = match scope.scope {
        HoldScope::All => None,
        _ => store.hold_of(HoldScope::All).await?,
    };
    let changed = Changed {
        account_id: scope.account_id(),
        held: false,
        hold: None,
    };
    args.output.print(&changed, |_| match is_all_held {
        Some(_) => format!(
            "The hold{} has ended.\nAll accounts are still held. End that with: leadgate unhold \
             --all{}\n",
            scope.of_what(),
            args.target.typed(),
        ),
        None => format!(
            "The hold{} has ended.\nWithin minutes, wake-runs releases the runs that waited.\n\
             The rest of each moves by the time for which it was held.\n",
            scope.of_what(),
        ),
    })?;
    Ok(())
}
