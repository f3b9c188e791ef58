//! A disk and a clock that a test controls, for processes that are started with [`Machine::env`]; see `machine.c`.

use std::fs;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

/// The folder whose files control the disk and the clock of a process.
pub(crate) struct Machine(TempDir);

impl Machine {
    /// Creates a machine with a disk that has room and a clock with the right time.
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/on_a_file/machine.c");
        let compiled = Command::new("cc")
            .args(["-shared", "-fPIC", "-O1", "-o"])
            .args([&folder.path().join("machine.so"), &source])
            .arg("-ldl")
            .status();
        assert!(compiled.expect("a C compiler").success());
        fs::write(folder.path().join("clock"), [0; 8]).expect("a file");
        Self(folder)
    }

    /// The environment variables of a process on this machine.
    pub(crate) fn env(&self) -> [(&'static str, String); 2] {
        let path = |name: &str| self.0.path().join(name).display().to_string();
        [("LD_PRELOAD", path("machine.so")), ("SIDENOTE_MACHINE", path(""))]
    }

    /// Fills the disk, or frees room on it.
    pub(crate) fn set_full(&self, is_full: bool) {
        self.set("full", is_full);
    }

    /// Makes the disk ignore each sync of SQLite's write-ahead log.
    pub(crate) fn set_lazy(&self) {
        self.set("lazy", true);
    }

    /// Makes the disk keep a copy of all synced content. Returns the folder of the copy.
    pub(crate) fn keep_synced(&self) -> PathBuf {
        let folder = self.0.path().join("synced");
        fs::create_dir_all(&folder).expect("a folder");
        folder
    }

    /// Sets the clock this number of seconds ahead of the right time, or behind it if the number is negative. Each call
    /// replaces the number of the call before.
    pub(crate) fn move_clock(&self, seconds: i64) {
        let file = fs::OpenOptions::new().write(true).open(self.0.path().join("clock")).expect("the file");
        file.write_all_at(&seconds.to_ne_bytes(), 0).expect("it can be written");
    }

    fn set(&self, name: &str, is_set: bool) {
        let path = self.0.path().join(name);
        if is_set { fs::write(path, "") } else { fs::remove_file(path) }.expect("a file");
    }
}
