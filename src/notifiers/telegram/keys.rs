//! The names of Telegram's secrets, and the mistakes that their forms show.

use secrecy::{ExposeSecret as _, SecretString};

use crate::telegram::{HOOK_SECRET_RULE, is_hook_secret};

/// The bot's token.
pub(super) const TOKEN: &str = "TELEGRAM_BOT_TOKEN";
/// The webhook's secret. It also signs the buttons.
pub(super) const HOOK_SECRET: &str = "TELEGRAM_WEBHOOK_SECRET";

/// The mistake that a secret's form shows, and the remedy.
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
