//! Who may write: an operating system's lock on `FILE.lock`.
//!
//! The system frees it when a process ends, however it ends, so nothing stale is left after a kill. It is never taken
//! on the database itself: closing another descriptor of that file would drop `SQLite`'s own locks.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// The lock file of one database.
#[derive(Debug)]
pub(super) struct OwnerLock {
    path: PathBuf,
    held: Option<File>,
}

impl OwnerLock {
    /// The lock beside `database`, not taken.
    pub(super) fn beside(database: &Path) -> Self {
        Self { path: with_suffix(database, ".lock"), held: None }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Makes the lock file of a new ledger: readable by its owner only, and with no name in it.
    pub(super) fn create(&self) -> io::Result<()> {
        self.open()?.set_len(0)
    }

    /// Whether an owner ever left its name: then there was a ledger here.
    pub(super) fn was_used(&self) -> bool {
        fs::metadata(&self.path).is_ok_and(|meta| meta.len() > 0)
    }

    /// Takes the lock, at once or not at all.
    pub(super) fn try_take(&mut self, holder: &str) -> io::Result<bool> {
        if self.held.is_some() {
            return Ok(true);
        }
        let mut file = self.open()?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(false),
            Err(TryLockError::Error(error)) => return Err(error),
        }
        file.set_len(0)?;
        writeln!(file, "{holder}")?;
        self.held = Some(file);
        Ok(true)
    }

    /// Frees the lock. The file stays: removing it would let two processes lock two files of one name.
    pub(super) fn free(&mut self) {
        self.held = None;
    }

    fn open(&self) -> io::Result<File> {
        if fs::symlink_metadata(&self.path).is_ok_and(|meta| !meta.is_file()) {
            return Err(io::Error::other(format!("{} is not a regular file", self.path.display())));
        }
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.open(&self.path)
    }
}

/// `path` with `suffix` added to its last component.
pub(super) fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}
