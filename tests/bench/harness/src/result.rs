//! The result of everything that can fail in a benchmark.

use std::{error::Error, process::ExitCode};

/// Result with an error for a person: the program prints it and ends.
pub type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

/// Prints the error of a program, if there is one, and returns the program's exit code.
pub fn exit_code(result: Result<()>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
