//! Folder with the data of the local stack. One process can use it at a time, and only its owner
//! can read it. Its lock file has the addresses of the running stack.

use std::{
    fs::{self, DirBuilder, File, Permissions, TryLockError},
    io::{self, Read, Seek, Write},
    os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

use rustix::process::geteuid;

use crate::{
    LocalError,
    clock::CLOCK_FILES,
    journal::{Journal, LOG_FILES},
    private_file::{FILE_MODE, without_links},
    running::Running,
};

/// Default name of the data folder.
pub const DATA_DIR: &str = ".leadgate";

const DATA_FILE: &str = "leadgate.db";
const LOCK_FILE: &str = "lock";
/// Suffixes of the files that SQLite creates beside the data file.
const SUFFIXES: [&str; 2] = ["-wal", "-shm"];

/// Mode of the folder. Only its owner can read it, because it has personal data.
const FOLDER_MODE: u32 = 0o700;
/// Maximum number of bytes that are read of a lock file. A lock file of Leadgate is far shorter.
const LONGEST_LOCK: u64 = 4096;

/// Place of the local stack's data.
#[derive(Clone, Debug)]
pub enum Storage {
    /// In memory. The data is lost when the process stops.
    Memory,
    /// In this folder. It is created if it does not exist.
    Folder(PathBuf),
}

/// A data folder that is locked for this process until it is dropped.
#[derive(Debug)]
pub(super) struct DataDir {
    path: PathBuf,
    lock: File,
}

impl DataDir {
    /// Locks the folder of a storage. `None` if the storage is in memory.
    pub(super) fn of(storage: &Storage) -> Result<Option<Self>, LocalError> {
        match storage {
            Storage::Memory => Ok(None),
            Storage::Folder(path) => Self::open(path).map(Some),
        }
    }

    /// Creates the folder if it does not exist, and locks it. Does not change files of other
    /// programs.
    fn open(path: &Path) -> Result<Self, LocalError> {
        let unwritable = |cause| LocalError::DataDir {
            path: path.to_owned(),
            cause,
        };
        let is_new = !path.exists();
        DirBuilder::new()
            .recursive(true)
            .mode(FOLDER_MODE)
            .create(path)
            .map_err(unwritable)?;
        let data_file = path.join(DATA_FILE);
        refuse_link(&data_file)?;
        for suffix in SUFFIXES {
            refuse_link(&path.join(format!("{DATA_FILE}{suffix}")))?;
        }
        for name in LOG_FILES.into_iter().chain(CLOCK_FILES) {
            refuse_link(&path.join(name))?;
        }
        let lock_file = path.join(LOCK_FILE);
        refuse_link(&lock_file)?;
        let is_own_folder = is_new || data_file.exists();
        let mut lock = without_links()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(FILE_MODE)
            .open(&lock_file)
            .map_err(unwritable)?;
        let Some(text) = read_short(&mut lock).map_err(unwritable)? else {
            return Err(LocalError::ForeignLock { path: lock_file });
        };
        match lock.try_lock() {
            Ok(()) => {
                // The process that had the lock before has ended.
                lock.set_len(0).map_err(unwritable)?;
                let folder = Self {
                    path: path.to_owned(),
                    lock,
                };
                folder.restrict(is_own_folder).map_err(unwritable)?;
                Ok(folder)
            }
            Err(TryLockError::Error(cause)) => Err(unwritable(cause)),
            Err(TryLockError::WouldBlock) => Err(LocalError::InUse {
                path: path.to_owned(),
                holder: Running::parse(&text),
            }),
        }
    }

    /// Removes the permissions of other users from the files, and from the folder if Leadgate
    /// created it. A folder that existed before keeps its mode, because it may have other files.
    fn restrict(&self, is_own_folder: bool) -> io::Result<()> {
        if is_own_folder {
            fs::set_permissions(&self.path, Permissions::from_mode(FOLDER_MODE))?;
        }
        self.lock
            .set_permissions(Permissions::from_mode(FILE_MODE))?;
        // SQLite gives the files that it creates beside the data file the same mode.
        for suffix in ["", SUFFIXES[0], SUFFIXES[1]] {
            let path = self.path.join(format!("{DATA_FILE}{suffix}"));
            match fs::set_permissions(path, Permissions::from_mode(FILE_MODE)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }

    /// Keeps the lines of the journal in the folder.
    pub(super) fn keep(&self, journal: &Journal) -> Result<(), LocalError> {
        let kept = journal.keep_in(&self.path);
        kept.map_err(|cause| LocalError::DataDir {
            path: self.path.clone(),
            cause,
        })
    }

    pub(super) fn folder(&self) -> &Path {
        &self.path
    }

    pub(super) fn data_file(&self) -> PathBuf {
        self.path.join(DATA_FILE)
    }

    /// Writes the addresses of the stack into the lock file. Commands read them, and so does a
    /// second `leadgate dev` on the folder.
    pub(super) fn announce(&mut self, running: &Running) -> Result<(), LocalError> {
        self.lock
            .set_len(0)
            .and_then(|()| self.lock.rewind())
            .and_then(|()| self.lock.write_all(running.to_string().as_bytes()))
            .map_err(|cause| LocalError::DataDir {
                path: self.path.clone(),
                cause,
            })
    }
}

impl Drop for DataDir {
    fn drop(&mut self) {
        // After a kill, the file keeps its content. Commands then see that no process has the lock.
        let _ = self.lock.set_len(0);
    }
}

/// Finds the running stack whose data is in `folder`. `None` if there is none, or if the lock file
/// belongs to another user, who could write any addresses into it.
pub fn running_in(folder: &Path) -> Option<Running> {
    let path = folder.join(LOCK_FILE);
    let mut lock = without_links().read(true).open(path).ok()?;
    let owner = lock.metadata().ok()?.uid();
    if owner != geteuid().as_raw() {
        return None;
    }
    let text = read_short(&mut lock).ok()??;
    let running = Running::parse(&text)?;
    match lock.try_lock_shared() {
        // The lock of a killed stack is free.
        Ok(()) => None,
        Err(_) => Some(running),
    }
}

/// Finds the running stack whose data folder is `.leadgate` in `folder`, or in the nearest folder
/// above it.
pub fn nearest_running(folder: &Path) -> Option<Running> {
    running_in(&nearest_data_dir(folder)?)
}

/// Finds the data folder of [`nearest_running`].
pub fn nearest_data_dir(folder: &Path) -> Option<PathBuf> {
    let mut data_dirs = folder.ancestors().map(|folder| folder.join(DATA_DIR));
    data_dirs.find(|data_dir| running_in(data_dir).is_some())
}

fn refuse_link(path: &Path) -> Result<(), LocalError> {
    match path.symlink_metadata() {
        Ok(file) if !file.is_file() => Err(LocalError::Link {
            path: path.to_owned(),
        }),
        _ => Ok(()),
    }
}

/// Reads a lock file. `None` if Leadgate did not write it: the lock files of this and of older
/// versions are valid.
fn read_short(lock: &mut File) -> io::Result<Option<String>> {
    if !lock.metadata()?.is_file() {
        return Ok(None);
    }
    let mut text = String::new();
    if lock.take(LONGEST_LOCK).read_to_string(&mut text).is_err() {
        return Ok(None);
    }
    lock.rewind()?;
    let is_ours = text.is_empty()
        || Running::parse(&text).is_some()
        || text.starts_with("leadgate dev, process ");
    Ok(is_ours.then_some(text))
}
