//! Form of a line of the journal: time, subject and fact.

use std::{borrow::Cow, fmt::Write as _};

use anstyle::{AnsiColor, Effects, Style};
use jiff::{Timestamp, tz::TimeZone};
use serde::{Deserialize, Serialize};

use crate::text::{cut, printable, short, width as columns};

/// Prefix of the API's paths, which lines leave out.
const API: &str = "/api/public";
/// Number of characters of an id.
const ID: usize = 36;
/// Number of columns of time, method, status and milliseconds.
const REST: usize = 32;

const DIM: Style = Style::new().effects(Effects::DIMMED);
const BOLD: Style = Style::new().effects(Effects::BOLD);
const GREEN: Style = AnsiColor::Green.on_default();
const CYAN: Style = AnsiColor::Cyan.on_default();
const YELLOW: Style = AnsiColor::Yellow.on_default().effects(Effects::BOLD);
const RED: Style = AnsiColor::Red.on_default().effects(Effects::BOLD);

/// A line of the journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(super) enum Line {
    /// An answered request.
    Request {
        method: String,
        path: String,
        status: u16,
        duration_ms: u64,
        #[serde(skip_serializing_if = "Option::is_none")]
        fact: Option<String>,
    },
    /// The result of a start.
    Run { id: String, fact: String },
    /// Work without a request.
    Note { fact: String },
    /// A warning.
    Warning { fact: String },
    /// An error.
    Error { fact: String },
}

impl Line {
    /// Returns the line with its colours. Lines of requests and runs are cut at `width` columns.
    pub(super) fn render(&self, at: Timestamp, zone: &TimeZone, width: Option<usize>) -> String {
        let time = at.to_zoned(zone.clone()).strftime("%H:%M:%S").to_string();
        let mut text = format!("{DIM}{time}{DIM:#} ");
        // Writing to a String cannot fail.
        let _ = match self {
            Self::Request {
                method,
                path,
                status,
                duration_ms: ms,
                fact,
            } => {
                let longest = width.map_or(usize::MAX, |width| width.saturating_sub(REST));
                let path = cut(&shown_path(path), longest);
                let colour = colour(*status);
                let head = format!("{time} {method:<6} {path:<10} {status} {ms:>4} ms  ");
                let fact = fitted(fact.as_deref().unwrap_or_default(), &head, width);
                write!(
                    text,
                    "{BOLD}{method:<6}{BOLD:#} {path:<10} {colour}{status}{colour:#} {DIM}{ms:>4} ms{DIM:#}  {fact}"
                )
            }
            Self::Run { id, fact } => {
                let head = format!("{time} run    {id} ");
                let fact = fitted(fact, &head, width);
                write!(text, "{CYAN}run{CYAN:#}    {id} {fact}")
            }
            Self::Note { fact } => write!(text, "{CYAN}note{CYAN:#}   {}", printable(fact)),
            Self::Warning { fact } => {
                write!(text, "{YELLOW}warning{YELLOW:#} {}", printable(fact))
            }
            Self::Error { fact } => write!(text, "{RED}error{RED:#}  {}", printable(fact)),
        };
        text.truncate(text.trim_end().len());
        text
    }
}

fn colour(status: u16) -> Style {
    match status {
        207 | 400..500 => YELLOW,
        500.. => RED,
        _ => GREEN,
    }
}

/// Returns a path with short ids and without the API's prefix. `…` stands for the omitted parts.
fn shown_path(path: &str) -> String {
    let (prefix, rest) = match path.strip_prefix(API) {
        Some(rest) if rest.starts_with('/') => ("…", rest),
        _ => ("", path),
    };
    let parts: Vec<_> = rest.split('/').map(short_if_id).collect();
    printable(&format!("{prefix}{}", parts.join("/")))
}

fn short_if_id(part: &str) -> Cow<'_, str> {
    let is_id = part.len() == ID && part.chars().all(|it| it == '-' || it.is_ascii_hexdigit());
    if is_id {
        format!("…{}", short(part)).into()
    } else {
        part.into()
    }
}

/// Cuts a fact to the remaining columns of its line.
fn fitted(fact: &str, head: &str, width: Option<usize>) -> String {
    let fact = printable(fact);
    match width {
        Some(width) => cut(&fact, width.saturating_sub(columns(head))),
        None => fact,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEAD: &str = "/api/public/leads/01a2056d-dbb5-7577-8f61-c089d9f9367d/automation/stop";

    fn rendered(line: &Line, width: Option<usize>) -> String {
        let at = "2026-02-10T12:34:56Z".parse().unwrap();
        anstream::adapter::strip_str(&line.render(at, &TimeZone::UTC, width)).to_string()
    }

    fn request(method: &str, path: &str, status: u16, fact: &str) -> Line {
        Line::Request {
            method: method.to_owned(),
            path: path.to_owned(),
            status,
            duration_ms: 20,
            fact: Some(fact.to_owned()).filter(|fact| !fact.is_empty()),
        }
    }

    #[test]
    fn a_request_is_one_line() {
        for (line, expected) in [
            (
                request("POST", "/api/public/leads", 201, "John Doe d9f9367d"),
                "12:34:56 POST   …/leads    201   20 ms  John Doe d9f9367d",
            ),
            (
                request("DELETE", LEAD, 404, "Lead not found"),
                "12:34:56 DELETE …/leads/…d9f9367d/automation/stop 404   20 ms  Lead not found",
            ),
            (
                request("GET", "/api/publications", 404, ""),
                "12:34:56 GET    /api/publications 404   20 ms",
            ),
            (
                request("GET", "/docs", 200, ""),
                "12:34:56 GET    /docs      200   20 ms",
            ),
        ] {
            assert_eq!(rendered(&line, None), expected);
        }
    }

    #[test]
    fn a_line_fits_the_terminal() {
        let long = format!("first_name is required, and {}", "山".repeat(100));
        let path = format!("/{}", "a".repeat(300));
        let line = request("POST", &path, 404, "Not found");
        assert!(columns(&rendered(&line, Some(80))) <= 80, "{line:?}");
        let line = request("POST", "/api/public/leads", 400, &long);
        for width in [60, 80, 81, 200] {
            let text = rendered(&line, Some(width));
            assert!(columns(&text) <= width, "{text}");
            assert!(columns(&text) >= width - 1, "{text}");
            assert!(text.ends_with('…'), "{text}");
        }
        assert!(rendered(&line, None).ends_with('山'));
    }

    #[test]
    fn nothing_that_a_client_sent_moves_the_cursor() {
        let line = request(
            "GET",
            "/\u{1b}[2J",
            404,
            "\u{1b}]0;title\u{7}\nnext\u{202e}",
        );
        let text = rendered(&line, None);
        assert!(!text.chars().any(char::is_control), "{text:?}");
        assert!(
            text.ends_with(r"\u{1b}]0;title\u{7}\u{a}next\u{202e}"),
            "{text:?}"
        );
    }

    #[test]
    fn a_status_has_its_colour() {
        for (status, style) in [(201, GREEN), (207, YELLOW), (401, YELLOW), (503, RED)] {
            let line = request("POST", "/api/public/leads", status, "");
            let text = line.render(Timestamp::UNIX_EPOCH, &TimeZone::UTC, None);
            assert!(
                text.contains(&format!("{style}{status}{style:#}")),
                "{text:?}"
            );
        }
    }
}
