//! The health endpoint: it reports missing settings and secrets, and the condition of the store and the queue. It reads
//! the secrets and the state store, and calls no other service.

use std::fmt;

use secrecy::SecretString;
use serde_json::{Map, Value, json};

use super::approvals::can_decide::{can_decide_in_slack, missing_to_decide};
use super::standing::Standing;
use crate::config::{ApprovalMode, Config, SecretLookup, SourceConfig};
use crate::domain::silence::WebhookSilence;
use crate::notifiers::{HealthLine, Notifiers};
use crate::secrets::Secrets;
use crate::source;
use crate::telegram::{HOOK_SECRET_RULE, is_hook_secret};
use crate::webhook::Keys;

/// The health of this process, as the health endpoint reports it.
#[derive(Debug)]
pub struct Health {
    /// The name and the result of each check.
    checks: Vec<(&'static str, HealthLine)>,
    standing: Standing,
    approvals: Deciders,
    /// The name of the code host from which source code is read, or the problem.
    source: &'static str,
    /// The model that gets source code, with the host of its API; `None` if no source code goes to a model.
    source_reader: Option<String>,
}

impl Health {
    /// Returns the health for these settings. `secrets` is `None` if the secrets cannot be read.
    pub(super) fn of(
        config: &Config,
        notifiers: &Notifiers,
        secrets: Option<&Secrets>,
        standing: Standing,
    ) -> Self {
        let approvals = deciders(config, secrets);
        let lookup = secrets.map(|secrets| secrets as &dyn SecretLookup);
        let mut checks = vec![("signature", signature(secrets))];
        for notifier in notifiers.iter() {
            let waits = notifier.profile().waits_for_approval && config.approval.mode == ApprovalMode::Note;
            // A note that waits for an approval that is impossible is never written.
            let line = match &approvals {
                nobody @ Deciders::Nobody(_) if waits => HealthLine::Held(nobody.to_string()),
                _ => notifier.health(config, lookup),
            };
            checks.push((notifier.profile().name, line));
        }
        let token = secrets.and_then(|secrets| secrets.get("SOURCE_TOKEN"));
        let source = config.source.as_ref().map_or("off", |source| source_line(source, token));
        Self { checks, standing, approvals, source, source_reader: config.source_reader() }
    }

    /// Logs a warning for each check that found a problem.
    pub(super) fn log(&self) {
        for (check, line) in self.checks.iter().filter(|(_, line)| !line.is_well()) {
            tracing::warn!(check, problem = %line, "check_degraded");
        }
    }

    /// Returns the health as JSON. The status is `degraded` if there is a problem with a check, the state store, the
    /// queue, the arrival of webhooks or the polling of Telegram, and else `ok`.
    pub(super) fn to_json(&self) -> Value {
        let is_well = self.checks.iter().all(|(_, line)| line.is_well()) && self.standing.is_well;
        let mut checks = Map::new();
        for (name, line) in &self.checks {
            checks.insert((*name).to_owned(), json!(line.to_string()));
        }
        let mut health = json!({
            "status": if is_well { "ok" } else { "degraded" },
            "version": env!("CARGO_PKG_VERSION"),
            "checks": checks,
            "redelivery": self.standing.redelivery,
            "state": self.standing.state,
            "webhooks": self.standing.silence.as_ref().map_or_else(|| "ok".to_owned(), silent),
            "not_told": self.standing.not_told,
            "approvals": self.approvals.to_string(),
            "source": self.source,
            "source_to_model": self.source_reader.as_ref().map_or_else(|| "no".to_owned(), |it| format!("yes: {it}")),
        });
        if let Some(updates) = &self.standing.updates {
            health["telegram_updates"] = json!(updates);
        }
        if let Some(bytes) = self.standing.bytes {
            health["state_bytes"] = json!(bytes);
        }
        health
    }
}

/// Returns the text about a period without webhooks.
fn silent(silence: &WebhookSilence) -> String {
    let since = silence.since().map(|at| at.to_string()).unwrap_or_default();
    format!("silent since {since}: {} issues, projects {}", silence.issues, silence.projects.join(", "))
}

/// Returns the health line about the client secret, with which signatures of webhooks are verified. A value of only
/// commas is no secret.
fn signature(secrets: Option<&Secrets>) -> HealthLine {
    let key = "SENTRY_CLIENT_SECRET";
    let is_usable = |secrets: &Secrets| secrets.get(key).is_some_and(|it| !Keys::parse(it).is_empty());
    match secrets.map(is_usable) {
        Some(true) => HealthLine::Ok,
        Some(false) => HealthLine::NotSet(key),
        None => HealthLine::NoSecrets,
    }
}

/// Returns the name of the code host, or the problem. Source code is optional, so a missing token does not make the
/// health `degraded`.
fn source_line(config: &SourceConfig, token: Option<&SecretString>) -> &'static str {
    let kind = source::kind(config, token);
    if kind.needs_token() && token.is_none() { "SOURCE_TOKEN is not set" } else { kind.name() }
}

