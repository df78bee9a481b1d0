//! Reports of failed commands.

use std::{error::Error, io::Write, process::ExitCode};

use anstyle::{AnsiColor, Effects, Style};
use local::text::{PrintError, of_error, terminal_width, width, wrapped};

use crate::credentials::text_of;

/// Indent of a line that continues the one before.
const INDENT: &str = "    ";
const ERROR: Style = AnsiColor::Red.on_default().effects(Effects::BOLD);

/// Prints an error with its causes on standard error, each line after the command's name. Returns
/// the exit code. Prints nothing if the reader of standard output has ended, as after `| head`.
pub fn report(command: &str, error: &(dyn Error + 'static)) -> ExitCode {
    if PrintError::is_end_of_reader(error) {
        return ExitCode::FAILURE;
    }
    for line in text_of(error).lines() {
        report_lines(command, line);
    }
    ExitCode::FAILURE
}

/// Prints lines on standard error, the first one after the command's name. Returns the exit code.
pub fn report_lines(command: &str, text: &str) -> ExitCode {
    let columns = terminal_width().unwrap_or(usize::MAX);
    let mut stderr = anstream::stderr();
    let name = format!("leadgate {command}:");
    let mut used = width(&name) + 1;
    let _ = write!(stderr, "{ERROR}{name}{ERROR:#} ");
    for line in text.lines() {
        let _ = writeln!(
            stderr,
            "{}",
            wrapped(&of_error(line), columns, used, INDENT)
        );
        used = 0;
    }
    ExitCode::FAILURE
}
