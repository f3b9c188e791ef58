//! A disk and a clock that a test controls, for processes that are started with [`Machine::env`]; see `machine.c`.

use std::fs;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use tempfile::TempDir;

/// The real seconds in one second of the monotonic clock of a slow machine; see [`Machine::slow`].
pub(crate) const PACE: u32 = 3;

/// The folder whose files control the disk and the clock of a process.
pub(crate) struct Machine(TempDir);

impl Machine {
    /// Creates a machine with a disk that has room and a clock with the right time.
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        for number in ["clock", "uptime", "pace", "kill"] {
            fs::write(folder.path().join(number), [0; 8]).expect("a file");
        }
        Self(folder)
    }

    /// Creates a machine on which the time limits of a process are [`PACE`] times as long: its monotonic clock is that
    /// much slower. The limits of calls then hold on a busy machine, too.
    pub(crate) fn slow() -> Self {
        let machine = Self::new();
        machine.write("pace", i64::from(PACE));
        machine
    }

    /// The environment variables of a process on this machine.
    pub(crate) fn env(&self) -> [(&'static str, &str); 2] {
        [("LD_PRELOAD", library()), ("SIDENOTE_MACHINE", self.0.path().to_str().expect("a path in UTF-8"))]
    }

    /// Fills the disk, or frees room on it.
    pub(crate) fn set_full(&self, is_full: bool) {
        self.set("full", is_full);
    }

    /// Makes the SQLite file and the files beside it read-only, or writable again.
    pub(crate) fn set_read_only(&self, is_read_only: bool) {
        self.set("read-only", is_read_only);
    }

    /// Removes every fault of the disk.
    pub(crate) fn mend(&self) {
        for fault in ["full", "read-only"] {
            let _ = fs::remove_file(self.0.path().join(fault));
        }
    }

    /// Kills a process on this machine instead of its `number`-th write or sync of the SQLite file from now on. Zero
    /// kills no process.
    pub(crate) fn kill_at(&self, number: i64) {
        self.write("kill", number);
    }

    /// The number of writes and syncs of the SQLite file since the last call of [`Self::kill_at`] with zero.
    pub(crate) fn steps(&self) -> i64 {
        -self.read("kill")
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

    /// Sets the system clock this number of seconds ahead of the right time, or behind it if the number is negative. Each
    /// call replaces the number of the call before.
    pub(crate) fn move_clock(&self, seconds: i64) {
        self.write("clock", seconds);
    }

    /// Moves the monotonic clock by a number of seconds, as if the time had passed.
    pub(crate) fn pass(&self, seconds: i64) {
        self.write("uptime", self.read("uptime") + seconds);
    }

    fn read(&self, name: &str) -> i64 {
        let bytes = fs::read(self.0.path().join(name)).expect("the file");
        i64::from_ne_bytes(bytes.try_into().expect("eight bytes"))
    }

    fn write(&self, name: &str, number: i64) {
        let file = fs::OpenOptions::new().write(true).open(self.0.path().join(name)).expect("the file");
        file.write_all_at(&number.to_ne_bytes(), 0).expect("it can be written");
    }

    fn set(&self, name: &str, is_set: bool) {
        let path = self.0.path().join(name);
        if is_set { fs::write(path, "") } else { fs::remove_file(path) }.expect("a file");
    }
}

/// Compiles `machine.c`, once for all tests of a process. Returns the path of the library.
fn library() -> &'static str {
    static LIBRARY: OnceLock<String> = OnceLock::new();
    LIBRARY.get_or_init(|| {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/support/machine.c");
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let unfinished = folder.join(format!("machine-{}.so", std::process::id()));
        let library = folder.join("machine.so");
        let mut compiler = Command::new("cc");
        compiler.args(["-shared", "-fPIC", "-O1", "-o"]).args([&unfinished, &source]).arg("-ldl");
        assert!(compiler.status().expect("a C compiler").success());
        // Another process with tests may be using the library.
        fs::rename(unfinished, &library).expect("the library has a name");
        library.to_str().expect("a path in UTF-8").to_owned()
    })
}
