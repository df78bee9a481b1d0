//! Table of a plan, with one line for each touchpoint.

use domain::cadence::{Touchpoint, TouchpointState};
use jiff::{Timestamp, tz::TimeZone};
use local::text::printable;

use super::preview::Preview;
use crate::output::table;

/// Returns the table. `is_full` adds the times in UTC.
pub fn of(preview: &Preview, is_full: bool) -> String {
    let definition = &preview.definition;
    let zone = &definition.timezone;
    let touchpoints = &preview.touchpoints;
    let rows: Vec<_> = touchpoints.iter().map(|it| row(it, zone)).collect();
    let rows = if is_full {
        let utc = touchpoints.iter().map(|it| it.due_at.to_string());
        let rows: Vec<_> = rows
            .into_iter()
            .zip(utc)
            .map(|([step, attempt, channel, local, note], utc)| {
                [step, attempt, channel, local, utc, note]
            })
            .collect();
        let headings = ["STEP", "TRY", "CHANNEL", "LOCAL TIME", "UTC", "NOTE"];
        table(headings, &rows, "NOTE")
    } else {
        table(
            ["STEP", "TRY", "CHANNEL", "LOCAL TIME", "NOTE"],
            &rows,
            "NOTE",
        )
    };
    format!(
        "{}, for a lead enrolled {} ({}){}\n\n{rows}",
        printable(&definition.name),
        local_time(preview.enrolled_at, zone),
        zone.iana_name().unwrap_or("UTC"),
        if definition.is_paused {
            ".\nThe workflow is paused: it schedules no contacts until is_paused is false."
        } else {
            ""
        }
    )
}

fn row(touchpoint: &Touchpoint, zone: &TimeZone) -> [String; 5] {
    [
        (touchpoint.step_index + 1).to_string(),
        format!("{}/{}", touchpoint.attempt, touchpoint.max_attempts),
        touchpoint.channel.to_string(),
        local_time(touchpoint.due_at, zone),
        note(touchpoint),
    ]
}

/// Returns why a touchpoint differs from its step. The note is empty if it does not differ.
fn note(touchpoint: &Touchpoint) -> String {
    let reasons: Vec<_> = touchpoint.reasons.iter().map(ToString::to_string).collect();
    let reasons = reasons.join(", ");
    match touchpoint.state {
        TouchpointState::Skipped => format!("skipped: {reasons}"),
        _ if reasons.is_empty() => reasons,
        _ => format!("moved: {reasons}"),
    }
}

fn local_time(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone())
        .strftime("%a %Y-%m-%d %H:%M %Z")
        .to_string()
}
