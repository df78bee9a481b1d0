//! Output of the commands, for people or for programs.

use std::{
    fmt::Write as _,
    io::{self, Write as _},
    mem,
};

use anstyle::{AnsiColor, Effects, Style};
use clap::{Args, ValueEnum};
use jiff::{SignedDuration, Timestamp};
use local::text::{PrintError, cut, is_hidden, printable, printable_lines, short, width, wrapped};
use serde::Serialize;

const HEADING: Style = Style::new().effects(Effects::BOLD);
/// Style of a line about something that will be created.
pub const CREATE: Style = AnsiColor::Green.on_default();
/// Style of a line about something that will change.
pub const CHANGE: Style = AnsiColor::Yellow.on_default();
/// Style of a line about something that will be removed.
pub const REMOVE: Style = AnsiColor::Red.on_default();
/// Number of columns between two values of a row.
pub const GAP: usize = 2;
/// Minimum number of columns of a value that is cut to fit.
pub const LEAST: usize = 8;
/// Maximum number of lines of a value that is wrapped to fit.
const MOST_LINES: usize = 3;
/// Number of days from which a date is shown instead of a number of days.
const LONGEST_AGO: i64 = 60;

/// Form of the output.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Output {
    /// Text for people
    Table,
    /// One line of JSON for programs
    Json,
}

/// Option of every command that prints data.
#[derive(Args, Clone, Copy, Debug)]
pub struct OutputArg {
    /// Form of the output
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = Output::Table)]
    output: Output,
}

/// Option of every command that prints a table.
#[derive(Args, Clone, Copy, Debug)]
pub struct FullArg {
    /// Show whole ids and exact times in tables
    #[arg(long)]
    full: bool,
}

impl OutputArg {
    pub fn is_json(self) -> bool {
        self.output == Output::Json
    }

    /// Prints `value` as one line of JSON, or as the text that `text` returns.
    pub fn print<T: Serialize>(
        self,
        value: &T,
        text: impl FnOnce(&T) -> String,
    ) -> Result<(), PrintError> {
        match self.output {
            Output::Json => {
                let json = serde_json::to_string(value).map_err(io::Error::from)? + "\n";
                Ok(io::stdout().write_all(safe_json(&json).as_bytes())?)
            }
            Output::Table => print(&text(value)),
        }
    }
}

/// Prints a text for people, without the characters that a terminal would execute, hide or reorder.
/// It is printed without colours if standard output or the environment does not allow them.
pub fn print(text: &str) -> Result<(), PrintError> {
    let styles = [HEADING, CREATE, CHANGE, REMOVE];
    let own = styles.map(|it| it.render().to_string());
    let reset = HEADING.render_reset().to_string();
    let own: Vec<_> = own.into_iter().chain([reset]).collect();
    Ok(anstream::stdout().write_all(safe(text, &own).as_bytes())?)
}

/// Returns a printable text that keeps its line breaks and the commands in `own`.
fn safe(text: &str, own: &[String]) -> String {
    let Some((command, others)) = own.split_first() else {
        return printable_lines(text);
    };
    let parts = text.split(command).map(|part| safe(part, others));
    parts.collect::<Vec<_>>().join(command)
}

/// Returns a JSON text with escapes for the characters that a terminal would execute, hide or
/// reorder. They can only be in its strings.
pub fn safe_json(json: &str) -> String {
    let mut safe = String::with_capacity(json.len());
    for character in json.chars() {
        if character != '\n' && is_hidden(character) {
            for unit in character.encode_utf16(&mut [0; 2]) {
                // Writing to a String cannot fail.
                let _ = write!(safe, "\\u{unit:04x}");
            }
        } else {
            safe.push(character);
        }
    }
    safe
}

impl FullArg {
    pub fn is_full(self) -> bool {
        self.full
    }

    /// Returns an id as tables show it.
    pub fn id(self, id: impl ToString) -> String {
        let id = id.to_string();
        if self.full { id } else { short(&id).to_owned() }
    }

    /// Returns a table. Values of the columns `cut` are cut to fit the terminal, but never with
    /// `--full`.
    pub fn table<const N: usize>(
        self,
        headings: [&str; N],
        rows: &[[String; N]],
        cut: &[&str],
    ) -> String {
        if self.full {
            full_table(headings, rows)
        } else {
            table_in(columns(), headings, rows, cut)
        }
    }

    /// Returns a time as tables show it.
    pub fn time(self, time: Timestamp, now: Timestamp) -> String {
        if self.full {
            time.to_string()
        } else {
            relative(time, now)
        }
    }
}

/// Returns a time in UTC, with its distance from now.
pub fn exact(time: Timestamp, now: Timestamp) -> String {
    let utc = time.strftime("%Y-%m-%d %H:%M:%S UTC");
    match time.duration_since(now).as_hours().abs() / 24 {
        LONGEST_AGO.. => utc.to_string(),
        _ => format!("{utc} ({})", relative(time, now)),
    }
}

/// Returns a time relative to now, such as `12 min ago`. Ignores parts of seconds, because replies
/// leave them out: the time two hours from now is `in 2 h`.
pub fn relative(time: Timestamp, now: Timestamp) -> String {
    let distance = SignedDuration::from_secs(time.as_second() - now.as_second());
    let length = distance.abs();
    let text = if length < SignedDuration::from_mins(1) {
        return "just now".to_owned();
    } else if length < SignedDuration::from_hours(1) {
        format!("{} min", length.as_mins())
    } else if length < SignedDuration::from_hours(24) {
        format!("{} h", length.as_hours())
    } else {
        match length.as_hours() / 24 {
            1 => "1 day".to_owned(),
            days if days < LONGEST_AGO => format!("{days} days"),
            _ => return time.strftime("%Y-%m-%d").to_string(),
        }
    };
    if distance.is_negative() {
        format!("{text} ago")
    } else {
        format!("in {text}")
    }
}

