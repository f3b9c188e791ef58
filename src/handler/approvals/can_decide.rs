//! Whether a decision can reach us.

use secrecy::SecretString;

use crate::config::Config;
use crate::secrets::Secrets;
use crate::telegram::{HOOK_SECRET_RULE, is_hook_secret};

/// The variable without which no decision can reach us; `None` when one can.
///
/// With a table a decision always can: `sidenote approve` finds the question there, whatever is missing for the chat.
/// Without one it takes a button. `TELEGRAM_APPROVERS` makes no difference here: a person who presses a button and may not
/// is told what to set, and that is how people learn their id.
pub(in crate::handler) fn missing_to_decide(config: &Config, secrets: &Secrets) -> Option<&'static str> {
    if config.is_durable() {
        return None;
    }
    let parts = [
        ("TELEGRAM_CHAT_ID", config.telegram.chat.is_some()),
        ("TELEGRAM_BOT_TOKEN", secrets.get("TELEGRAM_BOT_TOKEN").is_some()),
        ("TELEGRAM_WEBHOOK_SECRET", secrets.get("TELEGRAM_WEBHOOK_SECRET").is_some_and(is_hook_secret)),
    ];
    parts.into_iter().find(|(_, is_there)| !is_there).map(|(missing, _)| missing)
}

/// The webhook's secret. One that can be guessed is as good as none.
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
