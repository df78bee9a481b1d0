//! Files of the data folder, which only their owner can read.

use std::{
    fs::{File, OpenOptions},
    io,
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

/// Mode of each file in the folder.
pub(crate) const FILE_MODE: u32 = 0o600;

/// Creates an empty file that only its owner can read.
pub(crate) fn create_private(path: &Path) -> io::Result<File> {
    File::options()
        .write(true)
        .create_new(true)
        .mode(FILE_MODE)
        .open(path)
}

/// Returns options that do not follow a link and do not wait for a pipe.
pub(crate) fn without_links() -> OpenOptions {
    let mut options = File::options();
    options.custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK);
    options
}
