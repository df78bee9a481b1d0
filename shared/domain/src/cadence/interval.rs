//! Intervals between touchpoints.

use std::{fmt, str::FromStr};

use jiff::{Span, civil::date, fmt::temporal::SpanParser};
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// An ISO 8601 duration of 0 seconds to 366 days. The default is 0 seconds.
///
/// `P1D` is the same wall-clock time on the next day, and `PT24H` is 24 hours. They differ when the
/// clocks change.
#[derive(Clone, Copy, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Interval(Span);

/// Error for a text that is no interval. The message follows the name of the field.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("must be an ISO 8601 duration of whole seconds from PT0S to P366D, such as PT2H or P1D")]
pub struct IntervalError;

impl Interval {
    /// Returns the calendar part: days and longer units, which keep the wall-clock time.
    pub(super) fn days(self) -> Span {
        Span::new()
            .years(self.0.get_years())
            .months(self.0.get_months())
            .weeks(self.0.get_weeks())
            .days(self.0.get_days())
    }

    /// Returns the exact part: hours and shorter units.
    pub(super) fn hours(self) -> Span {
        self.0.years(0).months(0).weeks(0).days(0)
    }
}

impl FromStr for Interval {
    type Err = IntervalError;

    fn from_str(text: &str) -> Result<Self, IntervalError> {
        // `Span::from_str` also accepts jiff's own notation, such as "1 day".
        let span: Span = SpanParser::new()
            .parse_span(text)
            .map_err(|_| IntervalError)?;
        let length = span
            .to_duration(date(2024, 1, 1))
            .map_err(|_| IntervalError)?;
        if length.is_negative()
            || length.subsec_nanos() != 0
            || length > jiff::SignedDuration::from_hours(366 * 24)
        {
            return Err(IntervalError);
        }
        Ok(Self(span))
    }
}

impl TryFrom<String> for Interval {
    type Error = IntervalError;

    fn try_from(text: String) -> Result<Self, IntervalError> {
        text.parse()
    }
}

impl From<Interval> for String {
    fn from(interval: Interval) -> Self {
        interval.0.to_string()
    }
}

impl fmt::Debug for Interval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Interval({})", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_is_an_iso_8601_duration_of_at_most_a_year() {
        for (given, kept) in [
            ("PT0S", "PT0S"),
            ("PT2H", "PT2H"),
            ("P1D", "P1D"),
            ("P366D", "P366D"),
        ] {
            let interval: Interval = given.parse().unwrap();
            assert_eq!(String::from(interval), kept);
        }
        let both: Interval = "P1W2DT3H4M".parse().unwrap();
        assert_eq!(both.days().to_string(), "P1W2D");
        assert_eq!(both.hours().to_string(), "PT3H4M");
        for wrong in ["", "PT0.5S", "1d", "-P1D", "P367D", "P2Y", "two hours"] {
            assert_eq!(
                wrong.parse::<Interval>().err(),
                Some(IntervalError),
                "{wrong}"
            );
        }
    }
}
