//! Reads a CSV file: its encoding, its delimiter, its headings and its rows.

use csv::{ReaderBuilder, StringRecord};
use thiserror::Error;

/// Delimiters that are recognised.
const DELIMITERS: [u8; 4] = *b",;\t|";
const BYTE_ORDER_MARK: &str = "\u{feff}";

/// Content of a CSV file.
#[cfg_attr(test, derive(Debug, PartialEq, Eq))]
pub struct Sheet {
    pub delimiter: u8,
    /// Whether the file begins with a byte order mark, as files of Excel do.
    pub has_mark: bool,
    pub headings: Vec<String>,
    pub rows: Vec<Row>,
}

/// A row below the headings that has a value.
#[cfg_attr(test, derive(Debug, PartialEq, Eq))]
pub struct Row {
    /// Number of its first line in the file, from 1.
    pub line: usize,
    pub cells: Vec<String>,
}

/// Reason why a file cannot be read as CSV.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum SheetError {
    #[error("is empty: its first line must name the columns")]
    Empty,
    #[error("is in UTF-16: save it as UTF-8 (in Excel, choose \"CSV UTF-8\")")]
    Utf16,
    #[error("is not UTF-8 in line {0}: save it as UTF-8 (in Excel, choose \"CSV UTF-8\")")]
    NotUtf8(usize),
    #[error(
        "has a value in line {0} that begins with a quote and does not end with one: put a quote at its end, and \
         write each quote inside as two"
    )]
    Quote(usize),
    #[error("cannot be read as CSV")]
    Csv(String),
}

impl Sheet {
    /// Reads the content of a file. `delimiter` is `None` if the first line shall show it.
    pub fn read(bytes: &[u8], delimiter: Option<u8>) -> Result<Self, SheetError> {
        if matches!(bytes, [0xff, 0xfe, ..] | [0xfe, 0xff, ..]) {
            return Err(SheetError::Utf16);
        }
        let text = str::from_utf8(bytes).map_err(|error| {
            let valid = bytes.get(..error.valid_up_to()).unwrap_or_default();
            SheetError::NotUtf8(lines(valid) + 1)
        })?;
        let (has_mark, text) = match text.strip_prefix(BYTE_ORDER_MARK) {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let delimiter = delimiter.unwrap_or_else(|| delimiter_of(text));
        check_quotes(text.as_bytes(), delimiter)?;
        let mut reader = ReaderBuilder::new()
            .delimiter(delimiter)
            .has_headers(false)
            .flexible(true)
            .from_reader(text.as_bytes());
        let mut rows = Vec::new();
        let (mut line, mut seen) = (1, 0);
        for record in reader.records() {
            let record = record.map_err(|error| SheetError::Csv(error.to_string()))?;
            // The reader's position is before the blank lines and the line break above a record.
            let at = record.position().map_or(0, csv::Position::byte);
            let at = usize::try_from(at).unwrap_or(usize::MAX);
            let rest = text.as_bytes().get(at..).unwrap_or_default();
            let blank = rest.iter().take_while(|byte| b"\r\n".contains(byte));
            let start = at + blank.count();
            line += lines(text.as_bytes().get(seen..start).unwrap_or_default());
            seen = start;
            if record.iter().any(|cell| !cell.trim().is_empty()) {
                let cells = record.iter().map(str::to_owned).collect();
                rows.push(Row { line, cells });
            }
        }
        if rows.is_empty() {
            return Err(SheetError::Empty);
        }
        let headings = rows.remove(0).cells;
        let headings = headings.iter().map(|it| it.trim().to_owned()).collect();
        Ok(Self {
            delimiter,
            has_mark,
            headings,
            rows,
        })
    }
}

/// Returns the number of line breaks.
fn lines(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| **byte == b'\n').count()
}

/// Returns the delimiter that the first line with a text has most often outside of quotes. It is a
/// comma if the line has none.
fn delimiter_of(text: &str) -> u8 {
    let is_blank = |line: &&str| line.trim().is_empty();
    let line = text
        .lines()
        .find(|line| !is_blank(line))
        .unwrap_or_default();
    let unquoted: String = line.split('"').step_by(2).collect();
    let count = |delimiter: u8| unquoted.bytes().filter(|byte| *byte == delimiter).count();
    // The first one wins a tie.
    let most = DELIMITERS.into_iter().rev().max_by_key(|it| count(*it));
    most.filter(|it| count(*it) > 0).unwrap_or(b',')
}

