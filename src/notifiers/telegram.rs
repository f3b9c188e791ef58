//! The message in Telegram: its sending, with repair of what Telegram refuses.

mod check;
mod html;
mod keyboard;
mod keys;
mod webhook;

use std::sync::OnceLock;

use async_trait::async_trait;

pub use html::{Message, render, render_message, render_waiting, with_line};
pub use keyboard::keyboard;

use self::keys::{HOOK_SECRET, TOKEN};
use super::{
    Examination, HealthLine, IdField, LogLines, Means, Need, Notice, Notifier, Profile, Repeat, StepMetrics,
};
use crate::clock::pause;
use crate::config::{Config, SecretLookup};
use crate::domain::approval::MessageRef;
use crate::domain::check::CheckResult;
use crate::domain::deadline::Deadline;
use crate::domain::outcome::{Failure, Step};
use crate::metrics::Metric;
use crate::telegram::{Bot, BotError, Keyboard, Sent, markup};

/// The attempts for one message: the first one, and one for each possible repair.
const ATTEMPTS: usize = 5;
const CHAT: &str = "TELEGRAM_CHAT_ID";

/// Sends a message to the configured chat.
pub struct Telegram;

impl Telegram {
    /// The notifier's name.
    pub const NAME: &'static str = PROFILE.name;
}

const PROFILE: Profile = Profile {
    name: "telegram",
    // Telegram cannot distinguish a repetition from a new message.
    repeat: Repeat::Unsafe,
    waits_for_approval: false,
    asks_for_approval: true,
    lines: LogLines {
        done: "telegram_message_sent",
        failed: "telegram_message_failed",
        skipped: "telegram_message_skipped",
        already_done: None,
        waiting: None,
        id: IdField::Message,
        calls_sentry: false,
    },
    metrics: StepMetrics {
        done: Metric::MessagesSent,
        failed: Metric::MessagesFailed,
        skipped: Metric::MessagesSkipped,
    },
    secrets: &[TOKEN, HOOK_SECRET],
    settings: &[CHAT, "TELEGRAM_THREAD_ID", "TELEGRAM_API_BASE", "TELEGRAM_APPROVERS"],
};

/// A message with a question. It is rendered before it is sent, because its approval is recorded first.
#[derive(Debug)]
pub struct Prepared {
    /// The message.
    pub message: Message,
    /// The buttons.
    pub keyboard: Keyboard,
    /// The reference of the sent message. It is empty until the message is sent.
    pub message_ref: OnceLock<MessageRef>,
}

#[async_trait]
impl Notifier for Telegram {
    fn profile(&self) -> &'static Profile {
        &PROFILE
    }

    fn needs(&self, config: &Config) -> Vec<(&'static str, Need)> {
        let (token, secret) = match &config.telegram.chat {
            None => (Need::May("Telegram is off"), Need::May("Telegram is off")),
            Some(_) if config.has_buttons() => (
                Need::Must("without it no message reaches Telegram"),
                Need::Must("TELEGRAM_APPROVERS is set, and without it no button can be trusted"),
            ),
            Some(_) => (
                Need::Must("without it no message reaches Telegram"),
                Need::May("no TELEGRAM_APPROVERS, so no buttons"),
            ),
        };
        vec![(TOKEN, token), (HOOK_SECRET, secret)]
    }

    /// Telegram is off only if both the chat and the token are missing, as in the step.
    fn health(&self, config: &Config, secrets: Option<&dyn SecretLookup>) -> HealthLine {
        let token = HealthLine::of_secret(TOKEN, secrets);
        match (&config.telegram.chat, token) {
            (None, HealthLine::Ok) => HealthLine::NotSet(CHAT),
            (None, _) => HealthLine::Off,
            (Some(_), token) => token,
        }
    }

    async fn check(&self, examination: &Examination<'_>) -> Vec<CheckResult> {
        check::check(examination).await
    }

    async fn notify(&self, notice: &Notice<'_>) -> Step {
        let (bot, to) = match destination(&notice.means) {
            Ok(found) => found,
            Err(step) => return step,
        };
        let deadline = notice.means.deadline;
        let sent = if let Some(prepared) = notice.question {
            send(&bot, to, &prepared.message, &prepared.keyboard, deadline).await
        } else {
            let message = render(notice.notification, notice.means.config.language);
            send(&bot, to, &message, &Keyboard::new(), deadline).await
        };
        match sent.map(|sent| (sent.message_id, sent.message_ref)) {
            Ok((Some(id), message_ref)) => {
                if let (Some(prepared), Some(message_ref)) = (notice.question, message_ref) {
                    // A prepared message is sent once, so its reference is set once.
                    let _ = prepared.message_ref.set(message_ref);
                }
                Step::Done(Some(id.to_string()))
            }
            Ok((None, _)) => Step::Failed(Failure::Unreadable),
            Err(why) => Step::Failed(why),
        }
    }
}

