//! The buttons of a message, as data.

use super::ButtonPress;
use crate::domain::action::{IssueAction, Priority};
use crate::domain::approval::{Approval, ApprovalSubject, Choice};
use crate::domain::text::capped;
use crate::domain::words::{Arg, Language, Phrase, Sentence};

/// The longest text of a button, in characters. Phones show no more.
const LONGEST: usize = 48;

/// A button of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MessageButton {
    /// A button that sends a choice back to us.
    Press {
        /// The label.
        text: String,
        /// The choice. A chat seals it into the button's data.
        press: ButtonPress,
    },
    /// A button that opens a page.
    Open {
        /// The label.
        text: String,
        /// The page's URL.
        url: String,
    },
}

/// The buttons of an approval, row by row. A decided approval has only the link, and so has one that nobody can decide
/// in the chat (`can_decide`).
#[must_use]
pub fn buttons(approval: &Approval, can_decide: bool, language: Language) -> Vec<Vec<MessageButton>> {
    let words = language.words();
    let mut rows = Vec::new();
    if can_decide && approval.state.is_open() {
        let press = |choice, text: &str| MessageButton::Press {
            text: text.to_owned(),
            press: ButtonPress { choice, approval: approval.id.clone() },
        };
        let approve = capped(sentence(&approval.subject).plain_text(words), LONGEST);
        rows.push(vec![press(Choice::Approve, &approve)]);
        rows.push(vec![press(Choice::Reject, words.button_reject), press(Choice::Again, words.button_again)]);
    }
    if let Some(url) = approval.shown.link.clone() {
        rows.push(vec![MessageButton::Open { text: words.open_in_sentry.to_owned(), url }]);
    }
    rows
}

/// The text of the first button. It describes exactly the action of an approval.
fn sentence(subject: &ApprovalSubject) -> Sentence {
    let action = match subject {
        ApprovalSubject::Post { .. } => return Sentence::plain(|w| w.button_post),
        ApprovalSubject::Act(action) => action,
    };
    let phrase: Phrase = match action {
        IssueAction::Assign(to) => return Sentence::new(|w| w.button_assign, [Arg::from(&to.name)]),
        IssueAction::Priority(Priority::High) => |w| w.button_priority_high,
        IssueAction::Priority(Priority::Medium) => |w| w.button_priority_medium,
        IssueAction::Priority(Priority::Low) => |w| w.button_priority_low,
        IssueAction::ArchiveUntilEscalating => |w| w.button_archive,
        IssueAction::ResolveInNextRelease => |w| w.button_resolve,
    };
    Sentence::plain(phrase)
}
