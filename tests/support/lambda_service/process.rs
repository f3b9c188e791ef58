//! One process of the Lambda function. It is started with a cleared environment, frozen, thawed and killed.

use rustix::process::{Pid, Signal, kill_process_group};
use std::fs::{self, File};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

/// The time limit for the kernel to stop all threads of a process. It takes microseconds unless the machine is busy.
const STOP_LIMIT: Duration = Duration::from_secs(10);

/// The data that is needed to start a process of the function, each time anew.
#[derive(Debug)]
pub(crate) struct Program {
    binary: PathBuf,
    env: Vec<(String, String)>,
    /// The working directory and `LAMBDA_TASK_ROOT`. It is empty, so the function cannot read files of the repository.
    root: PathBuf,
    log: PathBuf,
}

impl Program {
    /// Creates the directory and the log of the function. Panics if `env` contains a variable that Lambda reserves.
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

    /// The output of all processes of the function so far: standard output and standard error, in the order of writing.
    pub(crate) fn logs(&self) -> String {
        fs::read(&self.log).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
    }

    /// Opens the file for standard output and standard error. A test can read the file at once, unlike a pipe.
    fn log_file(&self) -> File {
        File::options().create(true).append(true).open(&self.log).expect("open the function's log")
    }
}

/// The environment variables that Lambda sets for an OS-only runtime.
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

/// A running process of the function. Signals go to its process group, and only before it is reaped, so they never hit
/// another process.
#[derive(Debug)]
pub(crate) struct Process {
    child: Mutex<Child>,
    pid: i32,
    /// The time at which the process was started.
    pub(crate) started: Instant,
}

impl Process {
    /// Starts a process that leads its own group: if the test dies first, the kernel sends SIGHUP to the frozen orphan.
    pub(crate) fn start(program: &Program, runtime_api: &str) -> Self {
        let log = program.log_file();
        let started = Instant::now();
        let child = Command::new(&program.binary)
            .env_clear()
            .envs(standard_env(runtime_api, &program.root))
            .envs([crate::support::PATIENT])
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

    /// Stops every thread of the process and waits until all are stopped. Returns false if the process has ended, or
    /// does not stop within [`STOP_LIMIT`].
    pub(crate) fn freeze(&self) -> bool {
        self.signal(Signal::STOP);
        let limit = Instant::now() + STOP_LIMIT;
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

    /// The exit status of the process, if it has ended.
    pub(crate) fn exit(&self) -> Option<ExitStatus> {
        self.child().try_wait().expect("ask after the function")
    }

    /// Whether the kernel reports all threads of the process as stopped.
    pub(crate) fn is_stopped(&self) -> bool {
        let Ok(tasks) = fs::read_dir(format!("/proc/{}/task", self.pid)) else {
            return false;
        };
        tasks.flatten().all(|task| {
            let stat = fs::read_to_string(task.path().join("stat")).unwrap_or_default();
            stat.rsplit_once(") ").is_some_and(|(_, fields)| fields.starts_with('T'))
        })
    }

    /// A figure in KiB that the kernel states about the memory of the process. `None` if the process has ended.
    pub(crate) fn memory_kib(&self, figure: &str) -> Option<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.pid)).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix(figure))?;
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

/// Kills the process at the end of the test, even if the test's runtime ends during an invocation.
impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}
