//! Determines whether the decision of a person about an approval can reach this installation.

use secrecy::SecretString;

use crate::config::Config;
use crate::secrets::Secrets;
use crate::telegram::{HOOK_SECRET_RULE, is_hook_secret};

/// Returns the name of a variable without which no decision of a person can reach Sidenote. `None` if decisions are
/// possible.
///
/// With a durable state store, decisions are always possible, because the command `sidenote approve` reads approvals
/// there. Without one, a button in the chat is needed. `TELEGRAM_APPROVERS` plays no part: a user who is not listed
/// and presses a button is told their own id, so that it can be added.
pub(in crate::handler) fn missing_to_decide(config: &Config, secrets: &Secrets) -> Option<&'static str> {
    if config.is_durable() || can_decide_in_slack(config, secrets) {
        return None;
    }
    let parts = [
        ("TELEGRAM_CHAT_ID", config.telegram.chat.is_some()),
        ("TELEGRAM_BOT_TOKEN", secrets.get("TELEGRAM_BOT_TOKEN").is_some()),
        ("TELEGRAM_WEBHOOK_SECRET", secrets.get("TELEGRAM_WEBHOOK_SECRET").is_some_and(is_hook_secret)),
    ];
    parts.into_iter().find(|(_, is_there)| !is_there).map(|(missing, _)| missing)
}

/// Whether button presses in Slack can reach Sidenote.
pub(in crate::handler) fn can_decide_in_slack(config: &Config, secrets: &Secrets) -> bool {
    let has_token = secrets.get("SLACK_BOT_TOKEN").is_some();
    config.slack.channel.is_some() && has_token && signing_secret(secrets).is_some()
}

/// Returns the secret with which Slack signs its requests. Sidenote signs its buttons in Slack with the same secret.
pub(super) fn signing_secret(secrets: &Secrets) -> Option<&SecretString> {
    secrets.get("SLACK_SIGNING_SECRET")
}

/// Returns `TELEGRAM_WEBHOOK_SECRET`, with which Telegram's requests are verified and the buttons are signed. `None`
/// if it is missing or too weak.
pub(super) fn hook_secret(secrets: &Secrets) -> Option<&SecretString> {
    let secret = secrets.get("TELEGRAM_WEBHOOK_SECRET")?;
    let is_good = is_hook_secret(secret);
    if !is_good {
        tracing::error!(
            variable = "TELEGRAM_WEBHOOK_SECRET",
            rule = HOOK_SECRET_RULE,
            "telegram_secret_unusable: there are no buttons, and no update is taken"
        );
    }
    is_good.then_some(secret)
}
