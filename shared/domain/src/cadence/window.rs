//! Windows: hours on weekdays in which contacts may happen.

use std::{fmt, ops::Range, str::FromStr};

use jiff::civil::Weekday;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Hours on some weekdays, from `start` up to but not including `end`. A window whose end is before
/// its start goes on past midnight, into the day after each of its days.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "WindowParts", into = "WindowParts")]
pub struct Window(WindowParts);

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WindowParts {
    days: Vec<Day>,
    start: ClockTime,
    end: ClockTime,
}

/// A weekday.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Day {
    Mon,
    Tue,
    Wed,
    Thu,
    Fri,
    Sat,
    Sun,
}

/// A time of day in whole minutes, `00:00` to `24:00`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ClockTime {
    minutes: u16,
}

/// Error for a text that is no time of day. The message follows the name of the field.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("must be a time from 00:00 to 24:00 such as 09:00")]
pub struct ClockTimeError;

/// Error for days and times that make no window.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum WindowError {
    #[error("days must name at least one day")]
    NoDays,
    #[error("days must name each day once")]
    DayTwice,
    /// The window starts at the end of its day.
    #[error("start must be before 24:00")]
    StartsAtMidnight,
    /// Start and end are equal, which could mean no time or a whole day.
    #[error("start and end must differ; a whole day is 00:00 to 24:00")]
    Empty,
}

impl Window {
    /// Returns a window on `days`, from `start` up to `end`.
    ///
    /// # Errors
    /// The first problem, as a [`WindowError`].
    pub fn new(days: Vec<Day>, start: ClockTime, end: ClockTime) -> Result<Self, WindowError> {
        if days.is_empty() {
            return Err(WindowError::NoDays);
        }
        let mut rest = days.as_slice();
        while let [day, later @ ..] = rest {
            if later.contains(day) {
                return Err(WindowError::DayTwice);
            }
            rest = later;
        }
        if start == ClockTime::MIDNIGHT_AFTER {
            return Err(WindowError::StartsAtMidnight);
        }
        if start == end {
            return Err(WindowError::Empty);
        }
        Ok(Self(WindowParts { days, start, end }))
    }

    /// Returns the days on which the window opens.
    pub fn days(&self) -> &[Day] {
        &self.0.days
    }

    pub fn start(&self) -> ClockTime {
        self.0.start
    }

    /// Returns the end, which is not part of the window.
    pub fn end(&self) -> ClockTime {
        self.0.end
    }

    /// Returns the hours in which the window is open on a weekday: its own, and those that remain
    /// from the previous day.
    pub fn hours_on(&self, weekday: Weekday) -> impl Iterator<Item = Range<ClockTime>> {
        let (start, end) = (self.start(), self.end());
        let crosses_midnight = end < start;
        let own = start..if crosses_midnight {
            ClockTime::MIDNIGHT_AFTER
        } else {
            end
        };
        let left_over = ClockTime::MIDNIGHT..end;
        let opens_on = |weekday: Weekday| self.days().contains(&Day::from(weekday));
        let own = opens_on(weekday).then_some(own);
        let left_over = (crosses_midnight && opens_on(weekday.previous())).then_some(left_over);
        own.into_iter()
            .chain(left_over)
            .filter(|hours| !hours.is_empty())
    }
}

impl TryFrom<WindowParts> for Window {
    type Error = WindowError;

    fn try_from(WindowParts { days, start, end }: WindowParts) -> Result<Self, WindowError> {
        Self::new(days, start, end)
    }
}

impl From<Window> for WindowParts {
    fn from(window: Window) -> Self {
        window.0
    }
}

impl From<Weekday> for Day {
    fn from(weekday: Weekday) -> Self {
        match weekday {
            Weekday::Monday => Self::Mon,
            Weekday::Tuesday => Self::Tue,
            Weekday::Wednesday => Self::Wed,
            Weekday::Thursday => Self::Thu,
            Weekday::Friday => Self::Fri,
            Weekday::Saturday => Self::Sat,
            Weekday::Sunday => Self::Sun,
        }
    }
}