/// Checks that each quoted value ends where its column ends. Otherwise, the value would swallow the
/// rows below it.
fn check_quotes(text: &[u8], delimiter: u8) -> Result<(), SheetError> {
    let is_end = |byte: Option<&u8>| match byte {
        None | Some(b'\r' | b'\n') => true,
        Some(byte) => *byte == delimiter,
    };
    let (mut at, mut line) = (0, 1);
    let mut is_start = true;
    while let Some(byte) = text.get(at) {
        if is_start && *byte == b'"' {
            let begun = line;
            loop {
                at += 1;
                match text.get(at) {
                    None => return Err(SheetError::Quote(begun)),
                    Some(b'\n') => line += 1,
                    Some(b'"') if text.get(at + 1) == Some(&b'"') => at += 1,
                    Some(b'"') if is_end(text.get(at + 1)) => break,
                    Some(b'"') => return Err(SheetError::Quote(begun)),
                    Some(_) => {}
                }
            }
            is_start = false;
        } else {
            is_start = is_end(Some(byte));
            line += usize::from(*byte == b'\n');
        }
        at += 1;
    }
    Ok(())
}

/// Returns one row as CSV, with its line break.
pub fn row_of<'a>(cells: impl IntoIterator<Item = &'a str>, delimiter: u8) -> Vec<u8> {
    let record: StringRecord = cells.into_iter().collect();
    let mut writer = csv::WriterBuilder::new()
        .delimiter(delimiter)
        .from_writer(Vec::new());
    // Writing to a Vec cannot fail.
    let _ = writer.write_record(&record);
    writer.into_inner().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Sheet {
        Sheet::read(text.as_bytes(), None).unwrap()
    }

    fn rows(text: &str) -> Vec<(usize, Vec<String>)> {
        let rows = read(text).rows.into_iter();
        rows.map(|row| (row.line, row.cells)).collect()
    }

    #[test]
    fn the_first_line_shows_the_delimiter() {
        for (text, expected) in [
            ("a,b\n1,2", b','),
            ("a;b\n1,0;2", b';'),
            ("a\tb, c\td\n", b'\t'),
            ("\"a, or so, b\";c\n", b';'),
            ("\n\na|b\n", b'|'),
            ("a\n1;2\n", b','),
        ] {
            assert_eq!(read(text).delimiter, expected, "{text}");
        }
        let sheet = Sheet::read(b"a;b\n", Some(b',')).unwrap();
        assert_eq!(sheet.headings, ["a;b"]);
    }

    #[test]
    fn each_row_has_the_number_of_its_line() {
        for end in ["\n", "\r\n"] {
            let text = format!("a,b{end}1,\"x{end}y\"{end}{end},{end}2{end}3,4,5{end}\"6\",7");
            let cells = |row: &[&str]| row.iter().map(ToString::to_string).collect::<Vec<_>>();
            assert_eq!(
                rows(&text),
                [
                    (2, cells(&["1", &format!("x{end}y")])),
                    (6, cells(&["2"])),
                    (7, cells(&["3", "4", "5"])),
                    (8, cells(&["6", "7"])),
                ]
            );
        }
    }

    #[test]
    fn a_byte_order_mark_is_no_part_of_the_first_heading() {
        let sheet = read("\u{feff}First Name;Phone\r\nAda;1\r\n");
        assert!(sheet.has_mark);
        assert_eq!(sheet.headings, ["First Name", "Phone"]);
    }

    #[test]
    fn a_file_that_is_no_csv_in_utf_8_is_refused_with_the_line() {
        for (bytes, expected) in [
            (&b""[..], SheetError::Empty),
            (b"\n , \n", SheetError::Empty),
            (b"\xff\xfea\0", SheetError::Utf16),
            (b"name\nJos\xe9\n", SheetError::NotUtf8(2)),
            (b"a,b\n1,\"x\n2,y\n", SheetError::Quote(2)),
            (b"a,b\n\n1,\"x\n2,\"y\"\n", SheetError::Quote(3)),
            (b"a,b\n1,\"x\"y\n", SheetError::Quote(2)),
        ] {
            let text = String::from_utf8_lossy(bytes);
            assert_eq!(Sheet::read(bytes, None), Err(expected), "{text}");
        }
    }

    #[test]
    fn a_quote_inside_of_a_value_is_part_of_it() {
        let expected = [(2, vec!["5\" pipe".to_owned(), "say \"hi\"".to_owned()])];
        assert_eq!(rows("a,b\n5\" pipe,\"say \"\"hi\"\"\"\n"), expected);
    }

    #[test]
    fn a_row_that_is_written_is_read_as_the_same() {
        let cells = ["a;b", "", "x\ny", "\"q\"", "ü"];
        let mut text = b"1;2;3;4;5\n".to_vec();
        text.extend(row_of(cells, b';'));
        let sheet = Sheet::read(&text, None).unwrap();
        assert_eq!(sheet.rows[0].cells, cells);
    }
}
