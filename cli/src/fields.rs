//! Fields of one thing, for people: a label and a value on each line.

use std::fmt::Write as _;

use local::text::{cut, printable, width};

use crate::output::{GAP, LEAST, columns};

/// Maximum number of columns of a label.
const LONGEST_LABEL: usize = 24;
/// Maximum number of lines of a value beside its label.
const LINES: usize = 4;

/// Returns a line for each label and its value. On a terminal, a long value continues on the next
/// lines, up to [`LINES`]. `is_full` keeps the whole value.
pub fn fields<L: AsRef<str>>(fields: &[(L, String)], is_full: bool) -> String {
    fields_in(columns(), fields, is_full)
}

fn fields_in<L: AsRef<str>>(
    columns: Option<usize>,
    fields: &[(L, String)],
    is_full: bool,
) -> String {
    let label = |label: &L| cut(&printable(label.as_ref()), LONGEST_LABEL);
    let widths = fields.iter().map(|(name, _)| width(&label(name)));
    let left = widths.max().unwrap_or(0) + GAP;
    let columns = columns.map_or(usize::MAX, |it| it.saturating_sub(left).max(LEAST));
    let lines = if is_full { usize::MAX } else { LINES };
    let mut text = String::new();
    for (name, value) in fields {
        let name = label(name);
        let blank = left.saturating_sub(width(&name));
        let value = fold(&printable(value), columns, lines).join(&format!("\n{:left$}", ""));
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{name}{:blank$}{value}", "");
    }
    text
}

/// Returns the lines of a text that is folded at blanks, or inside a long word. The last line of a
/// text that is cut ends in `…`.
fn fold(text: &str, columns: usize, lines: usize) -> Vec<String> {
    let mut folded = Vec::new();
    let mut rest = text;
    while folded.len() + 1 < lines && width(rest) > columns {
        let (mut used, mut end, mut blank) = (0, rest.len(), None);
        for (at, character) in rest.char_indices() {
            used += width(character.encode_utf8(&mut [0; 4]));
            if used > columns {
                end = at;
                break;
            }
            if character == ' ' {
                blank = Some(at);
            }
        }
        // The characters that do not fit may begin with the blank.
        let at_end = rest.get(end..).is_some_and(|it| it.starts_with(' '));
        let end = blank.filter(|at| *at > 0 && !at_end).unwrap_or(end);
        let (line, after) = rest.split_at_checked(end).unwrap_or((rest, ""));
        folded.push(line.to_owned());
        rest = after.trim_start();
    }
    folded.push(cut(rest, columns));
    folded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_value_continues_under_itself_and_ends_after_four_lines() {
        let text =
            |value: &str, is_full| fields_in(Some(20), &[("Name", value.to_owned())], is_full);
        assert_eq!(text("short", false), "Name  short\n");
        assert_eq!(
            text("a word and another word", false),
            "Name  a word and\n      another word\n"
        );
        assert_eq!(
            text(&"x".repeat(16), false),
            "Name  xxxxxxxxxxxxxx\n      xx\n"
        );
        let long = "山本 ".repeat(40);
        let cut = text(&long, false);
        assert!(cut.lines().all(|line| width(line) <= 20), "{cut}");
        assert_eq!(
            (cut.lines().count(), cut.ends_with("…\n")),
            (4, true),
            "{cut}"
        );
        let full = text(&long, true);
        assert_eq!(full.matches("山本").count(), 40, "{full}");
        assert!(full.lines().all(|line| width(line) <= 20), "{full}");
    }
}
