//! Times of a destination: how long a touchpoint is tried, how long its outcome is awaited, and how far apart
//! calls for different runs are ([contract](../../../docs/contract.md#destinations)).

use std::{fmt, str::FromStr};

use jiff::{SignedDuration, SpanRelativeTo, fmt::temporal::SpanParser};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::channel::Channel;

/// Number of seconds of a minute.
const MINUTE: i64 = 60;
/// Number of seconds of a day.
const DAY: i64 = 24 * 60 * MINUTE;
/// Number of seconds of a week, the longest time of a destination.
const WEEK: i64 = 7 * DAY;

/// Time after the last hand-over of a run at which its outcome counts as missing, by default.
pub const OUTCOME_TIMEOUT: SignedDuration = SignedDuration::from_hours(2);
/// Least time between two calls to a lead that belong to different runs, by default. A call that the
/// person asked for needs none.
pub const MIN_GAP: SignedDuration = SignedDuration::from_hours(1);

/// Returns the open time within which a touchpoint of the channel is tried, by default.
pub fn default_open_time(channel: Channel) -> SignedDuration {
    SignedDuration::from_hours(match channel {
        Channel::Call => 1,
        Channel::Sms | Channel::Whatsapp => 4,
        Channel::Email => 24,
    })
}

/// A whole number of seconds from `LEAST` to `MOST`, as an ISO 8601 duration. A day has 24 hours.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct BoundedTime<const LEAST: i64, const MOST: i64>(i64);

/// Open time within which a touchpoint is tried.
pub type ExpiresAfter = BoundedTime<MINUTE, WEEK>;
/// Time after which the outcome of a run's last touchpoint counts as missing.
pub type OutcomeTimeout = BoundedTime<MINUTE, WEEK>;
/// Least time between two calls to a lead that belong to different runs.
pub type MinGap = BoundedTime<0, WEEK>;

/// Error for a text that is no such time. The message follows the name of the field.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("must be an ISO 8601 duration of whole seconds from {} to {}, such as PT30M or P1D", Iso(*.least), Iso(*.most))]
pub struct BoundedTimeError {
    least: i64,
    most: i64,
}

/// Shows seconds as an ISO 8601 duration.
struct Iso(i64);

impl fmt::Display for Iso {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            seconds if seconds > 0 && seconds % DAY == 0 => write!(f, "P{}D", seconds / DAY),
            seconds => SignedDuration::from_secs(seconds).fmt(f),
        }
    }
}

impl<const LEAST: i64, const MOST: i64> BoundedTime<LEAST, MOST> {
    pub fn duration(self) -> SignedDuration {
        SignedDuration::from_secs(self.0)
    }
}

impl<const LEAST: i64, const MOST: i64> FromStr for BoundedTime<LEAST, MOST> {
    type Err = BoundedTimeError;

    fn from_str(text: &str) -> Result<Self, BoundedTimeError> {
        let error = BoundedTimeError {
            least: LEAST,
            most: MOST,
        };
        // `Span::from_str` also accepts jiff's own notation, such as "1 day".
        let Ok(span) = SpanParser::new().parse_span(text) else {
            return Err(error);
        };
        // Months and years have no fixed length.
        let Ok(time) = span.to_duration(SpanRelativeTo::days_are_24_hours()) else {
            return Err(error);
        };
        let is_valid = time.subsec_nanos() == 0 && (LEAST..=MOST).contains(&time.as_secs());
        is_valid.then(|| Self(time.as_secs())).ok_or(error)
    }
}

impl<const LEAST: i64, const MOST: i64> TryFrom<String> for BoundedTime<LEAST, MOST> {
    type Error = BoundedTimeError;

    fn try_from(text: String) -> Result<Self, BoundedTimeError> {
        text.parse()
    }
}

impl<const LEAST: i64, const MOST: i64> From<BoundedTime<LEAST, MOST>> for String {
    fn from(time: BoundedTime<LEAST, MOST>) -> Self {
        time.to_string()
    }
}

impl<const LEAST: i64, const MOST: i64> fmt::Display for BoundedTime<LEAST, MOST> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Iso(self.0).fmt(f)
    }
}

