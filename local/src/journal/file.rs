//! The file of the journal's lines, in the data folder: a line of JSON each. A full file is kept as
//! one older file.

use std::{
    fs::{self, File, Permissions},
    io::{self, Write},
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

use super::entry::Entry;
use crate::private_file::{FILE_MODE, without_links};

/// Names of the file, and of the older one.
pub const LOG_FILES: [&str; 2] = ["leadgate.log", "leadgate.log.1"];
/// Size from which a file is full, in bytes. It holds some 20,000 requests.
const FULL: u64 = 4 * 1024 * 1024;

/// The file, open for new lines.
#[derive(Debug)]
pub(super) struct LogFile {
    folder: PathBuf,
    file: File,
    size: u64,
}

impl LogFile {
    /// Opens the file in the data folder. It is created if it does not exist.
    pub(super) fn open(folder: &Path) -> io::Result<Self> {
        let [name, _] = LOG_FILES;
        let file = without_links()
            .append(true)
            .create(true)
            .mode(FILE_MODE)
            .open(folder.join(name))?;
        file.set_permissions(Permissions::from_mode(FILE_MODE))?;
        let size = file.metadata()?.len();
        let folder = folder.to_owned();
        Ok(Self { folder, file, size })
    }

    /// Appends a line.
    pub(super) fn append(&mut self, entry: &Entry) -> io::Result<()> {
        if self.size >= FULL {
            let [name, older] = LOG_FILES.map(|name| self.folder.join(name));
            fs::rename(name, older)?;
            *self = Self::open(&self.folder)?;
        }
        let line = serde_json::to_string(entry)? + "\n";
        self.file.write_all(line.as_bytes())?;
        self.size += u64::try_from(line.len()).unwrap_or(FULL);
        Ok(())
    }
}