/// Returns the text of a value. It is a dash if there is none.
pub fn or_dash(value: Option<impl ToString>) -> String {
    let text = value.map(|value| value.to_string()).unwrap_or_default();
    if text.is_empty() {
        "-".to_owned()
    } else {
        text
    }
}

/// Returns rows under their headings, each column as wide as its widest value. On a terminal that
/// is too narrow, the values of the column `name` are cut.
pub fn table<const N: usize>(headings: [&str; N], rows: &[[String; N]], name: &str) -> String {
    table_in(columns(), headings, rows, &[name])
}

/// Same as [`table`], but no value is cut. If the terminal is too narrow, each row is a block with a
/// line for each value.
pub fn full_table<const N: usize>(headings: [&str; N], rows: &[[String; N]]) -> String {
    full_table_in(columns(), headings, rows)
}

fn full_table_in<const N: usize>(
    columns: Option<usize>,
    headings: [&str; N],
    rows: &[[String; N]],
) -> String {
    let table = table_in(None, headings, rows, &[]);
    let widest = table
        .lines()
        .map(|line| width(&anstream::adapter::strip_str(line).to_string()));
    if widest.max() <= Some(columns.unwrap_or(usize::MAX)) {
        return table;
    }
    let label = headings.map(width).into_iter().max().unwrap_or_default() + GAP;
    let blocks = rows.iter().map(|row| {
        let lines = headings.iter().zip(row);
        let lines = lines.map(|(heading, value)| {
            let blank = label - width(heading);
            format!(
                "{HEADING}{heading}{HEADING:#}{:blank$}{}\n",
                "",
                printable(value)
            )
        });
        lines.collect::<String>()
    });
    blocks.collect::<Vec<_>>().join("\n")
}

/// Returns rows under their headings. On a terminal that is too narrow, the second value of a row
/// goes on below itself, on at most [`MOST_LINES`] lines.
pub fn wrapped_table(headings: [&str; 2], rows: &[[String; 2]]) -> String {
    wrapped_table_in(columns(), headings, rows)
}

/// Returns the number of columns of the terminal. `None` if standard output is not a terminal.
pub fn columns() -> Option<usize> {
    let size = terminal_size::terminal_size_of(io::stdout());
    size.map(|(columns, _)| usize::from(columns.0))
}

fn wrapped_table_in(columns: Option<usize>, headings: [&str; 2], rows: &[[String; 2]]) -> String {
    let first = rows.iter().map(|[value, _]| width(value));
    let first = first.fold(width(headings[0]), usize::max);
    let room = columns.map_or(usize::MAX, |columns| columns.saturating_sub(first + GAP));
    let mut wrapped_rows = Vec::new();
    for [value, text] in rows {
        let text = wrapped(&printable(text), room, 0, "");
        let mut value = value.clone();
        for line in text.splitn(MOST_LINES, '\n') {
            // The last line is cut, if more follow.
            wrapped_rows.push([mem::take(&mut value), line.replace('\n', " ")]);
        }
    }
    table_in(columns, headings, &wrapped_rows, &headings[1..])
}

fn table_in<const N: usize>(
    columns: Option<usize>,
    headings: [&str; N],
    rows: &[[String; N]],
    cut_columns: &[&str],
) -> String {
    let rows: Vec<_> = rows
        .iter()
        .map(|row| row.each_ref().map(|value| printable(value)))
        .collect();
    let mut widths = headings.map(width);
    for row in &rows {
        for (column, value) in widths.iter_mut().zip(row) {
            *column = width(value).max(*column);
        }
    }
    let all = widths.iter().sum::<usize>() + GAP * N.saturating_sub(1);
    let excess = all.saturating_sub(columns.unwrap_or(all));
    for _ in 0..excess {
        let named = widths.iter_mut().zip(headings);
        let cut = named.filter(|(column, name)| **column > LEAST && cut_columns.contains(name));
        if let Some((widest, _)) = cut.max_by_key(|(column, _)| **column) {
            *widest -= 1;
        }
    }
    let line = |row: [&str; N]| {
        let mut line = String::new();
        for (value, column) in row.into_iter().zip(widths) {
            let value = cut(value, column);
            let blank = column.saturating_sub(width(&value)) + GAP;
            // Writing to a String cannot fail.
            let _ = write!(line, "{value}{:blank$}", "");
        }
        line.truncate(line.trim_end().len());
        line
    };
    let mut text = heading(&line(headings));
    for row in &rows {
        text += &line(row.each_ref().map(String::as_str));
        text.push('\n');
    }
    text
}

/// Returns a hint as lines of its own, after a blank line.
pub fn hint_line(hint: &str) -> String {
    let columns = columns().unwrap_or(usize::MAX);
    let hint = printable(&format!("Hint: {hint}"));
    format!("\n{}\n", wrapped(&hint, columns, 0, "  "))
}

/// Returns a line in the style of a heading.
pub fn heading(text: &str) -> String {
    format!("{HEADING}{text}{HEADING:#}\n")
}

#[cfg(test)]
mod tests;
