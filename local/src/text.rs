//! Text on a terminal.

use std::io;

use domain::{
    api_key::PREFIX as API_KEY_PREFIX, invisible::is_invisible,
    webhook_secret::PREFIX as WEBHOOK_SECRET_PREFIX,
};
use thiserror::Error;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Number of characters of a short id. It is the end of the id, where ids of the same moment
/// differ.
const SHORT_ID: usize = 8;

/// Message of a [`PrintError`].
const NO_OUTPUT: &str = "cannot write to standard output";

/// Standard output cannot be written, for example because its reader has ended.
#[derive(Debug, Error)]
#[error("{NO_OUTPUT}")]
pub struct PrintError(#[from] io::Error);

impl PrintError {
    /// Returns whether an error is a [`PrintError`] whose reader has ended, as after `| head`. The error may
    /// be another one that shows it as its own.
    pub fn is_end_of_reader(error: &(dyn std::error::Error + 'static)) -> bool {
        let is_closed = |it: &io::Error| it.kind() == io::ErrorKind::BrokenPipe;
        let source = error.source().and_then(|it| it.downcast_ref());
        error.to_string() == NO_OUTPUT && source.is_some_and(is_closed)
    }
}

/// Returns the short form of an id: its end.
pub fn short(id: &str) -> &str {
    id.get(id.len().saturating_sub(SHORT_ID)..).unwrap_or(id)
}

/// Returns the number of columns of a text on a terminal.
pub fn width(text: &str) -> usize {
    text.width()
}

/// Returns a number with its noun, such as `1 lead` and `2 leads`.
pub fn counted(count: usize, noun: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{plural}")
}

/// Returns whether a terminal would execute, hide or reorder a character. The joiners and variation
/// selectors of scripts and emoji are not hidden.
pub fn is_hidden(character: char) -> bool {
    match character {
        '\u{200c}' | '\u{200d}' | '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}' => false,
        '\u{2028}' | '\u{2029}' => true,
        it => it.is_control() || is_invisible(it),
    }
}

/// Returns `text` on one line, with an escape such as `\u{1b}` for each [hidden](is_hidden)
/// character. Clients choose part of the printed text.
pub fn printable(text: &str) -> String {
    escaped(text, is_hidden)
}

/// Same as [`printable`], but keeps the line breaks.
pub fn printable_lines(text: &str) -> String {
    escaped(text, |it| it != '\n' && is_hidden(it))
}

fn escaped(text: &str, is_escaped: impl Fn(char) -> bool) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        if is_escaped(character) {
            safe.extend(character.escape_unicode());
        } else {
            safe.push(character);
        }
    }
    safe
}

/// Returns an error message as one printable line, without the API keys and the secrets of webhooks in it:
/// a wrong argument may be one.
pub fn of_error(message: &str) -> String {
    printable(&without_keys(message))
}

/// Returns a text without the API keys and the secrets of webhooks in it.
pub fn without_keys(text: &str) -> String {
    let text = without(text, API_KEY_PREFIX, |it| it.is_ascii_alphanumeric());
    let is_base64 = |it: char| it.is_ascii_alphanumeric() || "+/=".contains(it);
    without(&text, WEBHOOK_SECRET_PREFIX, is_base64)
}

fn without(text: &str, prefix: &str, is_part: impl Fn(char) -> bool) -> String {
    let mut parts = text.split(prefix);
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let rest = part.trim_start_matches(&is_part);
        text += prefix;
        text += if rest.len() < part.len() { "..." } else { "" };
        text += rest;
    }
    text
}

/// Returns the number of columns of standard error. `None` if it is not a terminal.
pub fn terminal_width() -> Option<usize> {
    let (width, _) = terminal_size::terminal_size_of(io::stderr())?;
    Some(usize::from(width.0))
}

/// Cuts a text to at most `columns`. A text that is cut ends in `…`.
pub fn cut(text: &str, columns: usize) -> String {
    if text.width() <= columns {
        return text.to_owned();
    }
    let mut kept = String::new();
    let mut used = 1;
    for character in text.chars() {
        used += character.width().unwrap_or(0);
        if used > columns {
            break;
        }
        kept.push(character);
    }
    kept + "…"
}

/// Breaks a line between words. `used` columns of the first line are taken. A broken line goes on
/// after `indent`.
pub fn wrapped(line: &str, columns: usize, mut used: usize, indent: &str) -> String {
    let mut text = String::new();
    for word in line.split_inclusive(' ') {
        if used > indent.len() && used + word.trim_end().width() > columns {
            text.truncate(text.trim_end_matches(' ').len());
            text += "\n";
            text += indent;
            used = indent.len();
        }
        text += word;
        used += word.width();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_that_a_terminal_would_execute_are_not_printed() {
        for (hidden, shown) in [
            ('\u{1b}', r"\u{1b}"),
            ('\n', r"\u{a}"),
            ('\u{7f}', r"\u{7f}"),
            ('\u{9b}', r"\u{9b}"),
            ('\u{202e}', r"\u{202e}"),
            ('\u{200b}', r"\u{200b}"),
            ('\u{61c}', r"\u{61c}"),
            ('\u{2066}', r"\u{2066}"),
            ('\u{2029}', r"\u{2029}"),
            ('\u{feff}', r"\u{feff}"),
            ('\u{e0041}', r"\u{e0041}"),
        ] {
            assert_eq!(printable(&format!("a{hidden}b")), format!("a{shown}b"));
        }
        assert_eq!(printable_lines("a\nb\r\tc"), "a\nb\\u{d}\\u{9}c");
        let emoji = "👩\u{200d}🔧 ❤\u{fe0f} می\u{200c}خواهم";
        assert_eq!(printable(emoji), emoji);
        assert_eq!(printable("Yılmaz 山本 d'Ávila é"), "Yılmaz 山本 d'Ávila é");
    }

    #[test]
    fn an_error_shows_no_api_key() {
        for (message, shown) in [
            ("no nxr_live_abc123 here", "no nxr_live_... here"),
            ("'nxr_live_a'nxr_live_b", "'nxr_live_...'nxr_live_..."),
            ("nxr_live_", "nxr_live_"),
            ("write whsec_ and base64", "write whsec_ and base64"),
            ("no whsec_aB3+/w== here", "no whsec_... here"),
            ("plain\u{1b}", "plain\\u{1b}"),
        ] {
            assert_eq!(of_error(message), shown);
        }
    }

    #[test]
    fn one_is_singular() {
        assert_eq!(counted(1, "lead"), "1 lead");
        assert_eq!(counted(0, "lead"), "0 leads");
    }

    #[test]
    fn a_long_line_breaks_between_words() {
        for (line, columns, used, expected) in [
            ("one two three", 80, 0, "one two three"),
            ("one two three", 8, 0, "one two\n    three"),
            ("one two three", 12, 6, "one\n    two\n    three"),
            ("longword", 4, 0, "longword"),
            (" 12 |   a: b", 12, 0, " 12 |   a: b"),
        ] {
            assert_eq!(wrapped(line, columns, used, "    "), expected, "{line}");
        }
    }
}
