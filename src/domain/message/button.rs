//! The buttons of a message, as data.

use super::{ButtonPress, ChatMessage, MenuAction};
use crate::domain::action::{IssueAction, Priority};
use crate::domain::approval::{Approval, ApprovalSubject, Choice};
use crate::domain::ids::IssueId;
use crate::domain::issue::IssueStatus;
use crate::domain::text::capped;
use crate::domain::words::{Arg, Language, Phrase, Sentence};

/// The longest text of a button, in characters. Phones show no more.
const LONGEST: usize = 48;

/// A button of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MessageButton {
    /// A button that sends a press back to us.
    Press {
        /// The label.
        text: String,
        /// The press. A chat seals it into the button's data.
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

/// The buttons of a message: those of an open question first, then the menu, then the link.
#[derive(Debug, Clone, Copy, Default)]
pub struct MessageButtons<'a> {
    /// The approval that the message asks for.
    pub approval: Option<&'a Approval>,
    /// The menu. Without approvers there is none.
    pub menu: Option<&'a Menu>,
    /// The link to the issue's page.
    pub link: Option<&'a str>,
}

/// The actions that a person can choose for an issue, whether or not one is proposed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Menu {
    /// The issue.
    pub issue: IssueId,
    /// The visible part.
    pub view: MenuView,
    /// The status of the issue.
    pub status: IssueStatus,
    /// Whether the newest action can be undone.
    pub can_undo: bool,
}

/// The visible part of a menu.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MenuView {
    /// The actions.
    Actions,
    /// The priorities.
    Priorities,
}

impl Menu {
    /// The menu of an issue's message at `now_ms`, in milliseconds since 1970.
    #[must_use]
    pub fn new(issue: &IssueId, content: &ChatMessage, now_ms: u64) -> Self {
        let can_undo = content.undo(now_ms).is_some();
        Self { issue: issue.clone(), view: MenuView::Actions, status: content.status(), can_undo }
    }

    /// The rows of the menu. `asks` is whether an open question has a button for a new analysis.
    fn rows(&self, asks: bool, language: Language) -> Vec<Vec<MessageButton>> {
        use MenuAction::{Again, Archive, AssignToMe, Back, Priorities, Priority as Set, Resolve, Undo};
        let words = language.words();
        let button = |(action, label): &(MenuAction, Phrase)| MessageButton::Press {
            text: label(words).to_owned(),
            press: ButtonPress::Menu { action: *action, issue: self.issue.clone() },
        };
        let undo: Option<(MenuAction, Phrase)> = self.can_undo.then_some((Undo, |w| w.menu_undo));
        let again: Option<(MenuAction, Phrase)> = (!asks).then_some((Again, |w| w.button_again));
        let rows: Vec<Vec<(MenuAction, Phrase)>> = match (self.view, self.status) {
            (MenuView::Priorities, _) => vec![
                vec![
                    (Set(Priority::High), |w| w.menu_high),
                    (Set(Priority::Medium), |w| w.menu_medium),
                    (Set(Priority::Low), |w| w.menu_low),
                ],
                vec![(Back, |w| w.menu_back)],
            ],
            (MenuView::Actions, IssueStatus::Open) => vec![
                undo.into_iter().collect(),
                vec![(Resolve, |w| w.menu_resolve), (Archive, |w| w.button_archive)],
                vec![(AssignToMe, |w| w.menu_assign), (Priorities, |w| w.menu_priority)],
                again.into_iter().collect(),
            ],
            (MenuView::Actions, IssueStatus::Resolved | IssueStatus::Archived) => {
                vec![undo.into_iter().collect(), again.into_iter().collect()]
            }
        };
        rows.iter().filter(|row| !row.is_empty()).map(|row| row.iter().map(button).collect()).collect()
    }
}

impl MessageButtons<'_> {
    /// The buttons, row by row. A decided approval has none.
    #[must_use]
    pub fn rows(&self, language: Language) -> Vec<Vec<MessageButton>> {
        let words = language.words();
        let open = self.approval.filter(|approval| approval.state.is_open());
        let mut rows: Vec<Vec<MessageButton>> = open.map(|it| question(it, language)).unwrap_or_default();
        rows.extend(self.menu.map(|menu| menu.rows(open.is_some(), language)).unwrap_or_default());
        let link = self.link.filter(|_| self.approval.is_some() || self.menu.is_some());
        rows.extend(link.map(|url| {
            vec![MessageButton::Open { text: words.open_in_sentry.to_owned(), url: url.to_owned() }]
        }));
        rows
    }
}

/// The buttons of an open approval.
fn question(approval: &Approval, language: Language) -> Vec<Vec<MessageButton>> {
    let words = language.words();
    let press = |choice, text: &str| MessageButton::Press {
        text: text.to_owned(),
        press: ButtonPress::Decide { choice, approval: approval.id.clone() },
    };
    let approve = capped(sentence(&approval.subject).plain_text(words), LONGEST);
    vec![
        vec![press(Choice::Approve, &approve)],
        vec![press(Choice::Reject, words.button_reject), press(Choice::Again, words.button_again)],
    ]
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
        IssueAction::Resolve => |w| w.menu_resolve,
        // These two are only chosen from the menu.
        IssueAction::Reopen | IssueAction::Unassign => |w| w.menu_undo,
    };
    Sentence::plain(phrase)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(menu: &Menu, link: Option<&str>) -> Vec<Vec<String>> {
        let buttons = MessageButtons { approval: None, menu: Some(menu), link };
        let text = |button: &MessageButton| match button {
            MessageButton::Press { text, .. } | MessageButton::Open { text, .. } => text.clone(),
        };
        buttons.rows(Language::English).iter().map(|row| row.iter().map(text).collect()).collect()
    }

    #[test]
    fn the_menu_shows_what_is_possible_in_each_status() {
        let issue = IssueId::parse("1").expect("an id");
        let open = Menu { issue, view: MenuView::Actions, status: IssueStatus::Open, can_undo: false };
        let all = [
            vec!["Resolve", "Archive until it escalates"],
            vec!["Assign to me", "Priority ▸"],
            vec!["Analyse again"],
            vec!["Open in Sentry"],
        ];
        assert_eq!(labels(&open, Some("https://s.example/1")), all);
        let closed = Menu { status: IssueStatus::Resolved, can_undo: true, ..open.clone() };
        assert_eq!(labels(&closed, None), [["Undo"], ["Analyse again"]]);
        let priorities = Menu { view: MenuView::Priorities, ..open };
        assert_eq!(labels(&priorities, None), [vec!["High", "Medium", "Low"], vec!["◂ Back"]]);
    }
}
