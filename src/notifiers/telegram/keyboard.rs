//! The buttons of a message with a question.

use secrecy::SecretString;

use super::html::can_be_linked;
use crate::domain::action::{IssueAction, Priority};
use crate::domain::approval::{Approval, ApprovalSubject, Choice};
use crate::domain::text::capped;
use crate::domain::words::{Arg, Language, Phrase, Sentence};
use crate::telegram::{Button, ButtonPress, Keyboard};

/// The longest text of a button, in characters. Phones show no more.
const LONGEST: usize = 48;

/// The buttons of an approval. Without a key there are no buttons to press. A decided approval has only the link.
#[must_use]
pub fn keyboard(approval: &Approval, key: Option<&SecretString>, language: Language) -> Keyboard {
    let words = language.words();
    let mut rows = Keyboard::new();
    if let (Some(key), true) = (key, approval.state.is_open()) {
        let press = |choice, text: &str| Button::Press {
            text: text.to_owned(),
            data: ButtonPress { choice, approval: approval.id.clone() }.seal(key),
        };
        let approve = capped(sentence(&approval.subject).plain_text(words), LONGEST);
        rows.push(vec![press(Choice::Approve, &approve)]);
        rows.push(vec![press(Choice::Reject, words.button_reject), press(Choice::Again, words.button_again)]);
    }
    if let Some(url) = approval.shown.link.as_deref().filter(|url| can_be_linked(url)) {
        rows.push(vec![Button::Open { text: words.open_in_sentry.to_owned(), url: url.to_owned() }]);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::action::{Assignee, AssigneeKind};
    use crate::domain::approval::{ApprovalState, ShownMessage, id_of};
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
        let rows = keyboard(approval, key, Language::English);
        rows.into_iter().map(|row| row.into_iter().map(text).collect()).collect()
    }

    #[test]
    fn the_first_button_names_what_happens() {
        let key = SecretString::from("k");
        let (id, name) = (MemberId::parse("7").expect("an id"), Untrusted::new("Kim\n<b>"));
        let assignee = Assignee { kind: AssigneeKind::User, id, name };
        let approval = asked(IssueAction::Assign(assignee), "https://s.example/1");
        let expected = [vec!["Assign to Kim <b>"], vec!["Reject", "Analyse again"], vec!["Open in Sentry"]];
        assert_eq!(texts(&approval, Some(&key)), expected);
    }

    #[test]
    fn without_a_key_or_when_decided_nothing_can_be_pressed() {
        let approval = asked(IssueAction::Priority(Priority::High), "http://sentry:9000/1");
        assert!(texts(&approval, None).is_empty());
        let expired = Approval { state: ApprovalState::Expired, ..approval };
        assert!(texts(&expired, Some(&SecretString::from("k"))).is_empty());
    }
}
