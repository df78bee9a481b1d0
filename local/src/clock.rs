//! Clock of a local stack: that of the machine, or one that can be moved. The data folder keeps the
//! time of a clock that can be moved, because its data must not come from the future.

use std::{
    fs,
    io::{self, Read, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use aws::clock::Clock;
use domain::time::{LAST, read_time};
use jiff::Timestamp;
use thiserror::Error;

use crate::{
    LocalError,
    private_file::{FILE_MODE, without_links},
};

/// Names of the file with the time, in the data folder, and of its next version.
pub(crate) const CLOCK_FILES: [&str; 2] = ["clock", "clock.new"];

/// Maximum number of bytes that are read of the file. A time is far shorter.
const LONGEST: u64 = 100;

/// A clock whose time the data folder keeps. Clones share it.
#[derive(Clone, Debug)]
pub(crate) struct KeptClock {
    pub(crate) clock: Clock,
    /// File of the time. `None` if the data is in memory. Locked for each move.
    file: Arc<Mutex<Option<PathBuf>>>,
}

/// Reason why a clock is not moved.
#[derive(Debug, Error, PartialEq, Eq)]
pub(crate) enum MoveError {
    #[error(
        "This stack uses the clock of the machine, which cannot be moved. Stop the stack, and start it with \
         --clock manual."
    )]
    System,
    #[error(
        "The clock shows {0} and moves only forwards. Give a later time, or begin anew with another data folder."
    )]
    Back(Timestamp),
    #[error("The clock cannot pass {LAST}. Move it less far.")]
    TooFar,
}

impl KeptClock {
    /// Takes over the time that the data folder keeps, if the clock can be moved. The time of the
    /// machine must not be earlier.
    pub(crate) fn open(clock: &Clock, folder: Option<&Path>) -> Result<Self, LocalError> {
        let [name, _] = CLOCK_FILES;
        let file = folder.map(|folder| folder.join(name));
        let kept = file.as_deref().map(read).transpose()?.flatten();
        match (kept, &file) {
            (Some(time), Some(path)) if clock.factor().is_none() => {
                if time > clock.now() {
                    return Err(LocalError::FromTheFuture {
                        folder: path.parent().unwrap_or(path).to_owned(),
                        time,
                    });
                }
                // From now on, the data has the time of the machine.
                fs::remove_file(path).map_err(|cause| unusable(path, cause))?;
            }
            (Some(time), _) => clock.set(time),
            (None, _) => {}
        }
        let kept = Self {
            clock: clock.clone(),
            file: Arc::new(Mutex::new(file)),
        };
        kept.keep();
        Ok(kept)
    }

    /// Writes the time into the data folder. The clock of the machine needs no file.
    pub(crate) fn keep(&self) {
        let file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        self.write(file.as_deref());
    }

    fn write(&self, file: Option<&Path>) {
        let Some(path) = file.filter(|_| self.clock.factor().is_some()) else {
            return;
        };
        if let Err(error) = replace(path, self.clock.now()) {
            tracing::error!(%error, "the time of the clock is not kept");
        }
    }

    /// Moves the clock to the time that `target` returns for the time now. Returns the new time.
    pub(crate) fn move_to(
        &self,
        target: impl FnOnce(Timestamp) -> Option<Timestamp>,
    ) -> Result<Timestamp, MoveError> {
        let file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        if self.clock.factor().is_none() {
            return Err(MoveError::System);
        }
        let now = self.clock.now();
        let target = target(now).filter(|it| *it <= LAST);
        let by = target.ok_or(MoveError::TooFar)?.duration_since(now);
        if by.is_negative() {
            return Err(MoveError::Back(now));
        }
        self.clock.advance(by);
        self.write(file.as_deref());
        Ok(self.clock.now())
    }
}

/// Writes a time into a file. After a kill, the file has the old time or the new one.
fn replace(path: &Path, time: Timestamp) -> io::Result<()> {
    let [_, new] = CLOCK_FILES;
    let new = path.with_file_name(new);
    let mut file = without_links()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(FILE_MODE)
        .open(&new)?;
    writeln!(file, "{time}")?;
    fs::rename(new, path)
}

/// Reads the time that a file keeps. `None` if there is no file.
fn read(path: &Path) -> Result<Option<Timestamp>, LocalError> {
    let mut text = String::new();
    let file = without_links().read(true).open(path);
    match file.and_then(|file| file.take(LONGEST).read_to_string(&mut text)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(cause) => Err(unusable(path, cause)),
        Ok(_) => match read_time(text.trim()) {
            Ok(time) => Ok(Some(time)),
            Err(_) => Err(LocalError::ForeignClock {
                path: path.to_owned(),
            }),
        },
    }
}

fn unusable(path: &Path, cause: io::Error) -> LocalError {
    LocalError::DataDir {
        path: path.parent().unwrap_or(path).to_owned(),
        cause,
    }
}
