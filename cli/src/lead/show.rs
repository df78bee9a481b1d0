//! `leadgate lead show`: a lead with its runs and its history.

use clap::Args;
use domain::{
    activity::{Activity, ActivityKind, Contact},
    cadence::TouchpointState,
    campaign::Campaign,
    ids::CampaignId,
    lead::{Lead, Profile},
    name::Name,
    run::Run,
};
use jiff::{Timestamp, tz::TimeZone};
use serde::Serialize;

use super::{
    error::LeadError,
    json::{ProfileOut, full_name},
};
use crate::{
    fields::fields,
    lead_arg::LeadArg,
    output::{FullArg, OutputArg, exact, heading, or_dash, relative},
    plan::table::local_time,
    run::{NEWEST, json::RunOut, of_lead, version_of, words},
    stored,
    target::{AccountArg, Target, TargetArgs},
};

/// Number of the newest entries of the history that are shown without --full.
const ENTRIES: usize = 20;

/// Options of `leadgate lead show`.
#[derive(Args, Clone, Debug)]
pub struct ShowArgs {
    #[command(flatten)]
    lead: LeadArg,
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
struct Shown<'a> {
    lead: LeadOut<'a>,
    runs: Vec<RunOut<'a>>,
    history: Vec<ActivityOut<'a>>,
}

#[derive(Serialize)]
struct LeadOut<'a> {
    #[serde(flatten)]
    profile: ProfileOut<'a>,
    campaign: Option<CampaignOut<'a>>,
}

#[derive(Serialize)]
struct CampaignOut<'a> {
    id: CampaignId,
    name: &'a str,
}

#[derive(Serialize)]
struct ActivityOut<'a> {
    kind: ActivityKind,
    subject: Option<&'a str>,
    reason: Option<&'a str>,
    actor: Option<&'a str>,
    contact: Option<&'a Contact>,
    at: Timestamp,
}

impl<'a> From<&'a Activity> for ActivityOut<'a> {
    fn from(activity: &'a Activity) -> Self {
        let Activity {
            kind,
            subject,
            reason,
            actor,
            contact,
            at,
        } = activity;
        Self {
            kind: *kind,
            subject: subject.as_deref(),
            reason: reason.as_deref(),
            actor: actor.as_deref(),
            contact: contact.as_ref(),
            at: *at,
        }
    }
}

pub async fn show(args: &ShowArgs) -> Result<(), LeadError> {
    let target = Target::of(&args.target).await?;
    let (store, account) = target.store_of(&args.account).await?;
    let now = target.clock.now();
    let lead = args.lead.read(&store, account).await?;
    let campaign = match lead.profile.campaign_id {
        Some(id) => store.campaign(account, id).await?,
        None => None,
    };
    let runs = of_lead(&store, &lead, NEWEST).await?;
    let workflow = match runs.first() {
        Some(run) => version_of(&store, run).await?,
        None => None,
    };
    let zone = workflow.as_ref().map(|workflow| &workflow.timezone);
    let history = stored::history(&store, &lead).await?;
    let out = Shown {
        lead: LeadOut {
            profile: ProfileOut::from(&lead.profile),
            campaign: campaign
                .as_ref()
                .map(|Campaign { id, name, .. }| CampaignOut { id: *id, name }),
        },
        runs: runs.iter().map(RunOut::from).collect(),
        history: history.iter().map(ActivityOut::from).collect(),
    };
    args.output.print(&out, |_| {
        let parts = [
            profile(&lead, campaign.as_ref(), args.full, now),
            metadata(&lead.profile, args.full),
            current_run(runs.first(), zone, args.full, now),
            earlier_runs(runs.get(1..).unwrap_or_default(), args.full, now),
            entries(&history, args.full, now),
        ];
        let parts: Vec<_> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        parts.join("\n")
    })?;
    Ok(())
}

fn profile(lead: &Lead, campaign: Option<&Campaign>, full: FullArg, now: Timestamp) -> String {
    let profile = &lead.profile;
    let campaign = match (profile.campaign_id, campaign) {
        (Some(id), None) => format!("{id} (removed)"),
        (_, campaign) => or_dash(campaign.map(|campaign| &campaign.name)),
    };
    let rows = [
        ("Lead", profile.id.to_string()),
        ("Name", full_name(profile)),
        (
            "Phone",
            or_dash(profile.phone.as_ref().map(|it| it.as_str())),
        ),
        (
            "E-mail",
            or_dash(profile.email.as_ref().map(|it| it.as_str())),
        ),
        (
            "Company",
            or_dash(profile.company.as_ref().map(Name::as_str)),
        ),
        ("Title", or_dash(profile.title.as_ref().map(Name::as_str))),
        ("Source", profile.source.as_str().to_owned()),
        ("Campaign", campaign),
        ("Created", exact(profile.created_at, now)),
        ("Updated", exact(profile.updated_at, now)),
    ];
    fields(&rows, full.is_full())
}

