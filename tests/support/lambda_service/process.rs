//! One process of the function: started in a cleared environment, frozen, thawed and killed.

use rustix::process::{Pid, Signal, kill_process_group};
use std::fs::{self, File};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

/// What it takes to start the function once more.
#[derive(Debug)]
pub(crate) struct Program {
    binary: PathBuf,
    env: Vec<(String, String)>,
    /// Working directory and `LAMBDA_TASK_ROOT`: an empty directory, so nothing of the repository is within reach.
    root: PathBuf,
    log: PathBuf,
}

impl Program {
    /// Panics on a variable that Lambda refuses to have set.
    pub(crate) fn new(binary: &Path, env: &[(String, String)], directory: &Path) -> Self {
        let root = directory.join("task");
        fs::create_dir(&root).expect("make the task root");
        for (name, _) in env {
            let reserved = standard_env("", &root)
                .iter()
                .any(|(standard, _)| standard == name && !matches!(*standard, "TZ" | "LANG" | "PATH"));
            assert!(!reserved, "Lambda reserves the variable {name}: a function cannot set it");
        }
        Self { binary: binary.to_path_buf(), env: env.to_vec(), root, log: directory.join("log") }
    }

    /// Everything that the function's processes have written so far, stdout and stderr in the order of writing.
    pub(crate) fn logs(&self) -> String {
        fs::read(&self.log).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
    }

    /// Both streams go to a file and not through pipes: what was written before a `/next` can be read right after it.
    fn log_file(&self) -> File {
        File::options().create(true).append(true).open(&self.log).expect("open the function's log")
    }
}

/// The variables that Lambda sets on an OS-only runtime.
fn standard_env<'a>(runtime_api: &'a str, root: &'a Path) -> Vec<(&'static str, &'a str)> {
    vec![
        ("AWS_LAMBDA_RUNTIME_API", runtime_api),
        ("AWS_LAMBDA_FUNCTION_NAME", "sidenote"),
        ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "512"),
        ("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand"),
        ("AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/sidenote"),
        ("AWS_LAMBDA_LOG_STREAM_NAME", "2026/11/23/[$LATEST]5d0c1e3a"),
        ("AWS_REGION", "us-east-1"),
        ("AWS_DEFAULT_REGION", "us-east-1"),
        ("AWS_ACCESS_KEY_ID", "test"),
        ("AWS_SECRET_ACCESS_KEY", "test"),
        ("AWS_SESSION_TOKEN", "test"),
        ("LAMBDA_TASK_ROOT", root.to_str().expect("a task root in UTF-8")),
        ("LAMBDA_RUNTIME_DIR", "/var/runtime"),
        ("_HANDLER", "bootstrap"),
        ("TZ", ":UTC"),
        ("LANG", "en_US.UTF-8"),
        ("PATH", "/usr/local/bin:/usr/bin:/bin:/opt/bin"),
    ]
}

/// A running function. Signals go to its process group and only while it is not reaped, so never to a stranger.
#[derive(Debug)]
pub(crate) struct Process {
    child: Mutex<Child>,
    pid: i32,
    /// When it was executed.
    pub(crate) started: Instant,
}

impl Process {
    /// The process leads a group of its own: if the test dies first, the kernel hangs up on the frozen orphan.
    pub(crate) fn start(program: &Program, runtime_api: &str) -> Self {
        let log = program.log_file();
        let started = Instant::now();
        let child = Command::new(&program.binary)
            .env_clear()
            .envs(standard_env(runtime_api, &program.root))
            .envs(program.env.iter().map(|(name, value)| (name, value)))
            .current_dir(&program.root)
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("share the function's log"))
            .stderr(log)
            .process_group(0)
            .spawn()
            .unwrap_or_else(|error| panic!("cannot start {}: {error}", program.binary.display()));
        let pid = i32::try_from(child.id()).expect("a process id fits in an i32");
        Self { child: Mutex::new(child), pid, started }
    }

    /// Stops every thread and returns once they stand still. False when they do not, or the process is gone.
    pub(crate) fn freeze(&self) -> bool {
        self.signal(Signal::STOP);
        let limit = Instant::now() + Duration::from_secs(1);
        while !self.is_stopped() {
            if Instant::now() > limit || self.exit().is_some() {
                return false;
            }
            std::thread::sleep(Duration::from_micros(100));
        }
        true
    }

    /// Lets a frozen process run again.
    pub(crate) fn thaw(&self) {
        self.signal(Signal::CONT);
    }

    /// Ends the process at once, frozen or not, and reaps it.
    pub(crate) fn kill(&self) {
        self.signal(Signal::KILL);
        self.child().wait().expect("reap the function");
    }

    /// How it ended, when it has.
    pub(crate) fn exit(&self) -> Option<ExitStatus> {
        self.child().try_wait().expect("ask after the function")
    }

    /// True when the kernel says "stopped" of all its threads.
    pub(crate) fn is_stopped(&self) -> bool {
        let Ok(tasks) = fs::read_dir(format!("/proc/{}/task", self.pid)) else {
            return false;
        };
        tasks.flatten().all(|task| {
            let stat = fs::read_to_string(task.path().join("stat")).unwrap_or_default();
            stat.rsplit_once(") ").is_some_and(|(_, fields)| fields.starts_with('T'))
        })
    }

    /// Resident memory in KiB (`VmRSS`). None when the process is gone.
    pub(crate) fn resident_kib(&self) -> Option<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.pid)).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
        line.trim().strip_suffix(" kB")?.parse().ok()
    }

    fn signal(&self, signal: Signal) {
        let mut child = self.child();
        if child.try_wait().expect("ask after the function").is_none() {
            kill_process_group(Pid::from_child(&child), signal).expect("signal the function");
        }
    }

    fn child(&self) -> MutexGuard<'_, Child> {
        self.child.lock().expect("no holder of the child panics")
    }
}

/// Whatever ends the test, also its runtime's end with an invocation under way, ends the process.
impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}
