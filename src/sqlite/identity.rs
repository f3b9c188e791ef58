//! Recognizes that the open SQLite file was deleted or replaced. A commit into such a file is lost, although SQLite
//! reports success.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

/// The device and the inode of the SQLite file and of its write-ahead log.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Identity([(u64, u64); 2]);

impl Identity {
    /// Returns the identity of the SQLite file and the log that are at `path` now, or `None` if one of them is missing.
    pub(super) fn at(path: &Path) -> Option<Self> {
        // SQLite puts the log beside the file itself, not beside a symbolic link to it.
        let file = path.canonicalize().ok()?;
        let mut log = file.clone().into_os_string();
        log.push("-wal");
        let [file, log] = [fs::metadata(file).ok()?, fs::metadata(log).ok()?];
        Some(Self([file, log].map(|it| (it.dev(), it.ino()))))
    }
}
