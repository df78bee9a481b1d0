//! How a command says why it failed.

use std::{
    error::Error,
    io::{self, Write},
    process::ExitCode,
};

use shared::telemetry::Chain;

/// Prints the error with its causes on standard error, the command's name before each line, and gives
/// the exit code.
pub(crate) fn report(command: &str, error: &(dyn Error + 'static)) -> ExitCode {
    let mut stderr = io::stderr();
    for line in Chain(error).to_string().lines() {
        let _ = writeln!(stderr, "leadgate {command}: {line}");
    }
    ExitCode::FAILURE
}
