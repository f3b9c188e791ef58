//! The request that Slack sends to the app's webhook after a button press, signed as Slack signs it.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

use super::SlackPost;
use crate::push::{Target, push};

/// The stand-in waits at most this long for the reply of the app's webhook.
const PATIENCE: Duration = Duration::from_secs(30);

/// A person in the Slack workspace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SlackPerson {
    /// The id of the person.
    pub id: String,
    /// The name of the person.
    pub name: String,
}

impl SlackPerson {
    /// Creates a person.
    #[must_use]
    pub fn new(id: &str, name: &str) -> Self {
        Self { id: id.to_owned(), name: name.to_owned() }
    }
}

/// A request to the app's webhook, as Slack sends it.
#[derive(Clone, Debug)]
pub struct SlackPress {
    /// The body of the request: a form with the field `payload`.
    pub body: String,
    /// The time in the signature, in seconds since 1970.
    pub at: u64,
    /// The signing secret of the app.
    pub secret: String,
}

impl SlackPress {
    /// Builds the request for a press of the button with this label under a message. `number` distinguishes presses.
    ///
    /// # Panics
    ///
    /// Panics if the message has no such button.
    #[expect(clippy::panic, reason = "a test that presses what is not there is wrong")]
    pub(super) fn new(
        post: &SlackPost,
        button: &str,
        person: &SlackPerson,
        secret: &str,
        number: usize,
    ) -> Self {
        let Some(found) = post.buttons().find(|it| it["text"]["text"] == button) else {
            panic!("message {} has no button {button:?}: {:?}", post.ts, post.labels())
        };
        let payload = payload(post, &found["value"], person, number);
        let at = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        Self { body: format!("payload={}", encoded(&payload.to_string())), at, secret: secret.to_owned() }
    }

    /// The headers of the request, among them the signature.
    #[must_use]
    pub fn headers(&self) -> Vec<(String, String)> {
        vec![
            ("Content-Type".to_owned(), "application/x-www-form-urlencoded".to_owned()),
            ("X-Slack-Request-Timestamp".to_owned(), self.at.to_string()),
            ("X-Slack-Signature".to_owned(), self.signature()),
        ]
    }

    /// Sends the request to `url`. Returns the status of the reply, or `None` if there was no reply.
    pub async fn send(&self, url: &str) -> Option<u16> {
        let target = Target { url: url.to_owned(), headers: self.headers() };
        push(target, self.body.clone(), PATIENCE).await.ok().map(|answer| answer.status)
    }

    fn signature(&self) -> String {
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(self.secret.as_bytes()) else {
            return String::new();
        };
        mac.update(format!("v0:{}:{}", self.at, self.body).as_bytes());
        let digits: Vec<String> =
            mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
        format!("v0={}", digits.concat())
    }
}

/// Builds the payload of a button press. No server listens at its `response_url`, because no client may call it.
fn payload(post: &SlackPost, value: &Value, person: &SlackPerson, number: usize) -> Value {
    json!({
        "type": "block_actions", "token": "deprecated", "trigger_id": format!("{number}.1.x"),
        "user": {"id": person.id, "username": person.name, "name": person.name, "team_id": "T0CRUMB01"},
        "team": {"id": "T0CRUMB01", "domain": "crumb"}, "api_app_id": "A0001",
        "container": {"type": "message", "message_ts": post.ts, "channel_id": post.channel, "is_ephemeral": false},
        "channel": {"id": post.channel, "name": "on-call"},
        "message": {"type": "message", "ts": post.ts, "text": post.text, "blocks": post.blocks},
        "response_url": "http://127.0.0.1:9/actions/x",
        "actions": [{"type": "button", "action_id": "approve", "block_id": "b", "value": value,
            "action_ts": format!("1795968100.{number:06}")}],
    })
}

/// Encodes a text for a form.
fn encoded(text: &str) -> String {
    let byte = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'*' => char::from(byte).to_string(),
        b' ' => "+".to_owned(),
        other => format!("%{other:02X}"),
    };
    text.bytes().map(byte).collect::<Vec<_>>().concat()
}
