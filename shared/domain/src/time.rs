//! Times and time zones, as clients and operators write them
//! ([contract](../../../docs/contract.md#times-and-time-zones)).

use jiff::{Timestamp, fmt::temporal::Pieces, tz::TimeZone};
use thiserror::Error;

/// First time that is read: the start of the year 0, the first year of RFC 3339.
pub const FIRST: Timestamp = Timestamp::constant(-62_167_219_200, 0);
/// Last time that is read: 9999-12-30T22:00:00Z, the last whole second of jiff.
pub const LAST: Timestamp = Timestamp::constant(253_402_207_200, 0);
/// Maximum number of digits in a fraction of a second: jiff counts nanoseconds.
const MAX_DIGITS: usize = 9;

/// Error for a text that is no time. The message follows the name of the field.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("must be a time in RFC 3339, such as 2026-02-10T12:00:00Z")]
pub struct TimeError;

/// Error for a text that names no time zone. The message follows the name of the field.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("must be a time zone of the IANA database, such as America/Santiago")]
pub struct TimeZoneError;

/// Returns `time` without its fraction of a second.
pub fn whole_second(time: Timestamp) -> Timestamp {
    Timestamp::from_second(time.as_second()).unwrap_or(time)
}

/// Reads a time in RFC 3339. A time before the year 0 becomes the start of that year, and a time
/// after 9999-12-30T22:00:00Z becomes that time. A leap second is read as the second before it.
///
/// # Errors
/// [`TimeError`].
pub fn read_time(text: &str) -> Result<Timestamp, TimeError> {
    let text = to_nanoseconds(text.trim());
    // jiff also reads a name of a zone behind the offset, which is not in RFC 3339.
    if text.contains('[') {
        return Err(TimeError);
    }
    let pieces = Pieces::parse(&text).map_err(|_| TimeError)?;
    let (time, offset) = pieces
        .time()
        .zip(pieces.to_numeric_offset())
        .ok_or(TimeError)?;
    let time = pieces.date().to_datetime(time);
    let beyond = if time.year() < 0 { FIRST } else { LAST };
    Ok(offset
        .to_timestamp(time)
        .map_or(beyond, |time| time.clamp(FIRST, LAST)))
}

/// Leaves out the digits of a fraction that come after nanoseconds.
fn to_nanoseconds(text: &str) -> String {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = fraction.bytes().take_while(u8::is_ascii_digit).count();
    let Some((kept, rest)) = fraction
        .get(..MAX_DIGITS)
        .zip(fraction.get(digits..))
        .filter(|_| digits > MAX_DIGITS)
    else {
        return text.to_owned();
    };
    format!("{whole}.{kept}{rest}")
}

/// Returns the time zone of a name in the IANA database. Upper and lower case make no difference.
///
/// # Errors
/// [`TimeZoneError`].
#[expect(
    clippy::disallowed_methods,
    reason = "this function refuses the zone that jiff adds to the database"
)]
pub fn time_zone(name: &str) -> Result<TimeZone, TimeZoneError> {
    let zone = TimeZone::get(name.trim()).map_err(|_| TimeZoneError)?;
    // jiff also has `Etc/Unknown`, which is UTC and has no name.
    zone.iana_name()
        .is_some()
        .then(|| zone.clone())
        .ok_or(TimeZoneError)
}

/// Returns the name of a time zone. A zone from [`time_zone`] has one. The name of another zone is
/// `Etc/Unknown`, which [`time_zone`] refuses.
pub fn zone_name(zone: &TimeZone) -> &str {
    zone.iana_name().unwrap_or("Etc/Unknown")
}

#[cfg(test)]
mod tests {
    use jiff::tz;
    use proptest::prelude::*;

    use super::*;

