//! The plan of one run of `sidenote doctor`: a world without faults, and the fault that a test plants in it.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use sidenote_standins::{Agent, Alert, Fault, Integration, SentryWorld, SlackWorld, TelegramWorld};

use crate::support::wire;
use crate::support::{self, canary::CANARIES};

/// The value of `LLM_MODEL`: Sidenote's agent in the OpenClaw gateway.
pub(crate) const AGENT: &str = "openclaw/sentry-rca";

/// An AWS service in which a test can plant a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Aws {
    Secrets,
    Table,
    Queue,
}

/// The behaviour of the proxy between the doctor and the front door.
#[derive(Clone, Debug)]
pub(crate) enum Front {
    /// The proxy passes every request on.
    Open,
    /// The proxy replies itself, or not at all.
    Faulty(wire::Fault),
    /// The proxy passes every request on with a delay.
    Late,
}

/// The stand-ins and their faults, and the arguments and variables of `sidenote doctor`.
#[must_use]
pub(crate) struct Plan {
    pub(crate) sentry: SentryWorld,
    pub(crate) sentry_faults: Vec<Fault>,
    pub(crate) telegram: TelegramWorld,
    pub(crate) telegram_faults: Vec<Fault>,
    pub(crate) slack: SlackWorld,
    pub(crate) slack_faults: Vec<Fault>,
    /// The request that sets the Telegram bot's webhook. Its default URL is that of the front door. Null means that
    /// there is no webhook.
    pub(crate) webhook: Value,
    /// The name of the agent that the gateway has.
    pub(crate) agent: &'static str,
    pub(crate) is_gateway_off: bool,
    /// Whether the gateway's agent has tools, and whether there is another agent.
    pub(crate) gateway_agent: Agent,
    /// The number of tokens that the gateway counts for the prompt of a short question.
    pub(crate) prompt_tokens: u64,
    pub(crate) gateway_faults: Vec<Fault>,
    /// The content of the secret in Secrets Manager; `Err` for a text that is not a JSON object.
    pub(crate) secret: Result<BTreeMap<&'static str, String>, String>,
    /// The environment variables of `sidenote doctor`, in addition to the usual ones. An empty value removes a
    /// variable.
    pub(crate) variables: Vec<(&'static str, String)>,
    pub(crate) aws_faults: Vec<(Aws, wire::Fault)>,
    /// The front door for `--url`; `None` leaves the option out.
    pub(crate) front: Option<Front>,
    /// The path of the URL in `--url`.
    pub(crate) path: &'static str,
    /// The scheme of the URL in `--url`.
    pub(crate) scheme: &'static str,
    /// The environment variables of the process behind `--url`. An empty value removes a variable.
    pub(crate) served: Vec<(&'static str, String)>,
    pub(crate) arguments: Vec<&'static str>,
    /// The log level of `sidenote doctor`. Searching a complete log for secrets takes a second, so only some tests
    /// have one.
    pub(crate) log: &'static str,
}

/// Returns the names and the values in the secret.
fn keys() -> impl Iterator<Item = (&'static str, &'static str)> {
    CANARIES
        .into_iter()
        .chain([("SLACK_BOT_TOKEN", support::SLACK_TOKEN), ("SLACK_SIGNING_SECRET", support::SLACK_SECRET)])
}

/// The slug of the integration that the auth token belongs to.
pub(crate) const APP: &str = "sidenote";

/// The scopes of a token with which all checks can run.
pub(crate) const ALL_SCOPES: &[&str] = &["event:read", "event:write", "project:read", "org:read"];

/// Returns the integration, with one sent webhook in Sentry's log.
pub(crate) fn integration() -> Integration {
    Integration::new(APP).sent("issue.created", 202, "2026-11-29 10:00:01.123456+00:00")
}

/// Returns an alert of the project that has fired and notifies the integration.
pub(crate) fn alert() -> Alert {
    Alert::new(support::PROJECT, "Every new issue", APP).fired("2026-11-29T10:00:00.000000Z")
}

/// Returns a Sentry without faults, but also without an integration and without alerts.
pub(crate) fn bare_sentry() -> SentryWorld {
    support::sentry().scopes(support::AUTH_TOKEN, ALL_SCOPES)
}

/// Returns the plan of a run in which every check passes.
pub(crate) fn healthy() -> Plan {
    Plan {
        sentry: bare_sentry().integration(integration()).alert(alert()),
        sentry_faults: Vec::new(),
        telegram: support::telegram(),
        telegram_faults: Vec::new(),
        slack: support::slack(),
        slack_faults: Vec::new(),
        webhook: json!({"allowed_updates": ["callback_query"]}),
        agent: AGENT,
        is_gateway_off: false,
        gateway_agent: Agent::Locked,
        prompt_tokens: 1_200,
        gateway_faults: Vec::new(),
        secret: Ok(keys().map(|(name, value)| (name, value.to_owned())).collect()),
        variables: Vec::new(),
        aws_faults: Vec::new(),
        front: None,
        path: "",
        scheme: "http",
        served: Vec::new(),
        arguments: Vec::new(),
        log: "info",
    }
}

impl Plan {
    /// Sets an environment variable of `sidenote doctor`. An empty value removes the variable.
    pub(crate) fn variable(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.variables.push((name, value.into()));
        self
    }

    /// Sets a value in the secret. An empty value counts as absent.
    pub(crate) fn key(mut self, name: &'static str, value: &str) -> Self {
        if let Ok(keys) = &mut self.secret {
            keys.insert(name, value.to_owned());
        }
        self
    }

    /// Sets the log level `trace`, so that the test also searches a complete log for secrets.
    pub(crate) fn logging_all(self) -> Self {
        Self { log: "trace", ..self }
    }

    pub(crate) fn arguments(mut self, arguments: &[&'static str]) -> Self {
        self.arguments.extend(arguments);
        self
    }

    pub(crate) fn sentry_fault(mut self, fault: Fault) -> Self {
        self.sentry_faults.push(fault);
        self
    }

    pub(crate) fn aws_fault(mut self, of: Aws, fault: wire::Fault) -> Self {
        self.aws_faults.push((of, fault));
        self
    }

    pub(crate) fn with_front(self, front: Front) -> Self {
        Self { front: Some(front), ..self }
    }

    /// Sets an environment variable of the process behind `--url`.
    pub(crate) fn served(mut self, name: &'static str, value: &str) -> Self {
        self.served.push((name, value.to_owned()));
        self
    }
}

/// A planted fault and the expected result: the name of the check, its status, and parts of the evidence and the
/// remedy.
pub(crate) struct Row {
    pub(crate) fault: &'static str,
    pub(crate) plan: Plan,
    pub(crate) check: &'static str,
    pub(crate) verdict: &'static str,
    pub(crate) evidence: &'static str,
    pub(crate) remedy: &'static str,
}

/// Returns a row whose fault must be reported as a failure.
pub(crate) fn failed(
    fault: &'static str,
    plan: Plan,
    check: &'static str,
    evidence: &'static str,
    remedy: &'static str,
) -> Row {
    Row { fault, plan, check, verdict: "failed", evidence, remedy }
}

/// Returns a row whose fault must be reported as a warning.
pub(crate) fn warning(
    fault: &'static str,
    plan: Plan,
    check: &'static str,
    evidence: &'static str,
    remedy: &'static str,
) -> Row {
    Row { verdict: "warning", ..failed(fault, plan, check, evidence, remedy) }
}
