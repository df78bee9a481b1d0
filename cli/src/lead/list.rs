//! `leadgate lead list`: the leads of an account, newest first.

use aws::store::{Store, StoreError};
use clap::Args;
use domain::{
    ids::AccountId,
    lead::{Lead, LeadFilter, Profile},
    page::PageRequest,
    run::Run,
};
use futures::{StreamExt, TryStreamExt, stream};
use jiff::{Timestamp, ToSpan, tz::TimeZone};
use serde::Serialize;

use super::{
    error::LeadError,
    json::{ProfileOut, full_name},
};
use crate::{
    moment::Moment,
    output::{FullArg, OutputArg, or_dash},
    run::{current, json::RunOut, words},
    stored,
    target::{AccountArg, Target, TargetArgs},
};

/// Maximum number of leads of a list.
const MOST: u16 = 1_000;
/// Number of leads in a page: the maximum of the API's lists.
const PAGE: u16 = 200;
/// Maximum number of pages that are read for a list. With a filter that few leads pass, a page can
/// be short.
const PAGES: usize = 20;
/// Number of leads whose runs are read at the same time.
const READ_AT_ONCE: usize = 16;

/// Options of `leadgate lead list`.
#[derive(Args, Clone, Debug)]
pub struct ListArgs {
    /// List the leads whose latest workflow is this one: its name, its id, or the last characters
    /// of its id
    // Not parsed by clap: it would print a wrong value, which may be a key.
    #[arg(long, value_name = "NAME|ID")]
    workflow: Option<String>,
    /// List the leads of this campaign: its name, its id, or the last characters of its id
    #[arg(long, value_name = "NAME|ID")]
    campaign: Option<String>,
    /// List the leads that were created at this time or later: 7d ago, 2026-02-10 (its first moment
    /// in UTC) or 2026-02-10T12:00:00Z
    #[arg(long, value_name = "TIME")]
    created_after: Option<Moment>,
    /// List the leads that were created before this time
    #[arg(long, value_name = "TIME")]
    created_before: Option<Moment>,
    /// Maximum number of leads to list, up to 1000
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..=i64::from(MOST)))]
    limit: u16,
    #[command(flatten)]
    account: AccountArg,
    #[command(flatten)]
    full: FullArg,
    #[command(flatten)]
    output: OutputArg,
    #[command(flatten)]
    target: TargetArgs,
}

/// Output of the command.
#[derive(Serialize)]
struct Listed<'a> {
    leads: Vec<LeadOut<'a>>,
    damaged: Vec<DamagedOut>,
    /// Whether there may be more leads.
    more: bool,
}

#[derive(Serialize)]
struct LeadOut<'a> {
    #[serde(flatten)]
    profile: ProfileOut<'a>,
    run: Option<RunOut<'a>>,
}

/// A lead that cannot be read.
#[derive(Serialize)]
struct DamagedOut {
    id: String,
    error: String,
}

/// Leads of the list.
struct Found {
    leads: Vec<Result<Profile, DamagedOut>>,
    /// Position up to which the list was read. `None` if it was read to its end.
    next: Option<String>,
}

/// A lead with its newest run.
type Row = Result<(Lead, Option<Run>), DamagedOut>;

pub async fn list(args: &ListArgs) -> Result<(), LeadError> {
    let target = Target::of(&args.target).await?;
    let (store, account) = target.store_of(&args.account).await?;
    let now = target.clock.now();
    let past = |time: Moment| time.before(now, &TimeZone::UTC);
    let mut filter = LeadFilter {
        created_after: args.created_after.map(past),
        created_before: args.created_before.map(past),
        ..LeadFilter::default()
    };
    if let Some(text) = &args.workflow {
        filter.workflow_id = Some(stored::workflow(&store, account, text).await?.id);
    }
    if let Some(text) = &args.campaign {
        filter.campaign_id = Some(stored::campaign(&store, account, text).await?.id);
    }
    let Found { leads, next } = find(&store, account, &filter, args.limit).await?;
    let rows = leads
        .into_iter()
        .map(|lead| with_run(&store, account, lead));
    let rows: Vec<Option<Row>> = stream::iter(rows)
        .buffered(READ_AT_ONCE)
        .try_collect()
        .await?;
    let (mut leads, mut damaged) = (Vec::new(), Vec::new());
    for row in rows.into_iter().flatten() {
        match row {
            Ok(lead) => leads.push(lead),
            Err(error) => damaged.push(error),
        }
    }
    let out = leads.iter().map(|(lead, run)| LeadOut {
        profile: ProfileOut::from(&lead.profile),
        run: run.as_ref().map(RunOut::from),
    });
    let listed = Listed {
        leads: out.collect(),
        damaged,
        more: next.is_some(),
    };
    let is_filtered = filter != LeadFilter::default();
    args.output.print(&listed, |listed| {
        let mut text = if leads.is_empty() {
            nothing(is_filtered).to_owned()
        } else {
            table(&leads, args.full, now)
        };
        for DamagedOut { id, error } in &listed.damaged {
            text += &format!("The lead {id} cannot be read: {error}.\n");
        }
        text += &more(next.as_deref(), leads.len(), args.limit);
        text
    })?;
    Ok(())
}