/// The chat and the topic of a message.
#[derive(Debug, Clone)]
struct Destination {
    chat: serde_json::Value,
    thread: Option<i64>,
}

/// The bot and the chat. If one of them is missing, the step to return.
fn destination(means: &Means<'_>) -> Result<(Bot, Destination), Step> {
    let config = &means.config.telegram;
    let (chat, token) = match (config.chat.as_deref(), means.secrets.secret(TOKEN)) {
        (None, None) => return Err(Step::Off(Failure::NotConfigured(CHAT))),
        (None, Some(_)) => return Err(Step::Skipped(Failure::NotConfigured(CHAT))),
        (Some(_), None) => return Err(Step::Skipped(Failure::NotConfigured(TOKEN))),
        (Some(chat), Some(token)) => (chat, token),
    };
    let chat = chat.parse::<i64>().map_or_else(|_| chat.into(), serde_json::Value::from);
    let bot = Bot::new(means.http, &config.api, token, means.deadline).map_err(Step::Skipped)?;
    Ok((bot, Destination { chat, thread: config.thread }))
}

/// Sends the message, and repairs what Telegram refuses: it waits for a rate limit, follows a migration to a supergroup
/// once, repeats refused markup once as plain text, and leaves out refused buttons. An unclear answer is final, because
/// Telegram cannot distinguish a repetition from a new message.
async fn send(
    bot: &Bot,
    mut to: Destination,
    message: &Message,
    keyboard: &Keyboard,
    deadline: Deadline,
) -> Result<Sent, Failure> {
    let (mut plain, mut followed, mut bare) = (false, false, false);
    let none = Keyboard::new();
    for _ in 0..ATTEMPTS {
        let request = request(&to, message, if bare { &none } else { keyboard }, plain);
        match bot.call::<Sent>("sendMessage", &request).await {
            Ok(sent) => return Ok(sent),
            Err(BotError::TooFast(wait)) if pause(wait, deadline).await => {}
            Err(BotError::TooFast(_)) => return Err(Failure::RateLimited),
            Err(BotError::Moved(chat)) if !followed => {
                tracing::warn!(chat_id = chat, "telegram_chat_moved: set TELEGRAM_CHAT_ID to the new number");
                (to.chat, followed) = (chat.into(), true);
            }
            Err(BotError::Markup) if !plain => plain = true,
            Err(BotError::Buttons) if !bare => bare = true,
            Err(refusal) => return Err(refusal.failure()),
        }
    }
    Err(Failure::RateLimited)
}

fn request(to: &Destination, message: &Message, keyboard: &Keyboard, plain: bool) -> serde_json::Value {
    let mut request = serde_json::json!({
        "chat_id": to.chat,
        "text": if plain { &message.plain } else { &message.html },
        "link_preview_options": { "is_disabled": true },
    });
    if !plain {
        request["parse_mode"] = "HTML".into();
    }
    if !keyboard.is_empty() {
        request["reply_markup"] = markup(keyboard);
    }
    if let Some(thread) = to.thread {
        request["message_thread_id"] = thread.into();
    }
    request
}
