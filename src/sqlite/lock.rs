//! Lock files beside the SQLite file. The operating system releases a lock when its process ends, even after a crash.
//!
//! A starting `sidenote serve` may take over the work of a dead process only if no other process is using the SQLite
//! file.

use std::ffi::OsString;
use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use super::error::{DatabaseError, READ_ONLY};

/// The lock of the one `sidenote serve` process that uses the SQLite file.
#[derive(Debug)]
pub struct ServeLock {
    _file: File,
    path: PathBuf,
}

/// The lock of another `sidenote` command that uses the SQLite file. Several commands can hold the lock at the same
/// time.
#[derive(Debug)]
pub struct CommandLock {
    _file: File,
}

impl ServeLock {
    /// Takes the lock for the database at `path`.
    ///
    /// # Errors
    ///
    /// [`DatabaseError`] if another `serve` holds the lock, or the lock file cannot be created.
    pub fn take(path: &Path) -> Result<Self, DatabaseError> {
        let file = open(path, "-serve.lock")?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file, path: path.to_owned() }),
            Err(TryLockError::WouldBlock) => Err(DatabaseError::InUse { path: path.to_owned() }),
            Err(TryLockError::Error(error)) => Err(unlockable(path, &error)),
        }
    }

    /// Whether no other command is using the SQLite file. All leases (claims on work) in the file then belong to dead
    /// processes.
    #[must_use]
    pub fn is_alone(&self) -> bool {
        open(&self.path, "-command.lock").is_ok_and(|file| file.try_lock().is_ok())
    }
}

impl CommandLock {
    /// Takes the lock for the database at `path`.
    ///
    /// # Errors
    ///
    /// [`DatabaseError`] if the lock file cannot be created.
    pub fn take(path: &Path) -> Result<Self, DatabaseError> {
        let file = open(path, "-command.lock")?;
        file.lock_shared().map_err(|error| unlockable(path, &error))?;
        Ok(Self { _file: file })
    }
}

fn open(path: &Path, suffix: &str) -> Result<File, DatabaseError> {
    let mut name: OsString = real(path).map_err(|error| unlockable(path, &error))?.into_os_string();
    name.push(suffix);
    let opened = OpenOptions::new().create(true).truncate(false).write(true).open(name);
    opened.map_err(|error| unlockable(path, &error))
}

/// Returns the path of the SQLite file without symbolic links, so that all paths of a file have the same lock. A
/// missing file is created, because SQLite would create it behind a link.
fn real(path: &Path) -> io::Result<PathBuf> {
    if !path.exists() {
        OpenOptions::new().create(true).append(true).open(path)?;
    }
    path.canonicalize()
}

fn unlockable(path: &Path, error: &io::Error) -> DatabaseError {
    let why = match error.kind() {
        io::ErrorKind::ReadOnlyFilesystem => READ_ONLY,
        _ => "no lock file can be made beside it",
    };
    DatabaseError::Unusable { path: path.to_owned(), why }
}
