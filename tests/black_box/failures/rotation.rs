//! Tests of a secret that is rotated while `serve` runs: after one rejection the secret is fetched again, once.

use serde_json::json;
use sidenote_standins::{Fault, Kind, Token};

use super::table::step_text;
use crate::support::{
    AUTH_TOKEN, BOT_TOKEN, CLIENT_SECRET, ISSUE, Secrets, Setup, event_alert, issue, sentry_of,
};

const OLD_TOKEN: &str = "v6Hn2Tq9Wc4Zk8Xb1Lr5Ps7D";

fn rotated() -> [(&'static str, &'static str); 3] {
    [
        ("SENTRY_AUTH_TOKEN", AUTH_TOKEN),
        ("SENTRY_CLIENT_SECRET", CLIENT_SECRET),
        ("TELEGRAM_BOT_TOKEN", BOT_TOKEN),
    ]
}

/// Returns the setup of a process whose token for Sentry was revoked after the start.
fn stale() -> Setup {
    let data = sentry_of(Kind::SelfHosted).token(Token::integration(OLD_TOKEN).revoked()).issue(issue());
    Setup::new().durable().sentry(data).secret("SENTRY_AUTH_TOKEN", OLD_TOKEN).secrets_in(Secrets::File)
}

#[tokio::test]
async fn a_rotated_token_is_found_in_the_file_and_nothing_is_missing() {
    stale()
        .run(async |world| {
            assert_eq!(
                world.get("/api/v1/health").await.json()["status"],
                "ok",
                "the old one is in memory now"
            );
            world.rotate(&rotated());
            let outcome = world.outcome(&event_alert()).await;
            assert_eq!(
                (&outcome["status"], &outcome["gaps"]),
                (&json!("completed"), &json!([])),
                "{outcome}"
            );
            let refused = world
                .sentry
                .requests()
                .iter()
                .filter(|it| it.header("authorization").is_some_and(|it| it.ends_with(OLD_TOKEN)))
                .count();
            assert_eq!(
                (refused, world.sentry.requests().len()),
                (4, 9),
                "four refused questions, asked again, and the note"
            );
            assert!(world.log("sentry_api_unauthorized").is_empty());
        })
        .await;
}

#[tokio::test]
async fn a_token_that_is_refused_while_the_note_is_written_is_fetched_anew_too() {
    stale()
        .secret("SENTRY_AUTH_TOKEN", AUTH_TOKEN)
        .run(async |world| {
            world.get("/api/v1/health").await;
            let both = [rotated().as_slice(), &[("LLM_API_KEY", "c3Wy8Rd5Mz1Kt6Qg9Hv2Jn4X")]].concat();
            world.rotate(&both);
            world.sentry.inject(Fault::status(401).on("POST").once());
            world.telegram.inject(Fault::status(401).once());
            let outcome = world.outcome(&event_alert()).await;
            assert_eq!(outcome["status"], "completed", "{outcome}");
            assert_eq!((world.sentry.notes(ISSUE).len(), world.telegram.messages().len()), (1, 1));
        })
        .await;
}

#[tokio::test]
async fn a_refused_token_that_was_not_rotated_is_not_tried_again() {
    stale()
        .run(async |world| {
            let outcome = world.outcome(&event_alert()).await;
            assert_eq!(step_text(&outcome["steps"]["note"]), "failed: unauthorized");
            assert_eq!(
                (outcome["gaps"].as_array().map(Vec::len), world.sentry.requests().len()),
                (Some(4), 5),
                "{outcome}"
            );
            assert_eq!(step_text(&outcome["steps"]["telegram"]), "done");
        })
        .await;
}
