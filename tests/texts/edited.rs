//! Messages as they are after later events: with lines about changes and decisions, closed, deleted or merged. The lines
//! contain hostile names.

use proptest::prelude::*;
use proptest::sample::select;
use sidenote::domain::action::{Actor, Assignee, IssueAction, Priority};
use sidenote::domain::approval::{
    Approval, ApprovalState, ApprovalSubject, Choice, Decider, ShownMessage, UserId, id_of,
};
use sidenote::domain::change::ChangeKind;
use sidenote::domain::ids::{IssueId, MemberId};
use sidenote::domain::issue::IssueGone;
use sidenote::domain::issue_update::{IssueUpdate, UpdateKind};
use sidenote::domain::message::{ChatMessage, IssueMessage, MessageUpdate};
use sidenote::domain::outcome::{Failure, Step};
use sidenote::domain::text::Untrusted;
use sidenote::domain::timestamp::Timestamp;
use sidenote::domain::words::{Arg, LANGUAGES, Language};

use crate::almost_real::hostile;
use crate::both_chats::{all, check_by_their_libraries, of_the_fixtures};
use crate::chat::Chat;

/// The time of the first event, in seconds since 1970.
const BEGIN: u64 = 1_795_420_800;

/// A name that contains markup of both chats.
const NAME: &str = "</code><b>Kim</b> `<!channel>` <@U1> *x* _y_ &lt; \u{202e}[a](https://evil.example) https://evil.example";

/// An event after a message was sent.
#[derive(Debug, Clone)]
pub(crate) enum Later {
    /// A person with this name made a change in Sentry. The second name is that of the assignee.
    Changed(UpdateKind, String, String),
    /// A new incident began.
    Began(ChangeKind),
    /// The issue was merged into the issue with this short id, or deleted.
    Gone(Option<String>),
    /// A person with this name chose an action from the menu.
    Chosen(IssueAction, String),
    /// The note could not be written.
    NoteFailed,
}

/// Generates events with hostile names.
pub(crate) fn later() -> impl Strategy<Value = Later> {
    use UpdateKind::{Archived, Assigned, Resolved, Unresolved};
    let kind = select(vec![Resolved, Assigned, Archived, Unresolved]);
    let change = vec![ChangeKind::Regressed, ChangeKind::Escalating, ChangeKind::Seen, ChangeKind::Manual];
    let action = prop_oneof![hostile().prop_map(|name| assign(&name)), select(actions().to_vec())];
    prop_oneof![
        4 => (kind, hostile(), hostile()).prop_map(|(kind, by, to)| Later::Changed(kind, by, to)),
        2 => select(change).prop_map(Later::Began),
        1 => proptest::option::of(hostile()).prop_map(Later::Gone),
        3 => (action, hostile()).prop_map(|(action, by)| Later::Chosen(action, by)),
        1 => Just(Later::NoteFailed),
    ]
}

fn actions() -> [IssueAction; 5] {
    use IssueAction::{ArchiveUntilEscalating, Priority as Set, Reopen, Resolve, Unassign};
    [Resolve, Reopen, ArchiveUntilEscalating, Unassign, Set(Priority::Low)]
}

fn assign(name: &str) -> IssueAction {
    let actor = Actor::User(MemberId::parse("7").expect("an id"));
    IssueAction::Assign(Assignee { actor, name: Untrusted::new(name) }).as_stored()
}

/// Returns the message after these events, a minute apart.
pub(crate) fn after(fresh: ChatMessage, events: &[Later], language: Language) -> ChatMessage {
    let sent = IssueMessage {
        content: fresh,
        message_ref: None,
        slack_ref: None,
        incident_ms: 0,
        approval: None,
        org: None,
    };
    let add = |message: IssueMessage, (minute, event): (u64, &Later)| {
        let at_ms = (BEGIN + 60 * minute) * 1000;
        match updated(event, (minute, at_ms), language) {
            Some(update) => message.with(update),
            None => message.with_note(&Step::Failed(Failure::RateLimited), at_ms, language),
        }
    };
    (0..).zip(events).fold(sent, add).content
}

