//! Tests of the updates of a message, in both languages.

use super::*;
use crate::domain::approval::{Decider, ShownMessage, UserId};
use crate::domain::ids::IssueId;
use crate::domain::text::Untrusted;

const AT: u64 = 1_700_000_000_000;

fn message() -> ChatMessage {
    ChatMessage {
        severity: Severity::Error,
        first_status: IssueStatus::Open,
        lacks_priority: false,
        title: RichText::code("E"),
        updates: Vec::new(),
        lead: vec![vec![RichText::said("lead")]],
        document: None,
        folded: vec![FoldedSection { title: None, lines: vec![RichText::said("detail")] }],
        link: None,
    }
}

fn update(kind: UpdateKind, is_by_app: bool) -> IssueUpdate {
    let (by, assignee) = (Some(Untrusted::new("Kim <b>")), Some(Untrusted::new("Noor")));
    IssueUpdate { issue: IssueId::parse("1").expect("an id"), kind, by, is_by_app, assignee }
}

fn updated_by(message: ChatMessage, kind: UpdateKind, id: &str) -> ChatMessage {
    let update = update(kind, false);
    message.updated(MessageUpdate::of_issue(&update, id.to_owned(), AT, Language::English))
}

#[test]
fn a_resolved_issue_turns_green_and_folds_and_an_open_one_unfolds() {
    let resolved = updated_by(message(), UpdateKind::Resolved, "a");
    assert!(resolved.first_line().plain().starts_with("🟢 "));
    let visible = resolved.visible().concat();
    assert_eq!(visible.len(), 1);
    assert_eq!(visible[0].plain(), "Resolved by Kim <b> on 2023-11-14 22:13 UTC.");
    assert_eq!(resolved.details().len(), 2, "the lead is behind the fold");
    let open = updated_by(resolved, UpdateKind::Unresolved, "b");
    assert!(open.first_line().plain().starts_with("🔴 "));
    assert_eq!((open.visible().len(), open.details().len()), (2, 1));
}

#[test]
fn the_message_of_a_gone_issue_folds_until_the_issue_is_seen_again() {
    let survivor = IssueGone::MergedInto(Untrusted::new("SHOP-2"));
    for (gone, language, said) in [
        (&survivor, Language::English, "Merged into SHOP-2 in Sentry; noticed on 2023-11-14 22:13 UTC."),
        (&survivor, Language::TraditionalChinese, "於 2023-11-14 22:13 UTC 發現：已在 Sentry 併入 SHOP-2。"),
        (
            &IssueGone::Unknown,
            Language::English,
            "Deleted or merged in Sentry; noticed on 2023-11-14 22:13 UTC.",
        ),
        (
            &IssueGone::Unknown,
            Language::TraditionalChinese,
            "於 2023-11-14 22:13 UTC 發現：已在 Sentry 刪除或合併。",
        ),
    ] {
        let message = message().updated(MessageUpdate::of_gone(gone, AT, language));
        assert!(message.first_line().plain().starts_with("⚫ "), "{gone:?}");
        let visible = message.visible().concat();
        assert_eq!((visible.len(), visible[0].plain().as_str()), (1, said));
        assert_eq!(message.details().len(), 2, "the lead is behind the fold");
        let seen = MessageUpdate::of_incident(ChangeKind::Regressed, AT + 1, language);
        assert_eq!(message.updated(seen).status(), IssueStatus::Open);
    }
}

fn sent() -> IssueMessage {
    IssueMessage {
        content: message(),
        message_ref: Some(MessageRef { chat: -1, message: 7 }),
        slack_ref: None,
        incident_ms: 0,
        approval: None,
        org: None,
    }
}

#[test]
fn a_deletion_is_taken_back_if_the_issue_exists_later() {
    let gone = sent().with(MessageUpdate::of_gone(&IssueGone::Unknown, AT, Language::English));
    assert_eq!(gone.clone().seen_at(AT + 1), sent());
    assert_eq!(gone.clone().seen_at(AT - 1), gone, "it was deleted afterwards");
}

#[test]
fn a_failed_note_is_named_until_the_note_is_written() {
    let sent = sent();
    let after = |message: &IssueMessage, note: Step, at_ms| {
        message.clone().with_note(&note, at_ms, Language::English)
    };
    let failed = after(&sent, Step::Failed(Failure::RateLimited), AT);
    let line = failed.content.visible().concat()[0].plain();
    assert_eq!(line, "No note was written on the issue: rate limited (429).");
    assert_eq!(after(&failed, Step::Failed(Failure::RateLimited), AT + 1), failed, "a repeat");
    assert_eq!(after(&failed, Step::Done(None), AT + 1), sent);
    assert_eq!(after(&failed, Step::Obsolete(Failure::NoSuchIssue), AT + 1), sent);
    assert_eq!(after(&sent, Step::Waiting, AT), sent);
}

#[test]
fn a_late_update_stands_at_its_own_time_and_does_not_reverse_the_status() {
    let at = |kind, id: &str, at_ms| {
        MessageUpdate::of_issue(&update(kind, false), id.to_owned(), at_ms, Language::English)
    };
    let regressed = MessageUpdate::of_incident(ChangeKind::Regressed, AT + 9_000, Language::English);
    let late = message().updated(regressed).updated(at(UpdateKind::Resolved, "late", AT));
    assert_eq!((late.status(), late.state_id()), (IssueStatus::Open, "incident 1700000009000"));
    assert_eq!(late.updates.iter().map(|it| it.at_ms).collect::<Vec<_>>(), [AT, AT + 9_000]);
    let resolved = late.updated(at(UpdateKind::Resolved, "again", AT + 9_000));
    assert_eq!(resolved.status(), IssueStatus::Resolved, "of two at the same time the later one");
}

