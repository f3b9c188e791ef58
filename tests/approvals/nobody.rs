//! Tests that there are no approvals if no approver is configured: no message with buttons and no stored approval.

use serde_json::json;
use sidenote_standins::Fault;

use super::bed::{self, SECRET, ask};
use super::worlds::{APPROVERS, high, kim};
use crate::support::{AUTH_TOKEN, CLIENT_SECRET, ISSUE, Secrets, Setup};

fn setup() -> Setup {
    Setup::new().sentry(high().sentry()).variable("TELEGRAM_APPROVERS", APPROVERS)
}

#[tokio::test]
async fn an_action_without_approvers_is_only_proposed() {
    for missing in ["TELEGRAM_WEBHOOK_SECRET", "TELEGRAM_BOT_TOKEN", "TELEGRAM_CHAT_ID"] {
        setup()
            .without(missing)
            .run(async |bed| {
                bed.outcome(&(high().webhook)()).await;
                assert!(
                    bed.note(ISSUE).await.text.contains("Proposed: set the priority to high"),
                    "{missing}"
                );
                if missing == "TELEGRAM_WEBHOOK_SECRET" {
                    let message = bed.message().await;
                    assert!(message.text_visible.contains("Open in Sentry"), "{}", message.text_visible);
                    assert_eq!(message.reply_markup, None);
                }
                assert!(bed.log("approval_asked").is_empty(), "{missing}: {:?}", bed.log("approval_asked"));
            })
            .await;
    }
}

#[tokio::test]
async fn a_note_without_approvers_is_not_written_and_that_is_reported() {
    setup()
        .variable("APPROVAL", "note")
        .without("TELEGRAM_WEBHOOK_SECRET")
        .run(async |bed| {
            let outcome = bed.outcome(&(high().webhook)()).await;
            assert_eq!(outcome["status"], "partial");
            assert_eq!(
                outcome["steps"]["note"],
                json!({"status": "skipped", "outcome": "not_configured",
                    "reason": "TELEGRAM_WEBHOOK_SECRET is not set"})
            );
            assert_eq!(bed.logged("sentry_comment_skipped", 1).await[0]["level"], "WARN");
            assert!(bed.sentry.notes(ISSUE).is_empty() && bed.log("approval_asked").is_empty());
        })
        .await;
}

#[tokio::test]
async fn a_message_that_cannot_be_edited_after_token_removal_is_logged() {
    bed::setup(&high())
        .secrets_in(Secrets::File)
        .run(async |bed| {
            let message = ask(bed, &high()).await;
            bed.rotate(&[
                ("SENTRY_AUTH_TOKEN", AUTH_TOKEN),
                ("SENTRY_CLIENT_SECRET", CLIENT_SECRET),
                ("TELEGRAM_WEBHOOK_SECRET", SECRET),
            ]);
            bed.telegram.inject(Fault::status(401).path("/editMessageText"));
            bed.telegram.tap(message.message_id, "Priority high", &kim());
            let line = bed.logged("approval_not_shown", 1).await.remove(0);
            assert_eq!(
                (&line["what"], &line["outcome"]),
                (&json!("message"), &json!("not_configured")),
                "{line}"
            );
            bed.logged("approval_decided", 1).await;
            assert!(bed.note(ISSUE).await.text.contains("Approved by `Kim (@kim) #42` on "));
        })
        .await;
}
