//! `leadgate suppress`: the addresses that an account must not contact. The commands never print an address.

mod address;
mod error;
mod text;

use std::process::ExitCode;

use clap::{
    Args, Subcommand,
    builder::{PossibleValuesParser, TypedValueParser},
};
use domain::{
    address::{AddressHash, AddressKind},
    channel::Channel,
    page::PageRequest,
    suppression::{Channels, Consent, NotRemoved, Removal, Suppression, SuppressionReason},
    time::whole_second,
};
use jiff::tz::TimeZone;

use self::{
    address::{AddressArg, AddressOrId},
    error::SuppressError,
    text::{CheckOut, EndedOut, ListOut, OneOut, SuppressionOut},
};
use crate::{
    failure,
    moment::Moment,
    output::{FullArg, OutputArg},
    stored,
    target::{AccountArg, Target, TargetArgs},
};

/// Maximum number of suppressions of a list.
const MOST: u16 = 1_000;

/// Commands of `leadgate suppress`.
#[derive(Subcommand, Clone, Debug)]
pub enum SuppressCommand {
    /// Suppress a phone number or an e-mail address, so that it is not contacted any more.
    ///
    /// A second suppression of an address adds its channels, and the heavier reason stays. From the
    /// lightest, the reasons are manual, invalid, legal, opted_out and complained.
    ///
    /// With --output json, prints {"suppression": {"id", "kind", "channels", "reason", "note",
    /// "created_at"}, "new"}. channels is a list of channels, or ["all"].
    Add(AddArgs),
    /// List the suppressions of an account, newest first. Nothing in them shows an address.
    ///
    /// With --output json, prints {"suppressions": [...], "more"}.
    List(ListArgs),
    /// Show whether a phone number or an e-mail address is suppressed, and was before.
    ///
    /// With --output json, prints {"suppressed", "suppression", "ended": [{"suppression", "removal":
    /// {"at", "reason", "actor", "consent": {"at", "source"}}}]}. suppression is null if there is none.
    Check(CheckArgs),
    /// Remove a suppression, so that the address can be contacted again.
    ///
    /// If the person has opted out or complained, --consent-at and --consent-source are required.
    /// The removal is kept, and `leadgate suppress check` shows it.
    ///
    /// With --output json, prints {"suppression", "removal"} as in `leadgate suppress check`.
    // The usage that clap makes is wider than a terminal.
    #[command(override_usage = "leadgate suppress remove [OPTIONS] --reason <TEXT> [ID]")]
    Remove(RemoveArgs),
}

/// Options of `leadgate suppress add`.
#[derive(Args, Clone, Debug)]
pub struct AddArgs {
    #[command(flatten)]
    address: AddressArg,
    /// Channel on which the address must not be contacted; can be repeated [default: all channels]
    #[arg(long, value_parser = PossibleValuesParser::new(Channel::ALL.map(Channel::as_str)))]
    channel: Vec<String>,
    /// Reason of the suppression
    #[arg(long, default_value = "manual", value_parser = reasons())]
    reason: SuppressionReason,
    /// Text of at most 200 characters. It outlives the erasure of a lead, so name no person
    #[arg(long, value_name = "TEXT", value_parser = short)]
    note: Option<String>,
    #[command(flatten)]
    of: Of,
}

/// Options of `leadgate suppress list`.
#[derive(Args, Clone, Debug)]
pub struct ListArgs {
    /// Maximum number of suppressions to list, up to 1000
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..=i64::from(MOST)))]
    limit: u16,
    #[command(flatten)]
    full: FullArg,
    #[command(flatten)]
    of: Of,
}

/// Options of `leadgate suppress check`.
#[derive(Args, Clone, Debug)]
pub struct CheckArgs {
    #[command(flatten)]
    address: AddressArg,
    #[command(flatten)]
    of: Of,
}

/// Options of `leadgate suppress remove`.
#[derive(Args, Clone, Debug)]
pub struct RemoveArgs {
    #[command(flatten)]
    address: AddressOrId,
    /// Reason of the removal
    #[arg(long, value_name = "TEXT", value_parser = short)]
    reason: String,
    /// Person or system that asks for it
    #[arg(long, value_name = "NAME", value_parser = short)]
    actor: Option<String>,
    /// Time at which the person consented to be contacted again: 2d ago, 2026-02-10 (its first moment in
    /// UTC) or 2026-02-10T12:00:00Z
    #[arg(long, value_name = "TIME", requires = "consent_source")]
    consent_at: Option<Moment>,
    /// Place where the person consented, such as a form
    #[arg(long, value_name = "TEXT", requires = "consent_at", value_parser = short)]
    consent_source: Option<String>,
    #[command(flatten)]
    of: Of,
}

/// Options of all these commands.
#[derive(Args, Clone, Debug)]
struct Of {
    #[command(flatten)]
    account: AccountArg,
    #[command(flatten)]
    output: OutputArg,
    #[command(flatten)]
    target: TargetArgs,
}

fn reasons() -> impl TypedValueParser<Value = SuppressionReason> {
    let words = PossibleValuesParser::new(SuppressionReason::ALL.map(SuppressionReason::as_str));
    words.try_map(|word| word.parse::<SuppressionReason>())
}

