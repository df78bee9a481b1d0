//! Arguments of the programs.

use std::{ffi::OsString, io::Write, process};

use clap::Parser;

use crate::text::{of_error, printable_lines, terminal_width, wrapped};

/// Parses the arguments of a program. Ends the program with an error message or the help if that
/// fails. The message repeats an argument only as [`of_error`] returns it.
pub fn parse<A: Parser>(arguments: &[OsString]) -> A {
    A::try_parse_from(arguments).unwrap_or_else(|error| {
        let safe: Vec<_> = arguments
            .iter()
            .map(|it| of_error(&it.to_string_lossy()))
            .collect();
        let Err(error) = A::try_parse_from(&safe) else {
            // Only the characters that are replaced are wrong.
            let message = error.render().ansi().to_string();
            exit(&without(message, arguments, &safe, error.kind()))
        };
        exit(&error)
    })
}

/// Prints an error or the help, and ends the program. On a terminal, an error breaks between words.
fn exit(error: &clap::Error) -> ! {
    match terminal_width() {
        Some(columns) if error.use_stderr() => {
            let text = error.render().ansi().to_string();
            let lines = text
                .lines()
                .map(|line| wrapped(line, columns, 0, "    ") + "\n");
            let _ = write!(anstream::stderr(), "{}", lines.collect::<String>());
            process::exit(error.exit_code())
        }
        _ => error.exit(),
    }
}

/// Returns an error with the safe form of each argument in its message.
fn without(
    message: String,
    arguments: &[OsString],
    safe: &[String],
    kind: clap::error::ErrorKind,
) -> clap::Error {
    let pairs = arguments.iter().zip(safe);
    let message = pairs.fold(message, |message, (argument, safe)| {
        let argument = argument.to_string_lossy();
        // An argument can be `--name=value`.
        let value = argument.split_once('=').map_or("", |(_, value)| value);
        let message = message.replace(&*argument, safe);
        if value.is_empty() {
            message
        } else {
            message.replace(value, &of_error(value))
        }
    });
    // Only the styles of clap are left, and the new error has its own.
    let message = anstream::adapter::strip_str(&message).to_string();
    let message = message.trim_start_matches("error: ");
    clap::Error::raw(kind, printable_lines(message))
}
