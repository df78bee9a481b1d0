//! Timeline of a plan: a line for each day with touchpoints, and a character for each half hour.

use std::fmt::Write as _;

use domain::cadence::{Channel, Touchpoint, TouchpointState, Window};
use jiff::{ToSpan, civil::Date};

/// Half hours of a day.
const HALF_HOURS: usize = 48;
/// Space under the dates.
const LEFT: &str = "                ";
const RULER: &str = "0     3     6     9     12    15    18    21    24";
const LEGEND: &str = "C call  W whatsapp  E email  S sms  x skipped";
const COUNTS: &str = "2-9: that many at once, +: ten or more";

/// Returns the timeline of touchpoints, with the hours of the windows.
pub fn of(touchpoints: &[Touchpoint], windows: &[Window]) -> String {
    let mut text = format!("{LEFT}{RULER}\n");
    let mut last = None;
    let mut has_counts = false;
    for day in touchpoints.chunk_by(|a, b| a.local().date() == b.local().date()) {
        let Some(date) = day.first().map(|touchpoint| touchpoint.local().date()) else {
            continue;
        };
        if last.is_some_and(|last: Date| last.saturating_add(1.day()) < date) {
            text += "⋮\n";
        }
        let cells: String = (0..HALF_HOURS)
            .map(|cell| character(cell, day, windows, date))
            .collect();
        has_counts |= cells.contains(|cell: char| cell.is_ascii_digit() || cell == '+');
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{}  {}", date.strftime("%a %Y-%m-%d"), cells);
        last = Some(date);
    }
    let hours = if windows.is_empty() {
        ""
    } else {
        "  ─ in a window"
    };
    let is_cancelled = |it: &Touchpoint| it.state == TouchpointState::Cancelled;
    let cancelled = if touchpoints.iter().any(is_cancelled) {
        " or cancelled"
    } else {
        ""
    };
    text += &format!("\n{LEFT}{LEGEND}{cancelled}{hours}\n");
    if has_counts {
        text += &format!("{LEFT}{COUNTS}\n");
    }
    text
}

fn character(cell: usize, day: &[Touchpoint], windows: &[Window], date: Date) -> char {
    let here: Vec<_> = day
        .iter()
        .filter(|touchpoint| half_hour(touchpoint) == cell)
        .collect();
    match here.as_slice() {
        [] if is_open(cell, windows, date) => '─',
        [] => '·',
        [one]
            if matches!(
                one.state,
                TouchpointState::Skipped | TouchpointState::Cancelled
            ) =>
        {
            'x'
        }
        [one] => match one.channel {
            Channel::Call => 'C',
            Channel::Whatsapp => 'W',
            Channel::Email => 'E',
            Channel::Sms => 'S',
        },
        several => u32::try_from(several.len())
            .ok()
            .and_then(|count| char::from_digit(count, 10))
            .unwrap_or('+'),
    }
}

fn half_hour(touchpoint: &Touchpoint) -> usize {
    let time = touchpoint.local().time();
    usize::try_from(i32::from(time.hour()) * 2 + i32::from(time.minute()) / 30).unwrap_or_default()
}

fn is_open(cell: usize, windows: &[Window], date: Date) -> bool {
    windows
        .iter()
        .flat_map(|window| window.hours_on(date.weekday()))
        .any(|hours| {
            let half_hours = hours.start.minutes() / 30..hours.end.minutes().div_ceil(30);
            half_hours.contains(&u16::try_from(cell).unwrap_or_default())
        })
}
