//! One call to the Bot API.

use std::time::Duration;

use reqwest::Url;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use crate::domain::deadline::Deadline;
use crate::domain::lenient::{Int, Maybe, Text};
use crate::domain::outcome::Failure;
use crate::http::Http;

/// The Bot API, as one bot, until one deadline.
pub(super) struct Api {
    http: Http,
    /// `…/bot<token>/`: a secret, because the token stands in the path.
    base: SecretString,
    deadline: Deadline,
}

/// Why a call was refused, by what can be done about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    /// 429: wait so long.
    TooFast(Duration),
    /// The group became a supergroup with this id.
    Moved(i64),
    /// The markup is not understood.
    Markup,
    /// Anything else.
    Other(Failure),
}

impl Refusal {
    /// The failure, when nothing more can be done about it.
    pub(super) fn failure(self) -> Failure {
        match self {
            Self::TooFast(_) => Failure::RateLimited,
            Self::Moved(_) | Self::Markup => Failure::Refused(400),
            Self::Other(failure) => failure,
        }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Envelope {
    result: Maybe<Sent>,
    description: Text,
    parameters: Maybe<Parameters>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Parameters {
    retry_after: Int,
    migrate_to_chat_id: Int,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Message {
    message_id: Int,
}

/// What a call left behind.
#[derive(Debug, Default, Deserialize)]
#[serde(from = "Message")]
pub(super) struct Sent {
    pub(super) message_id: Option<i64>,
}

impl From<Message> for Sent {
    fn from(message: Message) -> Self {
        Self { message_id: message.message_id.0 }
    }
}

impl Api {
    /// The API at `base`. A token that is none is refused here: it would change the URL.
    pub(super) fn new(
        http: &Http,
        base: &Url,
        token: &SecretString,
        deadline: Deadline,
    ) -> Result<Self, Failure> {
        let text = token.expose_secret();
        let allowed = |b: u8| b.is_ascii_alphanumeric() || b":_-".contains(&b);
        if text.is_empty() || !text.bytes().all(allowed) {
            return Err(Failure::Unauthorized);
        }
        Ok(Self { http: http.clone(), base: format!("{base}bot{text}/").into(), deadline })
    }

    /// Calls `method`.
    pub(super) async fn call(&self, method: &str, body: &serde_json::Value) -> Result<Sent, Refusal> {
        let url = format!("{}{method}", self.base.expose_secret());
        let request = self.http.client().post(url).json(body);
        let answer = self.http.send(request, self.deadline).await.map_err(Refusal::Other)?;
        let status = answer.status.as_u16();
        // A proxy's error page is no JSON: then the status alone speaks.
        let envelope: Envelope = serde_json::from_slice(&answer.body).unwrap_or_default();
        if answer.status.is_success() {
            return envelope.result.0.ok_or(Refusal::Other(Failure::Unreadable));
        }
        Err(refusal(status, &envelope))
    }
}

fn refusal(status: u16, envelope: &Envelope) -> Refusal {
    let parameters = envelope.parameters.0.as_ref();
    let description = envelope.description.as_deref().unwrap_or_default().to_ascii_lowercase();
    if let Some(chat) = parameters.and_then(|p| p.migrate_to_chat_id.0) {
        return Refusal::Moved(chat);
    }
    match status {
        429 => {
            let seconds = parameters.and_then(|p| p.retry_after.non_negative()).unwrap_or(1);
            Refusal::TooFast(Duration::from_secs(seconds))
        }
        400 if description.contains("can't parse entities") => Refusal::Markup,
        400 if description.contains("not found") => Refusal::Other(Failure::NotFound),
        // A malformed or revoked token is answered 404 as well as 401: there is no such bot.
        404 => Refusal::Other(Failure::Unauthorized),
        _ => Refusal::Other(Failure::from_status(status)),
    }
}
