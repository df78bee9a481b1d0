//! How commands print what they have found: for people or for programs.

use std::{
    fmt::Write as _,
    io::{self, Write as _},
};

use clap::{Args, ValueEnum};
use serde::Serialize;

/// What a command prints.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Output {
    /// Text for people
    Table,
    /// One line of JSON for programs
    Json,
}

/// The option of every command that prints what it has found.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct OutputArg {
    /// What to print
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = Output::Table)]
    output: Output,
}

impl OutputArg {
    pub(crate) fn is_json(self) -> bool {
        self.output == Output::Json
    }

    /// Prints `value` as JSON, or what `text` makes of it.
    pub(crate) fn print<T: Serialize>(
        self,
        value: &T,
        text: impl FnOnce(&T) -> String,
    ) -> io::Result<()> {
        let text = match self.output {
            Output::Json => serde_json::to_string(value)? + "\n",
            Output::Table => text(value),
        };
        io::stdout().write_all(text.as_bytes())
    }
}

/// What stands for a value that is not there.
pub(crate) fn or_dash(value: Option<impl ToString>) -> String {
    let text = value.map(|value| value.to_string()).unwrap_or_default();
    if text.is_empty() {
        "-".to_owned()
    } else {
        text
    }
}

/// Rows under their headings, each column as wide as its widest value.
pub(crate) fn table<const N: usize>(headings: [&str; N], rows: &[[String; N]]) -> String {
    let headings = headings.map(str::to_owned);
    let mut widths = [0; N];
    for row in rows.iter().chain([&headings]) {
        for (width, value) in widths.iter_mut().zip(row) {
            *width = (*width).max(value.chars().count());
        }
    }
    let mut text = String::new();
    for row in [&headings].into_iter().chain(rows) {
        let mut line = String::new();
        for (value, width) in row.iter().zip(widths) {
            // Writing to a String cannot fail.
            let _ = write!(line, "{value:<width$}  ");
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}
