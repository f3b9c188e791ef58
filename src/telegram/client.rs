//! One call to the Bot API: its URL, its reply, and the classification of its errors.

use std::time::Duration;

use reqwest::Url;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::domain::deadline::Deadline;
use crate::domain::outcome::{ChatRefusal, Failure};
use crate::http::Http;
use crate::json::{Int, Lenient, Text};

/// Error descriptions for an edit or an answer that comes too late to change anything.
const NO_OP: &[&str] = &["message is not modified", "query is too old", "query id is invalid"];

/// Error descriptions for a message that cannot be edited any more.
const GONE: &[&str] = &["message to edit not found", "message can't be edited"];

/// Error descriptions for invalid buttons.
const BUTTONS: &[&str] = &["button_", "reply markup is too long", "inline keyboard"];

/// Error descriptions for a chat that accepts no message. They are compared in lower case.
const CHAT_REFUSALS: &[(u16, &str, ChatRefusal)] = &[
    (400, "chat not found", ChatRefusal::ChatNotFound),
    (400, "message thread not found", ChatRefusal::ThreadNotFound),
    (400, "topic_closed", ChatRefusal::TopicClosed),
    (400, "topic_deleted", ChatRefusal::ThreadNotFound),
    (400, "rights to send", ChatRefusal::NoRights),
    (400, "chat_write_forbidden", ChatRefusal::NoRights),
    (403, "kicked", ChatRefusal::BotRemoved),
    (403, "blocked by the user", ChatRefusal::BotRemoved),
    (403, "not a member", ChatRefusal::BotRemoved),
    (403, "deactivated", ChatRefusal::BotRemoved),
];

/// The Bot API with the token of one bot and one deadline.
#[derive(Debug, Clone)]
pub struct Bot {
    http: Http,
    /// `…/bot<token>/`. It is secret because the token is in the path.
    base: SecretString,
    deadline: Deadline,
}

/// An error of the Bot API, classified by the reaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BotError {
    /// 429: wait this long.
    TooFast(Duration),
    /// The group became a supergroup with this id.
    Moved(i64),
    /// The markup is invalid.
    Markup,
    /// The buttons are invalid.
    Buttons,
    /// No reaction is needed: the message already has this content, or the callback query is too old.
    NoOp,
    /// The message is deleted or too old to be edited.
    Gone,
    /// Anything else.
    Other(Failure),
}

impl BotError {
    /// The failure to report when there is no reaction to the error.
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
    /// An object or `true`.
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
    /// A client for the bot with `token` at the Bot API at `base`. A malformed token is rejected, because it would
    /// change the URL.
    ///
    /// # Errors
    /// [`Failure::Unauthorized`] if the token contains characters that no token has.
    pub fn new(http: &Http, base: &Url, token: &SecretString, deadline: Deadline) -> Result<Self, Failure> {
        let text = token.expose_secret();
        let allowed = |b: u8| b.is_ascii_alphanumeric() || b":_-".contains(&b);
        if text.is_empty() || !text.bytes().all(allowed) {
            return Err(Failure::Unauthorized);
        }
        Ok(Self { http: http.clone(), base: format!("{base}bot{text}/").into(), deadline })
    }

    /// The deadline of every call.
    #[must_use]
    pub fn deadline(&self) -> Deadline {
        self.deadline
    }

    /// Calls `method` once and reads its result.
    ///
    /// # Errors
    /// [`BotError`], classified by the reaction.
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
