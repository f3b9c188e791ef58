//! The stand-in for the API of a language model: chat completions as OpenAI, an OpenClaw gateway or an older server
//! serve them, or Anthropic's Messages.
//!
//! A test gives the stand-in a list of replies. The stand-in sends them in order and repeats the last one.

mod answers;
mod catalog;
mod inspect;
mod tools;

use std::collections::VecDeque;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use http::StatusCode;
use serde_json::Value;

use super::exchange::{Recorded, Reply};
use super::faults::Fault;
use super::server::{Loopback, Peer, locked};

/// The API that the stand-in imitates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// OpenAI's chat completions.
    OpenAi,
    /// OpenAI's chat completions behind an OpenClaw gateway, which lists agents as models.
    OpenClaw,
    /// Anthropic's Messages.
    Anthropic,
}

/// One scripted reply of the model's API: an answer or a failure.
#[derive(Debug, Clone)]
pub enum Said {
    /// A complete answer.
    Answer(String),
    /// An answer that is cut off at the token limit.
    Cut(String),
    /// A refusal by the model.
    Declined,
    /// An answer that a content filter withholds.
    Filtered,
    /// An error in the API's own form: status, headers, type or code, message.
    Error(u16, Vec<(&'static str, String)>, &'static str, &'static str),
    /// An error about the gateway's own credentials, although the caller's key is valid.
    GatewayWithoutCredentials,
    /// The error for an account without credit.
    QuotaUsedUp,
    /// A status with a body that does not follow the API.
    Body(u16, Value),
}

/// The configuration of an OpenClaw gateway's agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Agent {
    /// The agent has no tools, and the gateway has another agent, `main`.
    Locked,
    /// The agent has tools.
    Unlocked,
    /// The agent has no tools and is the gateway's only agent.
    Alone,
}

/// A running stand-in for a model's API.
pub struct Llm(Loopback<Api>);

struct Api {
    dialect: Dialect,
    key: String,
    model: String,
    lines: Mutex<VecDeque<Said>>,
    takes_format: bool,
    takes_new_cap: bool,
    /// Whether the endpoint `chatCompletions` of a gateway is off, which is the gateway's default.
    is_off: AtomicBool,
    agent: Mutex<Agent>,
    tokens_in: AtomicU64,
}

impl Llm {
    /// Starts an API on a free port. It accepts the key `key`, knows the model `model`, and sends the replies `says`.
    pub async fn start(
        dialect: Dialect,
        key: &str,
        model: &str,
        says: impl IntoIterator<Item = Said>,
    ) -> Self {
        Self::start_as(dialect, key, model, says, true, true).await
    }

    /// Starts the API like [`Self::start`], but as an older server. Without `takes_format` it does not know
    /// `response_format` (or `output_config`), and without `takes_new_cap` it does not know `max_completion_tokens`.
    pub async fn start_as(
        dialect: Dialect,
        key: &str,
        model: &str,
        says: impl IntoIterator<Item = Said>,
        takes_format: bool,
        takes_new_cap: bool,
    ) -> Self {
        let lines = Mutex::new(says.into_iter().collect());
        let (key, model) = (key.to_owned(), model.to_owned());
        let (is_off, agent) = (AtomicBool::new(false), Mutex::new(Agent::Locked));
        let tokens_in = AtomicU64::new(1_200);
        let peer = |_: &str| Api {
            dialect,
            key,
            model,
            lines,
            takes_format,
            takes_new_cap,
            is_off,
            agent,
            tokens_in,
        };
        Self(Loopback::start(Duration::ZERO, peer).await)
    }

    /// Turns the endpoint `chatCompletions` of a gateway off, which is the gateway's default. Every path below `/v1/`
    /// then gets a 404.
    pub fn turn_off(&self) {
        self.0.peer().is_off.store(true, Ordering::Relaxed);
    }

    /// Changes the configuration of a gateway's agent.
    pub fn configure(&self, agent: Agent) {
        *locked(&self.0.peer().agent) = agent;
    }

