//! Form of a line of the journal: time, subject and fact.

use std::{borrow::Cow, fmt::Write as _};

use anstyle::{AnsiColor, Effects, Style};
use jiff::{Timestamp, tz::TimeZone};
use serde::{Deserialize, Serialize};

use crate::text::{cut, printable, short, width as columns, wrapped};

/// Prefix of the API's paths, which lines leave out.
const API: &str = "/api/public";
/// Number of characters of an id.
const ID: usize = 36;
/// Indent of a line that continues the one before: the columns of the time.
const INDENT: &str = "         ";
/// Maximum number of terminal lines of a request or a run.
const MOST_LINES: usize = 4;
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
    /// Returns the line with its colours. It breaks between words, so that it fits `width` columns.
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
            Self::Note { fact } => {
                let fact = whole(fact, &format!("{time} note   "), width);
                write!(text, "{CYAN}note{CYAN:#}   {fact}")
            }
            Self::Warning { fact } => {
                let fact = whole(fact, &format!("{time} warning "), width);
                write!(text, "{YELLOW}warning{YELLOW:#} {fact}")
            }
            Self::Error { fact } => {
                let fact = whole(fact, &format!("{time} error  "), width);
                write!(text, "{RED}error{RED:#}  {fact}")
            }
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
    let is_uuid = part.len() == ID && part.chars().all(|it| it == '-' || it.is_ascii_hexdigit());
    if is_uuid || part.starts_with("tp_") || part.starts_with("sup_") {
        format!("…{}", short(part)).into()
    } else {
        part.into()
    }
}

/// Breaks a fact, so that it fits the terminal behind `head`. Nothing of it is cut.
fn whole(fact: &str, head: &str, width: Option<usize>) -> String {
    let fact = printable(fact);
    match width {
        None => fact,
        Some(width) => wrapped(&fact, width, columns(head), INDENT),
    }
}

/// Breaks a fact, so that it fits the terminal behind `head`. The rest of a long fact is cut.
fn fitted(fact: &str, head: &str, width: Option<usize>) -> String {
    let fact = printable(fact);
    let Some(width) = width else {
        return fact;
    };
    let mut room = width.saturating_sub(columns(head));
    let text = wrapped(&fact, width, columns(head), INDENT);
    let lines: Vec<_> = text.lines().collect();
    let mut fitted = Vec::new();
    for (index, line) in lines.iter().enumerate().take(MOST_LINES) {
        let is_last = index + 1 == MOST_LINES && lines.len() > MOST_LINES;
        let line = if is_last {
            format!("{line} …")
        } else {
            (*line).to_owned()
        };
        fitted.push(cut(&line, room));
        room = width;
    }
    fitted.join("\n")
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

    fn touchpoint(rest: &str) -> String {
        format!(
            "/api/public/touchpoints/tp_{}dVRkbW0G{rest}",
            "0".repeat(73)
        )
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
                request("POST", &touchpoint("/outcome"), 200, ""),
                "12:34:56 POST   …/touchpoints/…dVRkbW0G/outcome 200   20 ms",
            ),
            (
                request("GET", &touchpoint(""), 200, ""),
                "12:34:56 GET    …/touchpoints/…dVRkbW0G 200   20 ms",
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
    fn a_refusal_keeps_its_advice_in_a_narrow_terminal() {
        let fact = "phone \"12\" is not a phone number in US, the account's default_country: send it with its \
                    country code, such as +442079460958";
        let line = request("POST", "/api/public/leads", 400, fact);
        assert_eq!(
            rendered(&line, Some(80)),
            "12:34:56 POST   …/leads    400   20 ms  phone \"12\" is not a phone number in US,\n         \
             the account's default_country: send it with its country code, such as\n         +442079460958"
        );
        let line = request("POST", "/api/public/leads", 400, &"one word ".repeat(100));
        let text = rendered(&line, Some(80));
        assert_eq!(text.lines().count(), MOST_LINES);
        assert!(text.ends_with('…'), "{text}");
    }

    #[test]
    fn a_line_fits_the_terminal() {
        let long = format!("first_name is required, and {}", "山".repeat(100));
        let path = format!("/{}", "a".repeat(300));
        let line = request("POST", &path, 404, "Not found");
        let text = rendered(&line, Some(80));
        assert!(text.lines().all(|line| columns(line) <= 80), "{text}");
        let line = request("POST", "/api/public/leads", 400, &long);
        for width in [60, 80, 81, 200] {
            let text = rendered(&line, Some(width));
            assert!(text.lines().all(|line| columns(line) <= width), "{text}");
            assert!(text.ends_with('…'), "{text}");
        }
        assert!(rendered(&line, None).ends_with('山'));
    }

    #[test]
    fn a_note_a_warning_and_an_error_fit_the_terminal_and_are_whole() {
        let fact = "the last use of a key was not recorded: it took too long (account.id=7)";
        let broken =
            "the last use of a key was not recorded: it took too long\n         (account.id=7)";
        for (line, head) in [
            (
                Line::Note {
                    fact: fact.to_owned(),
                },
                "note   ",
            ),
            (
                Line::Warning {
                    fact: fact.to_owned(),
                },
                "warning ",
            ),
            (
                Line::Error {
                    fact: fact.to_owned(),
                },
                "error  ",
            ),
        ] {
            assert_eq!(
                rendered(&line, Some(80)),
                format!("12:34:56 {head}{broken}")
            );
            assert_eq!(rendered(&line, None), format!("12:34:56 {head}{fact}"));
        }
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
