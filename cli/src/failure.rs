//! Reports of failed commands.

use std::{
    error::Error,
    io::{self, Write},
    process::ExitCode,
};

use anstyle::{AnsiColor, Effects, Style};
use local::text::{of_error, width};

use crate::credentials::text_of;

/// Indent of a line that continues the one before.
const INDENT: &str = "    ";
const ERROR: Style = AnsiColor::Red.on_default().effects(Effects::BOLD);

/// Prints an error with its causes on standard error, each line after the command's name. Returns
/// the exit code.
pub fn report(command: &str, error: &(dyn Error + 'static)) -> ExitCode {
    for line in text_of(error).lines() {
        report_lines(command, line);
    }
    ExitCode::FAILURE
}

/// Prints lines on standard error, the first one after the command's name. Returns the exit code.
pub fn report_lines(command: &str, text: &str) -> ExitCode {
    let columns = terminal_size::terminal_size_of(io::stderr());
    let columns = columns.map_or(usize::MAX, |(columns, _)| usize::from(columns.0));
    let mut stderr = anstream::stderr();
    let name = format!("leadgate {command}:");
    let mut used = width(&name) + 1;
    let _ = write!(stderr, "{ERROR}{name}{ERROR:#} ");
    for line in text.lines() {
        let _ = writeln!(stderr, "{}", wrapped(&of_error(line), columns, used));
        used = 0;
    }
    ExitCode::FAILURE
}

/// Breaks a line between words. `used` columns of the first line are taken. A broken line goes on
/// with an indent.
fn wrapped(line: &str, columns: usize, mut used: usize) -> String {
    let mut text = String::new();
    for word in line.split_inclusive(' ') {
        if used > INDENT.len() && used + width(word.trim_end()) > columns {
            text.truncate(text.trim_end_matches(' ').len());
            text += "\n";
            text += INDENT;
            used = INDENT.len();
        }
        text += word;
        used += width(word);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_line_breaks_between_words() {
        for (line, columns, used, expected) in [
            ("one two three", 80, 0, "one two three"),
            ("one two three", 8, 0, "one two\n    three"),
            ("one two three", 12, 6, "one\n    two\n    three"),
            ("longword", 4, 0, "longword"),
            (" 12 |   a: b", 12, 0, " 12 |   a: b"),
        ] {
            assert_eq!(wrapped(line, columns, used), expected, "{line}");
        }
    }
}
