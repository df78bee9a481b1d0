//! The header `Retry-After` (RFC 9110, section 10.2.3).

use std::time::Duration;

use jiff::{Timestamp, fmt::rfc2822::DateTimeParser};

/// Time for which a receiver gets nothing if it does not name one.
const DEFAULT: Duration = Duration::from_secs(30);
const LEAST: Duration = Duration::from_secs(1);
const MOST: Duration = Duration::from_secs(3_600);

/// Returns the time for which the receiver wants no request: from a second to an hour.
pub fn retry_after(value: Option<&str>, now: Timestamp) -> Duration {
    let asked = value.and_then(|text| seconds(text.trim()).or_else(|| until(text.trim(), now)));
    asked.unwrap_or(DEFAULT).clamp(LEAST, MOST)
}

fn seconds(text: &str) -> Option<Duration> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    // A number that is too large for `u64` is more than an hour.
    is_number.then(|| Duration::from_secs(text.parse().unwrap_or(u64::MAX)))
}

fn until(text: &str, now: Timestamp) -> Option<Duration> {
    let at = DateTimeParser::new().parse_timestamp(text).ok()?;
    Some(Duration::try_from(at.duration_since(now)).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_receiver_may_name_seconds_or_a_date_from_a_second_to_an_hour() {
        let now = "1994-11-06T08:49:37Z".parse().unwrap();
        for (value, expected) in [
            (None, 30),
            (Some(""), 30),
            (Some("soon"), 30),
            (Some("-5"), 30),
            (Some("1.5"), 30),
            (Some("0"), 1),
            (Some("1"), 1),
            (Some(" 90 "), 90),
            (Some("3600"), 3_600),
            (Some("86400"), 3_600),
            (Some("99999999999999999999999"), 3_600),
            (Some("Sun, 06 Nov 1994 08:50:37 GMT"), 60),
            (Some("Sun, 06 Nov 1994 08:00:00 GMT"), 1),
            (Some("Mon, 07 Nov 1994 08:49:37 GMT"), 3_600),
        ] {
            assert_eq!(retry_after(value, now).as_secs(), expected, "{value:?}");
        }
    }
}
