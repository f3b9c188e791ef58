//! The buttons below a chat message, as data that each chat renders.

use super::{ButtonPress, ChatMessage, MenuAction};
use crate::domain::action::{IssueAction, Priority};
use crate::domain::approval::{Approval, ApprovalSubject, Choice};
use crate::domain::ids::IssueId;
use crate::domain::issue::IssueStatus;
use crate::domain::text::capped;
use crate::domain::words::{Arg, Language, Phrase, Sentence};

/// The longest label of a button, in characters. Phones show no more.
const LONGEST: usize = 48;

/// A button below a chat message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MessageButton {
    /// A button whose press is sent to Sidenote.
    Press {
        /// The label of the button.
        text: String,
        /// The meaning of the press. A chat puts it into the button's data, with an authentication tag.
        press: ButtonPress,
    },
    /// A button that opens a page.
    Open {
        /// The label of the button.
        text: String,
        /// The URL of the page.
        url: String,
    },
}

/// The contents from which the buttons of a message are made: the buttons of an open approval come first, then the
/// menu, then the link.
#[derive(Debug, Clone, Copy, Default)]
pub struct MessageButtons<'a> {
    /// The approval that the message asks for.
    pub approval: Option<&'a Approval>,
    /// The menu. `None` if there are no approvers.
    pub menu: Option<&'a Menu>,
    /// The link to the issue's page.
    pub link: Option<&'a str>,
}

/// The menu of actions that a person can choose for an issue, whether or not an action is proposed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Menu {
    /// The issue that the actions change.
    pub issue: IssueId,
    /// The part of the menu that is visible.
    pub view: MenuView,
    /// The current status of the issue. A closed issue can be reopened, and a deleted or merged one has no actions.
    pub status: IssueStatus,
    /// Whether the issue has a priority, so that another one can be chosen.
    pub has_priority: bool,
    /// The action that undoes the newest action of a person, if it can still be undone.
    pub undo: Option<IssueAction>,
}

/// The visible part of a menu.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MenuView {
    /// The buttons for actions, such as resolving the issue.
    Actions,
    /// The buttons for the three priorities.
    Priorities,
}

impl Menu {
    /// Returns the menu of an issue's message at `now_ms` (milliseconds since 1970).
    #[must_use]
    pub fn new(issue: &IssueId, content: &ChatMessage, now_ms: u64) -> Self {
        let undo = content.undo(now_ms).cloned();
        let (status, has_priority) = (content.status(), !content.lacks_priority);
        Self { issue: issue.clone(), view: MenuView::Actions, status, has_priority, undo }
    }

    /// Returns the rows of the menu's buttons. If `asks` is true, the button for a new analysis is left out, because
    /// the open approval has one.
    fn rows(&self, asks: bool, language: Language) -> Vec<Vec<MessageButton>> {
        use MenuAction::{Again, Back, Priority as Set};
        let words = language.words();
        let button = |(action, label): &(MenuAction, Phrase)| MessageButton::Press {
            text: label(words).to_owned(),
            press: ButtonPress::Menu { action: *action, issue: self.issue.clone() },
        };
        let again: Option<(MenuAction, Phrase)> = (!asks).then_some((Again, |w| w.button_again));
        let rows: Vec<Vec<(MenuAction, Phrase)>> = match (self.view, self.status) {
            (_, IssueStatus::Gone) => Vec::new(),
            (MenuView::Actions, _) => {
                let [undo, status, others] = self.changes();
                vec![undo, status, others, again.into_iter().collect()]
            }
            (MenuView::Priorities, _) => vec![
                vec![
                    (Set(Priority::High), |w| w.menu_high),
                    (Set(Priority::Medium), |w| w.menu_medium),
                    (Set(Priority::Low), |w| w.menu_low),
                ],
                vec![(Back, |w| w.menu_back)],
            ],
        };
        rows.iter().filter(|row| !row.is_empty()).map(|row| row.iter().map(button).collect()).collect()
    }

