//! The buttons of a message as Telegram's inline keyboard.

use secrecy::{ExposeSecret, SecretString};

use super::html::can_be_linked;
use crate::domain::message::{MessageButton, MessageButtons};
use crate::domain::words::Language;
use crate::telegram::{Button, Keyboard};

/// Telegram's limit for the data of a button, in bytes.
const LONGEST_DATA: usize = 64;

/// Returns the keyboard of a message. `key` signs the buttons; without it only links remain.
#[must_use]
pub fn keyboard(buttons: &MessageButtons<'_>, key: Option<&SecretString>, language: Language) -> Keyboard {
    let rows = buttons.rows(language).into_iter();
    let row = |row: Vec<MessageButton>| row.into_iter().filter_map(|it| button(it, key)).collect::<Vec<_>>();
    rows.map(row).filter(|row| !row.is_empty()).collect()
}

/// Returns a button, or `None` for a link or data that Telegram refuses. The data of a button to press is signed with
/// `key`.
fn button(button: MessageButton, key: Option<&SecretString>) -> Option<Button> {
    match button {
        MessageButton::Press { text, press } => {
            let data = press.seal(key?.expose_secret().as_bytes());
            (data.len() <= LONGEST_DATA).then_some(Button::Press { text, data })
        }
        MessageButton::Open { text, url } => can_be_linked(&url).then_some(Button::Open { text, url }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::action::{Actor, Assignee, IssueAction, Priority};
    use crate::domain::approval::{Approval, ApprovalState, ApprovalSubject, ShownMessage, id_of};
    use crate::domain::ids::{IssueId, MemberId};
    use crate::domain::text::Untrusted;

    fn asked(action: IssueAction, link: &str) -> Approval {
        let subject = ApprovalSubject::Act(action);
        let id = id_of("issue#x#1", 5, &subject).expect("an id");
        let issue = IssueId::parse("1").expect("an id");
        let shown = ShownMessage { link: Some(link.to_owned()), ..ShownMessage::default() };
        Approval::new(&id, &issue, None, subject, shown).open(0, 1_000)
    }

    fn texts(approval: &Approval, key: Option<&SecretString>) -> Vec<Vec<String>> {
        let text = |button: Button| match button {
            Button::Press { text, data } => {
                assert!((1..=64).contains(&data.len()), "{data}");
                text
            }
            Button::Open { text, .. } => text,
        };
        let link = approval.shown.link.as_deref();
        let buttons = MessageButtons { approval: Some(approval), menu: None, link };
        let rows = keyboard(&buttons, key, Language::English);
        rows.into_iter().map(|row| row.into_iter().map(text).collect()).collect()
    }

    #[test]
    fn the_first_button_names_the_proposed_action() {
        let key = SecretString::from("k");
        let (id, name) = (MemberId::parse("7").expect("an id"), Untrusted::new("Kim\n<b>"));
        let assignee = Assignee { actor: Actor::User(id), name };
        let approval = asked(IssueAction::Assign(assignee), "https://s.example/1");
        let expected = [vec!["Assign to Kim <b>"], vec!["Reject", "Analyse again"], vec!["Open in Sentry"]];
        assert_eq!(texts(&approval, Some(&key)), expected);
    }

    #[test]
    fn there_are_no_buttons_without_a_key_or_after_expiry() {
        let approval = asked(IssueAction::Priority(Priority::High), "http://sentry:9000/1");
        assert!(texts(&approval, None).is_empty());
        let expired = Approval { state: ApprovalState::Expired, ..approval };
        assert!(texts(&expired, Some(&SecretString::from("k"))).is_empty());
    }
}
