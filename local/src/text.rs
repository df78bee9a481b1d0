//! Text on a terminal.

use std::io;

use thiserror::Error;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Number of characters of a short id. It is the end of the id, where ids of the same moment
/// differ.
const SHORT_ID: usize = 8;

/// Standard output cannot be written, for example because its reader has ended.
#[derive(Debug, Error)]
#[error("cannot write to standard output")]
pub struct PrintError(#[from] io::Error);

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

/// Returns `text` on one line, without the characters that a terminal would execute, hide or
/// reorder. Clients choose part of the printed text.
pub fn printable(text: &str) -> String {
    let is_hidden = |it: char| {
        it.is_control()
            || matches!(
                it,
                '\u{61c}'
                    | '\u{200b}'
                    | '\u{200e}'
                    | '\u{200f}'
                    | '\u{2028}'..='\u{202e}'
                    | '\u{2060}'..='\u{206f}'
                    | '\u{feff}'
                    | '\u{e0000}'..='\u{e007f}'
            )
    };
    text.chars()
        .map(|it| if is_hidden(it) { '\u{fffd}' } else { it })
        .collect()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_that_a_terminal_would_execute_are_not_printed() {
        for hidden in [
            "\u{1b}", "\n", "\u{9b}", "\u{202e}", "\u{200b}", "\u{61c}", "\u{2066}",
        ] {
            let text = printable(&format!("a{hidden}b"));
            assert_eq!(text, "a\u{fffd}b", "{hidden:?}");
        }
        assert_eq!(printable("Yılmaz 山本 d'Ávila é"), "Yılmaz 山本 d'Ávila é");
    }

    #[test]
    fn one_is_singular() {
        assert_eq!(counted(1, "lead"), "1 lead");
        assert_eq!(counted(0, "lead"), "0 leads");
    }
}
