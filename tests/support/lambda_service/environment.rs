//! One execution environment of Lambda: a process, its own runtime API, and the state of their protocol.

use super::InvokeError;
use super::process::{Process, Program};
use super::runtime_api::{self, Event, Refusal};
use super::service::Caller;
use axum::http::StatusCode;
use serde_json::Value;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock};
use std::time::{Duration, Instant};
use tokio::net::TcpListener;
use tokio::sync::{oneshot, watch};

/// Lambda's size limit for a buffered response, in bytes.
const RESPONSE_LIMIT_BYTES: usize = 6_291_556;

/// The state of an execution environment.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Phase {
    /// The process was started and has not called `/next` yet.
    Starting,
    /// The process has called `/next`, and is frozen until an event arrives.
    Waiting,
    /// The process has received an event, and has not called `/next` again.
    Running,
    /// The process has ended. The text describes its exit status.
    Ended(String),
}

#[derive(Debug, Default)]
struct State {
    /// The sender of the reply to the runtime's open request `/next`.
    next: Option<oneshot::Sender<Event>>,
    invocation: Option<(String, Caller)>,
    init_error: Option<Value>,
}

/// One execution environment, which lives until its process ends.
#[derive(Debug)]
pub(crate) struct Environment {
    pub(crate) process: Process,
    phase: watch::Sender<Phase>,
    state: Mutex<State>,
    init_duration: OnceLock<Duration>,
    violations: Arc<Mutex<Vec<String>>>,
}

