//! A strict stand-in of the Lambda service with one execution environment.
//!
//! It answers the caller when the runtime posts the response, counts the environment as busy until the runtime asks for
//! the next event, freezes the process (SIGSTOP) while it waits for one, and kills it (SIGKILL) at the timeout. No
//! public emulator does all of this. [`LambdaService::violations`] lists breaches of the runtime's contract.
//!
//! It runs on the caller's tokio runtime, so a test that blocks its thread also blocks the service.

mod environment;
mod process;
mod runtime_api;
mod service;

use serde_json::Value;
use service::{Caller, Inner};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// The service's time limit for the init phase before the first invocation.
const INIT_LIMIT: Duration = Duration::from_secs(10);

/// The service's treatment of the function.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Options {
    /// The function's timeout, counted from the acceptance of an invocation; it includes a new start after a reset.
    pub(crate) timeout: Duration,
    /// The deadline that the runtime gets.
    pub(crate) deadline: Deadline,
    /// The treatment of an `invoke` while the environment is busy.
    pub(crate) when_busy: WhenBusy,
}

impl Default for Options {
    fn default() -> Self {
        Self { timeout: Duration::from_secs(30), deadline: Deadline::Real, when_busy: WhenBusy::Refuse }
    }
}

/// The value of `Lambda-Runtime-Deadline-Ms`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Deadline {
    /// The time at which the process will be killed.
    Real,
    /// The constant 600000, ten minutes past 1970, as `cargo lambda watch` sends it.
    In1970,
}

/// The treatment of an event while the environment is busy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WhenBusy {
    /// Reject it, as at the concurrency limit: [`InvokeError::TooManyRequests`].
    Refuse,
    /// Queue it, in the order of arrival.
    Queue,
}

/// The response to the caller of a function.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    /// The body of `/response` or `/error`.
    pub(crate) payload: Value,
    /// Whether it is the error object of an `/error`.
    pub(crate) function_error: bool,
}

/// The error if the caller of a function gets no response.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum InvokeError {
    /// The environment is busy (HTTP 429).
    TooManyRequests,
    /// The deadline passed before an answer (`Sandbox.Timedout`).
    TimedOut,
    /// The process ended before an answer, or while starting (`Runtime.ExitError`).
    ExitError(String),
    /// The runtime posted this to `/init/error` and ended.
    InitError(Value),
}

/// The end of an invocation. An early response does not end it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The runtime asked for the next event.
    Completed,
    /// The process was killed at the deadline.
    TimedOut,
    /// The process ended by itself or by [`LambdaService::kill_now`].
    Exited,
}

/// The service's report of an invocation.
#[derive(Clone, Debug)]
pub(crate) struct Report {
    pub(crate) outcome: Outcome,
    /// From acceptance to the end, in whole milliseconds, rounded up.
    pub(crate) billed: Duration,
    pub(crate) request_id: String,
}

/// The service with one function. Dropping it kills the function's process.
#[derive(Debug)]
pub(crate) struct LambdaService {
    inner: Arc<Inner>,
}

impl LambdaService {
    /// Creates the function and runs its init phase. The first invocation retries a failed init.
    ///
    /// Panics when the binary cannot be executed or a variable is one that Lambda reserves.
    pub(crate) async fn start(binary: &Path, env: &[(String, String)], options: Options) -> Self {
        let service = Self { inner: Arc::new(Inner::new(binary, env, options)) };
        if tokio::time::timeout(INIT_LIMIT, service.inner.ready_environment()).await.is_err() {
            service.kill_now();
        }
        service
    }

    /// Invokes the function and returns its response. The invocation may continue after that.
    pub(crate) async fn invoke(&self, event: Value) -> Result<Answer, InvokeError> {
        let free = Arc::clone(&self.inner.free);
        let permit = match self.inner.options.when_busy {
            WhenBusy::Refuse => free.try_acquire_owned().map_err(|_| InvokeError::TooManyRequests)?,
            WhenBusy::Queue => free.acquire_owned().await.expect("the semaphore is never closed"),
        };
        self.inner.budget.send_modify(|budget| budget.accepted += 1);
        let (caller, answered) = Caller::new();
        tokio::spawn(Arc::clone(&self.inner).run(event, caller, permit));
        answered.await.expect("an invocation ends with an answer or an error")
    }

    /// Waits for the end of the invocation that was accepted last, and returns its report.
    pub(crate) async fn invocation_done(&self) -> Report {
        let mut budget = self.inner.budget.subscribe();
        assert!(budget.borrow().accepted > 0, "nothing has been invoked");
        let done = budget
            .wait_for(|budget| budget.ended == budget.accepted)
            .await
            .expect("the service holds the sender");
        done.last.clone().expect("an ended invocation has a report")
    }

    /// Whether the process waits for an event and all its threads are stopped.
    pub(crate) fn is_frozen(&self) -> bool {
        self.inner.current().is_some_and(|environment| environment.is_frozen())
    }

    /// The number of processes that were started.
    pub(crate) fn cold_starts(&self) -> usize {
        self.inner.budget.borrow().starts
    }

    /// The output of all processes of the function so far, stdout and stderr.
    pub(crate) fn logs(&self) -> String {
        self.inner.program.logs()
    }

    /// Violations of the runtime's contract, in order.
    pub(crate) fn violations(&self) -> Vec<String> {
        self.inner.violations.lock().expect("no holder of the violations panics").clone()
    }

    /// The time from exec to the first `/next` of the current process. `None` if it did not get there.
    pub(crate) fn init_duration(&self) -> Option<Duration> {
        self.inner.current()?.init_duration()
    }

    /// Resident memory of the current process in KiB. `None` if it has ended.
    pub(crate) fn resident_kib(&self) -> Option<u64> {
        self.inner.current()?.process.resident_kib()
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
