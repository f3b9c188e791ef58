//! The plan of a run: a healthy world, and the fault that a row plants in it.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use sidenote_standins::{Agent, Alert, Fault, Integration, SentryWorld, SlackWorld, TelegramWorld};

use crate::support::wire;
use crate::support::{self, canary::CANARIES};

/// The configured agent.
pub(crate) const AGENT: &str = "openclaw/sentry-rca";

/// An AWS service.
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

/// A world, and the doctor's arguments and variables.
#[must_use]
pub(crate) struct Plan {
    pub(crate) sentry: SentryWorld,
    pub(crate) sentry_faults: Vec<Fault>,
    pub(crate) telegram: TelegramWorld,
    pub(crate) telegram_faults: Vec<Fault>,
    pub(crate) slack: SlackWorld,
    pub(crate) slack_faults: Vec<Fault>,
    /// The bot's webhook. The default URL is that of the front door. Null means that there is no webhook.
    pub(crate) webhook: Value,
    /// The agent of the gateway.
    pub(crate) agent: &'static str,
    pub(crate) is_gateway_off: bool,
    /// The configuration of the gateway's agent.
    pub(crate) gateway_agent: Agent,
    /// The tokens of the prompt of a short question, as the gateway counts them.
    pub(crate) prompt_tokens: u64,
    pub(crate) gateway_faults: Vec<Fault>,
    /// The content of the secret; `Err` for text that is not an object.
    pub(crate) secret: Result<BTreeMap<&'static str, String>, String>,
    /// The doctor's variables. An empty value removes a variable.
    pub(crate) variables: Vec<(&'static str, String)>,
    pub(crate) aws_faults: Vec<(Aws, wire::Fault)>,
    /// The front door for `--url`; `None` leaves the option out.
    pub(crate) front: Option<Front>,
    /// The path of the URL.
    pub(crate) path: &'static str,
    /// The replacement for `http://HOST` in the URL.
    pub(crate) scheme: &'static str,
    /// The variables of the process behind the URL. An empty value removes a variable.
    pub(crate) served: Vec<(&'static str, String)>,
    pub(crate) arguments: Vec<&'static str>,
    /// The log level. A complete log takes a second to search for secrets.
    pub(crate) log: &'static str,
}

/// The keys of the secret.
fn keys() -> impl Iterator<Item = (&'static str, &'static str)> {
    CANARIES
        .into_iter()
        .chain([("SLACK_BOT_TOKEN", support::SLACK_TOKEN), ("SLACK_SIGNING_SECRET", support::SLACK_SECRET)])
}

/// The slug of the integration that the token belongs to.
pub(crate) const APP: &str = "sidenote";

/// The scopes of a token that may look at everything.
pub(crate) const ALL_SCOPES: &[&str] = &["event:read", "event:write", "project:read", "org:read"];

/// The integration, with a webhook in Sentry's log.
pub(crate) fn integration() -> Integration {
    Integration::new(APP).sent("issue.created", 202, "2026-11-29 10:00:01.123456+00:00")
}

/// An alert of the project that has fired and notifies the integration.
pub(crate) fn alert() -> Alert {
    Alert::new(support::PROJECT, "Every new issue", APP).fired("2026-11-29T10:00:00.000000Z")
}

/// The Sentry of a world without faults, but without an integration and alerts.
pub(crate) fn bare_sentry() -> SentryWorld {
    support::sentry().scopes(support::AUTH_TOKEN, ALL_SCOPES)
}

/// A world without faults.
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
    /// Sets a variable of the doctor. An empty value removes it.
    pub(crate) fn variable(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.variables.push((name, value.into()));
        self
    }

    /// Sets a key of the secret. An empty value removes it.
    pub(crate) fn key(mut self, name: &'static str, value: &str) -> Self {
        if let Ok(keys) = &mut self.secret {
            keys.insert(name, value.to_owned());
        }
        self
    }

    /// Logs at every level.
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

    /// Sets a variable of the process behind the URL.
    pub(crate) fn served(mut self, name: &'static str, value: &str) -> Self {
        self.served.push((name, value.to_owned()));
        self
    }
}

/// A planted fault: its description, the world, and the expected result: check, status, a part of the evidence, a part
/// of the remedy.
pub(crate) struct Row {
    pub(crate) fault: &'static str,
    pub(crate) plan: Plan,
    pub(crate) check: &'static str,
    pub(crate) verdict: &'static str,
    pub(crate) evidence: &'static str,
    pub(crate) remedy: &'static str,
}

/// A fault that must be reported as a failure.
pub(crate) fn failed(
    fault: &'static str,
    plan: Plan,
    check: &'static str,
    evidence: &'static str,
    remedy: &'static str,
) -> Row {
    Row { fault, plan, check, verdict: "failed", evidence, remedy }
}

/// A fault that must be reported as a warning.
pub(crate) fn warning(
    fault: &'static str,
    plan: Plan,
    check: &'static str,
    evidence: &'static str,
    remedy: &'static str,
) -> Row {
    Row { verdict: "warning", ..failed(fault, plan, check, evidence, remedy) }
}
