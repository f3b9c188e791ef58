//! Where nobody can decide, nobody is asked: neither by a message, nor by a record that waits for an answer.

use serde_json::json;

use super::worlds::{APPROVERS, high};
use crate::support::{ISSUE, Setup};

fn setup() -> Setup {
    Setup::new().sentry(high().sentry()).variable("TELEGRAM_APPROVERS", APPROVERS)
}

#[tokio::test]
async fn what_nobody_can_decide_is_only_proposed() {
    for missing in ["TELEGRAM_WEBHOOK_SECRET", "TELEGRAM_BOT_TOKEN", "TELEGRAM_CHAT_ID"] {
        let bed = setup().without(missing).start().await;
        bed.outcome(&(high().webhook)()).await;
        assert!(bed.note(ISSUE).await.text.contains("Proposed: set the priority to high"), "{missing}");
        if missing == "TELEGRAM_WEBHOOK_SECRET" {
            let message = bed.message().await;
            assert!(message.text_visible.contains("Open in Sentry"), "{}", message.text_visible);
            assert_eq!(message.reply_markup, None);
        }
        assert!(bed.log("approval_asked").is_empty(), "{missing}: {:?}", bed.log("approval_asked"));
        bed.end().await;
    }
}

#[tokio::test]
async fn a_note_that_nobody_can_let_pass_is_not_written_and_that_is_loud() {
    let bed = setup().variable("APPROVAL", "note").without("TELEGRAM_WEBHOOK_SECRET").start().await;
    let outcome = bed.outcome(&(high().webhook)()).await;
    assert_eq!(outcome["status"], "partial");
    assert_eq!(
        outcome["steps"]["note"],
        json!({"status": "skipped", "outcome": "not_configured", "reason": "TELEGRAM_WEBHOOK_SECRET is not set"})
    );
    assert_eq!(bed.logged("sentry_comment_skipped", 1).await[0]["level"], "WARN");
    assert!(bed.sentry.notes(ISSUE).is_empty() && bed.log("approval_asked").is_empty());
    bed.end().await;
}
