//! The notifier for Telegram, which sends a message to a chat. If Telegram refuses a request, the notifier repeats it
//! in a corrected form.

mod check;
mod html;
mod keyboard;
mod keys;
mod webhook;

use async_trait::async_trait;
use secrecy::SecretString;

pub use html::{Message, announcement, fits, render, render_line, render_message, with_line};
pub use keyboard::keyboard;

use self::keys::{HOOK_SECRET, TOKEN};
use super::{
    ChatNotice, Examination, Examined, HealthLine, IdField, LogLines, Means, Need, Notice, Notifier, Profile,
    Repeat, StepMetrics, may_have_arrived,
};
use crate::clock::pause;
use crate::config::{Config, SecretLookup};
use crate::domain::approval::MessageRef;
use crate::domain::check::CheckResult;
use crate::domain::deadline::Deadline;
use crate::domain::message::MessageButtons;
use crate::domain::outcome::{Failure, Step};
use crate::domain::report::Report;
use crate::domain::words::Sentence;
use crate::metrics::Metric;
use crate::telegram::{Bot, BotError, Keyboard, Sent, is_hook_secret, markup};

/// The largest number of attempts to send one message: the first attempt, and one for each possible correction.
const ATTEMPTS: usize = 5;
const CHAT: &str = "TELEGRAM_CHAT_ID";

/// The notifier that sends messages to the configured Telegram chat.
pub struct Telegram;

impl Telegram {
    /// The name of this notifier in answers, logs and stored records.
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
    settings: &[
        CHAT,
        "TELEGRAM_THREAD_ID",
        "CHAT_ROUTES",
        "TELEGRAM_API_BASE",
        "TELEGRAM_APPROVERS",
        "PEOPLE",
    ],
};

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

    fn mistake(&self, key: &str, value: &SecretString) -> Option<(String, &'static str)> {
        keys::mistake(key, value)
    }

    /// Returns the state of the token if a chat is configured. Without a chat, returns `Off`, or
    /// `NotSet("TELEGRAM_CHAT_ID")` if there is a token.
    fn health(&self, config: &Config, secrets: Option<&dyn SecretLookup>) -> HealthLine {
        let token = HealthLine::of_secret(TOKEN, secrets);
        match (&config.telegram.chat, token) {
            (None, HealthLine::Ok) => HealthLine::NotSet(CHAT),
            (None, _) => HealthLine::Off,
            (Some(_), token) => token,
        }
    }

    async fn announce(&self, sentence: &Sentence, means: &Means<'_>) -> Step {
        let (bot, to) = match destination(means, None) {
            Ok(found) => found,
            Err(step) => return step,
        };
        let message = announcement(sentence, means.config.language);
        match send(&bot, to, &message, &Keyboard::new(), means.deadline).await {
            Ok(sent) => Step::Done(sent.message_id.map(|id| id.to_string())),
            Err(why) => Step::Failed(why),
        }
    }

    async fn notify(&self, notice: &Notice<'_>) -> Step {
        let (bot, to) = match destination(&notice.means, notice.notification.report()) {
            Ok(found) => found,
            Err(step) => return step,
        };
        let message = render_message(&notice.chat.content);
        let keyboard = keyboard_of(notice);
        // A message in a chat that is no longer configured stays as it is.
        let is_here = |standing: &MessageRef| to.chat.as_i64().is_none_or(|chat| chat == standing.chat);
        if let Some(standing) = notice.chat.standing.filter(is_here) {
            match edit(&bot, notice, (standing, to.thread), &message, &keyboard).await {
                Err(
                    BotError::Gone
                    | BotError::Moved(_)
                    | BotError::Markup
                    | BotError::Other(Failure::Chat(_)),
                ) => {}
                // An edit may be repeated, and the reply that follows it was not sent yet. The step therefore fails as
                // if nothing had arrived, so that the queue repeats it.
                Err(BotError::Other(why)) if may_have_arrived(why) => {
                    return Step::Failed(Failure::Unreachable);
                }
                Ok(Some(lost)) => {
                    // The edited message shows everything, so its reference is kept.
                    let _ = notice.chat.sent.set(standing);
                    return Step::Failed(lost);
                }
                edited => return step(edited.map(|_| (Some(standing.message), Some(standing))), notice),
            }
        }
        let sent = send(&bot, to, &message, &keyboard, notice.means.deadline).await;
        step(sent.map(|sent| (sent.message_id, sent.message_ref)).map_err(BotError::Other), notice)
    }
}

