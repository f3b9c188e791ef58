//! The names of Telegram's secrets.

/// The bot's token.
pub(super) const TOKEN: &str = "TELEGRAM_BOT_TOKEN";
/// The webhook's secret. It also signs the buttons.
pub(super) const HOOK_SECRET: &str = "TELEGRAM_WEBHOOK_SECRET";