/// The reason why commands cannot decide approvals, with the remedy.
const IN_MEMORY: &str = "the state is in memory (set STATE_TABLE, or STATE_PATH for `serve`)";

/// The ways in which people can decide approvals in this installation.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Deciders {
    /// Approvals are off.
    Off,
    /// No decision is possible. The text is the reason.
    Nobody(String),
    /// Approvals can be decided by command, but not in the chat. The text is the reason.
    ByCommand(String),
    /// The chat has buttons, but `TELEGRAM_APPROVERS` is empty.
    NoApprovers,
    /// Approvals can be decided by buttons in the chat.
    Chat,
}

impl fmt::Display for Deciders {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Off => f.write_str("off"),
            Self::Nobody(why) => write!(f, "nobody can decide: {why}"),
            Self::ByCommand(why) => write!(f, "by command only: {why}"),
            Self::NoApprovers => f.write_str("nobody may decide in the chat: TELEGRAM_APPROVERS is not set"),
            Self::Chat => f.write_str("ok"),
        }
    }
}

fn deciders(config: &Config, secrets: Option<&Secrets>) -> Deciders {
    let secret = secrets.and_then(|secrets| secrets.get("TELEGRAM_WEBHOOK_SECRET"));
    let missing = secrets.and_then(|secrets| missing_to_decide(config, secrets));
    let has_table = config.is_durable();
    match (&config.telegram.chat, unusable(secret)) {
        _ if config.approval.mode == ApprovalMode::Nothing => Deciders::Off,
        _ if secrets.is_some_and(|secrets| can_decide_in_slack(config, secrets))
            && !config.slack.approvers.is_empty() =>
        {
            Deciders::Chat
        }
        (Some(_), Some(why)) if secret.is_some() && !has_table => {
            Deciders::Nobody(format!("{IN_MEMORY}, and TELEGRAM_WEBHOOK_SECRET {why}"))
        }
        // Commands can read approvals only from a table or a file.
        (None, _) | (_, Some(_)) if !has_table => {
            Deciders::Nobody(format!("{IN_MEMORY}, and no chat with TELEGRAM_WEBHOOK_SECRET is set"))
        }
        (Some(_), None) if missing.is_some() => {
            Deciders::Nobody(format!("{IN_MEMORY}, and {} is not set", missing.unwrap_or_default()))
        }
        (None, _) => Deciders::ByCommand("TELEGRAM_CHAT_ID is not set".to_owned()),
        (Some(_), Some(why)) => Deciders::ByCommand(format!("TELEGRAM_WEBHOOK_SECRET {why}")),
        (Some(_), None) if config.telegram.approvers.is_empty() => Deciders::NoApprovers,
        (Some(_), None) => Deciders::Chat,
    }
}

/// Returns the reason why `TELEGRAM_WEBHOOK_SECRET` cannot sign buttons; `None` if it can.
fn unusable(secret: Option<&SecretString>) -> Option<String> {
    match secret {
        None => Some("is not set".to_owned()),
        Some(secret) if !is_hook_secret(secret) => Some(format!("is not {HOOK_SECRET_RULE}")),
        Some(_) => None,
    }
}
