//! Tests `APPROVAL=note`: the note waits for the approval of a person, and the message shows the text of the note.

use super::bed::{asked, delivered, is_decided, keyboard, message_saying, orders, toasts};
use super::worlds::{high, kim, noor};
use crate::support::ISSUE;

#[tokio::test]
async fn the_note_is_written_after_a_tap_and_then_the_action_is_asked() {
    let (bed, message) = asked(&high(), &[("APPROVAL", "note")]).await;
    assert_eq!(keyboard(&message)[0], ["Post the note"]);
    assert!(bed.sentry.notes(ISSUE).is_empty(), "it waits");
    bed.telegram.tap(message.message_id, "Post the note", &kim());
    let posted = message_saying(&bed, "Approved by Kim (@kim) #42 on ").await;
    let note = bed.note(ISSUE).await.text;
    for line in note.lines().filter(|line| !line.is_empty()) {
        assert!(message.text_visible.contains(line), "not shown: {line}");
    }
    assert_eq!(keyboard(&posted)[0], ["Priority high"], "now the action is asked, under the same message");
    assert!(orders(&bed.sentry).is_empty());
    delivered(&bed.telegram).await;
    bed.logged("approval_decided", 1).await;

    bed.telegram.tap(message.message_id, "Priority high", &noor());
    let done = message_saying(&bed, "Approved by Noor #43 on ").await;
    assert!(is_decided(&done));
    assert_eq!(orders(&bed.sentry), [high().order]);
    bed.eventually("the note's line", |bed| {
        bed.sentry.notes(ISSUE)[0].text.contains("Approved by `Noor #43` on ").then_some(())
    })
    .await;
    assert_eq!(bed.sentry.notes(ISSUE).len(), 1);
    bed.end().await;
}

#[tokio::test]
async fn a_rejected_note_is_never_written() {
    let (bed, message) = asked(&high(), &[("APPROVAL", "note")]).await;
    bed.telegram.tap(message.message_id, "Reject", &kim());
    let rejected = message_saying(&bed, "Rejected by Kim (@kim) #42 on ").await;
    assert!(is_decided(&rejected));
    assert_eq!(toasts(&bed.telegram, &kim(), 1).await, ["Rejected."]);
    bed.logged("approval_decided", 1).await;
    assert!(bed.sentry.notes(ISSUE).is_empty() && orders(&bed.sentry).is_empty());
    bed.end().await;
}
