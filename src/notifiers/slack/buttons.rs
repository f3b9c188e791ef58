//! The buttons of a message, the message that shows a note, and the line with a decision.

use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};

use super::blocks::section;
use super::mrkdwn::Mrkdwn;
use crate::domain::approval::{Approval, Choice};
use crate::domain::message::{MessageButton, RichText, buttons};
use crate::domain::words::{Language, Sentence};
use crate::slack::SlackMessage;

/// The block with the buttons of an approval. Without a key there are no buttons to press. `None` if there is no button.
#[must_use]
pub fn actions(approval: &Approval, key: Option<&SecretString>, language: Language) -> Option<Value> {
    let rows = buttons(approval, key.is_some(), language);
    let elements: Vec<Value> = rows.into_iter().flatten().map(|button| element(button, key)).collect();
    (!elements.is_empty()).then(|| json!({"type": "actions", "elements": elements}))
}

/// A button. Its label is plain text, in which Slack reads nothing.
fn element(button: MessageButton, key: Option<&SecretString>) -> Value {
    let label = |text: String| json!({"type": "plain_text", "text": text, "emoji": false});
    match button {
        MessageButton::Press { text, press } => {
            let key = key.map(|key| key.expose_secret().as_bytes()).unwrap_or_default();
            let action = match press.choice {
                Choice::Approve => "approve",
                Choice::Reject => "reject",
                Choice::Again => "again",
            };
            json!({"type": "button", "text": label(text), "action_id": action, "value": press.seal(key)})
        }
        MessageButton::Open { text, url } => {
            json!({"type": "button", "text": label(text), "action_id": "open", "url": url})
        }
    }
}

/// Renders the message that asks whether a note may be written. The note is preformatted, so that Slack reads nothing
/// in it.
#[must_use]
pub fn render_note(note: &str, language: Language) -> SlackMessage {
    let heading = language.words().waiting_note;
    let text = json!({"type": "text", "text": note.trim_end()});
    let preformatted = json!({"type": "rich_text_preformatted", "elements": [text]});
    SlackMessage {
        preview: heading.to_owned(),
        plain: heading.to_owned(),
        blocks: vec![
            section(&Mrkdwn::heading(heading)),
            json!({"type": "rich_text", "elements": [preformatted]}),
        ],
    }
}

/// The block with a decision.
#[must_use]
pub fn decision(sentence: &Sentence, language: Language) -> Value {
    section(&Mrkdwn::line(&RichText::of(sentence, language)))
}