/// Returns the line about an event. `None` if the event is a failed note.
fn updated(event: &Later, (number, at_ms): (u64, u64), language: Language) -> Option<MessageUpdate> {
    Some(match event {
        Later::Changed(kind, by, to) => {
            let (by, assignee) = (Some(Untrusted::new(by.as_str())), Some(Untrusted::new(to.as_str())));
            let update = IssueUpdate { issue: issue(), kind: *kind, by, is_by_app: false, assignee };
            MessageUpdate::of_issue(&update, format!("webhook {number}"), at_ms, language)
        }
        Later::Began(change) => MessageUpdate::of_incident(*change, at_ms, language),
        Later::Gone(Some(into)) => {
            MessageUpdate::of_gone(&IssueGone::MergedInto(Untrusted::new(into.as_str())), at_ms, language)
        }
        Later::Gone(None) => MessageUpdate::of_gone(&IssueGone::Unknown, at_ms, language),
        Later::Chosen(action, by) => {
            let by = Decider::new(Some(UserId::Telegram(42)), &Untrusted::new(by.as_str()), at_ms);
            let at = Timestamp::from_unix(i64::try_from(at_ms / 1000).ok()?)?;
            let said = action.done(Arg::from(&Untrusted::new(by.name.as_str())), Arg::from(at));
            let subject = ApprovalSubject::Act(action.clone());
            let id = id_of(&format!("press {number}"), at_ms, &subject)?;
            let asked = Approval::new(&id, &issue(), None, subject, ShownMessage::default());
            let state = ApprovalState::Done { choice: Choice::Approve, by };
            let decided = Approval { is_from_menu: true, state, ..asked };
            MessageUpdate::of_decision(&decided, &said, at_ms, language)
        }
        Later::NoteFailed => return None,
    })
}

fn issue() -> IssueId {
    IssueId::parse("6601001").expect("an id")
}

/// Returns stories of an issue, each with the mark of the message at its end.
fn stories() -> [(&'static str, Vec<Later>); 6] {
    let name = || NAME.to_owned();
    let changed = |kind| Later::Changed(kind, name(), name());
    let assigned = changed(UpdateKind::Assigned);
    let chosen = |action: IssueAction| Later::Chosen(action, name());
    let many = vec![assigned.clone(), chosen(assign(NAME)), Later::NoteFailed, assigned.clone()];
    [
        ("", many),
        ("", vec![changed(UpdateKind::Resolved), Later::Began(ChangeKind::Regressed)]),
        ("🟢", vec![assigned.clone(), changed(UpdateKind::Resolved)]),
        ("🟢", vec![Later::Began(ChangeKind::Escalating), chosen(IssueAction::Resolve), assigned.clone()]),
        ("⚪", vec![assigned, chosen(IssueAction::ArchiveUntilEscalating)]),
        ("⚫", vec![changed(UpdateKind::Archived), Later::Gone(Some(name()))]),
    ]
}

#[test]
fn the_chats_own_libraries_read_every_edited_message_as_the_stand_ins_do() {
    let chat = Chat::open();
    for (name, notification) in all().into_iter().chain(of_the_fixtures()) {
        for (_, language, _) in LANGUAGES {
            let sent = chat.tell(&notification, *language).unwrap_or_else(|why| panic!("{name}: {why}"));
            for (mark, events) in stories() {
                let content = after(notification.message(*language), &events, *language);
                let edited = chat.edit(&sent, &notification, content, *language);
                let edited = edited.unwrap_or_else(|why| panic!("{name}: {why}"));
                let (telegram, slack) = (&edited.telegram.text_visible, &edited.slack.text);
                assert!(telegram.starts_with(mark) && slack.starts_with(mark), "{name}: {telegram}");
            }
        }
    }
    check_by_their_libraries(&chat);
}