impl<const LEAST: i64, const MOST: i64> fmt::Debug for BoundedTime<LEAST, MOST> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BoundedTime({self})")
    }
}

/// Times of a destination. A time that is `None` is the default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Timing {
    pub expires_after: Option<ExpiresAfter>,
    /// Only a webhook has one. A pulled touchpoint has its lease.
    pub outcome_timeout: Option<OutcomeTimeout>,
    /// Only a destination of calls has one.
    pub min_gap: Option<MinGap>,
}

impl Timing {
    /// Returns the open time within which a touchpoint of the channel is tried.
    pub fn open_time(&self, channel: Channel) -> SignedDuration {
        let set = self.expires_after.map(BoundedTime::duration);
        set.unwrap_or_else(|| default_open_time(channel))
    }

    /// Returns the time for which the outcome of a run's last touchpoint is awaited.
    pub fn outcome_time(&self) -> SignedDuration {
        let set = self.outcome_timeout.map(BoundedTime::duration);
        set.unwrap_or(OUTCOME_TIMEOUT)
    }
}

/// Open time of each channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenTimes([(Channel, SignedDuration); Channel::ALL.len()]);

impl OpenTimes {
    /// Collects the open time of each channel.
    pub fn new(open_time: impl Fn(Channel) -> SignedDuration) -> Self {
        Self(Channel::ALL.map(|channel| (channel, open_time(channel))))
    }

    /// Returns the open time of a channel.
    pub fn of(&self, channel: Channel) -> SignedDuration {
        let found = self.0.iter().find(|(it, _)| *it == channel);
        found.map_or_else(|| default_open_time(channel), |(_, time)| *time)
    }
}

impl Default for OpenTimes {
    fn default() -> Self {
        Self::new(default_open_time)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_an_iso_8601_duration_between_its_bounds() {
        for (given, kept) in [
            ("PT1M", "PT1M"),
            ("PT60S", "PT1M"),
            ("PT90M", "PT1H30M"),
            ("PT24H", "P1D"),
            ("P1DT1H", "PT25H"),
            ("P1W", "P7D"),
        ] {
            let time: ExpiresAfter = given.parse().unwrap();
            assert_eq!(time.to_string(), kept);
            assert_eq!(kept.parse(), Ok(time));
        }
        let wrong = [
            "", "PT59S", "PT90.5S", "-PT5M", "P7DT1S", "P1M", "P1Y", "5m", "2 hours", "PT0S",
        ];
        for wrong in wrong {
            let error = wrong.parse::<OutcomeTimeout>().unwrap_err();
            assert_eq!(
                error.to_string(),
                "must be an ISO 8601 duration of whole seconds from PT1M to P7D, such as PT30M or P1D",
                "{wrong}"
            );
        }
        let none: MinGap = "PT0S".parse().unwrap();
        assert_eq!(none.duration(), SignedDuration::ZERO);
        assert_eq!(none.to_string(), "PT0S");
        let error = "-PT1S".parse::<MinGap>().unwrap_err().to_string();
        assert!(error.contains("from PT0S to P7D"), "{error}");
    }

    #[test]
    fn a_time_that_is_not_set_is_the_default() {
        let hours = SignedDuration::from_hours;
        let unset = Timing::default();
        let times = OpenTimes::default();
        for (channel, expected) in [
            (Channel::Call, 1),
            (Channel::Sms, 4),
            (Channel::Whatsapp, 4),
            (Channel::Email, 24),
        ] {
            assert_eq!(unset.open_time(channel), hours(expected));
            assert_eq!(times.of(channel), hours(expected));
        }
        assert_eq!(unset.outcome_time(), OUTCOME_TIMEOUT);
        let set = Timing {
            expires_after: "PT10M".parse().ok(),
            outcome_timeout: "PT5M".parse().ok(),
            min_gap: None,
        };
        let minutes = SignedDuration::from_mins;
        assert_eq!(set.open_time(Channel::Email), minutes(10));
        assert_eq!(set.outcome_time(), minutes(5));
    }
}
