//! The folder that keeps the local stack's data: one process at a time, for its owner alone. Its lock file says
//! where the running stack answers.

use std::{
    fs::{self, DirBuilder, File, Permissions, TryLockError},
    io::{self, Read, Seek, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

use crate::{LocalError, running::Running};

/// Name of the data folder, unless another is given.
pub const DATA_DIR: &str = ".leadgate";

const DATA_FILE: &str = "leadgate.db";
const LOCK_FILE: &str = "lock";

/// Mode of the folder: its owner's alone, because leads are in it.
const FOLDER_MODE: u32 = 0o700;
/// Mode of each file in the folder.
const FILE_MODE: u32 = 0o600;

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
        let is_new = !path.exists();
        DirBuilder::new()
            .recursive(true)
            .mode(FOLDER_MODE)
            .create(path)
            .map_err(unwritable)?;
        let lock_file = path.join(LOCK_FILE);
        let was_ours = lock_file.exists();
        let mut lock = File::options()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(FILE_MODE)
            .custom_flags(libc::O_NOFOLLOW)
            .open(&lock_file)
            .map_err(|cause| match cause.raw_os_error() {
                Some(libc::ELOOP) => LocalError::Link {
                    path: lock_file.clone(),
                },
                _ => unwritable(cause),
            })?;
        match lock.try_lock() {
            Ok(()) => {
                // The process that held it before is gone.
                lock.set_len(0).map_err(unwritable)?;
                let folder = Self {
                    path: path.to_owned(),
                    lock,
                };
                folder.restrict(is_new || was_ours).map_err(unwritable)?;
                Ok(folder)
            }
            Err(TryLockError::Error(cause)) => Err(unwritable(cause)),
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                // Who it is helps; that it is in use is what matters.
                let _ = lock.read_to_string(&mut holder);
                Err(LocalError::InUse {
                    path: path.to_owned(),
                    holder: Running::parse(&holder),
                })
            }
        }
    }

    /// Takes the rights of others away: from the files, and from a folder that is this program's own. A folder
    /// that somebody made for other things as well keeps its mode.
    fn restrict(&self, is_own_folder: bool) -> io::Result<()> {
        if is_own_folder {
            fs::set_permissions(&self.path, Permissions::from_mode(FOLDER_MODE))?;
        }
        self.lock
            .set_permissions(Permissions::from_mode(FILE_MODE))?;
        // SQLite gives the files beside the data file the same mode.
        for suffix in ["", "-wal", "-shm"] {
            let path = self.path.join(format!("{DATA_FILE}{suffix}"));
            match fs::set_permissions(path, Permissions::from_mode(FILE_MODE)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }

    pub(super) fn data_file(&self) -> PathBuf {
        self.path.join(DATA_FILE)
    }

    /// Writes down where the stack answers, for commands and for the next that wants the folder.
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
        // A folder that nobody uses names nobody. After a kill, commands find that nothing answers.
        let _ = self.lock.set_len(0);
    }
}

/// Makes an empty file that only its owner can read.
pub(super) fn create_private(path: &Path) -> io::Result<File> {
    File::options()
        .write(true)
        .create_new(true)
        .mode(FILE_MODE)
        .open(path)
}

/// The running stack whose data is in `folder`; `None` if none has announced itself there. A link is not followed.
pub fn running_in(folder: &Path) -> Option<Running> {
    let mut text = String::new();
    File::options()
        .read(true)
        .custom_flags(libc::O_NOFOLLOW)
        .open(folder.join(LOCK_FILE))
        .and_then(|mut file| file.read_to_string(&mut text))
        .ok()?;
    Running::parse(&text)
}
