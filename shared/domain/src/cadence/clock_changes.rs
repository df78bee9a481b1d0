//! The planner around every change of the clocks of every IANA zone in ten years, against a reader of
//! clocks that looks at each quarter of an hour and knows nothing of zones' rules. Every change and
//! offset of these years is a whole number of quarters, which it checks.

use std::{
    fmt,
    io::{self, Write},
    iter, thread,
};

use jiff::{
    SignedDuration, Timestamp,
    civil::{DateTime, Weekday},
    tz::TimeZone,
};

use super::{Cadence, Day, Reachability, Reason, Step, Window, plan::plan};
use crate::channel::Channel;

const QUARTER: i64 = 15 * 60;
const DAY: i64 = 24 * 60 * 60;

/// When leads are enrolled, in minutes from the change: so that a day later is inside it, and on both
/// sides of it.
const ENROLMENTS: [i64; 6] = [20 - 24 * 60, -90, -1, 0, 20, 70];

/// From one touchpoint to the next. The channel is a call or, where it is not gated, a text message.
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

/// Some hours, in minutes of the day, on some days of the week from Monday.
#[derive(Clone, Copy)]
struct Hours {
    days: [bool; 7],
    start: i64,
    end: i64,
}

const DAILY: [bool; 7] = [true; 7];
const WORKDAYS: [bool; 7] = [true, true, true, true, true, false, false];
const WEEKEND: [bool; 7] = [false, false, false, false, true, true, true];

const fn hours(days: [bool; 7], start: i64, end: i64) -> Hours {
    Hours { days, start, end }
}

impl Hours {
    fn are_open(self, weekday: usize, minute: i64) -> bool {
        if self.start < self.end {
            self.days[weekday] && (self.start..self.end).contains(&minute)
        } else {
            let opened_yesterday = self.days[(weekday + 6) % 7];
            self.days[weekday] && minute >= self.start || opened_yesterday && minute < self.end
        }
    }

    fn window(self) -> Window {
        let week = [
            Day::Mon,
            Day::Tue,
            Day::Wed,
            Day::Thu,
            Day::Fri,
            Day::Sat,
            Day::Sun,
        ];
        let days = iter::zip(week, self.days).filter_map(|(day, is_open)| is_open.then_some(day));
        let time = |minute| format!("{:02}:{:02}", minute / 60, minute % 60);
        let (start, end) = (time(self.start), time(self.end));
        Window::new(days.collect(), start.parse().unwrap(), end.parse().unwrap()).unwrap()
    }
}

/// Windows as people set them, and windows with their edges in the hours that the change skips or
/// repeats, `from` and `to` being what the clocks show before and after it.
fn all_hours(from: DateTime, to: DateTime) -> Vec<Vec<Hours>> {
    let minute = |time: DateTime| i64::from(time.hour()) * 60 + i64::from(time.minute());
    let change = from.duration_since(to).as_mins().abs();
    assert!(change < 12 * 60, "{from} {to}");
    let first = minute(from.min(to));
    let last = first + change.max(30);
    let daily = |start: i64, end: i64| {
        let (start, end) = (start.rem_euclid(24 * 60), end.rem_euclid(24 * 60));
        vec![hours(DAILY, start, end)]
    };
    vec![
        vec![hours(DAILY, 0, 24 * 60)],
        vec![hours(WORKDAYS, 9 * 60, 18 * 60)],
        vec![
            hours(DAILY, 14 * 60, 18 * 60),
            hours(DAILY, 8 * 60, 12 * 60),
        ],
        vec![hours(WEEKEND, 22 * 60, 6 * 60)],
        daily(first, last),
        daily(first + 15, last + 60),
        daily(first - 120, last - 15),
        daily(last, last + 60),
    ]
}

/// What the clocks of a zone show in each quarter of an hour around a change.
struct Clocks {
    start: i64,
    shown: Vec<DateTime>,
    weekdays: Vec<usize>,
    minutes: Vec<i64>,
}

