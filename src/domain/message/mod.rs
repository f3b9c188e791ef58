//! The content of a chat message, in the reader's language and without the markup of any chat.
//!
//! [`ChatMessage`] is plain data. It is composed once, stored with the incident, and rendered by each chat: first the
//! line for a lock screen, then the most important lines, then the details, which most chats fold. Its length is
//! limited so that it fits every supported chat.
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

/// The content of a chat message about an issue or a metric.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChatMessage {
    /// The urgency of the error or the metric alert.
    pub severity: Severity,
    /// The status of the issue when the message was sent, before its updates.
    pub first_status: IssueStatus,
    /// Whether the issue has no priority, as in older versions of Sentry. The menu then offers no priorities.
    #[serde(default)]
    pub lacks_priority: bool,
    /// For an issue: the error and its place, the project, the number of users and the short id. For a metric alert:
    /// its title. [`ChatMessage::first_line`] adds a coloured mark.
    pub title: RichText,
    /// The events since the message was sent, such as decisions, oldest first.
    #[serde(default)]
    pub updates: Vec<MessageUpdate>,
    /// The most important paragraphs, which are always visible. Each is a list of lines.
    pub lead: Vec<Vec<RichText>>,
    /// A text that is shown in full, such as a note that waits for approval. It contains no secrets.
    #[serde(default)]
    pub document: Option<String>,
    /// The details, which chats fold.
    pub folded: Vec<FoldedSection>,
    /// The link to the issue or the alert rule in Sentry.
    pub link: Option<String>,
}

/// A section of the details, which chats fold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FoldedSection {
    /// The title of the section, if it has one.
    pub title: Option<String>,
    /// The lines of the section.
    pub lines: Vec<RichText>,
}

/// The urgency of an error or a metric alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// An error, or a metric in a critical state.
    Error,
    /// An issue with the level `warning`, or a metric in a warning state.
    Warning,
    /// An issue with the level `info` or `debug`, or a metric that is normal again.
    Info,
}

impl ChatMessage {
    /// Returns the first line of the message, which a lock screen shows: a coloured mark and the title.
    #[must_use]
    pub fn first_line(&self) -> RichText {
        let mut line = RichText::said(format!("{} ", self.mark()));
        line.extend(self.title.clone());
        line
    }
}
