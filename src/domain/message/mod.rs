//! The content of a message in a chat, in the reader's language and without any chat's markup.
//!
//! [`ChatMessage`] is plain data. It is composed once, stored with the incident, and rendered by each chat: first the
//! line for a lock screen, then the most important lines, then the details behind a fold. Its size fits every supported
//! chat, so a renderer leaves nothing out.
//!
//! ```text
//! 🔴 ZeroDivisionError in instalments · shop · 131 users · SHOP-1A     title
//!
//! ZeroDivisionError: division by zero in instalments at …             lead: facts
//! A number was divided by zero.
//!
//! 1. Find out where months became 0.                                  lead: steps, the proposal, links
//! Open in Sentry
//! > Confidence: high, because …                                       folded
//! ```

mod button;
mod compose;
mod press;
mod rich_text;
mod update;

pub use button::{Menu, MenuView, MessageButton, MessageButtons};
pub use press::{ButtonPress, MenuAction};
pub use rich_text::{RichText, TextRun};
pub use update::{IssueMessage, MessageUpdate};

use serde::{Deserialize, Serialize};

use super::issue::IssueStatus;

/// The content of a message about an issue or a metric.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChatMessage {
    /// How urgent the subject is.
    pub severity: Severity,
    /// The status of the issue before the updates.
    pub first_status: IssueStatus,
    /// What broke, where, in which project, and the number of users. [`ChatMessage::first_line`] adds the mark.
    pub title: RichText,
    /// What happened since the message was sent, oldest first.
    #[serde(default)]
    pub updates: Vec<MessageUpdate>,
    /// The most important paragraphs, each with its lines.
    pub lead: Vec<Vec<RichText>>,
    /// A text that is shown in full, such as a note that waits for approval. It is scrubbed.
    #[serde(default)]
    pub document: Option<String>,
    /// The details behind the fold.
    pub folded: Vec<FoldedSection>,
    /// The link to the subject's page in Sentry.
    pub link: Option<String>,
}

/// A section behind the fold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FoldedSection {
    /// The title, if there is one.
    pub title: Option<String>,
    /// The lines.
    pub lines: Vec<RichText>,
}

/// The urgency of a message's subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// An error, or a metric in a critical state.
    Error,
    /// A warning.
    Warning,
    /// Neither of these.
    Info,
}

impl ChatMessage {
    /// Returns the first line: the mark and the title. A lock screen shows it.
    #[must_use]
    pub fn first_line(&self) -> RichText {
        let mut line = RichText::said(format!("{} ", self.mark()));
        line.extend(self.title.clone());
        line
    }
}
