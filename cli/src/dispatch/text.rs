//! The status of dispatch for people.

use jiff::Timestamp;
use local::text::{counted, printable};

use super::{
    json::{DueOut, HoldOut, ReleaseOut, ScopeOut, Status},
    lanes::Lane,
};
use crate::{
    fields::fields,
    output::{FullArg, or_dash, table},
    queue::counts::HEADINGS,
};

/// Returns the parts of the status, with a blank line between two.
pub fn text(status: &Status, full: FullArg, now: Timestamp) -> String {
    let due = match &status.oldest_due_run {
        Some(due) => due_run(due, full, now),
        None => "none".to_owned(),
    };
    let parts = [
        lanes(&status.lanes, full, now),
        fields(&[("Oldest due run", due)], true),
        holds(&status.holds, full, now),
        releases(&status.releases, full, now),
        queue(status),
    ];
    let parts: Vec<_> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    parts.join("\n")
}

fn lanes(lanes: &[Lane], full: FullArg, now: Timestamp) -> String {
    if lanes.is_empty() {
        return "No touchpoint is open, and no caller has claimed one yet.\n".to_owned();
    }
    let row = |lane: &Lane| {
        let least = if lane.more { "+" } else { "" };
        let time = |time: Option<Timestamp>| or_dash(time.map(|it| full.time(it, now)));
        [
            full.id(lane.account_id),
            lane.channel.to_string(),
            format!("{}{least}", lane.due),
            format!("{}{least}", lane.claimed),
            time(lane.oldest_due_at),
            time(lane.pulled_at),
        ]
    };
    let rows: Vec<_> = lanes.iter().map(row).collect();
    let headings = [
        "ACCOUNT",
        "CHANNEL",
        "DUE",
        "CLAIMED",
        "OLDEST",
        "LAST PULL",
    ];
    full.table(headings, &rows, &[])
}

fn due_run(due: &DueOut, full: FullArg, now: Timestamp) -> String {
    let what = match due.kind {
        "hand_over" => "waits for its hand-over",
        "retry" => "waits for another try",
        "expiry" => "has used up its time",
        _ => "has no outcome",
    };
    format!(
        "{} {what}, {} (account {}, run {})",
        due.channel,
        full.time(due.due_at, now),
        full.id(due.account_id),
        full.id(due.run_id)
    )
}

/// Returns what is held in words.
fn scope(scope: ScopeOut, full: FullArg) -> String {
    match (scope.account_id, scope.workflow_id) {
        (None, _) => "all accounts".to_owned(),
        (Some(account), None) => format!("account {}", full.id(account)),
        (Some(_), Some(workflow)) => format!("workflow {}", full.id(workflow)),
    }
}

fn holds(holds: &[HoldOut], full: FullArg, now: Timestamp) -> String {
    let row = |hold: &HoldOut| {
        let reason = match &hold.workflow {
            Some(name) => format!("{} is paused", printable(name)),
            None => or_dash(hold.reason.as_deref()),
        };
        [
            scope(hold.scope, full),
            or_dash(hold.since.map(|it| full.time(it, now))),
            hold.held_runs.to_string(),
            reason,
        ]
    };
    let rows: Vec<_> = holds.iter().map(row).collect();
    match rows.is_empty() {
        true => "Nothing is held.\n".to_owned(),
        false => full.table(["HELD", "SINCE", "RUNS", "REASON"], &rows, &["REASON"]),
    }
}

fn releases(releases: &[ReleaseOut], full: FullArg, now: Timestamp) -> String {
    let line = |release: &ReleaseOut| {
        let state = match release.empty_since {
            Some(since) => format!("no run left, {}", full.time(since, now)),
            None => format!("{} left", counted(release.held_runs, "run")),
        };
        format!("Releasing {}: {state}\n", scope(release.scope, full))
    };
    releases.iter().map(line).collect()
}

fn queue(status: &Status) -> String {
    let counts = [
        ("dispatch", &status.queue),
        ("dispatch, dead letters", &status.dead_letters),
    ];
    let rows = counts.into_iter();
    let rows = rows.filter_map(|(name, counts)| Some(counts.as_ref()?.row(name)));
    let rows: Vec<_> = rows.collect();
    match rows.is_empty() {
        true => String::new(),
        false => table(HEADINGS, &rows, "QUEUE"),
    }
}
