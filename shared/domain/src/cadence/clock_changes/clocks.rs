//! A simple reader of windows and clocks, for comparison with the planner.

use std::iter;

use jiff::{
    SignedDuration, Timestamp,
    civil::{DateTime, Weekday},
    tz::TimeZone,
};

use crate::cadence::{Day, Window};

/// Seconds of a quarter of an hour. All changes and offsets of the tested years are whole quarters.
pub const QUARTER: i64 = 15 * 60;
/// Seconds of 24 hours.
pub const DAY: i64 = 24 * 60 * 60;

/// Hours, in minutes of the day, on some weekdays from Monday.
#[derive(Clone, Copy)]
pub struct Hours {
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
    pub fn are_open(self, weekday: usize, minute: i64) -> bool {
        if self.start < self.end {
            self.days[weekday] && (self.start..self.end).contains(&minute)
        } else {
            let opened_yesterday = self.days[(weekday + 6) % 7];
            self.days[weekday] && minute >= self.start || opened_yesterday && minute < self.end
        }
    }

    pub fn window(self) -> Window {
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

/// Returns common windows, and windows with edges in the hours that a change skips or repeats. The
/// clocks show `from` before the change and `to` after it.
pub fn all_hours(from: DateTime, to: DateTime) -> Vec<Vec<Hours>> {
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

/// Wall-clock times of a zone in each quarter of an hour around a change of its clocks.
pub struct Clocks {
    pub start: i64,
    shown: Vec<DateTime>,
    pub weekdays: Vec<usize>,
    minutes: Vec<i64>,
}

impl Clocks {
    pub fn around(zone: &TimeZone, change: Timestamp) -> Self {
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

    pub fn quarter(&self, at: i64) -> usize {
        usize::try_from((at - self.start) / QUARTER).unwrap()
    }

    pub fn shown_at(&self, at: i64) -> DateTime {
        let past = SignedDuration::from_secs((at - self.start) % QUARTER);
        self.shown[self.quarter(at)].saturating_add(past)
    }

    /// Returns, for each quarter, the first one from there on that is in a window.
    pub fn openings(&self, windows: &[Hours]) -> Vec<usize> {
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

    /// Returns when the clocks first show the time of `at` on the next day, and true. If they never
    /// show it, returns the time 24 hours after `at`, and false.
    pub fn next_day(&self, at: i64) -> (i64, bool) {
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
