//! The message in Telegram.

mod html;
mod keyboard;

use std::sync::{Arc, OnceLock};

use async_trait::async_trait;
use secrecy::SecretString;

pub use html::{Message, render, render_waiting, with_line};
pub use keyboard::keyboard;

use super::{Notification, Notifier};
use crate::config::TelegramConfig;
use crate::domain::approval::MessageRef;
use crate::domain::deadline::Deadline;
use crate::domain::outcome::{Failure, Step};
use crate::domain::words::Language;
use crate::http::{Http, pause};
use crate::telegram::{Bot, BotError, Keyboard, Sent, markup};

/// Attempts of one message: the first, and one for each thing that can be mended.
const ATTEMPTS: usize = 5;

/// Tells a chat; `to` is `Err` when there is none to tell, or nothing to tell it with.
pub struct Telegram {
    to: Result<(Bot, Destination), Step>,
    language: Language,
    deadline: Deadline,
    prepared: Option<Arc<Prepared>>,
}

/// A message that was written beforehand, because somebody is asked something under it.
#[derive(Debug)]
pub struct Prepared {
    /// The message.
    pub message: Message,
    /// Its buttons.
    pub keyboard: Keyboard,
    /// Where it is, once it was sent.
    pub message_ref: OnceLock<MessageRef>,
}

/// Where a message goes.
#[derive(Debug, Clone)]
struct Destination {
    chat: serde_json::Value,
    thread: Option<i64>,
}

impl Telegram {
    /// The step's name.
    pub const NAME: &'static str = "telegram";

    /// A message in `language` to the configured chat.
    #[must_use]
    pub fn new(
        http: &Http,
        config: &TelegramConfig,
        token: Option<&SecretString>,
        language: Language,
        deadline: Deadline,
    ) -> Self {
        Self { to: destination(http, config, token, deadline), language, deadline, prepared: None }
    }

    /// Sends this message, and writes down where it is.
    #[must_use]
    pub fn with(self, prepared: Option<Arc<Prepared>>) -> Self {
        Self { prepared, ..self }
    }
}

fn destination(
    http: &Http,
    config: &TelegramConfig,
    token: Option<&SecretString>,
    deadline: Deadline,
) -> Result<(Bot, Destination), Step> {
    let (chat, token) = match (config.chat.as_deref(), token) {
        (None, None) => return Err(Step::Off(Failure::NotConfigured("TELEGRAM_CHAT_ID"))),
        (None, Some(_)) => return Err(Step::Skipped(Failure::NotConfigured("TELEGRAM_CHAT_ID"))),
        (Some(_), None) => return Err(Step::Skipped(Failure::NotConfigured("TELEGRAM_BOT_TOKEN"))),
        (Some(chat), Some(token)) => (chat, token),
    };
    let chat = chat.parse::<i64>().map_or_else(|_| chat.into(), serde_json::Value::from);
    let bot = Bot::new(http, &config.api, token, deadline).map_err(Step::Skipped)?;
    Ok((bot, Destination { chat, thread: config.thread }))
}

#[async_trait]
impl Notifier for Telegram {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    async fn notify(&self, notification: &Notification) -> Step {
        match &self.to {
            Err(step) => step.clone(),
            Ok((bot, destination)) => {
                let sent = if let Some(it) = &self.prepared {
                    self.send(bot, destination.clone(), &it.message, &it.keyboard).await
                } else {
                    let message = render(notification, self.language);
                    self.send(bot, destination.clone(), &message, &Keyboard::new()).await
                };
                match sent.map(|sent| (sent.message_id, sent.message_ref)) {
                    Ok((Some(id), message_ref)) => {
                        self.keep_message_ref(message_ref);
                        Step::Done(Some(id.to_string()))
                    }
                    Ok((None, _)) => Step::Failed(Failure::Unreadable),
                    Err(why) => Step::Failed(why),
                }
            }
        }
    }
}

impl Telegram {
    fn keep_message_ref(&self, message_ref: Option<MessageRef>) {
        if let (Some(prepared), Some(message_ref)) = (&self.prepared, message_ref) {
            // There is one message for each: nobody else has set it.
            let _ = prepared.message_ref.set(message_ref);
        }
    }

    /// Sends the message, and mends what can be mended: a rate limit is waited for, a group that became a supergroup is
    /// followed once, markup that is refused is resent once as plain text, and refused buttons are left out. Nothing is sent twice on an unclear answer,
    /// because Telegram cannot tell a repeat from a new message.
    async fn send(
        &self,
        bot: &Bot,
        mut to: Destination,
        message: &Message,
        keyboard: &Keyboard,
    ) -> Result<Sent, Failure> {
        let (mut plain, mut followed, mut bare) = (false, false, false);
        let none = Keyboard::new();
        for _ in 0..ATTEMPTS {
            match bot
                .call::<Sent>(
                    "sendMessage",
                    &request(&to, message, if bare { &none } else { keyboard }, plain),
                )
                .await
            {
                Ok(sent) => return Ok(sent),
                Err(BotError::TooFast(wait)) if pause(wait, self.deadline).await => {}
                Err(BotError::TooFast(_)) => return Err(Failure::RateLimited),
                Err(BotError::Moved(chat)) if !followed => {
                    tracing::warn!(
                        chat_id = chat,
                        "telegram_chat_moved: set TELEGRAM_CHAT_ID to the new number"
                    );
                    (to.chat, followed) = (chat.into(), true);
                }
                Err(BotError::Markup) if !plain => plain = true,
                Err(BotError::Buttons) if !bare => bare = true,
                Err(refusal) => return Err(refusal.failure()),
            }
        }
        Err(Failure::RateLimited)
    }
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