impl Environment {
    /// Starts a process with a runtime API of its own, so that no late request of a killed process can reach it.
    pub(crate) async fn start(program: &Program, violations: Arc<Mutex<Vec<String>>>) -> Arc<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("bind the runtime API");
        let address = listener.local_addr().expect("the runtime API's address").to_string();
        let environment = Arc::new(Self {
            process: Process::start(program, &address),
            phase: watch::Sender::new(Phase::Starting),
            state: Mutex::default(),
            init_duration: OnceLock::new(),
            violations,
        });
        let serving = tokio::spawn(runtime_api::serve(listener, Arc::clone(&environment)));
        let watched = Arc::clone(&environment);
        tokio::spawn(async move {
            watched.watch_process().await;
            serving.abort();
        });
        environment
    }

    /// Handles the runtime's request `/next`: a running invocation is now complete, and the process is frozen.
    pub(crate) fn next(&self) -> Result<oneshot::Receiver<Event>, Refusal> {
        let arrived = Instant::now();
        let mut state = self.state();
        if state.invocation.as_ref().is_some_and(|(_, caller)| !caller.is_answered()) {
            return Err(self.refuse(
                StatusCode::FORBIDDEN,
                "InvalidStateTransition",
                "/next while an invocation is unanswered",
            ));
        }
        if state.next.as_ref().is_some_and(|next| !next.is_closed()) {
            return Err(self.refuse(
                StatusCode::FORBIDDEN,
                "InvalidStateTransition",
                "/next while another /next is open",
            ));
        }
        let (sender, receiver) = oneshot::channel();
        state.next = Some(sender);
        state.invocation = None;
        self.init_duration.get_or_init(|| arrived - self.process.started);
        if !self.process.freeze() && self.process.exit().is_none() {
            self.violation("the process could not be frozen");
        }
        self.enter(Phase::Waiting);
        Ok(receiver)
    }

    /// Handles the runtime's response to the invocation `id`. The caller has the payload when the method returns.
    pub(crate) fn answer(&self, id: &str, body: &[u8], function_error: bool) -> Result<(), Refusal> {
        let state = self.state();
        let Some((_, caller)) = state.invocation.as_ref().filter(|(open, _)| open == id) else {
            return Err(self.refuse(
                StatusCode::BAD_REQUEST,
                "InvalidRequestID",
                &format!("an answer to {id}, which is not running"),
            ));
        };
        if body.len() > RESPONSE_LIMIT_BYTES {
            let refusal = self.refuse(
                StatusCode::PAYLOAD_TOO_LARGE,
                "Function.ResponseSizeTooLarge",
                &format!("a response of {} bytes", body.len()),
            );
            caller.answer(refusal.to_json(), true);
            return Err(refusal);
        }
        let payload = serde_json::from_slice(body).unwrap_or_else(|error| {
            self.violation(&format!("an answer that is not JSON: {error}"));
            Value::String(String::from_utf8_lossy(body).into_owned())
        });
        if function_error && !(payload["errorType"].is_string() && payload["errorMessage"].is_string()) {
            self.violation("an error without errorType and errorMessage");
        }
        if caller.answer(payload, function_error) {
            Ok(())
        } else {
            Err(self.refuse(
                StatusCode::FORBIDDEN,
                "InvalidStateTransition",
                &format!("a second answer to {id}"),
            ))
        }
    }

    /// Handles the error that the runtime reports if its initialization fails.
    pub(crate) fn init_error(&self, body: &[u8]) -> Result<(), Refusal> {
        if *self.phase.borrow() != Phase::Starting {
            return Err(self.refuse(
                StatusCode::FORBIDDEN,
                "InvalidStateTransition",
                "/init/error after the first /next",
            ));
        }
        self.state().init_error = Some(serde_json::from_slice(body).unwrap_or_default());
        Ok(())
    }

    /// Thaws the process and replies to its open request `/next` with an event.
    pub(crate) fn hand_over(&self, event: Event, caller: Caller) {
        let mut state = self.state();
        let next = state.next.take().expect("a waiting environment has an open /next");
        state.invocation = Some((event.request_id.clone(), caller));
        self.process.thaw();
        self.enter(Phase::Running);
        if next.send(event).is_err() && self.process.exit().is_none() {
            self.violation("the runtime hung up its /next");
        }
    }

    /// Waits until the process has called `/next` or has ended. Returns the phase in which it then is.
    pub(crate) async fn settled(&self) -> Phase {
        let mut phase = self.phase.subscribe();
        let settled = phase.wait_for(|phase| matches!(phase, Phase::Waiting | Phase::Ended(_))).await;
        settled.expect("the environment holds the sender").clone()
    }

    /// Kills the process. The environment has ended when the method returns.
    pub(crate) fn kill(&self) {
        self.process.kill();
        self.end();
    }

    /// Whether the process has called `/next` and the kernel reports all its threads as stopped.
    pub(crate) fn is_frozen(&self) -> bool {
        *self.phase.borrow() == Phase::Waiting && self.process.is_stopped()
    }

    /// Whether the process has ended.
    pub(crate) fn has_ended(&self) -> bool {
        matches!(*self.phase.borrow(), Phase::Ended(_))
    }

    /// The time from the start of the process to its first request `/next`.
    pub(crate) fn init_duration(&self) -> Option<Duration> {
        self.init_duration.get().copied()
    }

    /// Returns the error of an ended process: the error that it reported, or else its exit status `how`.
    pub(crate) fn failure(&self, how: &str) -> InvokeError {
        let init_error = self.state().init_error.clone();
        init_error.map_or_else(
            || InvokeError::ExitError(format!("Runtime exited with error: {how}")),
            InvokeError::InitError,
        )
    }

    /// Records a violation of the contract between Lambda and the runtime.
    pub(crate) fn violation(&self, what: &str) {
        self.violations.lock().expect("no holder of the violations panics").push(what.to_owned());
    }

    /// Records a violation and builds the error response.
    pub(crate) fn refuse(&self, status: StatusCode, error_type: &'static str, message: &str) -> Refusal {
        self.violation(message);
        Refusal::new(status, error_type, message)
    }

    /// Waits for the end of the process. It polls, because only the child's owner may reap it, and the process must
    /// remain killable meanwhile.
    async fn watch_process(&self) {
        while self.process.exit().is_none() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        // The last request of the process may still be in transit through the runtime API.
        tokio::time::sleep(Duration::from_millis(5)).await;
        self.end();
    }

    /// Changes the phase. No other phase follows [`Phase::Ended`].
    fn enter(&self, next: Phase) {
        self.phase.send_if_modified(|phase| {
            let alive = !matches!(phase, Phase::Ended(_));
            if alive {
                *phase = next;
            }
            alive
        });
    }

    fn end(&self) {
        let how = self.process.exit().map_or_else(String::new, |status| status.to_string());
        self.enter(Phase::Ended(how));
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no holder of the state panics")
    }
}
