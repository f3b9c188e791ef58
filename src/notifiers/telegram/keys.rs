//! The secrets of Telegram.

/// The bot's token.
pub(super) const TOKEN: &str = "TELEGRAM_BOT_TOKEN";
/// The secret of the bot's webhook; it is the key of the buttons, too.
pub(super) const HOOK_SECRET: &str = "TELEGRAM_WEBHOOK_SECRET";
