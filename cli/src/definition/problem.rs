//! Problems of a definition file, and their places.

use std::fmt::{self, Write as _};

use local::text::{cut, of_error, printable, width};
use serde_saphyr::{Location, UserMessageFormatter};

/// Maximum number of columns of the parser's message, which can repeat a part of the file.
const LONGEST_MESSAGE: usize = 200;
/// Beginnings of the parser's messages about a text that needs quotes, or other quotes.
const NEEDS_QUOTES: [&str; 3] = [
    "mapping values are not allowed",
    "unexpected character",
    "invalid trailing content after",
];
/// Maximum number of columns of a shown line of the file.
const WIDEST_LINE: usize = 70;

/// A place in a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Line, from 1. It is 0 if the parser reports none.
    pub line: u64,
    /// Column, from 1, in characters.
    pub column: u64,
}

impl From<Location> for Place {
    fn from(location: Location) -> Self {
        Self {
            line: location.line(),
            column: location.column(),
        }
    }
}

/// A problem of a file, with what to change.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    pub place: Place,
    /// Problem, which begins with the path of the field.
    pub message: String,
}

impl Problem {
    /// Returns a problem. Its message is one line, although the file chooses part of it.
    pub fn new(place: Place, message: &str) -> Self {
        Self {
            place,
            message: printable(message),
        }
    }

    /// Returns the problem of a text that is not YAML.
    pub fn of_syntax(yaml: &str, error: &serde_saphyr::Error) -> Self {
        let error = error.without_snippet();
        let place = error.location().map(Place::from).unwrap_or_default();
        if let Some(place) = tab_near(yaml, place.line) {
            return Self::new(place, "a tab indents this line: use blanks");
        }
        if is_template(yaml, place) {
            return Self::new(place, "put the text with {{ ... }} in quotes");
        }
        let message = error.render_with_formatter(&UserMessageFormatter);
        // The place is printed before the message.
        let message = message.split(" at line ").next().unwrap_or_default();
        let is_text = NEEDS_QUOTES.iter().any(|it| message.starts_with(it));
        let advice = if is_text {
            ": put the text in quotes"
        } else {
            ""
        };
        Self::new(place, &format!("{}{advice}", cut(message, LONGEST_MESSAGE)))
    }

    /// Returns the lines that a person reads: the place and the message, and the line of the file
    /// with a mark under the place.
    pub fn text(&self, file: &str, yaml: &str) -> String {
        let Place { line, column } = self.place;
        let mut text = format!("{file}:{line}:{column}: {}", self.message);
        if let Some((shown, blank)) = excerpt(yaml, self.place) {
            let margin = line.to_string().len();
            // Writing to a String cannot fail.
            let _ = write!(
                text,
                "\n {line} | {shown}\n {:margin$} | {:blank$}^",
                "", ""
            );
        }
        text
    }
}

/// Returns the place of a tab that indents `line` of a file, or the line after it: the parser
/// reports either.
fn tab_near(yaml: &str, line: u64) -> Option<Place> {
    [line, line.saturating_add(1)].into_iter().find_map(|line| {
        let text = line_of(yaml, line)?;
        let blank = text.split(|it: char| it != ' ' && it != '\t').next()?;
        let column = blank.find('\t')?;
        Some(Place {
            line,
            column: u64::try_from(column).ok()?.saturating_add(1),
        })
    })
}

/// Returns whether a place is a brace of `{{`. Outside of quotes, it begins an object that is the
/// name of a field.
fn is_template(yaml: &str, place: Place) -> bool {
    let line = line_of(yaml, place.line).unwrap_or_default();
    let column = usize::try_from(place.column).unwrap_or_default();
    let around = line.chars().skip(column.saturating_sub(2)).take(3);
    around.collect::<String>().contains("{{")
}

fn line_of(yaml: &str, line: u64) -> Option<&str> {
    let index = usize::try_from(line.checked_sub(1)?).ok()?;
    yaml.split('\n').nth(index)
}

/// Returns whether a line belongs to a part of the file with a name of its own, other than `destinations`.
fn is_beside_destinations(yaml: &str, line: u64) -> bool {
    let before = yaml
        .split('\n')
        .take(usize::try_from(line).unwrap_or(usize::MAX));
    let begins_part = |it: &&str| it.starts_with(|first: char| first.is_ascii_alphabetic());
    let part = before.filter(begins_part).last();
    part.is_some_and(|part| !part.starts_with("destinations"))
}

/// Returns a line of the file, and the number of columns before a place in it. `None` if the line
/// is too long to be shown up to the place, may have an API key or a webhook with a secret path, or has
/// characters that a terminal would execute, hide or reorder.
fn excerpt(yaml: &str, place: Place) -> Option<(String, usize)> {
    let line = line_of(yaml, place.line)?.trim_end();
    let may_be_webhook = line.contains("://") && !is_beside_destinations(yaml, place.line);
    if of_error(line) != line || line.contains("webhook") || may_be_webhook {
        return None;
    }
    let column = usize::try_from(place.column.checked_sub(1)?).ok()?;
    let before: String = line.chars().take(column).collect();
    let blank = width(&before);
    (blank < WIDEST_LINE && !line.is_empty()).then(|| (cut(line, WIDEST_LINE), blank))
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.place.line, self.message)
    }
}
