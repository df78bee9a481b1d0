//! Text that is printed on a terminal.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Characters of an id that are shown: its end, where ids of one moment differ.
const SHORT_ID: usize = 8;

/// The end of an id, as it is shown where the whole is too wide.
pub fn short(id: &str) -> &str {
    id.get(id.len().saturating_sub(SHORT_ID)..).unwrap_or(id)
}

/// Columns that a text takes on a terminal.
pub fn width(text: &str) -> usize {
    text.width()
}

/// `text` on one line, without what a terminal would obey or show in another order: clients choose part of what
/// is printed.
pub fn printable(text: &str) -> String {
    let moves = |it: char| {
        it.is_control()
            || matches!(it, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.chars()
        .map(|it| if moves(it) { '\u{fffd}' } else { it })
        .collect()
}

/// `text` in at most `columns`; a text that is cut ends in `…`.
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