fn metadata(profile: &Profile, full: FullArg) -> String {
    let rows = profile.metadata.iter();
    let rows: Vec<_> = rows.map(|(key, value)| (key, value.to_owned())).collect();
    if rows.is_empty() {
        return String::new();
    }
    heading("METADATA") + &fields(&rows, full.is_full())
}

fn current_run(
    run: Option<&Run>,
    zone: Option<&TimeZone>,
    full: FullArg,
    now: Timestamp,
) -> String {
    let Some(run) = run else {
        return "The lead is in no workflow.\n".to_owned();
    };
    let next = words::next(run).map(|(_, touchpoint)| {
        let state = match touchpoint.state {
            TouchpointState::Claimed => ", claimed",
            _ if run.held.is_some() => ", held",
            _ => "",
        };
        format!(
            "{}, try {} of {}, due {} ({}){}",
            touchpoint.channel,
            touchpoint.attempt,
            touchpoint.max_attempts,
            local_time(touchpoint.due_at, zone.unwrap_or(&TimeZone::UTC)),
            relative(touchpoint.due_at, now),
            state
        )
    });
    let rows = [
        ("Run", run.id.to_string()),
        ("Workflow", run.workflow.name.clone()),
        ("Status", run.current_status.label.clone()),
        ("State", words::state_with_reason(run, now)),
        ("Touchpoints", or_dash(Some(words::counts(run)))),
        ("Next", or_dash(next)),
    ];
    fields(&rows, full.is_full())
}

fn earlier_runs(runs: &[Run], full: FullArg, now: Timestamp) -> String {
    if runs.is_empty() {
        return String::new();
    }
    let row = |run: &Run| {
        [
            full.id(run.id),
            run.workflow.name.clone(),
            run.current_status.label.clone(),
            words::state(run).to_owned(),
            full.time(run.created_at, now),
        ]
    };
    let rows: Vec<_> = runs.iter().map(row).collect();
    let headings = ["EARLIER RUN", "WORKFLOW", "STATUS", "STATE", "CREATED"];
    full.table(headings, &rows, &["WORKFLOW", "STATUS"])
}

fn entries(history: &[Activity], full: FullArg, now: Timestamp) -> String {
    let hidden = match full.is_full() {
        true => 0,
        false => history.len().saturating_sub(ENTRIES),
    };
    let shown = history.get(hidden..).unwrap_or_default();
    let row = |activity: &Activity| {
        [
            full.time(activity.at, now),
            event(activity),
            or_dash(activity.actor.as_ref()),
            or_dash(activity.reason.as_ref().or(note(activity))),
        ]
    };
    let rows: Vec<_> = shown.iter().map(row).collect();
    let table = full.table(
        ["WHEN", "HISTORY", "BY", "REASON"],
        &rows,
        &["HISTORY", "BY", "REASON"],
    );
    match hidden {
        0 => table,
        _ => format!("{table}\n{hidden} earlier entries are left out: --full shows all.\n"),
    }
}

fn event(activity: &Activity) -> String {
    let subject = activity.subject.as_deref().unwrap_or_default();
    match activity.kind {
        ActivityKind::LeadCreated => "created".to_owned(),
        ActivityKind::WorkflowAssigned => format!("assigned to {subject}"),
        ActivityKind::StatusChanged => format!("status {subject}"),
        ActivityKind::AutomationStopped => "taken over by a person".to_owned(),
        ActivityKind::AutomationResumed => "handed back to the automation".to_owned(),
        ActivityKind::TouchpointClaimed => contact(activity, "claimed"),
        ActivityKind::TouchpointSent => contact(activity, "sent"),
        ActivityKind::TouchpointLapsed => contact(activity, "lease ended without an outcome"),
        // An operator's entry says what it has done.
        ActivityKind::TouchpointReleased if subject.contains(": ") => subject.to_owned(),
        ActivityKind::TouchpointReleased => contact(activity, "given back"),
        ActivityKind::TouchpointEnded => subject.to_owned(),
        ActivityKind::TouchpointOutcome => contact(activity, ""),
        ActivityKind::ContactReported => contact(activity, "outside of the cadence"),
    }
}

/// Returns a contact in words, such as `call: answered` or `sms: replied, outside of the cadence`.
fn contact(activity: &Activity, what: &str) -> String {
    let Some(contact) = &activity.contact else {
        return activity.subject.clone().unwrap_or_default();
    };
    let outcome = contact.outcome.map(|outcome| outcome.to_string());
    let parts = [outcome.as_deref().unwrap_or_default(), what];
    let parts: Vec<_> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    format!("{}: {}", contact.channel, parts.join(", "))
}

fn note(activity: &Activity) -> Option<&String> {
    activity.contact.as_ref()?.details.note.as_ref()
}
