//! Reports of failed commands.

use std::{error::Error, io::Write, process::ExitCode};

use anstyle::{AnsiColor, Effects, Style};
use local::text::of_error;

use crate::credentials::text_of;

const ERROR: Style = AnsiColor::Red.on_default().effects(Effects::BOLD);

/// Prints an error with its causes on standard error, each line after the command's name. Returns
/// the exit code.
pub fn report(command: &str, error: &(dyn Error + 'static)) -> ExitCode {
    let mut stderr = anstream::stderr();
    for line in text_of(error).lines() {
        let line = of_error(line);
        let _ = writeln!(stderr, "{ERROR}leadgate {command}:{ERROR:#} {line}");
    }
    ExitCode::FAILURE
}
