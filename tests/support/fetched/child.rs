//! An external tool as a child process, which ends when its handle is dropped, and a free port for the tool.

use rustix::process::{Pid, Signal, kill_process};
use std::fs::{self, File};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio::net::TcpSocket;

/// The time limit until a tool listens on its port. The first start from a cold disk takes seconds.
const START_LIMIT: Duration = Duration::from_mins(1);

/// The time limit for a tool to end after a SIGTERM. After this limit the tool is killed.
const END_LIMIT: Duration = Duration::from_secs(2);

/// Returns a port on which no process listens.
///
/// The port is below the range in which the kernel assigns ports for outgoing connections and for `:0`, so that no
/// other process gets it by chance. Different test processes start their search at different ports. The port is bound
/// as a test, but not listened at: a process that is forked at that moment would inherit the socket and could be
/// mistaken for the tool.
pub(crate) fn free_port() -> u16 {
    static TAKEN: AtomicU16 = AtomicU16::new(0);
    let start = u16::try_from(std::process::id() * 16 % 12_000).expect("less than 12000");
    let next = || 20_000 + (start + TAKEN.fetch_add(1, Ordering::Relaxed)) % 12_000;
    let bind = |port: u16| {
        let socket = TcpSocket::new_v4()?;
        socket.set_reuseaddr(true)?;
        socket.bind((Ipv4Addr::LOCALHOST, port).into())
    };
    let free = |port: &u16| bind(*port).is_ok();
    std::iter::repeat_with(next).take(12_000).find(free).expect("one of 12000 ports is free")
}

/// A tool as a child process with its output in a file. Dropping the handle asks the process to end, so that it can end
/// its own children, and then kills it if necessary.
#[derive(Debug)]
pub(crate) struct Tool {
    child: Child,
    port: u16,
    output: TempDir,
}

impl Tool {
    /// Starts the tool and waits until it listens on the port. The wait sends no request, because `cargo lambda watch`
    /// would pass a request to the function.
    pub(crate) async fn start(command: Command, port: u16) -> Self {
        Self::spawn(command, port).listening().await
    }

    /// Starts a program that does not listen. `port` is the port of the server with which it works. Unless the command
    /// sets a directory, the program runs in a new one, which is also its home.
    pub(crate) fn spawn(mut command: Command, port: u16) -> Self {
        let output = tempfile::tempdir().expect("make a directory for the output");
        if command.get_current_dir().is_none() {
            command.current_dir(output.path()).env("HOME", output.path());
        }
        let log =
            File::options().create(true).append(true).open(output.path().join("log")).expect("open the log");
        let stderr = log.try_clone().expect("share the log");
        let spawned = command.stdin(Stdio::null()).stdout(log).stderr(stderr).spawn();
        let child = spawned.unwrap_or_else(|error| panic!("cannot start {command:?}: {error}"));
        Self { child, port, output }
    }

    async fn listening(self) -> Self {
        let mut tool = self;
        let limit = Instant::now() + START_LIMIT;
        while TcpStream::connect(tool.address()).is_err() {
            let ended = tool.child.try_wait().expect("ask after the tool");
            assert!(
                ended.is_none() && Instant::now() < limit,
                "port {} stays closed ({ended:?}): {}",
                tool.port,
                tool.logs()
            );
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        tool
    }

    fn address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.port).into()
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address())
    }

    /// The output of the process so far: standard output and standard error.
    pub(crate) fn logs(&self) -> String {
        fs::read(self.output.path().join("log"))
            .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
            .unwrap_or_default()
    }
}

impl Drop for Tool {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            // An error means that the process has just ended.
            let _ = kill_process(Pid::from_child(&self.child), Signal::TERM);
        }
        let limit = Instant::now() + END_LIMIT;
        while matches!(self.child.try_wait(), Ok(None)) {
            if Instant::now() > limit {
                let _ = self.child.kill();
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}
