//! The names of Telegram's secrets, and the mistakes that the form of a secret's value shows.

use secrecy::{ExposeSecret as _, SecretString};

use crate::telegram::{HOOK_SECRET_RULE, is_hook_secret};

/// The name of the secret with the bot's token.
pub(super) const TOKEN: &str = "TELEGRAM_BOT_TOKEN";
/// The name of the secret that Telegram sends with each webhook request. Sidenote also signs its buttons with it.
pub(super) const HOOK_SECRET: &str = "TELEGRAM_WEBHOOK_SECRET";

/// Returns the mistake that the value of the secret `key` shows, and the remedy.
pub(super) fn mistake(key: &str, value: &SecretString) -> Option<(String, &'static str)> {
    match key {
        TOKEN if !value.expose_secret().contains(':') => Some((
            "it is not a bot token: those have the form NUMBER:LETTERS".to_owned(),
            "ask @BotFather: /mybots, the bot, API Token",
        )),
        HOOK_SECRET if !is_hook_secret(value) => Some((
            format!("it is not {HOOK_SECRET_RULE}: a member of the chat could find it out"),
            "create one with: openssl rand -hex 32, put it into the secret, and set the webhook with it: \
             sidenote telegram connect --url URL",
        )),
        _ => None,
    }
}