#[test]
fn an_assignment_keeps_the_status_and_names_assignee_and_author() {
    let assigned = updated_by(updated_by(message(), UpdateKind::Archived, "a"), UpdateKind::Assigned, "b");
    assert!(assigned.first_line().plain().starts_with("⚪ "));
    let line = assigned.visible().concat().pop().expect("a line");
    assert_eq!(line.plain(), "Assigned to Noor by Kim <b> on 2023-11-14 22:13 UTC.");
}

#[test]
fn a_repeated_update_and_the_webhook_of_a_decision_are_recognized() {
    let decided = decided(IssueAction::Resolve, false);
    let message = updated_by(message(), UpdateKind::Assigned, "a").updated(decided.clone()).updated(decided);
    assert_eq!(message.updates.len(), 2, "a decision is shown once");
    for (id, is_by_app, at_ms, known) in [
        ("a", false, AT, true),
        ("b", false, AT + 1, false),
        ("b", true, AT + 1_000, true),
        ("b", true, AT + ECHO_MS, false),
    ] {
        assert_eq!(message.knows(id, &update(UpdateKind::Resolved, is_by_app), at_ms), known, "{id}");
    }
}

/// The update about an approved action that was executed.
fn decided(action: IssueAction, is_from_menu: bool) -> MessageUpdate {
    let (id, issue) = (ApprovalId::parse("0123456789abcdef"), IssueId::parse("1"));
    let by = Decider::new(Some(UserId::Telegram(42)), &Untrusted::new("Kim"), AT);
    let approval = Approval {
        is_from_menu,
        state: ApprovalState::Done { choice: Choice::Approve, by },
        updates: vec![7],
        ..Approval::new(
            &id.expect("an id"),
            &issue.expect("an id"),
            None,
            ApprovalSubject::Act(action),
            ShownMessage::default(),
        )
    };
    MessageUpdate::of_decision(&approval, &Sentence::plain(|w| w.decided_expired), AT, Language::English)
}

#[test]
fn only_the_newest_action_of_the_menu_can_be_undone_and_only_for_five_minutes() {
    let resolved = message().updated(decided(IssueAction::Resolve, true));
    let id = ApprovalId::parse("0123456789abcdef").ok();
    assert_eq!((resolved.status(), resolved.decided_by(7)), (IssueStatus::Resolved, id));
    assert_eq!(resolved.decided_by(8), None);
    assert_eq!(resolved.undo(AT + UNDO_MS - 1), Some(&IssueAction::Reopen));
    assert_eq!(resolved.undo(AT + UNDO_MS), None);
    assert_eq!(updated_by(resolved, UpdateKind::Assigned, "a").undo(AT), None, "something happened since");
    for (action, is_from_menu) in [(IssueAction::Resolve, false), (IssueAction::Reopen, true)] {
        assert_eq!(message().updated(decided(action, is_from_menu)).undo(AT), None);
    }
}

#[test]
fn the_lead_gives_way_to_updates() {
    let lines = |texts: &[&str]| texts.iter().map(|text| RichText::said(*text)).collect::<Vec<_>>();
    let long = ChatMessage { lead: vec![lines(&["a", "b", "c", "d"]), lines(&["e", "f", "g"])], ..message() };
    let shown = |message: &ChatMessage| {
        let plain = |lines: &[RichText]| lines.iter().map(RichText::plain).collect::<String>();
        let visible = message.visible().iter().map(|lines| plain(lines)).collect::<Vec<_>>();
        let rest = message.details().iter().map(|section| plain(&section.lines)).collect::<Vec<_>>();
        (visible.join(" "), rest.join(" "))
    };
    assert_eq!(shown(&long), ("abcd efg".to_owned(), "detail".to_owned()));
    let after = |updates: u32| {
        let said = |message: ChatMessage, at: u32| {
            let update = MessageUpdate::of_incident(ChangeKind::Seen, AT + u64::from(at), Language::English);
            message.updated(MessageUpdate { line: RichText::said("*"), ..update })
        };
        shown(&(0..updates).fold(long.clone(), said))
    };
    for (updates, visible, rest) in [
        (1, "* abcd efg", "detail"),
        (2, "** abcd ef", "g detail"),
        (3, "*** abcd e", "fg detail"),
        (9, "**** abcd", "efg detail"),
    ] {
        assert_eq!(after(updates), (visible.to_owned(), rest.to_owned()));
    }
}

#[test]
fn fewer_updates_are_shown_if_they_are_long() {
    let name = "\u{1f600}".repeat(200);
    let long = |message: ChatMessage, at: u64| {
        let by = Some(Untrusted::new(name.as_str()));
        let update = IssueUpdate { by: by.clone(), assignee: by, ..update(UpdateKind::Assigned, false) };
        message.updated(MessageUpdate::of_issue(&update, at.to_string(), AT + at, Language::English))
    };
    let long = (0..4).fold(message(), long);
    let length =
        |lines: &[RichText]| lines.iter().map(|line| line.plain().encode_utf16().count()).sum::<usize>();
    let shown = &long.visible()[0];
    assert!(shown.len() == 1 && length(shown) <= ROOM, "{} lines, {} units", shown.len(), length(shown));
}

#[test]
fn a_message_of_many_updates_shows_the_newest() {
    let many =
        (0..30).fold(message(), |message, at| updated_by(message, UpdateKind::Assigned, &at.to_string()));
    assert_eq!((many.updates.len(), many.visible()[0].len()), (REMEMBERED, SHOWN));
}
