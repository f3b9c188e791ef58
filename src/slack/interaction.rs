//! Reads a button press that Slack sends to Sidenote's webhook.
//!
//! Slack also sends a `response_url` for an answer. Sidenote does not read this URL: every answer goes to the
//! configured API.

use reqwest::Url;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::domain::approval::{ShownInSlack, SlackRef};
use crate::domain::text::Untrusted;
use crate::json::{Lenient, List, Text};

/// The path of Sidenote's webhook for Slack.
pub const SLACK_HOOK_PATH: &str = "/api/v1/webhooks/slack";

/// A press of a button in Slack.
#[derive(Debug)]
pub struct Interaction {
    /// The Slack id of the person who pressed.
    pub user: String,
    /// The Slack name of the person who pressed.
    pub name: Untrusted,
    /// The message that contains the button.
    pub message: Option<SlackRef>,
    /// The content of this message, without the buttons that can be pressed.
    pub shown: ShownInSlack,
    /// The value of the button. Its seal is not verified yet.
    pub value: String,
    /// The time of the press according to Slack, in microseconds since 1970. It identifies the press.
    pub press: i64,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Payload {
    r#type: Text,
    user: Lenient<User>,
    channel: Lenient<Channel>,
    container: Lenient<Container>,
    message: Lenient<Message>,
    actions: List<Lenient<Action>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct User {
    id: Text,
    username: Text,
    name: Text,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Channel {
    id: Text,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Container {
    channel_id: Text,
    message_ts: Text,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Message {
    text: Text,
    blocks: List<Value>,
}

impl Message {
    /// Returns the content of the message. Of its buttons, only those that open a page are left.
    fn without_presses(self) -> ShownInSlack {
        let mut blocks = self.blocks.0;
        for elements in blocks.iter_mut().filter_map(|block| block.get_mut("elements")?.as_array_mut()) {
            elements.retain(|element| element["type"] != "button" || element["url"].is_string());
        }
        blocks.retain(|block| block["type"] != "actions" || block["elements"] != json!([]));
        ShownInSlack { preview: self.text.as_deref().unwrap_or_default().to_owned(), blocks }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Action {
    value: Text,
    action_ts: Text,
}

impl Interaction {
    /// Reads the button press in the body of a request with a verified signature. Returns `None` for any other body,
    /// and for a button that only opens a page.
    #[must_use]
    pub fn read(body: &[u8]) -> Option<Self> {
        let payload = payload(body)?;
        let Lenient(wire): Lenient<Payload> = serde_json::from_slice(payload.as_bytes()).ok()?;
        let wire = wire.filter(|wire| wire.r#type.as_deref() == Some("block_actions"))?;
        let user = wire.user.0?;
        let action = wire.actions.0.into_iter().find_map(|action| action.0)?;
        let container = wire.container.0.unwrap_or_default();
        let channel = container.channel_id.0.or(wire.channel.0.unwrap_or_default().id.0);
        let name = user.username.as_deref().or(user.name.as_deref()).unwrap_or_default();
        Some(Self {
            user: user.id.as_deref()?.to_owned(),
            name: Untrusted::new(name),
            message: channel
                .zip(container.message_ts.0)
                .map(|(channel, ts)| SlackRef { channel: channel.into(), ts: ts.into() }),
            shown: wire.message.0.unwrap_or_default().without_presses(),
            value: action.value.as_deref()?.to_owned(),
            press: action.action_ts.as_deref()?.replace('.', "").parse().ok()?,
        })
    }
}

/// Returns the field `payload` of an HTML form. A form is encoded like the query of a URL.
fn payload(body: &[u8]) -> Option<String> {
    let mut url = Url::parse("http://form.invalid/").ok()?;
    url.set_query(Some(str::from_utf8(body).ok()?));
    url.query_pairs().find(|(name, _)| name == "payload").map(|(_, value)| value.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(payload: &Value) -> Vec<u8> {
        let mut url = Url::parse("http://form.invalid/").expect("a URL");
        url.query_pairs_mut().append_pair("payload", &payload.to_string());
        url.query().unwrap_or_default().as_bytes().to_vec()
    }

    fn pressed() -> Value {
        json!({
            "type": "block_actions", "user": {"id": "U0KIM0001", "username": "kim"}, "trigger_id": "x",
            "container": {"type": "message", "channel_id": "C0ONCALL1", "message_ts": "1795968000.000001"},
            "message": {"text": "An error", "blocks": [
                {"type": "section", "text": {"type": "mrkdwn", "text": "An error"}},
                {"type": "actions", "elements": [{"type": "button", "value": "x"}]},
                {"type": "actions", "elements": [{"type": "button", "value": "x"}, {"type": "button", "url": "u"}]},
            ]},
            "response_url": "https://evil.example/", "channel": {"id": "C0ONCALL1"},
            "actions": [{"type": "button", "action_id": "approve", "value": "a+b %26&=😀", "action_ts": "1795968001.840180"}],
        })
    }

    #[test]
    fn a_pressed_button_is_read() {
        let read = Interaction::read(&form(&pressed())).expect("a press");
        let message = SlackRef { channel: "C0ONCALL1".to_owned(), ts: "1795968000.000001".to_owned() };
        assert_eq!((read.user.as_str(), read.name.line(9).as_str()), ("U0KIM0001", "kim"));
        assert_eq!((read.value.as_str(), read.press), ("a+b %26&=😀", 1_795_968_001_840_180));
        assert_eq!(read.message, Some(message));
        let section = json!({"type": "section", "text": {"type": "mrkdwn", "text": "An error"}});
        let link = json!({"type": "actions", "elements": [{"type": "button", "url": "u"}]});
        let shown = ShownInSlack { preview: "An error".to_owned(), blocks: vec![section, link] };
        assert_eq!(read.shown, shown, "the buttons that can be pressed are left out");
    }

    #[test]
    fn a_payload_that_is_not_a_button_press_is_ignored() {
        let changed = |pointer: &str, value: Value| {
            let mut payload = pressed();
            *payload.pointer_mut(pointer).expect("a member") = value;
            Interaction::read(&form(&payload)).is_none()
        };
        assert!(changed("/type", json!("view_submission")) && changed("/user", json!(null)));
        assert!(changed("/actions", json!([])) && changed("/actions/0/value", json!(null)));
        assert!(changed("/actions/0/action_ts", json!("soon")));
        for body in [&b""[..], b"payload=", b"payload={", b"x=1", b"\xff"] {
            assert!(Interaction::read(body).is_none(), "{body:?}");
        }
    }
}