#[async_trait]
impl Examined for Telegram {
    async fn check(&self, examination: &Examination<'_>) -> Vec<CheckResult> {
        check::check(examination).await
    }
}

/// Returns the buttons of a notice. Without a valid webhook secret there are no buttons to press, because Sidenote
/// could not verify a press.
fn keyboard_of(notice: &Notice<'_>) -> Keyboard {
    let key = notice.means.secrets.secret(HOOK_SECRET).filter(|secret| is_hook_secret(secret));
    let ChatNotice { approval, menu, content, .. } = notice.chat;
    let link = content.link.as_deref();
    let config = notice.means.config;
    let menu = menu.as_ref().filter(|_| config.has_buttons());
    let buttons = MessageButtons { approval: approval.as_ref(), menu, link };
    keyboard(&buttons, key, config.language)
}

/// Edits the earlier message about the issue (`standing`), and replies to it if the notice has a reply. Returns the reason
/// if the reply was not sent: people then do not hear of the new incident, although the message shows it.
async fn edit(
    bot: &Bot,
    notice: &Notice<'_>,
    (standing, thread): (MessageRef, Option<i64>),
    message: &Message,
    keyboard: &Keyboard,
) -> Result<Option<Failure>, BotError> {
    bot.replace(standing, &message.html, keyboard).await?;
    let Some(reply) = &notice.chat.reply else { return Ok(None) };
    let replied = bot.reply(standing, thread, &render_line(reply)).await;
    Ok(replied.inspect_err(|why| tracing::warn!(outcome = why.name(), "telegram_reply_failed")).err())
}

/// Converts the result of sending or editing to a [`Step`], and stores the message's reference in the notice.
fn step(sent: Result<(Option<i64>, Option<MessageRef>), BotError>, notice: &Notice<'_>) -> Step {
    match sent {
        Ok((Some(id), message_ref)) => {
            if let Some(message_ref) = message_ref {
                // A notice is sent once, so its reference is set once.
                let _ = notice.chat.sent.set(message_ref);
            }
            Step::Done(Some(id.to_string()))
        }
        Ok((None, _)) => Step::Failed(Failure::Unreadable),
        Err(why) => Step::Failed(why.failure()),
    }
}

/// The chat of a message, and its topic in a group with topics.
#[derive(Debug, Clone)]
struct Destination {
    chat: serde_json::Value,
    thread: Option<i64>,
}

/// Returns the bot and the chat. If one of them is missing, returns the step with which the notifier ends.
fn destination(means: &Means<'_>, report: Option<&Report>) -> Result<(Bot, Destination), Step> {
    let config = &means.config.telegram;
    let (chat, thread) = config.place(report);
    let (chat, token) = match (chat, means.secrets.secret(TOKEN)) {
        (None, None) => return Err(Step::Off(Failure::NotConfigured(CHAT))),
        (None, Some(_)) => return Err(Step::Skipped(Failure::NotConfigured(CHAT))),
        (Some(_), None) => return Err(Step::Skipped(Failure::NotConfigured(TOKEN))),
        (Some(chat), Some(token)) => (chat, token),
    };
    let chat = chat.parse::<i64>().map_or_else(|_| chat.into(), serde_json::Value::from);
    let bot = Bot::new(means.http, &config.api, token, means.deadline).map_err(Step::Skipped)?;
    Ok((bot, Destination { chat, thread }))
}

/// Sends the message, and corrects requests that Telegram refuses: it waits for a rate limit, follows a migration to a
/// supergroup once, repeats refused markup once as plain text, and leaves out refused buttons. A call without a clear
/// answer is not repeated, because Telegram cannot distinguish a repetition from a new message.
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
