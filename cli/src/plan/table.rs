//! Tables of touchpoints, with one line for each.

use domain::{
    cadence::{Reason, Touchpoint, TouchpointState},
    time::zone_name,
};
use jiff::{Timestamp, tz::TimeZone};
use local::text::{printable, width};

use super::preview::{Preview, failure};
use crate::output::{full_table, table};

/// Number of columns that a line has at most, if the name of the workflow fits it.
const COLUMNS: usize = 80;
/// Note about a touchpoint whose message cannot be filled in.
const FAILS: &str = "fails: template";

/// Returns the table of a plan, under its title. `is_full` adds the times in UTC.
pub fn of(preview: &Preview, is_full: bool) -> String {
    let definition = &preview.definition;
    let zone = &definition.timezone;
    let rows = touchpoints(&preview.touchpoints, zone, is_full, "NOTE", |index, it| {
        let message = preview.messages.get(index).and_then(Option::as_ref);
        note(it, failure(it, message).is_some())
    });
    let name = printable(&definition.name);
    let enrolled = format!(
        "for a lead enrolled {} ({})",
        local_time(preview.enrolled_at, zone),
        zone_name(zone)
    );
    let is_wide = width(&name) + width(&enrolled) + 2 > COLUMNS;
    format!(
        "{name},{}{enrolled}{}\n\n{rows}",
        if is_wide { "\n" } else { " " },
        if definition.is_paused {
            ".\nThe workflow is paused: it schedules no contacts until is_paused is false."
        } else {
            ""
        }
    )
}

/// Returns a table of touchpoints. The last column has the heading `last`, and what `note` returns.
/// `is_full` adds the times in UTC.
pub fn touchpoints(
    touchpoints: &[Touchpoint],
    zone: &TimeZone,
    is_full: bool,
    last: &str,
    note: impl Fn(usize, &Touchpoint) -> String,
) -> String {
    let row = |(index, touchpoint): (usize, &Touchpoint)| {
        [
            (touchpoint.step_index + 1).to_string(),
            format!("{}/{}", touchpoint.attempt, touchpoint.max_attempts),
            touchpoint.channel.to_string(),
            local_time(touchpoint.due_at, zone),
            note(index, touchpoint),
        ]
    };
    let rows = touchpoints.iter().enumerate().map(row);
    if !is_full {
        let rows: Vec<_> = rows.collect();
        let headings = ["STEP", "TRY", "CHANNEL", "LOCAL TIME", last];
        return table(headings, &rows, last);
    }
    let utc = touchpoints.iter().map(|it| it.due_at.to_string());
    let rows: Vec<_> = rows
        .zip(utc)
        .map(|([step, attempt, channel, local, note], utc)| {
            [step, attempt, channel, local, utc, note]
        })
        .collect();
    full_table(["STEP", "TRY", "CHANNEL", "LOCAL TIME", "UTC", last], &rows)
}

/// Returns why a touchpoint differs from its step, and whether it fails because its message cannot
/// be filled in. The note is empty if there is nothing to note.
fn note(touchpoint: &Touchpoint, fails: bool) -> String {
    let is_forced = |reason: &&Reason| **reason == Reason::ForcedFirstMessage;
    let joined = |reasons: Vec<&Reason>| {
        let reasons: Vec<_> = reasons.into_iter().map(Reason::to_string).collect();
        Some(reasons.join(", ")).filter(|reasons| !reasons.is_empty())
    };
    let (forced, others) = touchpoint.reasons.iter().partition(is_forced);
    let others = joined(others).map(|others| match touchpoint.state {
        TouchpointState::Skipped => format!("skipped: {others}"),
        _ => format!("moved: {others}"),
    });
    let fails = fails.then(|| FAILS.to_owned());
    let notes = [fails, others, joined(forced)];
    notes.into_iter().flatten().collect::<Vec<_>>().join("; ")
}

/// Returns a time on the clocks of a zone.
pub fn local_time(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone())
        .strftime("%a %Y-%m-%d %H:%M %Z")
        .to_string()
}
