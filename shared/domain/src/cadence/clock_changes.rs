//! Tests the planner around every change of the clocks of every IANA zone in ten years.
//!
//! It compares the plans with a reader of clocks that looks at each quarter of an hour, without the
//! rules of zones.

mod clocks;

use std::{
    fmt,
    io::{self, Write},
    iter, thread,
};

use jiff::{SignedDuration, Timestamp, tz::TimeZone};

use self::clocks::{Clocks, DAY, Hours, QUARTER, all_hours};
use super::{Cadence, Reachability, Reason, Step, plan::plan};
use crate::{channel::Channel, time::time_zone};

/// Times of enrolments, in minutes from the change: before it, after it, and so that the next day
/// is inside it.
const ENROLMENTS: [i64; 6] = [20 - 24 * 60, -90, -1, 0, 20, 70];

/// Channels and delays of the steps. The windows hold for text messages only if
/// `gate_all_channels` is set.
const WAITS: [Waits; 2] = [
    [
        (Channel::Call, "P1D"),
        (Channel::Call, "P1D"),
        (Channel::Sms, "P1D"),
    ],
    [
        (Channel::Call, "PT0S"),
        (Channel::Sms, "PT24H"),
        (Channel::Call, "PT15M"),
    ],
];

/// One lead of one workflow.
struct Case<'a> {
    zone: &'a TimeZone,
    enrolled_at: Timestamp,
    cadence: &'a Cadence,
    /// Windows of `cadence`.
    windows: &'a [Hours],
    /// Steps of `cadence`.
    waits: Waits,
}

type Waits = [(Channel, &'static str); 3];

impl fmt::Display for Case<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let zone = self.zone.iana_name();
        let Cadence {
            windows,
            gate_all_channels,
            ..
        } = self.cadence;
        write!(f, "{zone:?} {} {:?}", self.enrolled_at, self.waits)?;
        write!(f, " {windows:?} all: {gate_all_channels}")
    }
}

fn cadence(windows: &[Hours], waits: Waits, gate_all_channels: bool) -> Cadence {
    let step = |(channel, delay): (Channel, &str)| Step {
        channel,
        max_attempts: 1,
        attempt_interval: "PT0S".parse().unwrap(),
        delay: delay.parse().unwrap(),
        message: None,
    };
    Cadence {
        windows: windows.iter().map(|hours| hours.window()).collect(),
        gate_all_channels,
        steps: waits.map(step).to_vec(),
    }
}

impl Case<'_> {
    /// Compares the plan with the clocks.
    fn check(&self, clocks: &Clocks, openings: &[usize]) {
        let reach = Reachability {
            phone: true,
            email: true,
        };
        let planned = plan(self.cadence, self.zone, reach, None, self.enrolled_at);
        assert_eq!(planned.len(), self.waits.len(), "{self}");
        let mut before = self.enrolled_at.as_second();
        for (touchpoint, (channel, wait)) in iter::zip(&planned, self.waits) {
            let has = |reason| touchpoint.reasons.contains(&reason);
            let due = touchpoint.due_at.as_second();
            assert!(due >= before, "due before the previous one: {self}");
            let shown = clocks.shown_at(due);
            assert_eq!(
                touchpoint.local(),
                shown,
                "a time that no clock shows: {self}"
            );

            let (wanted, exists) = match wait {
                "P1D" => clocks.next_day(before),
                "PT24H" => (before + DAY, true),
                "PT15M" => (before + QUARTER, true),
                _ => (before, true),
            };
            assert!(
                exists || has(Reason::ClockGap),
                "a gap without its reason: {self}"
            );
            let quarter = clocks.quarter(wanted);
            let is_gated = self.cadence.gate_all_channels || channel == Channel::Call;
            let opening = if is_gated { openings[quarter] } else { quarter };
            let is_moved = opening != quarter;
            let expected = if is_moved {
                clocks.start + i64::try_from(opening).unwrap() * QUARTER
            } else {
                wanted
            };
            assert_eq!(due, expected, "not the next time in the windows: {self}");
            let weekday = clocks.weekdays[quarter];
            let opens_at = |minute| self.windows.iter().any(|h| h.are_open(weekday, minute));
            let weekday_opens = is_moved && (0..24 * 4).any(|quarter| opens_at(quarter * 15));
            let given = (has(Reason::WindowClosed), has(Reason::WeekdayClosed));
            let reasons = (weekday_opens, is_moved && !weekday_opens);
            assert_eq!(given, reasons, "a move without its reason: {self}");
            before = due;
        }
        if self.waits.iter().all(|(_, wait)| *wait == "P1D") {
            let days = planned.iter().map(|touchpoint| touchpoint.local().date());
            assert!(days.is_sorted_by(|a, b| a < b), "twice in a fold: {self}");
        }
    }
}

/// Checks all cases around a change, and returns their number.
fn check_change(zone: &TimeZone, change: Timestamp) -> u64 {
    let just_before = change - SignedDuration::from_secs(1);
    let from = zone.to_offset(just_before).to_datetime(change);
    let clocks = Clocks::around(zone, change);
    let mut cases = 0;
    for (number, windows) in all_hours(from, zone.to_datetime(change)).iter().enumerate() {
        let openings = clocks.openings(windows);
        for waits in WAITS {
            let cadence = cadence(windows, waits, number % 2 == 0);
            for minutes in ENROLMENTS {
                let case = Case {
                    zone,
                    enrolled_at: change + SignedDuration::from_mins(minutes),
                    cadence: &cadence,
                    windows,
                    waits,
                };
                case.check(&clocks, &openings);
                cases += 1;
            }
        }
    }
    cases
}

#[test]
fn plans_hold_around_every_change_of_the_clocks_of_every_zone_in_ten_years() {
    let first: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
    let last: Timestamp = "2037-01-01T00:00:00Z".parse().unwrap();
    let zones: Vec<_> = jiff::tz::db()
        .available()
        .map(|name| time_zone(name.as_str()).unwrap())
        .collect();
    let check_zones = |zones: &[TimeZone]| {
        let (mut changes, mut cases) = (0_u64, 0);
        for zone in zones {
            for change in zone.following(first).take_while(|c| c.timestamp() < last) {
                changes += 1;
                cases += check_change(zone, change.timestamp());
            }
        }
        (changes, cases)
    };
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let (changes, cases) = thread::scope(|scope| {
        let parts: Vec<_> = zones
            .chunks(zones.len().div_ceil(threads))
            .map(|part| scope.spawn(|| check_zones(part)))
            .collect();
        parts.into_iter().fold((0, 0), |sum, part| {
            let (changes, cases) = part.join().unwrap();
            (sum.0 + changes, sum.1 + cases)
        })
    });
    writeln!(
        io::stderr(),
        "{cases} plans held, around {changes} changes of the clocks of {} zones",
        zones.len()
    )
    .unwrap();
    assert!(zones.len() > 500 && changes > 1_000);
}
