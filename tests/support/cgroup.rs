//! A control group with a limit of memory, as a container has it, for one `sidenote serve`.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use tempfile::TempDir;

/// The names of a memory controller's files: the limit, the peak, and whether processes were killed.
struct Names {
    root: &'static str,
    limit: &'static str,
    peak: &'static str,
}

const VERSION_1: Names = Names {
    root: "/sys/fs/cgroup/memory",
    limit: "memory.limit_in_bytes",
    peak: "memory.max_usage_in_bytes",
};
const VERSION_2: Names = Names { root: "/sys/fs/cgroup", limit: "memory.max", peak: "memory.peak" };

/// A control group, with a program that runs `sidenote` in it.
pub(crate) struct Cgroup {
    path: PathBuf,
    names: Names,
    folder: TempDir,
}

impl Cgroup {
    /// Creates a group with a limit of memory. Returns `None` if this machine does not allow that.
    pub(crate) fn new(limit_bytes: u64) -> Option<Self> {
        static GROUPS: AtomicUsize = AtomicUsize::new(0);
        let names = if Path::new(VERSION_1.root).is_dir() { VERSION_1 } else { VERSION_2 };
        let number = GROUPS.fetch_add(1, Ordering::Relaxed);
        let path = Path::new(names.root).join(format!("sidenote-{}-{number}", std::process::id()));
        fs::create_dir(&path).ok()?;
        let group = Self { path, names, folder: tempfile::tempdir().expect("a folder") };
        fs::write(group.path.join(group.names.limit), limit_bytes.to_string()).ok()?;
        Some(group)
    }

    /// Returns the path of a program that joins the group and then becomes `program`.
    pub(crate) fn program(&self, program: &Path) -> PathBuf {
        let path = self.folder.path().join("sidenote");
        let (procs, program) = (self.path.join("cgroup.procs"), program.display());
        let script = format!("#!/bin/sh\necho $$ >{}\nexec {program} \"$@\"\n", procs.display());
        fs::write(&path, script).expect("a script");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("it can be run");
        path
    }

    /// The most memory that the group has used, in MB.
    pub(crate) fn peak_mb(&self) -> f64 {
        let text = fs::read_to_string(self.path.join(self.names.peak)).expect("the peak");
        text.trim().parse::<f64>().expect("a number") / 1024.0 / 1024.0
    }
}

impl Drop for Cgroup {
    fn drop(&mut self) {
        // The group cannot be removed while its process ends. It then stays, empty.
        let _ = fs::remove_dir(&self.path);
    }
}