    /// Sets the number of tokens of every question, as the API counts them.
    pub fn count_tokens_in(&self, tokens: u64) {
        self.0.peer().tokens_in.store(tokens, Ordering::Relaxed);
    }

    /// The base URL of the API, which is the value for `LLM_BASE_URL`.
    #[must_use]
    pub fn base(&self) -> String {
        match self.0.peer().dialect {
            Dialect::Anthropic => self.0.url().to_owned(),
            Dialect::OpenAi | Dialect::OpenClaw => format!("{}/v1", self.0.url()),
        }
    }

    /// Every request so far, in the order of arrival.
    #[must_use]
    pub fn requests(&self) -> Vec<Recorded> {
        self.0.requests()
    }

    /// Describes the violations so far. A violation is a mistake in a request that the real service may tolerate. A
    /// test ends by asserting that there are none.
    #[must_use]
    pub fn violations(&self) -> Vec<String> {
        self.0.violations()
    }

    /// Adds an injected fault: requests that match it fail. Earlier faults take precedence.
    pub fn inject(&self, fault: Fault) {
        self.0.inject(fault);
    }
}

impl Api {
    /// Takes the next scripted reply from the list. The last one stays in the list.
    fn line(&self) -> Option<Said> {
        let mut lines = locked(&self.lines);
        if lines.len() > 1 { lines.pop_front() } else { lines.front().cloned() }
    }
}

impl Peer for Api {
    fn inspect(&self, request: &Recorded) -> Vec<String> {
        inspect::violations(self, request)
    }

    fn answer(&self, request: &Recorded) -> Reply {
        if let Some(reply) = catalog::answer(self, request).or_else(|| tools::answer(self, request)) {
            return reply;
        }
        let body = request.json().unwrap_or_default();
        if let Some(refused) = self.rejected(request, &body) {
            return refused;
        }
        match self.line() {
            Some(said) => {
                let tokens_in = self.tokens_in.load(Ordering::Relaxed);
                answers::answer(self.dialect, &self.model, tokens_in, &said)
            }
            None => Reply::empty(StatusCode::SERVICE_UNAVAILABLE),
        }
    }
}

impl Api {
    /// Returns the error reply for a wrong key, or `None` if the key is right.
    fn wrong_key(&self, request: &Recorded) -> Option<Reply> {
        let (kind, message) = match self.dialect {
            Dialect::OpenAi => ("invalid_api_key", "Incorrect API key provided"),
            Dialect::OpenClaw => ("unauthorized", "Unauthorized"),
            Dialect::Anthropic => ("authentication_error", "invalid x-api-key"),
        };
        let is_known = inspect::key(self.dialect, request) == Some(&self.key);
        (!is_known).then(|| answers::error(self.dialect, 401, &[], kind, message))
    }

    /// Returns the error reply for a request that the real API rejects before the model runs, or `None`.
    fn rejected(&self, request: &Recorded, body: &Value) -> Option<Reply> {
        let error = |status, kind, message| Some(answers::error(self.dialect, status, &[], kind, message));
        if request.path != inspect::path(self.dialect) {
            return error(404, "not_found_error", "no such path");
        }
        if let Some(refused) = self.wrong_key(request) {
            return Some(refused);
        }
        if body["model"] != self.model.as_str() {
            return match self.dialect {
                Dialect::OpenClaw => error(
                    400,
                    "invalid_request_error",
                    "Invalid `model`. Use `openclaw` or `openclaw/<agentId>`.",
                ),
                _ => error(404, "model_not_found", "The model does not exist"),
            };
        }
        if !self.takes_format
            && (body.get("response_format").is_some() || body.get("output_config").is_some())
        {
            let what = "Unrecognized request argument: response_format (output_config)";
            return error(400, "invalid_request_error", what);
        }
        if !self.takes_new_cap && body.get("max_completion_tokens").is_some() {
            return error(400, "unsupported_parameter", "Unsupported parameter: 'max_completion_tokens'");
        }
        None
    }
}