/// Reads a text of 1 to 200 characters.
fn short(text: &str) -> Result<String, &'static str> {
    match text.chars().count() {
        1..=200 if !text.trim().is_empty() => Ok(text.to_owned()),
        _ => Err("write 1 to 200 characters"),
    }
}

/// Runs the command. The exit code is 1 if it fails; standard error then has a line for each
/// problem.
pub async fn run(command: &SuppressCommand) -> ExitCode {
    let done = match command {
        SuppressCommand::Add(args) => add(args).await,
        SuppressCommand::List(args) => list(args).await,
        SuppressCommand::Check(args) => check(args).await,
        SuppressCommand::Remove(args) => remove(args).await,
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failure::report("suppress", &error),
    }
}

async fn add(args: &AddArgs) -> Result<(), SuppressError> {
    let channels = channels(args.address.kind(), &args.channel)?;
    let target = Target::of(&args.of.target).await?;
    let (store, account) = target.store_of(&args.of.account).await?;
    let account = stored::account(&store, account).await?;
    let secret = store.account_secret(account.id).await?;
    let address = args.address.read(account.default_country, &secret)?;
    let now = target.clock.now();
    let new = Suppression {
        channels,
        reason: args.reason,
        note: args.note.clone(),
        created_at: whole_second(now),
    };
    let (stored, is_new) = store.suppress(account.id, address, &new).await?;
    let stored = stored.suppression.unwrap_or(new);
    let out = OneOut {
        suppression: SuppressionOut::new(address, &stored),
        new: is_new,
    };
    Ok(args.of.output.print(&out, OneOut::text)?)
}

/// Reads the channels of an address of a kind.
fn channels(kind: AddressKind, words: &[String]) -> Result<Channels, SuppressError> {
    if words.is_empty() {
        return Ok(Channels::ALL);
    }
    let own = |word: &String| kind.channels().find(|it| it.as_str() == word);
    let channel = |word: &String| own(word).ok_or_else(|| SuppressError::channel(kind, word));
    words.iter().map(channel).collect()
}

async fn list(args: &ListArgs) -> Result<(), SuppressError> {
    let target = Target::of(&args.of.target).await?;
    let (store, account) = target.store_of(&args.of.account).await?;
    let now = target.clock.now();
    let request = PageRequest {
        limit: args.limit,
        after: None,
    };
    let page = store.suppressions(account, &request).await?;
    let suppressions = page.items.iter();
    let out = ListOut {
        suppressions: suppressions
            .map(|(address, it)| SuppressionOut::new(*address, it))
            .collect(),
        more: page.next.is_some(),
    };
    Ok(args
        .of
        .output
        .print(&out, |out| out.text(args.full, args.limit, now))?)
}

async fn check(args: &CheckArgs) -> Result<(), SuppressError> {
    let target = Target::of(&args.of.target).await?;
    let (store, account) = target.store_of(&args.of.account).await?;
    let account = stored::account(&store, account).await?;
    let secret = store.account_secret(account.id).await?;
    let address = args.address.read(account.default_country, &secret)?;
    let found = store.address(account.id, address).await?;
    let suppression = found.suppression.as_ref();
    let ended = found.ended.iter();
    let out = CheckOut {
        suppressed: suppression.is_some(),
        suppression: suppression.map(|it| SuppressionOut::new(address, it)),
        ended: ended.map(|it| EndedOut::new(address, it)).collect(),
    };
    Ok(args.of.output.print(&out, |out| out.text(address.kind))?)
}

async fn remove(args: &RemoveArgs) -> Result<(), SuppressError> {
    let id = args.address.id()?;
    let target = Target::of(&args.of.target).await?;
    let (store, account) = target.store_of(&args.of.account).await?;
    let account = stored::account(&store, account).await?;
    let address: AddressHash = match id {
        Some(address) => address,
        None => {
            let secret = store.account_secret(account.id).await?;
            args.address.read(account.default_country, &secret)?
        }
    };
    let now = target.clock.now();
    let consent_at = args.consent_at.map(|at| at.before(now, &TimeZone::UTC));
    if let Some(at) = consent_at.filter(|at| *at > now) {
        return Err(SuppressError::Future(at));
    }
    let consent = consent_at.zip(args.consent_source.clone());
    let removal = Removal {
        at: whole_second(now),
        reason: args.reason.clone(),
        actor: args.actor.clone(),
        consent: consent.map(|(at, source)| Consent { at, source }),
    };
    let removed = store.unsuppress(account.id, address, &removal).await?;
    let found = removed.map_err(|refused| match refused {
        NotRemoved::NotSuppressed => SuppressError::NotSuppressed,
        NotRemoved::NeedsConsent(reason) => SuppressError::NeedsConsent(reason),
    })?;
    let ended = found.ended.last().ok_or(SuppressError::NotSuppressed)?;
    let out = EndedOut::new(address, ended);
    Ok(args.of.output.print(&out, |out| {
        format!(
            "Removed the suppression: the address can be contacted again.\n\n{}",
            out.text()
        )
    })?)
}
