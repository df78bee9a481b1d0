//! Reports of failed commands.

use std::{error::Error, io::Write, process::ExitCode};

use anstyle::{AnsiColor, Effects, Style};
use local::text::of_error;

use crate::credentials::text_of;

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
    let mut stderr = anstream::stderr();
    let _ = write!(stderr, "{ERROR}leadgate {command}:{ERROR:#} ");
    for line in text.lines() {
        let _ = writeln!(stderr, "{}", of_error(line));
    }
    ExitCode::FAILURE
}
