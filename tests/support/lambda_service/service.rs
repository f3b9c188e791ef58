//! The course of an invocation of the Lambda stand-in in its only execution environment. An environment whose process
//! has ended is replaced. Starts and invocations are counted.

use super::environment::{Environment, Phase};
use super::process::Program;
use super::runtime_api::Event;
use super::{Answer, Deadline, InvokeError, Options, Outcome, Report};
use serde_json::Value;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tempfile::TempDir;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot, watch};

/// The state that the Lambda stand-in and the running invocation share.
#[derive(Debug)]
pub(super) struct Inner {
    pub(super) program: Program,
    pub(super) options: Options,
    /// The permit to use the only environment. The holder of the permit runs an invocation in it.
    pub(super) free: Arc<Semaphore>,
    environment: Mutex<Option<Arc<Environment>>>,
    pub(super) counts: watch::Sender<Counts>,
    pub(super) violations: Arc<Mutex<Vec<String>>>,
    /// The directory of the function's task root and log.
    _directory: TempDir,
}

/// The numbers of starts and invocations, and the report of the last invocation.
#[derive(Debug, Default)]
pub(super) struct Counts {
    pub(super) starts: usize,
    pub(super) accepted: usize,
    pub(super) ended: usize,
    pub(super) last: Option<Report>,
}

impl Inner {
    pub(super) fn new(binary: &Path, env: &[(String, String)], options: Options) -> Self {
        let directory = tempfile::tempdir().expect("make a directory for the function");
        Self {
            program: Program::new(binary, env, directory.path()),
            options,
            free: Arc::new(Semaphore::new(1)),
            environment: Mutex::default(),
            counts: watch::Sender::default(),
            violations: Arc::default(),
            _directory: directory,
        }
    }

    /// Runs one invocation from acceptance to end. A caller without a response gets the error after the report is made.
    pub(super) async fn run(self: Arc<Self>, body: Value, caller: Caller, permit: OwnedSemaphorePermit) {
        let accepted = caller.accepted;
        let event = self.event(body);
        let request_id = event.request_id.clone();
        let limit = self.options.timeout * self.options.pace;
        let (outcome, failure) = match tokio::time::timeout(limit, self.serve(event, caller.clone())).await {
            Ok(Ok(())) => (Outcome::Completed, None),
            Ok(Err(error)) => (Outcome::Exited, Some(error)),
            Err(_) => {
                self.kill();
                (Outcome::TimedOut, Some(InvokeError::TimedOut))
            }
        };
        drop(permit);
        let billed = whole_milliseconds(accepted.elapsed());
        self.counts.send_modify(|counts| {
            counts.ended += 1;
            counts.last = Some(Report { outcome, billed, request_id });
        });
        if let Some(error) = failure {
            caller.finish(Err(error));
        }
    }

    /// Passes the event to the process and waits for its next request `/next`.
    async fn serve(&self, event: Event, caller: Caller) -> Result<(), InvokeError> {
        let environment = self.ready_environment().await?;
        environment.hand_over(event, caller);
        settle(&environment).await
    }

    /// Returns an environment that waits for an event. A new one is started if the last one has ended.
    pub(super) async fn ready_environment(&self) -> Result<Arc<Environment>, InvokeError> {
        let alive = self.current().filter(|environment| !environment.has_ended());
        let environment = match alive {
            Some(environment) => environment,
            None => self.cold_start().await,
        };
        settle(&environment).await.map(|()| environment)
    }

    async fn cold_start(&self) -> Arc<Environment> {
        self.counts.send_modify(|counts| counts.starts += 1);
        let environment = Environment::start(&self.program, Arc::clone(&self.violations)).await;
        *self.environment.lock().expect("no holder of the environment panics") =
            Some(Arc::clone(&environment));
        environment
    }

    pub(super) fn current(&self) -> Option<Arc<Environment>> {
        self.environment.lock().expect("no holder of the environment panics").clone()
    }

    pub(super) fn kill(&self) {
        if let Some(environment) = self.current() {
            environment.kill();
        }
    }

    fn event(&self, body: Value) -> Event {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock past 1970");
        let deadline_ms = match self.options.deadline {
            Deadline::Real => (now + self.options.timeout).as_millis(),
            Deadline::In1970 => 600_000,
        };
        let number = self.counts.borrow().accepted;
        let request_id = format!("{number:08x}-5de0-4000-8000-{:012x}", now.as_micros() & 0xffff_ffff_ffff);
        Event { request_id, deadline_ms, body }
    }
}

/// Waits until the process has called `/next`. The end of the process is an error.
async fn settle(environment: &Environment) -> Result<(), InvokeError> {
    match environment.settled().await {
        Phase::Ended(how) => Err(environment.failure(&how)),
        _ => Ok(()),
    }
}

fn whole_milliseconds(time: Duration) -> Duration {
    let milliseconds = time.as_micros().div_ceil(1000);
    Duration::from_millis(u64::try_from(milliseconds).expect("an invocation of less than an age"))
}

type Waiting = oneshot::Sender<Result<Answer, InvokeError>>;

/// The caller of `invoke`, who gets at most one response.
#[derive(Clone, Debug)]
pub(super) struct Caller {
    accepted: Instant,
    answer: Arc<Mutex<Option<Waiting>>>,
}

impl Caller {
    pub(super) fn new() -> (Self, oneshot::Receiver<Result<Answer, InvokeError>>) {
        let (answer, answered) = oneshot::channel();
        (Self { accepted: Instant::now(), answer: Arc::new(Mutex::new(Some(answer))) }, answered)
    }

    /// Sends a response. Returns false if the caller already had one.
    pub(super) fn answer(&self, payload: Value, function_error: bool) -> bool {
        self.finish(Ok(Answer { payload, function_error }))
    }

    pub(super) fn is_answered(&self) -> bool {
        self.slot().is_none()
    }

    fn finish(&self, result: Result<Answer, InvokeError>) -> bool {
        let waiting = self.slot().take();
        // The function does not notice that a caller has gone.
        waiting.map(|caller| caller.send(result)).is_some()
    }

    fn slot(&self) -> MutexGuard<'_, Option<Waiting>> {
        self.answer.lock().expect("no holder of the caller panics")
    }
}
