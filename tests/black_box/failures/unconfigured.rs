//! Tests that features without a configuration are skipped visibly: in the answer, in the log and in Telegram.

use serde_json::json;

use crate::support::{ISSUE, ISSUES, Setup, event_alert};

#[tokio::test]
async fn without_an_auth_token_the_delivery_is_accepted_and_the_skipped_note_is_loud() {
    Setup::new()
        .without("SENTRY_AUTH_TOKEN")
        .run(async |world| {
            assert_eq!(world.deliver(&event_alert()).await.status, 202);
            let message = world.message().await.text_visible;
            assert!(
                message.contains("No note was written on the issue: SENTRY_AUTH_TOKEN is not set."),
                "{message}"
            );
            assert!(
                message.contains("KeyError: 'rye' in price_of"),
                "the webhook's own event is analysed: {message}"
            );
            let skipped = world.logged("sentry_comment_skipped", 1).await;
            assert_eq!(skipped[0]["level"], "WARN");
            assert_eq!(skipped[0]["reason"], "SENTRY_AUTH_TOKEN is not set");
            assert_eq!(skipped[0]["issue_id"], ISSUE);

            let health = world.get("/api/v1/health").await.json();
            assert_eq!(health["status"], "degraded");
            assert_eq!(health["checks"]["note"], "SENTRY_AUTH_TOKEN is not set");

            let outcome = world.outcome(&event_alert().about(ISSUES[1])).await;
            let skipped = json!({"status": "skipped", "outcome": "not_configured",
                "reason": "SENTRY_AUTH_TOKEN is not set"});
            assert_eq!(
                (&outcome["status"], &outcome["steps"]["note"]),
                (&json!("partial"), &skipped),
                "{outcome}"
            );
            let gap = json!([{"what": "issue_details", "outcome": "not_configured",
                "reason": "SENTRY_AUTH_TOKEN is not set"}]);
            assert_eq!((&outcome["gaps"], &outcome["comment_id"]), (&gap, &json!(null)));
            assert!(world.sentry.requests().is_empty(), "nobody is asked without a token");
        })
        .await;
}

#[tokio::test]
async fn an_incomplete_telegram_configuration_is_skipped_with_the_reason() {
    for variable in ["TELEGRAM_BOT_TOKEN", "TELEGRAM_CHAT_ID"] {
        Setup::new()
            .without(variable)
            .run(async |world| {
                let outcome = world.outcome(&event_alert()).await;
                let reason = format!("{variable} is not set");
                let skipped = json!({"status": "skipped", "outcome": "not_configured", "reason": reason});
                assert_eq!(
                    (&outcome["status"], &outcome["steps"]["telegram"]),
                    (&json!("partial"), &skipped),
                    "{outcome}"
                );
                assert_eq!(world.log("telegram_message_skipped")[0]["reason"], reason);
                assert_eq!(world.sentry.notes(ISSUE).len(), 1);
                assert!(world.telegram.requests().is_empty());
            })
            .await;
    }
}

#[tokio::test]
async fn a_bot_token_that_would_change_the_url_is_not_used() {
    Setup::new()
        .secret("TELEGRAM_BOT_TOKEN", "7001002003:x4/../Lp8Ns2Wd6Yk?z=9Fh3")
        .run(async |world| {
            let outcome = world.outcome(&event_alert()).await;
            assert_eq!(
                (&outcome["status"], &outcome["steps"]["note"]["status"]),
                (&json!("partial"), &json!("done"))
            );
            assert_eq!(outcome["steps"]["telegram"]["outcome"], "unauthorized", "{outcome}");
            assert!(world.telegram.requests().is_empty());
        })
        .await;
}
