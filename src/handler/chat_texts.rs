//! The text of a message, in the form of each chat.

use crate::domain::approval::{ShownInSlack, ShownMessage};
use crate::domain::message::ChatMessage;
use crate::domain::words::{Language, Sentence};
use crate::notifiers::slack;
use crate::notifiers::telegram::{render_message, with_line};

/// The text of a message in the form of each chat, without buttons.
#[derive(Debug, Clone)]
pub(in crate::handler) struct ChatTexts {
    /// The text as Telegram's HTML.
    pub(in crate::handler) html: String,
    /// The blocks for Slack. `None` if the message was recorded while Slack was off.
    pub(in crate::handler) slack: Option<ShownInSlack>,
}

impl ChatTexts {
    /// Renders the content of a message.
    pub(in crate::handler) fn of(content: &ChatMessage) -> Self {
        Self { html: render_message(content).html, slack: Some(slack::render(content).shown()) }
    }

    /// Returns the message of an approval as it was sent, with a decision below it.
    pub(in crate::handler) fn decided(shown: &ShownMessage, decision: &Sentence, language: Language) -> Self {
        let in_slack = shown.slack.clone();
        Self {
            html: with_line(&shown.html, decision, language),
            slack: in_slack.map(|it| it.with(slack::decision(decision, language))),
        }
    }
}
