//! What a run of the doctor finds: a healthy world, and what a row plants in it.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use sidenote_standins::{Fault, SentryWorld, TelegramWorld};

use crate::support::wire;
use crate::support::{self, canary::CANARIES};

/// The agent that is asked for.
pub(crate) const AGENT: &str = "openclaw/sentry-rca";

/// One of AWS's services.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Aws {
    Secrets,
    Table,
    Queue,
}

/// What stands between the doctor and the front door.
#[derive(Clone, Debug)]
pub(crate) enum Front {
    /// Nothing that matters.
    Open,
    /// It answers instead, or not at all.
    Faulty(wire::Fault),
    /// It passes everything on, late.
    Late,
}

/// A world, and how the doctor is called in it.
#[must_use]
pub(crate) struct Plan {
    pub(crate) sentry: SentryWorld,
    pub(crate) sentry_faults: Vec<Fault>,
    pub(crate) telegram: TelegramWorld,
    pub(crate) telegram_faults: Vec<Fault>,
    /// What the bot's webhook is set to; the URL is that of the front door unless it is given. Null: none is set.
    pub(crate) webhook: Value,
    /// The agent that the gateway has.
    pub(crate) agent: &'static str,
    pub(crate) is_gateway_off: bool,
    pub(crate) gateway_faults: Vec<Fault>,
    /// What the secret holds; `Err` for what is no object.
    pub(crate) secret: Result<BTreeMap<&'static str, String>, String>,
    /// Variables of the doctor; an empty one is taken away.
    pub(crate) variables: Vec<(&'static str, String)>,
    pub(crate) aws_faults: Vec<(Aws, wire::Fault)>,
    /// What is delivered to, by `--url`; `None`: nothing.
    pub(crate) front: Option<Front>,
    /// What comes behind the URL's host.
    pub(crate) path: &'static str,
    /// What takes the place of `http://HOST` in the URL.
    pub(crate) scheme: &'static str,
    /// Variables of the process behind the URL; an empty one is taken away.
    pub(crate) served: Vec<(&'static str, String)>,
    pub(crate) arguments: Vec<&'static str>,
    /// How much is logged: all there is takes a second to be searched for secrets.
    pub(crate) log: &'static str,
}

/// A world in which nothing is wrong.
pub(crate) fn healthy() -> Plan {
    Plan {
        sentry: support::sentry(),
        sentry_faults: Vec::new(),
        telegram: support::telegram(),
        telegram_faults: Vec::new(),
        webhook: json!({"allowed_updates": ["callback_query"]}),
        agent: AGENT,
        is_gateway_off: false,
        gateway_faults: Vec::new(),
        secret: Ok(CANARIES.map(|(name, value)| (name, value.to_owned())).into()),
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
    /// Sets a variable of the doctor; an empty one is taken away.
    pub(crate) fn variable(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.variables.push((name, value.into()));
        self
    }

    /// Sets a key of the secret; an empty one is taken away.
    pub(crate) fn key(mut self, name: &'static str, value: &str) -> Self {
        if let Ok(keys) = &mut self.secret {
            keys.insert(name, value.to_owned());
        }
        self
    }

    /// Logs all there is.
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

/// One planted fault: what it is, the world, and all that the doctor is to find: check, verdict, a part of the evidence,
/// a part of the remedy.
pub(crate) struct Row {
    pub(crate) fault: &'static str,
    pub(crate) plan: Plan,
    pub(crate) check: &'static str,
    pub(crate) verdict: &'static str,
    pub(crate) evidence: &'static str,
    pub(crate) remedy: &'static str,
}

/// A fault that fails.
pub(crate) fn failed(
    fault: &'static str,
    plan: Plan,
    check: &'static str,
    evidence: &'static str,
    remedy: &'static str,
) -> Row {
    Row { fault, plan, check, verdict: "failed", evidence, remedy }
}

/// A fault that is only warned of.
pub(crate) fn warning(
    fault: &'static str,
    plan: Plan,
    check: &'static str,
    evidence: &'static str,
    remedy: &'static str,
) -> Row {
    Row { verdict: "warning", ..failed(fault, plan, check, evidence, remedy) }
}
