//! Calls Telegram's Bot API: builds a request, and reads the reply or the error.

use std::time::Duration;

use reqwest::Url;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::domain::deadline::Deadline;
use crate::domain::outcome::{ChatRefusal, Failure};
use crate::http::Http;
use crate::json::{Int, Lenient, Text};

/// Telegram's error descriptions for an edit or an answer that comes too late to change anything.
const NO_OP: &[&str] = &["message is not modified", "query is too old", "query id is invalid"];

/// Telegram's error descriptions for a message that cannot be edited any more.
const GONE: &[&str] = &["message to edit not found", "message can't be edited"];

/// Telegram's error descriptions for invalid buttons.
const BUTTONS: &[&str] = &["button_", "reply markup is too long", "inline keyboard"];

/// The status and a part of Telegram's error description, in lower case, for a chat that accepts no message.
const CHAT_REFUSALS: &[(u16, &str, ChatRefusal)] = &[
    (400, "chat not found", ChatRefusal::ChatNotFound),
    (400, "message thread not found", ChatRefusal::ThreadNotFound),
    (400, "topic_closed", ChatRefusal::TopicClosed),
    (400, "topic_deleted", ChatRefusal::ThreadNotFound),
    (400, "rights to send", ChatRefusal::NoRights),
    (400, "chat_write_forbidden", ChatRefusal::NoRights),
    (400, "need administrator rights", ChatRefusal::NoRights),
    (403, "kicked", ChatRefusal::BotRemoved),
    (403, "blocked by the user", ChatRefusal::BotRemoved),
    (403, "not a member", ChatRefusal::BotRemoved),
    (403, "deactivated", ChatRefusal::BotRemoved),
];

/// A client of Telegram's Bot API, with the token of one bot and one deadline.
#[derive(Debug, Clone)]
pub struct Bot {
    http: Http,
    /// The URL `…/bot<token>/`. It is secret because it contains the token.
    base: SecretString,
    deadline: Deadline,
}

/// An error of Telegram's Bot API. Errors to which Sidenote reacts have their own variant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BotError {
    /// Too many requests were sent (429). The next one is allowed after this time.
    TooFast(Duration),
    /// The group became a supergroup with this id.
    Moved(i64),
    /// The HTML of the message is invalid.
    Markup,
    /// The buttons of the message are invalid.
    Buttons,
    /// No reaction is needed: the message already has this content, or the callback query is too old.
    NoOp,
    /// The message is deleted or too old to be edited.
    Gone,
    /// Any other error, as the failure to report.
    Other(Failure),
}

