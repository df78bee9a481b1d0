//! Reads the journal's lines from the data folder, while a stack adds to them.

use std::{
    fs::File,
    io::{self, Read},
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

use super::{entry::Entry, file::LOG_FILES};
use crate::private_file::without_links;

/// Reader of a data folder. It has returned all lines up to its position.
#[derive(Debug)]
pub struct LogReader {
    path: PathBuf,
    /// The file that is read. `None` before the stack has created one.
    file: Option<File>,
    /// The beginning of a line whose end is not written yet.
    partial: Vec<u8>,
}

impl LogReader {
    /// Returns a reader at the first line that the folder has.
    pub fn new(folder: &Path) -> Self {
        let [path, older] = LOG_FILES.map(|name| folder.join(name));
        let file = open(&older).ok();
        let partial = Vec::new();
        Self {
            path,
            file,
            partial,
        }
    }

    /// Returns the lines that were added since the last call.
    ///
    /// # Errors
    /// The operating system's, if a file cannot be read.
    pub fn read(&mut self) -> io::Result<Vec<Entry>> {
        let mut text = Vec::new();
        self.read_to_end(&mut text)?;
        // The stack has begun a new file, and adds no more to this one.
        if self.is_full()? {
            self.read_to_end(&mut text)?;
            self.file = Some(open(&self.path)?);
            self.read_to_end(&mut text)?;
        }
        let mut all = std::mem::take(&mut self.partial);
        all.extend(text);
        let end = all
            .iter()
            .rposition(|byte| *byte == b'\n')
            .map_or(0, |at| at + 1);
        self.partial = all.split_off(end);
        let lines = all.split(|byte| *byte == b'\n');
        // A later version may write lines of another form.
        Ok(lines
            .filter_map(|line| serde_json::from_slice(line).ok())
            .collect())
    }

    fn read_to_end(&mut self, text: &mut Vec<u8>) -> io::Result<()> {
        if let Some(file) = &mut self.file {
            file.read_to_end(text)?;
        }
        Ok(())
    }

    /// Returns whether the path names another file than the one that is read.
    fn is_full(&self) -> io::Result<bool> {
        let newest = match self.path.symlink_metadata() {
            Ok(newest) => newest,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
            Err(error) => return Err(error),
        };
        let Some(file) = &self.file else {
            return Ok(true);
        };
        Ok(file.metadata()?.ino() != newest.ino())
    }
}

fn open(path: &Path) -> io::Result<File> {
    without_links().read(true).open(path)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use aws::clock::Clock;
    use jiff::Timestamp;

    use super::*;
    use crate::journal::{Journal, file::LogFile, lines::Line};

    fn facts(entries: Vec<Entry>) -> Vec<String> {
        let lines = entries.into_iter().map(|entry| match entry.line {
            Line::Note { fact } => fact,
            other => panic!("{other:?}"),
        });
        lines.collect()
    }

    #[test]
    fn a_reader_returns_each_line_once() {
        let folder = tempfile::tempdir().unwrap();
        let mut reader = LogReader::new(folder.path());
        assert_eq!(reader.read().unwrap(), []);
        let journal = Journal::new(false, Clock::System);
        journal.keep_in(folder.path()).unwrap();
        journal.note("one".to_owned());
        journal.note("two".to_owned());
        assert_eq!(facts(reader.read().unwrap()), ["one", "two"]);
        assert_eq!(reader.read().unwrap(), []);
        journal.note("three\n".to_owned());
        assert_eq!(facts(reader.read().unwrap()), ["three\n"]);
        let all = LogReader::new(folder.path()).read().unwrap();
        assert_eq!(facts(all), ["one", "two", "three\n"]);
    }

    #[test]
    fn a_full_file_becomes_the_older_one_and_no_line_is_lost() {
        let folder = tempfile::tempdir().unwrap();
        let [name, older] = LOG_FILES.map(|name| folder.path().join(name));
        let mut file = LogFile::open(folder.path()).unwrap();
        let mut reader = LogReader::new(folder.path());
        let entry = |fact: String| Entry {
            at: Timestamp::UNIX_EPOCH,
            line: Line::Note { fact },
        };
        let mut expected = Vec::new();
        let mut seen = Vec::new();
        for number in 0..90 {
            let fact = format!("{number} {}", "x".repeat(100_000));
            file.append(&entry(fact.clone())).unwrap();
            expected.push(fact);
            if number % 7 == 0 {
                seen.extend(facts(reader.read().unwrap()));
            }
        }
        seen.extend(facts(reader.read().unwrap()));
        assert!(
            seen == expected,
            "{} of {} lines",
            seen.len(),
            expected.len()
        );
        for path in [name, older] {
            let size = fs::metadata(path).unwrap().len();
            assert!(size < 5 * 1024 * 1024, "{size}");
        }
    }

    #[test]
    fn a_line_that_is_half_written_is_returned_when_it_is_whole() {
        let folder = tempfile::tempdir().unwrap();
        let [path, _] = LOG_FILES.map(|name| folder.path().join(name));
        let line = r#"{"at":"2026-02-10T12:00:00Z","kind":"note","fact":"é"}"#;
        let mut reader = LogReader::new(folder.path());
        for end in [10, line.len() - 3] {
            fs::write(&path, line.as_bytes().get(..end).unwrap()).unwrap();
            assert_eq!(LogReader::new(folder.path()).read().unwrap(), []);
        }
        assert_eq!(reader.read().unwrap(), []);
        let mut file = fs::OpenOptions::new().append(true).open(&path).unwrap();
        let rest = line.as_bytes().get(line.len() - 3..).unwrap();
        io::Write::write_all(&mut file, &[rest, b"\n"].concat()).unwrap();
        assert_eq!(facts(reader.read().unwrap()), ["é"]);
    }
}
