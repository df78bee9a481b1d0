//! Points in time on the command line: instants, dates, local times, and times relative to now.

use std::str::FromStr;

use domain::time::{FIRST, LAST, read_time};
use jiff::{
    Span, Timestamp, ToSpan, Zoned,
    civil::{DateTime, Time},
    fmt::temporal::Pieces,
    tz::TimeZone,
};
use thiserror::Error;

/// A point in time as a person writes it. [`Moment::after`] and [`Moment::before`] find the
/// instant.
#[derive(Clone, Copy, Debug)]
pub enum Moment {
    Instant(Timestamp),
    /// A time on a clock, such as `2026-02-10T09:00`. A date is its start of day.
    Local(DateTime),
    Now,
    /// Start of the day that is this number of days after today.
    Day(i64),
    /// Distance from now, such as `90d`.
    Distance(Span),
}

/// Error for a text that is no point in time. clap puts the wrong text before it.
#[derive(Debug, Error, PartialEq, Eq)]
#[error(
    "write a date or a time, such as 2026-02-10 or 2026-02-10T09:00, or its distance from now, such as 90d"
)]
pub struct MomentError;

impl FromStr for Moment {
    type Err = MomentError;

    fn from_str(text: &str) -> Result<Self, MomentError> {
        let text = text.trim();
        match text.to_ascii_lowercase().as_str() {
            "now" => return Ok(Self::Now),
            "yesterday" => return Ok(Self::Day(-1)),
            "today" => return Ok(Self::Day(0)),
            "tomorrow" => return Ok(Self::Day(1)),
            _ => {}
        }
        if let Ok(instant) = read_time(text) {
            return Ok(Self::Instant(instant));
        }
        if let Some(local) = local(text) {
            return Ok(Self::Local(local));
        }
        let distance = text.parse().map_err(|_| MomentError)?;
        Ok(Self::Distance(distance))
    }
}

/// Reads a date, or a date with a time, without an offset and a zone.
fn local(text: &str) -> Option<DateTime> {
    let pieces = Pieces::parse(text).ok()?;
    let is_local = pieces.offset().is_none() && pieces.time_zone_annotation().is_none();
    let time = pieces.time().unwrap_or(Time::midnight());
    (is_local && pieces.date().year() >= 0).then(|| pieces.date().to_datetime(time))
}

impl Moment {
    /// Returns the instant, if a distance such as `90d` leads from now into the future. Dates and
    /// local times are those of `zone`.
    pub fn after(self, now: Timestamp, zone: &TimeZone) -> Timestamp {
        self.instant(now, zone, |span| span)
    }

    /// Returns the instant, if a distance such as `90d` leads from now into the past. Dates and
    /// local times are those of `zone`.
    pub fn before(self, now: Timestamp, zone: &TimeZone) -> Timestamp {
        self.instant(now, zone, |span| -span.abs())
    }

    fn instant(self, now: Timestamp, zone: &TimeZone, direct: impl Fn(Span) -> Span) -> Timestamp {
        let here = now.to_zoned(zone.clone());
        let beyond = |is_past| if is_past { FIRST } else { LAST };
        let found = match self {
            Self::Instant(instant) => instant,
            Self::Now => now,
            // A time that the clocks skip is read as the time after the change.
            Self::Local(local) => zone
                .to_timestamp(local)
                .unwrap_or(beyond(local.year() == 0)),
            Self::Day(days) => here
                .checked_add(days.days())
                .and_then(|day| day.start_of_day())
                .map_or(beyond(days < 0), |day: Zoned| day.timestamp()),
            Self::Distance(span) => {
                let span = direct(span);
                let found = here.checked_add(span);
                found.map_or(beyond(span.is_negative()), |found| found.timestamp())
            }
        };
        found.clamp(FIRST, LAST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn berlin() -> TimeZone {
        domain::time::time_zone("Europe/Berlin").unwrap()
    }

    fn now() -> Timestamp {
        "2026-03-28T12:30:15Z".parse().unwrap()
    }

    #[test]
    fn every_form_of_a_time_is_read_in_the_zone_of_the_caller() {
        for (text, instant) in [
            ("2026-02-10T12:00:00Z", "2026-02-10T12:00:00Z"),
            ("2026-02-10T12:00:00+01:00", "2026-02-10T11:00:00Z"),
            ("2026-02-10", "2026-02-09T23:00:00Z"),
            ("2026-07-10", "2026-07-09T22:00:00Z"),
            ("2026-02-10T09:00", "2026-02-10T08:00:00Z"),
            ("2026-02-10 09:00", "2026-02-10T08:00:00Z"),
            (" 2026-02-10T09:00:30 ", "2026-02-10T08:00:30Z"),
            // The clocks skip this time.
            ("2026-03-29T02:30", "2026-03-29T01:30:00Z"),
            ("now", "2026-03-28T12:30:15Z"),
            ("Today", "2026-03-27T23:00:00Z"),
            ("tomorrow", "2026-03-28T23:00:00Z"),
            ("yesterday", "2026-03-26T23:00:00Z"),
            ("12h", "2026-03-29T00:30:15Z"),
            // A day is the same time on the next day.
            ("1d", "2026-03-29T11:30:15Z"),
            ("2w", "2026-04-11T11:30:15Z"),
            ("1 month", "2026-04-28T11:30:15Z"),
            ("P1DT1H", "2026-03-29T12:30:15Z"),
            ("1h ago", "2026-03-28T11:30:15Z"),
            ("9999-12-31T23:00", "9999-12-30T22:00:00Z"),
            ("0000-01-01", "0000-01-01T00:00:00Z"),
            ("9000y", "9999-12-30T22:00:00Z"),
        ] {
            let moment: Moment = text
                .parse()
                .unwrap_or_else(|error| panic!("{text}: {error}"));
            let found = moment.after(now(), &berlin()).to_string();
            assert_eq!(found, instant, "{text}");
        }
    }

    #[test]
    fn a_distance_leads_into_the_past_for_a_filter() {
        for (text, instant) in [
            ("12h", "2026-03-28T00:30:15Z"),
            ("12h ago", "2026-03-28T00:30:15Z"),
            ("2w", "2026-03-14T12:30:15Z"),
            ("9000y", "0000-01-01T00:00:00Z"),
            ("tomorrow", "2026-03-28T23:00:00Z"),
        ] {
            let moment: Moment = text.parse().unwrap();
            let found = moment.before(now(), &berlin()).to_string();
            assert_eq!(found, instant, "{text}");
        }
    }

    #[test]
    fn a_text_that_is_no_time_is_refused() {
        for text in [
            "",
            "soon",
            "90",
            "d",
            "2026-02-30",
            "2026-02-10T24:30",
            "2026-02-10T09:00[Europe/Berlin]",
            "10000-01-01",
            "-000001-01-01",
            "1760000000",
            "99999999999999999y",
            "nxr_live_LeadgateDemoKeyForLocalStackOnly0m2QZI",
        ] {
            assert_eq!(text.parse::<Moment>().err(), Some(MomentError), "{text}");
        }
    }
}