impl Clocks {
    fn around(zone: &TimeZone, change: Timestamp) -> Self {
        let start = change.as_second() - 2 * DAY;
        assert_eq!(start % QUARTER, 0);
        let shown: Vec<_> = (0..12 * DAY / QUARTER)
            .map(|quarter| {
                let at = Timestamp::from_second(start + quarter * QUARTER).unwrap();
                zone.to_datetime(at)
            })
            .collect();
        let minute = |time: &DateTime| i64::from(time.hour()) * 60 + i64::from(time.minute());
        assert!(shown.iter().all(|time| minute(time) % 15 == 0));
        Self {
            start,
            weekdays: shown
                .iter()
                .map(|time| weekday_index(time.weekday()))
                .collect(),
            minutes: shown.iter().map(minute).collect(),
            shown,
        }
    }

    fn quarter(&self, at: i64) -> usize {
        usize::try_from((at - self.start) / QUARTER).unwrap()
    }

    fn shown_at(&self, at: i64) -> DateTime {
        let past = SignedDuration::from_secs((at - self.start) % QUARTER);
        self.shown[self.quarter(at)].saturating_add(past)
    }

    /// For each quarter the first one from there on that is in the windows.
    fn openings(&self, windows: &[Hours]) -> Vec<usize> {
        let mut next = usize::MAX;
        let mut openings: Vec<_> = (0..self.shown.len())
            .rev()
            .map(|quarter| {
                let (weekday, minute) = (self.weekdays[quarter], self.minutes[quarter]);
                if windows.iter().any(|hours| hours.are_open(weekday, minute)) {
                    next = quarter;
                }
                next
            })
            .collect();
        openings.reverse();
        openings
    }

    /// When the clocks first show the time of `at` on the next day, or 24 hours later where they never do;
    /// and whether they do.
    fn next_day(&self, at: i64) -> (i64, bool) {
        let quarter = self.quarter(at);
        let wanted = self.shown[quarter].saturating_add(SignedDuration::from_secs(DAY));
        let shown = (quarter + 80..quarter + 112).find(|later| self.shown[*later] == wanted);
        match shown {
            Some(later) => {
                let quarters = i64::try_from(later - quarter).unwrap();
                (at + quarters * QUARTER, true)
            }
            None => (at + DAY, false),
        }
    }
}

fn weekday_index(weekday: Weekday) -> usize {
    usize::try_from(weekday.to_monday_zero_offset()).unwrap()
}

/// One lead of one workflow.
struct Case<'a> {
    zone: &'a TimeZone,
    enrolled_at: Timestamp,
    cadence: &'a Cadence,
    /// The cadence's windows.
    windows: &'a [Hours],
    /// The cadence's steps.
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
    /// Holds its plan against the clocks.
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
            assert!(due >= before, "before the one that it follows: {self}");
            let shown = clocks.shown_at(due);
            assert_eq!(touchpoint.local(), shown, "what no clock shows: {self}");

            let (wanted, exists) = match wait {
                "P1D" => clocks.next_day(before),
                "PT24H" => (before + DAY, true),
                "PT15M" => (before + QUARTER, true),
                _ => (before, true),
            };
            assert!(exists || has(Reason::ClockGap), "an untold gap: {self}");
            let quarter = clocks.quarter(wanted);
            let is_gated = self.cadence.gate_all_channels || channel == Channel::Call;
            let opening = if is_gated { openings[quarter] } else { quarter };
            let is_moved = opening != quarter;
            let expected = if is_moved {
                clocks.start + i64::try_from(opening).unwrap() * QUARTER
            } else {
                wanted
            };
            assert_eq!(due, expected, "not the next time in its windows: {self}");
            let weekday = clocks.weekdays[quarter];
            let opens_at = |minute| self.windows.iter().any(|h| h.are_open(weekday, minute));
            let weekday_opens = is_moved && (0..24 * 4).any(|quarter| opens_at(quarter * 15));
            let told = (has(Reason::WindowClosed), has(Reason::WeekdayClosed));
            let reasons = (weekday_opens, is_moved && !weekday_opens);
            assert_eq!(told, reasons, "a move without its reason: {self}");
            before = due;
        }
        if self.waits.iter().all(|(_, wait)| *wait == "P1D") {
            let days = planned.iter().map(|touchpoint| touchpoint.local().date());
            assert!(days.is_sorted_by(|a, b| a < b), "twice in a fold: {self}");
        }
    }
}

/// How many cases there are around a change, all of them checked.
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
        .map(|name| TimeZone::get(name.as_str()).unwrap())
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
