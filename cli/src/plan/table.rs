//! A plan as a table: one line for each touchpoint.

use jiff::{Timestamp, tz::TimeZone};
use shared::domain::cadence::Touchpoint;

use super::Plan;

const HEADINGS: [&str; 7] = [
    "STEP",
    "ATTEMPT",
    "CHANNEL",
    "LOCAL TIME",
    "UTC",
    "STATE",
    "REASONS",
];

pub(super) fn of(plan: &Plan) -> String {
    let definition = &plan.definition;
    let zone = &definition.timezone;
    let rows = plan
        .touchpoints
        .iter()
        .map(|touchpoint| row(touchpoint, zone));
    let rows: Vec<_> = [HEADINGS.map(str::to_owned)]
        .into_iter()
        .chain(rows)
        .collect();
    let mut widths = [0; HEADINGS.len()];
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.chars().count().max(*width);
        }
    }
    let mut text = format!(
        "{} in {}: a lead that is enrolled on {}{}\n\n",
        definition.name,
        zone.iana_name().unwrap_or("UTC"),
        local_time(plan.enrolled_at, zone),
        if definition.is_paused {
            ". The workflow is paused: nothing is scheduled until it goes on."
        } else {
            ""
        }
    );
    for row in &rows {
        let cells: Vec<_> = row
            .iter()
            .zip(widths)
            .map(|(cell, width)| format!("{cell:width$}"))
            .collect();
        text += cells.join("  ").trim_end();
        text += "\n";
    }
    text
}

fn row(touchpoint: &Touchpoint, zone: &TimeZone) -> [String; HEADINGS.len()] {
    let reasons = touchpoint.reasons.iter().map(ToString::to_string);
    [
        (touchpoint.step_index + 1).to_string(),
        format!("{} of {}", touchpoint.attempt, touchpoint.max_attempts),
        touchpoint.channel.to_string(),
        local_time(touchpoint.due_at, zone),
        touchpoint.due_at.to_string(),
        touchpoint.state.to_string(),
        reasons.collect::<Vec<_>>().join(", "),
    ]
}

fn local_time(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone())
        .strftime("%a %Y-%m-%d %H:%M %Z")
        .to_string()
}
