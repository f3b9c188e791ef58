//! The buttons of a Slack message, and the line with a person's decision.

use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};

use super::blocks::section;
use super::mrkdwn::Mrkdwn;
use crate::domain::approval::Choice;
use crate::domain::message::{ButtonPress, MessageButton, MessageButtons, RichText};
use crate::domain::words::{Language, Sentence};

/// Returns the block with the buttons of a message, or `None` if there is no button. Slack itself breaks them into
/// rows. `key` signs the buttons; without it only links remain.
#[must_use]
pub fn actions(
    buttons: &MessageButtons<'_>,
    key: Option<&SecretString>,
    language: Language,
) -> Option<Value> {
    let buttons = buttons.rows(language).into_iter().flatten();
    let elements: Vec<Value> = buttons.filter_map(|it| element(it, key)).collect();
    (!elements.is_empty()).then(|| json!({"type": "actions", "elements": elements}))
}

/// Returns one button, with a label in plain text, in which Slack interprets no markup. `None` if the button needs a
/// signature and there is no key.
fn element(button: MessageButton, key: Option<&SecretString>) -> Option<Value> {
    let label = |text: String| json!({"type": "plain_text", "text": text, "emoji": false});
    Some(match button {
        MessageButton::Press { text, press } => {
            let value = press.seal(key?.expose_secret().as_bytes());
            let mut button =
                json!({"type": "button", "text": label(text), "action_id": name(&press), "value": value});
            if matches!(press, ButtonPress::Decide { choice: Choice::Approve, .. }) {
                button["style"] = json!("primary");
            }
            button
        }
        MessageButton::Open { text, url } => {
            json!({"type": "button", "text": label(text), "action_id": "open", "url": url})
        }
    })
}

/// Returns the `action_id` of a button, which is unique in its message.
fn name(press: &ButtonPress) -> String {
    match press {
        ButtonPress::Decide { choice: Choice::Approve, .. } => "approve".to_owned(),
        ButtonPress::Decide { choice: Choice::Reject, .. } => "reject".to_owned(),
        ButtonPress::Decide { choice: Choice::Again, .. } => "again".to_owned(),
        ButtonPress::Menu { action, .. } => format!("menu_{}", action.name()),
    }
}

/// Returns the block with the sentence about a person's decision.
#[must_use]
pub fn decision(sentence: &Sentence, language: Language) -> Value {
    section(&Mrkdwn::line(&RichText::of(sentence, language)))
}