impl BotError {
    /// Returns the failure to report if the error ends the work.
    #[must_use]
    pub fn failure(self) -> Failure {
        match self {
            Self::TooFast(_) => Failure::RateLimited,
            Self::Moved(_) | Self::Markup | Self::Buttons | Self::NoOp | Self::Gone => Failure::Refused(400),
            Self::Other(failure) => failure,
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(default, bound = "T: DeserializeOwned")]
struct Envelope<T> {
    /// The result of the call: an object, or `true`.
    result: Option<T>,
    description: Text,
    parameters: Lenient<Parameters>,
}

impl<T> Default for Envelope<T> {
    fn default() -> Self {
        Self { result: None, description: Text::default(), parameters: Lenient(None) }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Parameters {
    retry_after: Int,
    migrate_to_chat_id: Int,
}

impl Bot {
    /// Creates a client for the bot with `token`. `base` is the URL of the Bot API. A malformed token is rejected,
    /// because it would change the URL.
    ///
    /// # Errors
    ///
    /// [`Failure::Unauthorized`] if the token contains characters that no token has.
    pub fn new(http: &Http, base: &Url, token: &SecretString, deadline: Deadline) -> Result<Self, Failure> {
        let text = token.expose_secret();
        let allowed = |b: u8| b.is_ascii_alphanumeric() || b":_-".contains(&b);
        if text.is_empty() || !text.bytes().all(allowed) {
            return Err(Failure::Unauthorized);
        }
        Ok(Self { http: http.clone(), base: format!("{base}bot{text}/").into(), deadline })
    }

    /// Returns the deadline of all calls.
    #[must_use]
    pub fn deadline(&self) -> Deadline {
        self.deadline
    }

    /// Calls `method` once and reads its result.
    ///
    /// # Errors
    ///
    /// [`BotError`] if the call failed.
    pub async fn call<T: DeserializeOwned>(
        &self,
        method: &str,
        body: &serde_json::Value,
    ) -> Result<T, BotError> {
        let url = format!("{}{method}", self.base.expose_secret());
        let request = self.http.client().post(url).json(body);
        let answer = self.http.send(request, self.deadline).await.map_err(BotError::Other)?;
        // The error page of a proxy is not JSON. Then only the status is used.
        let envelope: Envelope<T> = serde_json::from_slice(&answer.body).unwrap_or_default();
        if answer.status.is_success() {
            return envelope.result.ok_or(BotError::Other(Failure::Unreadable));
        }
        Err(refusal(answer.status.as_u16(), &envelope))
    }
}

fn refusal(status: u16, envelope: &Envelope<impl Sized>) -> BotError {
    let parameters = envelope.parameters.0.as_ref();
    let description = envelope.description.as_deref().unwrap_or_default().to_ascii_lowercase();
    if let Some(chat) = parameters.and_then(|p| p.migrate_to_chat_id.0) {
        return BotError::Moved(chat);
    }
    let says = |status_of: u16, words: &str| status_of == status && description.contains(words);
    if let Some((.., why)) = CHAT_REFUSALS.iter().find(|(code, words, _)| says(*code, words)) {
        return BotError::Other(Failure::Chat(*why));
    }
    match status {
        429 => {
            let seconds = parameters.and_then(|p| p.retry_after.non_negative()).unwrap_or(1);
            BotError::TooFast(Duration::from_secs(seconds))
        }
        400 if description.contains("can't parse entities") => BotError::Markup,
        400 if BUTTONS.iter().any(|words| description.contains(words)) => BotError::Buttons,
        400 if GONE.iter().any(|words| description.contains(words)) => BotError::Gone,
        400 if NO_OP.iter().any(|words| description.contains(words)) => BotError::NoOp,
        400 if description.contains("not found") => BotError::Other(Failure::NotFound),
        // Telegram replies 404 or 401 to a malformed or revoked token, because there is no such bot.
        404 => BotError::Other(Failure::Unauthorized),
        _ => BotError::Other(Failure::from_status(status)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chat_that_accepts_no_message_is_recognized_by_the_description() {
        for (status, description, expected) in [
            (403, "Forbidden: bot was kicked from the group chat", ChatRefusal::BotRemoved),
            (403, "Forbidden: bot was kicked from the supergroup chat", ChatRefusal::BotRemoved),
            (403, "Forbidden: bot is not a member of the channel chat", ChatRefusal::BotRemoved),
            (403, "Forbidden: user is deactivated", ChatRefusal::BotRemoved),
            (400, "Bad Request: message thread not found", ChatRefusal::ThreadNotFound),
            (400, "Bad Request: TOPIC_DELETED", ChatRefusal::ThreadNotFound),
            (400, "MESSAGE THREAD NOT FOUND", ChatRefusal::ThreadNotFound),
            (400, "Bad Request: TOPIC_CLOSED", ChatRefusal::TopicClosed),
            (400, "TOPIC_CLOSED", ChatRefusal::TopicClosed),
            (400, "Bad Request: topic_closed (caused by sendMessage)", ChatRefusal::TopicClosed),
            (400, "Bad Request: not enough rights to send text messages to the chat", ChatRefusal::NoRights),
            (400, "Bad Request: have no rights to send a message", ChatRefusal::NoRights),
            (400, "Bad Request: CHAT_WRITE_FORBIDDEN", ChatRefusal::NoRights),
            (400, "Bad Request: need administrator rights in the channel chat", ChatRefusal::NoRights),
            (400, "Bad Request: chat not found", ChatRefusal::ChatNotFound),
        ] {
            let envelope =
                Envelope::<bool> { description: Text(Some(description.into())), ..Envelope::default() };
            let failure = refusal(status, &envelope).failure();
            assert_eq!(failure, Failure::Chat(expected), "{description}");
        }
    }
}
