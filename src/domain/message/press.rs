//! The data of a button below a chat message, with an authentication tag.
//!
//! A member of a chat with a modified client can send any data as if a button contained it. Therefore the data of
//! Sidenote's buttons has an authentication tag. The data has a letter, the id of an approval or an issue, a dot and
//! the tag, together less than the 64 bytes that Telegram allows.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::domain::action::Priority;
use crate::domain::approval::Choice;
use crate::domain::ids::{ApprovalId, IssueId};

/// A text that is part of the tag's input, so that a signature for another purpose with the same secret is not a
/// valid tag.
const PURPOSE: &[u8] = b"sidenote button 1\n";
/// The length of the tag in bytes: 128 bits.
const TAG: usize = 16;

/// The meaning of a press on one of Sidenote's buttons.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ButtonPress {
    /// The person decides an approval.
    Decide {
        /// The choice of the person.
        choice: Choice,
        /// The id of the approval.
        approval: ApprovalId,
    },
    /// The person chooses an action from the menu below an issue's message.
    Menu {
        /// The action that the person chose.
        action: MenuAction,
        /// The id of the issue.
        issue: IssueId,
    },
}

/// An action in the menu below an issue's message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MenuAction {
    /// Resolve the issue.
    Resolve,
    /// Archive the issue until it escalates.
    Archive,
    /// Reopen the issue.
    Reopen,
    /// Assign the issue to the person who presses.
    AssignToMe,
    /// Set the issue's priority to this value.
    Priority(Priority),
    /// Analyse the issue again.
    Again,
    /// Undo the newest action that a person chose from the menu.
    Undo,
    /// Show the buttons for the priorities. The issue stays unchanged.
    Priorities,
    /// Show the buttons for the actions again. The issue stays unchanged.
    Back,
}

impl MenuAction {
    /// Returns the action's name in the identifiers of buttons.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Resolve => "resolve",
            Self::Archive => "archive",
            Self::Reopen => "reopen",
            Self::AssignToMe => "assign_to_me",
            Self::Priority(priority) => priority.name(),
            Self::Again => "again",
            Self::Undo => "undo",
            Self::Priorities => "priorities",
            Self::Back => "back",
        }
    }
}

/// The letter in a button's data for each choice in an approval.
const CHOICES: [(Choice, char); 3] = [(Choice::Approve, 'a'), (Choice::Reject, 'r'), (Choice::Again, 'g')];
/// The letter in a button's data for each action of the menu.
const ACTIONS: [(MenuAction, char); 11] = [
    (MenuAction::Resolve, 'R'),
    (MenuAction::Archive, 'A'),
    (MenuAction::Reopen, 'O'),
    (MenuAction::AssignToMe, 'M'),
    (MenuAction::Priority(Priority::High), 'H'),
    (MenuAction::Priority(Priority::Medium), 'N'),
    (MenuAction::Priority(Priority::Low), 'L'),
    (MenuAction::Again, 'G'),
    (MenuAction::Undo, 'U'),
    (MenuAction::Priorities, 'P'),
    (MenuAction::Back, 'B'),
];

impl ButtonPress {
    /// Returns the data of a button with this meaning, with an authentication tag that `key` makes.
    #[must_use]
    pub fn seal(&self, key: &[u8]) -> String {
        let said = match self {
            Self::Decide { choice, approval } => format!("{}{approval}", letter(&CHOICES, choice)),
            Self::Menu { action, issue } => format!("{}{issue}", letter(&ACTIONS, action)),
        };
        let tag = mac(key, &said).map(|mac| mac.finalize().into_bytes()).unwrap_or_default();
        format!("{said}.{}", URL_SAFE_NO_PAD.encode(&tag[..TAG]))
    }

    /// Parses the data of a button. Returns `None` if the data has another form, or if the tag is invalid under `key`.
    /// The comparison of tags takes constant time.
    #[must_use]
    pub fn open(data: &str, key: &[u8]) -> Option<Self> {
        let (said, tag) = data.rsplit_once('.')?;
        let tag = URL_SAFE_NO_PAD.decode(tag).ok().filter(|tag| tag.len() == TAG)?;
        mac(key, said)?.verify_truncated_left(&tag).ok()?;
        let (letter, id) = (said.chars().next()?, said.get(1..)?);
        if let Some((choice, _)) = CHOICES.iter().find(|(_, it)| *it == letter) {
            return Some(Self::Decide { choice: *choice, approval: ApprovalId::parse(id).ok()? });
        }
        let (action, _) = ACTIONS.iter().find(|(_, it)| *it == letter)?;
        Some(Self::Menu { action: *action, issue: IssueId::parse(id).ok()? })
    }
}

fn letter<T: PartialEq>(letters: &[(T, char)], wanted: &T) -> char {
    letters.iter().find(|(it, _)| it == wanted).map_or('?', |(_, letter)| *letter)
}

fn mac(key: &[u8], said: &str) -> Option<Hmac<Sha256>> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).ok()?;
    mac.update(PURPOSE);
    mac.update(said.as_bytes());
    Some(mac)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn button_data_is_at_most_64_bytes_and_forged_data_is_rejected() {
        let key = b"k";
        let approval = ApprovalId::parse("0123456789abcdef").expect("an id");
        let issue = IssueId::parse("6601001").expect("an id");
        let decisions = CHOICES.map(|(choice, _)| ButtonPress::Decide { choice, approval: approval.clone() });
        let actions = ACTIONS.map(|(action, _)| ButtonPress::Menu { action, issue: issue.clone() });
        for press in decisions.into_iter().chain(actions) {
            let data = press.seal(key);
            assert!(data.len() <= 64, "{data}");
            assert_eq!(ButtonPress::open(&data, key), Some(press));
            assert_eq!(ButtonPress::open(&data, b"other"), None);
            let (said, tag) = data.split_once('.').expect("a tag");
            for forged in [
                format!("r1{said}.{tag}"),
                format!("{said}."),
                format!("{said}.{}", &tag[2..]),
                said.to_owned(),
            ] {
                assert_eq!(ButtonPress::open(&forged, key), None, "{forged}");
            }
        }
        assert_eq!(ButtonPress::open("", key), None);
        assert_eq!(ButtonPress::open("é.é", key), None);
    }
}
