//! Nearest right values, for messages about wrong ones.

use domain::time::{TimeZoneError, time_zone};
use jiff::tz::{self, TimeZone};
use thiserror::Error;

/// Similarity from which another value is suggested, as clap does for options.
const SIMILAR: f64 = 0.7;
/// Similarity from which a time zone is suggested. It is higher, because there are 600 zones.
const SIMILAR_ZONE: f64 = 0.8;

/// A text that names no time zone, with the nearest one. The message follows the name of the field.
#[derive(Debug, Error)]
#[error("{TimeZoneError}{}", question(.0.as_deref()))]
pub struct UnknownZone(Option<String>);

/// Reads the name of a time zone.
///
/// # Errors
/// [`UnknownZone`].
pub fn zone(name: &str) -> Result<TimeZone, UnknownZone> {
    time_zone(name).map_err(|_| UnknownZone(nearest_zone(name)))
}

/// Returns the time zone whose name is most like `name`. `None` if none is like it.
pub fn nearest_zone(name: &str) -> Option<String> {
    let name = name.trim().to_ascii_lowercase();
    let city = |zone: &str| zone.rsplit('/').next().unwrap_or_default().to_owned();
    let similarity = |zone: &str| {
        let zone = zone.to_ascii_lowercase();
        let whole = strsim::jaro_winkler(&name, &zone);
        // A name without a continent is compared with the city.
        let part = strsim::jaro_winkler(&city(&name), &city(&zone)) * 0.98;
        whole.max(part)
    };
    tz::db()
        .available()
        .map(|zone| (similarity(zone.as_str()), zone.as_str().to_owned()))
        .filter(|(similarity, _)| *similarity > SIMILAR_ZONE)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, zone)| zone)
}

/// Returns the known name that is most like `name`, in upper or lower case. `None` if none is like
/// it.
pub fn nearest<'a>(name: &str, known: &[&'a str]) -> Option<&'a str> {
    let name = name.to_lowercase();
    let similarity = |known: &str| strsim::jaro(&name, &known.to_lowercase());
    let nearest = known
        .iter()
        .max_by(|a, b| similarity(a).total_cmp(&similarity(b)))?;
    (similarity(nearest) > SIMILAR).then_some(nearest)
}

/// Returns a question for the end of a message. It is empty if there is nothing to suggest.
pub fn question(nearest: Option<&str>) -> String {
    nearest.map_or_else(String::new, |it| format!(" (did you mean {it}?)"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_is_nearly_right_has_the_nearest_one() {
        let known = ["Sales Outreach", "Callback", "Sales"];
        for (name, expected) in [
            ("Sales Outrech", Some("Sales Outreach")),
            ("calback", Some("Callback")),
            ("SALE", Some("Sales")),
            ("xyz", None),
            ("", None),
        ] {
            assert_eq!(nearest(name, &known), expected, "{name}");
        }
    }

    #[test]
    fn the_nearest_time_zone_is_suggested() {
        for (name, nearest) in [
            ("Europe/Berln", Some("Europe/Berlin")),
            ("Berlin", Some("Europe/Berlin")),
            ("london", Some("Europe/London")),
            ("Amercia/New_York", Some("America/New_York")),
            ("America/New York", Some("America/New_York")),
            ("posix/America/Santiago", Some("America/Santiago")),
            ("qqqq", None),
            ("", None),
        ] {
            assert_eq!(nearest_zone(name).as_deref(), nearest, "{name}");
        }
    }
}