    /// Returns the number of days from 1970 to a date.
    fn days(year: i64, month: i64, day: i64) -> i64 {
        // The year begins with March, so that a leap day is its last one.
        let (year, month) = if month < 3 {
            (year - 1, month + 9)
        } else {
            (year, month - 3)
        };
        let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
        year * 365 + leap_days + (month * 153 + 2) / 5 + day - 719_469
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(3_000))]

        #[test]
        fn every_time_of_rfc_3339_is_read(
            (year, month, day) in (
                prop_oneof![0..=9999_i64, Just(0), Just(9999)],
                1..=12_i64,
                prop_oneof![1..=28_i64, Just(28)],
            ),
            (hour, minute, second) in (0..24_i64, 0..60_i64, 0..=60_i64),
            fraction in "(\\.[0-9]{1,20})?",
            offset in prop_oneof![Just(None), (any::<bool>(), 0..24_i64, 0..60_i64).prop_map(Some)],
            (t, z) in ("[Tt]", "[Zz]"),
        ) {
            let (zone, offset) = match offset {
                None => (z, 0),
                Some((true, hours, minutes)) => (format!("-{hours:02}:{minutes:02}"), -(hours * 60 + minutes)),
                Some((false, hours, minutes)) => (format!("+{hours:02}:{minutes:02}"), hours * 60 + minutes),
            };
            let text = format!("{year:04}-{month:02}-{day:02}{t}{hour:02}:{minute:02}:{second:02}{fraction}{zone}");
            let of_day = hour * 3_600 + (minute - offset) * 60 + second.min(59);
            let expected = days(year, month, day) * 86_400 + of_day;
            let read = read_time(&text);
            prop_assert!(read.is_ok(), "{}", text);
            let read = read.unwrap();
            let clamped = expected.clamp(FIRST.as_second(), LAST.as_second());
            // Before 1970, the second of a jiff timestamp with a fraction is the next one.
            prop_assert_eq!(read.as_nanosecond().div_euclid(1_000_000_000), i128::from(clamped), "{}", text);
        }
    }

    #[test]
    fn a_time_beyond_the_range_is_the_nearest_one_in_it() {
        for (text, read) in [
            ("9999-12-31T23:59:59Z", "9999-12-30T22:00:00Z"),
            (
                "9999-12-31T23:59:60.999999999999-23:59",
                "9999-12-30T22:00:00Z",
            ),
            ("0000-01-01T00:00:00Z", "0000-01-01T00:00:00Z"),
            ("0000-01-01T00:00:00+23:59", "0000-01-01T00:00:00Z"),
            ("-009999-01-01T00:00:00Z", "0000-01-01T00:00:00Z"),
            (
                "2026-02-10T12:00:00.1234567899Z",
                "2026-02-10T12:00:00.123456789Z",
            ),
            ("2016-12-31t23:59:60z", "2016-12-31T23:59:59Z"),
        ] {
            assert_eq!(read_time(text).unwrap().to_string(), read, "{text}");
        }
    }

    #[test]
    fn a_text_that_is_no_time_is_refused() {
        for text in [
            "",
            "today",
            "2026-02-10",
            "2026-02-10T12:00:00",
            "2026-02-30T12:00:00Z",
            "2026-02-10T24:00:00Z",
            "2026-02-10T12:00:61Z",
            "2026-02-10T12:00:00 01:00",
            "2026-02-10T12:00:00.Z",
            "2026-02-10T12:00:00Z[Etc/Unknown]",
            "10000-01-01T00:00:00Z",
            "1760000000",
            "2026-02-10T12:00:00.12345678901é",
        ] {
            assert_eq!(read_time(text), Err(TimeError), "{text}");
        }
    }

    #[test]
    fn every_zone_of_the_iana_database_is_read_in_any_case_and_comes_back_by_its_name() {
        let mut count = 0;
        for name in tz::db().available() {
            let name = name.as_str();
            for written in [name.to_owned(), name.to_uppercase(), name.to_lowercase()] {
                assert_eq!(zone_name(&time_zone(&written).unwrap()), name, "{written}");
            }
            count += 1;
        }
        assert!(count > 590, "{count}");
    }

    #[test]
    fn a_zone_that_is_not_in_the_iana_database_is_refused() {
        for name in NO_ZONES {
            assert_eq!(time_zone(name), Err(TimeZoneError), "{name}");
        }
    }

    #[test]
    fn a_zone_without_a_name_is_never_written_as_utc() {
        for zone in [TimeZone::unknown(), TimeZone::fixed(tz::offset(3))] {
            assert!(time_zone(zone_name(&zone)).is_err());
        }
    }

    const NO_ZONES: [&str; 17] = [
        "",
        "Etc/Unknown",
        "ETC/UNKNOWN",
        "localtime",
        "posix/America/Santiago",
        "right/America/Santiago",
        "posixrules",
        "America",
        "America/",
        "America/Santiago/",
        "America/Atlantis",
        "Santiago",
        "../America/Santiago",
        "+03:00",
        "UTC+3",
        "<-03>3",
        "Z",
    ];
}
