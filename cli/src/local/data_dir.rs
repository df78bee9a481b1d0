//! The folder that keeps the local stack's data, and its lock: one stack a folder.

use std::{
    fs::{self, File, TryLockError},
    io::{Read, Seek, Write},
    path::{Path, PathBuf},
    process,
};

use super::LocalError;

const DATA_FILE: &str = "leadgate.db";
const LOCK_FILE: &str = "lock";

/// Where the local stack keeps its data.
#[derive(Clone, Debug)]
pub enum Storage {
    /// In the process; gone when it stops.
    Memory,
    /// In this folder, which is made if it is not there.
    Folder(PathBuf),
}

/// A folder that this process alone uses until it is dropped.
#[derive(Debug)]
pub(super) struct DataDir {
    path: PathBuf,
    lock: File,
}

impl DataDir {
    /// The folder of a storage that has one.
    pub(super) fn of(storage: &Storage) -> Result<Option<Self>, LocalError> {
        match storage {
            Storage::Memory => Ok(None),
            Storage::Folder(path) => Self::open(path).map(Some),
        }
    }

    /// Makes the folder if needed and locks it.
    fn open(path: &Path) -> Result<Self, LocalError> {
        let unwritable = |cause| LocalError::DataDir {
            path: path.to_owned(),
            cause,
        };
        fs::create_dir_all(path).map_err(unwritable)?;
        let mut lock = File::options()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path.join(LOCK_FILE))
            .map_err(unwritable)?;
        match lock.try_lock() {
            Ok(()) => {
                // Whoever had it before is gone.
                lock.set_len(0).map_err(unwritable)?;
                Ok(Self {
                    path: path.to_owned(),
                    lock,
                })
            }
            Err(TryLockError::Error(cause)) => Err(unwritable(cause)),
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                // Who it is helps; that it is in use is what matters.
                let _ = lock.read_to_string(&mut holder);
                if holder.is_empty() {
                    holder = "another leadgate dev that is just starting".to_owned();
                }
                Err(LocalError::InUse {
                    path: path.to_owned(),
                    holder,
                })
            }
        }
    }

    pub(super) fn data_file(&self) -> PathBuf {
        self.path.join(DATA_FILE)
    }

    /// Writes down who has the folder, for the next that wants it.
    pub(super) fn sign(&mut self, api_url: &str) -> Result<(), LocalError> {
        let holder = format!("leadgate dev, process {}, {api_url}", process::id());
        self.lock
            .set_len(0)
            .and_then(|()| self.lock.rewind())
            .and_then(|()| self.lock.write_all(holder.as_bytes()))
            .map_err(|cause| LocalError::DataDir {
                path: self.path.clone(),
                cause,
            })
    }
}
