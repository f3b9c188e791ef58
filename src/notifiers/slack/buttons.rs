//! The buttons of a message, and the line with a decision.

use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};

use super::blocks::section;
use super::mrkdwn::Mrkdwn;
use crate::domain::approval::{Approval, Choice};
use crate::domain::message::{ButtonPress, MessageButton, MessageButtons, RichText};
use crate::domain::words::{Language, Sentence};

/// The block with the buttons of an approval. Without a key there are no buttons to press. `None` if there is no button.
#[must_use]
pub fn actions(approval: &Approval, key: Option<&SecretString>, language: Language) -> Option<Value> {
    let link = approval.shown.link.as_deref();
    let buttons = MessageButtons { approval: Some(approval), menu: None, link }.rows(language);
    let elements: Vec<Value> = buttons.into_iter().flatten().filter_map(|it| element(it, key)).collect();
    (!elements.is_empty()).then(|| json!({"type": "actions", "elements": elements}))
}

/// A button. Its label is plain text, in which Slack reads nothing. `None` if it cannot be sealed.
fn element(button: MessageButton, key: Option<&SecretString>) -> Option<Value> {
    let label = |text: String| json!({"type": "plain_text", "text": text, "emoji": false});
    Some(match button {
        MessageButton::Press { text, press } => {
            let value = press.seal(key?.expose_secret().as_bytes());
            json!({"type": "button", "text": label(text), "action_id": name(&press), "value": value})
        }
        MessageButton::Open { text, url } => {
            json!({"type": "button", "text": label(text), "action_id": "open", "url": url})
        }
    })
}

/// The name of a button. It is unique in its message.
fn name(press: &ButtonPress) -> &'static str {
    match press {
        ButtonPress::Decide { choice: Choice::Approve, .. } => "approve",
        ButtonPress::Decide { choice: Choice::Reject, .. } => "reject",
        ButtonPress::Decide { choice: Choice::Again, .. } => "again",
        ButtonPress::Menu { .. } => "menu",
    }
}

/// The block with a decision.
#[must_use]
pub fn decision(sentence: &Sentence, language: Language) -> Value {
    section(&Mrkdwn::line(&RichText::of(sentence, language)))
}