    /// Returns the buttons that change the issue, as three rows: to undo the newest action, to change the status, and the
    /// others.
    fn changes(&self) -> [Vec<(MenuAction, Phrase)>; 3] {
        let undo: Option<(MenuAction, Phrase)> =
            self.undo.as_ref().map(|_| -> (_, Phrase) { (MenuAction::Undo, |w| w.menu_undo) });
        let status: Vec<(MenuAction, Phrase)> = match self.status {
            IssueStatus::Open => {
                vec![(MenuAction::Resolve, |w| w.menu_resolve), (MenuAction::Archive, |w| w.button_archive)]
            }
            // The undo already reopens the issue.
            _ if self.undo == Some(IssueAction::Reopen) => Vec::new(),
            _ => vec![(MenuAction::Reopen, |w| w.menu_reopen)],
        };
        let mut others: Vec<(MenuAction, Phrase)> = vec![(MenuAction::AssignToMe, |w| w.menu_assign)];
        if self.has_priority {
            others.push((MenuAction::Priorities, |w| w.menu_priority));
        }
        [undo.into_iter().collect(), status, others]
    }
}

impl MessageButtons<'_> {
    /// Returns the buttons, row by row. An approval that was decided has no buttons.
    #[must_use]
    pub fn rows(&self, language: Language) -> Vec<Vec<MessageButton>> {
        let words = language.words();
        // A closed issue shows no question.
        let is_closed = self.menu.is_some_and(|menu| menu.status != IssueStatus::Open);
        let open = self.approval.filter(|approval| approval.state.is_open() && !is_closed);
        let mut rows: Vec<Vec<MessageButton>> = open.map(|it| question(it, language)).unwrap_or_default();
        rows.extend(self.menu.map(|menu| menu.rows(open.is_some(), language)).unwrap_or_default());
        let link = self.link.filter(|_| self.approval.is_some() || self.menu.is_some());
        rows.extend(link.map(|url| {
            vec![MessageButton::Open { text: words.open_in_sentry.to_owned(), url: url.to_owned() }]
        }));
        rows
    }
}

/// Returns the rows of buttons of an open approval.
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

/// Returns the label of the button that approves. The label describes the action exactly.
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
        // The actions `Reopen` and `Unassign` exist only as the undo of another action.
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
        let view = MenuView::Actions;
        let open = Menu { issue, view, status: IssueStatus::Open, has_priority: true, undo: None };
        let all = [
            vec!["Resolve", "Archive until it escalates"],
            vec!["Assign to me", "Priority ▸"],
            vec!["Analyse again"],
            vec!["Open in Sentry"],
        ];
        assert_eq!(labels(&open, Some("https://s.example/1")), all);
        let others = || [vec!["Assign to me", "Priority ▸"], vec!["Analyse again"]];
        for status in [IssueStatus::Resolved, IssueStatus::Archived] {
            let closed = |undo| Menu { status, undo, ..open.clone() };
            for (undo, first) in [
                (Some(IssueAction::Reopen), vec![vec!["Undo"]]),
                (Some(IssueAction::Unassign), vec![vec!["Undo"], vec!["Reopen"]]),
                (None, vec![vec!["Reopen"]]),
            ] {
                assert_eq!(labels(&closed(undo), None), [first, others().to_vec()].concat());
            }
        }
        let without = Menu { has_priority: false, ..open.clone() };
        assert_eq!(labels(&without, None)[1], ["Assign to me"]);
        let gone = Menu { status: IssueStatus::Gone, undo: Some(IssueAction::Reopen), ..open.clone() };
        assert_eq!(labels(&gone, Some("https://s.example/1")), [["Open in Sentry"]]);
        let priorities = Menu { view: MenuView::Priorities, ..open };
        assert_eq!(labels(&priorities, None), [vec!["High", "Medium", "Low"], vec!["◂ Back"]]);
    }
}