/// Finds the leads of a list.
async fn find(
    store: &Store,
    account: AccountId,
    filter: &LeadFilter,
    limit: u16,
) -> Result<Found, StoreError> {
    let mut found = Found {
        leads: Vec::new(),
        next: None,
    };
    for _ in 0..PAGES {
        let left = usize::from(limit).saturating_sub(found.leads.len());
        let request = PageRequest {
            limit: u16::try_from(left).unwrap_or(PAGE).min(PAGE),
            after: found.next,
        };
        let page = store.leads(account, filter, &request).await?.page;
        found.leads.extend(page.items.into_iter().map(|lead| {
            lead.map_err(|(position, error)| DamagedOut {
                // The position ends with the id.
                id: position.rsplit('#').next().unwrap_or_default().to_owned(),
                error: aws::telemetry::ErrorChain(&error).to_string(),
            })
        }));
        found.next = page.next;
        if found.next.is_none() || found.leads.len() >= usize::from(limit) {
            break;
        }
    }
    Ok(found)
}

/// Reads a lead of the list with its run. `None` if it was erased since.
async fn with_run(
    store: &Store,
    account: AccountId,
    lead: Result<Profile, DamagedOut>,
) -> Result<Option<Row>, StoreError> {
    let id = match lead {
        Ok(profile) => profile.id,
        Err(damaged) => return Ok(Some(Err(damaged))),
    };
    match store.lead_with_newest_run(account, id).await {
        Ok(found) => Ok(found.map(|(lead, newest)| {
            let run = current(&lead, newest);
            Ok((lead, run))
        })),
        Err(error @ StoreError::Damaged { .. }) => Ok(Some(Err(DamagedOut {
            id: id.to_string(),
            error: aws::telemetry::ErrorChain(&error).to_string(),
        }))),
        Err(error) => Err(error),
    }
}

fn table(leads: &[(Lead, Option<Run>)], full: FullArg, now: Timestamp) -> String {
    let row = |(lead, run): &(Lead, Option<Run>)| {
        let profile = &lead.profile;
        let phone = profile.phone.as_ref().map(|phone| phone.as_str());
        let email = profile.email.as_ref().map(|email| email.as_str());
        [
            full.id(profile.id),
            full_name(profile),
            or_dash(phone.or(email)),
            or_dash(run.as_ref().map(|run| &run.workflow.name)),
            or_dash(run.as_ref().map(status)),
            full.time(profile.created_at, now),
        ]
    };
    let rows: Vec<_> = leads.iter().map(row).collect();
    let headings = ["ID", "NAME", "CONTACT", "WORKFLOW", "STATUS", "CREATED"];
    full.table(headings, &rows, &["NAME", "CONTACT", "WORKFLOW", "STATUS"])
}

/// Returns the status of a lead, with the state of its run if it does not simply go on.
fn status(run: &Run) -> String {
    let label = &run.current_status.label;
    match words::state(run) {
        "running" | "queued" => label.clone(),
        "completed" if run.current_status.is_terminal => label.clone(),
        state => format!("{label} ({state})"),
    }
}

fn nothing(is_filtered: bool) -> &'static str {
    if is_filtered {
        "No lead fits these options.\n"
    } else {
        "The account has no leads. POST /leads and `leadgate lead create` create them.\n"
    }
}

/// Returns how to list the leads that are left.
fn more(next: Option<&str>, count: usize, limit: u16) -> String {
    let Some(position) = next else {
        return String::new();
    };
    if count >= usize::from(limit) && limit < MOST {
        return format!("\nThere are more leads: pass a --limit above {limit} to list them.\n");
    }
    // The position begins with a second. Its other leads may be left.
    let second = position.split('#').next().and_then(|it| it.parse().ok());
    let before: Timestamp = second.unwrap_or(Timestamp::UNIX_EPOCH) + 1.second();
    format!("\nThere may be more leads:\npass --created-before {before} to search on.\n")
}