impl ClockTime {
    const MIDNIGHT: Self = Self { minutes: 0 };
    const MIDNIGHT_AFTER: Self = Self { minutes: 24 * 60 };

    /// Returns the minutes since the start of the day, 0 to 1440.
    pub fn minutes(self) -> u16 {
        self.minutes
    }
}

impl FromStr for ClockTime {
    type Err = ClockTimeError;

    fn from_str(text: &str) -> Result<Self, ClockTimeError> {
        let number = |digits: &str| match digits.as_bytes() {
            [b'0'..=b'9', b'0'..=b'9'] => digits.parse::<u16>().map_err(|_| ClockTimeError),
            _ => Err(ClockTimeError),
        };
        let (hours, minutes) = text.split_once(':').ok_or(ClockTimeError)?;
        let (hours, minutes) = (number(hours)?, number(minutes)?);
        let time = Self {
            minutes: hours * 60 + minutes,
        };
        if minutes < 60 && time <= Self::MIDNIGHT_AFTER {
            Ok(time)
        } else {
            Err(ClockTimeError)
        }
    }
}

impl fmt::Display for ClockTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.minutes / 60, self.minutes % 60)
    }
}

impl TryFrom<String> for ClockTime {
    type Error = ClockTimeError;

    fn try_from(text: String) -> Result<Self, ClockTimeError> {
        text.parse()
    }
}

impl From<ClockTime> for String {
    fn from(time: ClockTime) -> Self {
        time.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_of_day_is_two_digits_twice() {
        for text in ["00:00", "09:05", "23:59", "24:00"] {
            assert_eq!(text.parse::<ClockTime>().unwrap().to_string(), text);
        }
        for wrong in [
            "", "9:00", "24:01", "09:60", "-1:00", "+1:00", "09:00:00", "09.00", "é9:00",
        ] {
            assert_eq!(wrong.parse::<ClockTime>(), Err(ClockTimeError), "{wrong}");
        }
    }

    #[test]
    fn a_window_reads_as_the_contract_writes_it() {
        let text = r#"{"days":["mon","sun"],"start":"22:00","end":"06:00"}"#;
        let window: Window = serde_json::from_str(text).unwrap();
        assert_eq!(window.days(), [Day::Mon, Day::Sun]);
        assert_eq!(serde_json::to_string(&window).unwrap(), text);
    }

    #[test]
    fn a_window_past_midnight_is_two() {
        let hours = |start: &str, end: &str, weekday| -> Vec<_> {
            let window = Window::new(vec![Day::Fri], start.parse().unwrap(), end.parse().unwrap());
            let hours = window.unwrap().hours_on(weekday).collect::<Vec<_>>();
            hours
                .iter()
                .map(|hours| format!("{}-{}", hours.start, hours.end))
                .collect()
        };
        assert_eq!(hours("22:00", "06:00", Weekday::Friday), ["22:00-24:00"]);
        assert_eq!(hours("22:00", "06:00", Weekday::Saturday), ["00:00-06:00"]);
        assert_eq!(hours("22:00", "00:00", Weekday::Saturday), [""; 0]);
        assert_eq!(hours("22:00", "24:00", Weekday::Saturday), [""; 0]);
        assert_eq!(hours("09:00", "18:00", Weekday::Friday), ["09:00-18:00"]);
        assert_eq!(hours("09:00", "18:00", Weekday::Saturday), [""; 0]);
    }

    #[test]
    fn days_and_times_that_make_no_window_are_refused_with_what_to_change() {
        for (days, start, end, error) in [
            (vec![], "09:00", "18:00", WindowError::NoDays),
            (
                vec![Day::Mon, Day::Tue, Day::Mon],
                "09:00",
                "18:00",
                WindowError::DayTwice,
            ),
            (
                vec![Day::Mon],
                "24:00",
                "06:00",
                WindowError::StartsAtMidnight,
            ),
            (vec![Day::Mon], "09:00", "09:00", WindowError::Empty),
        ] {
            let window = Window::new(days, start.parse().unwrap(), end.parse().unwrap());
            assert_eq!(window, Err(error));
        }
    }
}
