//! A strict stand-in for the AWS Lambda service with one execution environment.
//!
//! The stand-in answers the caller when the runtime posts the response, counts the environment as busy until the
//! runtime asks for the next event, freezes the process (SIGSTOP) while it waits for an event, and kills it (SIGKILL)
//! at the timeout. No public emulator does all of this. [`LambdaService::violations`] lists violations of the runtime's
//! contract.
//!
//! The stand-in runs on the tokio runtime of the test, so a test that blocks its thread also blocks the stand-in.

mod environment;
mod process;
mod runtime_api;
mod service;

use serde_json::Value;
use service::{Caller, Inner};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// Lambda's time limit for the initialization before the first invocation.
const INIT_LIMIT: Duration = Duration::from_secs(10);

/// The settings of the function and of the stand-in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Options {
    /// The function's timeout, counted from the acceptance of an invocation. It includes the time of a new cold start.
    pub(crate) timeout: Duration,
    /// The real seconds in which one second of the timeout passes. It is more than one for a function whose clock is
    /// slow.
    pub(crate) pace: u32,
    /// The deadline that the stand-in tells the runtime for each invocation.
    pub(crate) deadline: Deadline,
    /// The treatment of an event while the environment is busy.
    pub(crate) when_busy: WhenBusy,
}

impl Default for Options {
    fn default() -> Self {
        let (timeout, deadline) = (Duration::from_secs(30), Deadline::Real);
        Self { timeout, pace: 1, deadline, when_busy: WhenBusy::Refuse }
    }
}

/// The deadline in the header `Lambda-Runtime-Deadline-Ms`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Deadline {
    /// The time at which the process is killed.
    Real,
    /// The constant 600000, ten minutes past 1970, as `cargo lambda watch` sends it.
    In1970,
}

/// The treatment of an event while the environment is busy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WhenBusy {
    /// The event is rejected, as at the concurrency limit: [`InvokeError::TooManyRequests`].
    Refuse,
    /// The event waits, in the order of arrival.
    Queue,
}

/// The response to the caller of a function.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    /// The body that the runtime posted to `/response` or `/error`.
    pub(crate) payload: Value,
    /// Whether the payload is an error object, posted to `/error`.
    pub(crate) function_error: bool,
}

/// The error if the caller of a function gets no response.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum InvokeError {
    /// The environment is busy (HTTP 429).
    TooManyRequests,
    /// The timeout passed before the response (`Sandbox.Timedout`).
    TimedOut,
    /// The process ended before the response, or while it was starting (`Runtime.ExitError`).
    ExitError(String),
    /// The runtime posted this error to `/init/error` and ended.
    InitError(Value),
}

/// The end of an invocation. A response alone does not end an invocation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The runtime asked for the next event.
    Completed,
    /// The process was killed at the timeout.
    TimedOut,
    /// The process ended by itself or by [`LambdaService::kill_now`].
    Exited,
}

/// The stand-in's report about an invocation.
#[derive(Clone, Debug)]
pub(crate) struct Report {
    pub(crate) outcome: Outcome,
    /// The time from the acceptance to the end, rounded up to whole milliseconds.
    pub(crate) billed: Duration,
    pub(crate) request_id: String,
}

/// The stand-in with one function. Dropping it kills the function's process.
#[derive(Debug)]
pub(crate) struct LambdaService {
    inner: Arc<Inner>,
}

impl LambdaService {
    /// Creates the function and initializes it. The first invocation retries a failed initialization.
    ///
    /// Panics when the binary cannot be executed or a variable is one that Lambda reserves.
    pub(crate) async fn start(binary: &Path, env: &[(String, String)], options: Options) -> Self {
        let service = Self { inner: Arc::new(Inner::new(binary, env, options)) };
        if tokio::time::timeout(INIT_LIMIT, service.inner.ready_environment()).await.is_err() {
            service.kill_now();
        }
        service
    }

    /// Invokes the function and returns its response. The invocation may continue after the response.
    pub(crate) async fn invoke(&self, event: Value) -> Result<Answer, InvokeError> {
        let free = Arc::clone(&self.inner.free);
        let permit = match self.inner.options.when_busy {
            WhenBusy::Refuse => free.try_acquire_owned().map_err(|_| InvokeError::TooManyRequests)?,
            WhenBusy::Queue => free.acquire_owned().await.expect("the semaphore is never closed"),
        };
        self.inner.counts.send_modify(|counts| counts.accepted += 1);
        let (caller, answered) = Caller::new();
        tokio::spawn(Arc::clone(&self.inner).run(event, caller, permit));
        answered.await.expect("an invocation ends with an answer or an error")
    }

    /// Waits for the end of the invocation that was accepted last, and returns its report.
    pub(crate) async fn invocation_done(&self) -> Report {
        let mut counts = self.inner.counts.subscribe();
        assert!(counts.borrow().accepted > 0, "nothing has been invoked");
        let done = counts
            .wait_for(|counts| counts.ended == counts.accepted)
            .await
            .expect("the service holds the sender");
        done.last.clone().expect("an ended invocation has a report")
    }

    /// Whether the process waits for an event and all its threads are stopped.
    pub(crate) fn is_frozen(&self) -> bool {
        self.inner.current().is_some_and(|environment| environment.is_frozen())
    }

    /// The number of processes that were started so far.
    pub(crate) fn cold_starts(&self) -> usize {
        self.inner.counts.borrow().starts
    }

    /// The output of all processes of the function so far: standard output and standard error.
    pub(crate) fn logs(&self) -> String {
        self.inner.program.logs()
    }

    /// The violations of the contract between Lambda and the runtime, in order.
    pub(crate) fn violations(&self) -> Vec<String> {
        self.inner.violations.lock().expect("no holder of the violations panics").clone()
    }

    /// The time from the start of the current process to its first request `/next`. `None` if there was no such
    /// request.
    pub(crate) fn init_duration(&self) -> Option<Duration> {
        self.inner.current()?.init_duration()
    }

    /// The resident memory of the current process in KiB. `None` if the process has ended.
    pub(crate) fn resident_kib(&self) -> Option<u64> {
        self.inner.current()?.process.memory_kib("VmRSS:")
    }

    /// The largest resident memory so far of the current process in KiB. `None` if the process has ended.
    pub(crate) fn peak_kib(&self) -> Option<u64> {
        self.inner.current()?.process.memory_kib("VmHWM:")
    }

    /// Kills the process, as a lack of memory or the end of an idle environment would. The next invocation starts a new
    /// one.
    pub(crate) fn kill_now(&self) {
        self.inner.kill();
    }
}

impl Drop for LambdaService {
    fn drop(&mut self) {
        self.inner.kill();
    }
}
