//! Tests of faults of Sentry while the note is being written.

use std::time::Duration;

use serde_json::json;
use sidenote_standins::{DuplicateCheck, Fault, Kind};

use super::table::{AGES, Row, row, run, step_text};
use crate::support::{ISSUE, Secrets, Setup, event_alert, issue, sentry_of};

const SECOND: Duration = Duration::from_secs(1);
const JSON: &str = "application/json";

fn status(status: u16) -> Fault {
    Fault::status(status).on("POST")
}

fn refusing(check: DuplicateCheck) -> Setup {
    Setup::new().sentry(sentry_of(Kind::SelfHosted).duplicates(check).issue(issue()))
}

fn rows() -> Vec<Row> {
    let lost = || Fault::reset_after_effect().on("POST");
    let invalid =
        status(400).header("content-type", JSON).body(json!({"text": ["Not a valid string."]}).to_string());
    let denied = status(403)
        .header("content-type", JSON)
        .body(json!({"detail": {"code": "sudo-required"}}).to_string());
    let login =
        Fault::status(200).header("content-type", "text/html").body("<html>Sign in</html>").on("POST");
    vec![
        row("400 for the text", [invalid], "failed: refused", 1, 0),
        row("401", [status(401)], "failed: unauthorized", 1, 0),
        row("403", [denied], "failed: forbidden", 1, 0),
        row("404, also on the bare route", [status(404)], "failed: not_found", 2, 0),
        row("410 on every route", [status(410)], "failed: gone", 4, 0),
        row("410 on one name of the route", [status(410).path("/comments/")], "done", 2, 1),
        row("429 until a second later", [Fault::sentry_rate_limit(SECOND).on("POST").once()], "done", 2, 1),
        row(
            "429 until long after",
            [Fault::sentry_rate_limit(AGES).on("POST")],
            "failed: rate_limited",
            1,
            0,
        ),
        row("429 of a proxy", [status(429).header("retry-after", "1").once()], "done", 2, 1),
        row("429 of Snuba, without a time", [status(429).once()], "done", 2, 1),
        row("500 once", [status(500).once()], "done", 2, 1),
        row("500 always", [status(500)], "failed: server_failed", 3, 0),
        row("502 with a page, once", [Fault::bad_gateway().on("POST").once()], "done", 2, 1),
        row("503 always", [status(503)], "failed: server_failed", 3, 0),
        row("reset before it took effect, once", [Fault::reset().on("POST").once()], "done", 2, 1),
        row("reset before it took effect, always", [Fault::reset().on("POST")], "failed: interrupted", 3, 0),
        row("reset after it took effect, once", [lost().once()], "already_done", 2, 1)
            .within(refusing(DuplicateCheck::Object)),
        row("the same, refused in the old form", [lost().once()], "already_done", 2, 1)
            .within(refusing(DuplicateCheck::JsonString)),
        row(
            "reset after it took effect, then 500",
            [lost().once(), status(500).once()],
            "already_done",
            3,
            1,
        ),
        row("reset after it took effect, always", [lost()], "failed: interrupted", 3, 1),
        row("garbage", [Fault::garbage().on("POST")], "failed: unreadable", 1, 0),
        row("200 with a login page", [login], "failed: unreadable", 1, 0),
        row("an answer without an end", [Fault::huge(9).on("POST")], "failed: unreadable", 1, 0),
    ]
}

#[tokio::test]
async fn every_fault_has_its_outcome_and_the_message_is_sent_nevertheless() {
    run(rows(), check).await;
}

/// Until the first call ends, Sentry might not recognize a second one as a duplicate.
#[tokio::test]
async fn a_note_that_was_stored_without_an_answer_is_found_and_not_written_again() {
    Setup::new()
        .run(async |world| {
            world.sentry.inject(Fault::late_answer(AGES).on("POST").once());
            world.deliver(&event_alert()).await;
            let done = world.logged("delivery_processed", 1).await;
            assert_eq!(done[0]["note"], "already_done", "{}", done[0]);
            let requests = world.sentry.requests();
            let calls = requests.iter().filter(|request| request.method == "POST").count();
            assert_eq!((calls, world.sentry.notes(ISSUE).len()), (1, 1));
        })
        .await;
}

async fn check(row: Row, message_ref: Secrets) {
    row.setup
        .secrets_in(message_ref)
        .run(async |world| {
            row.faults.into_iter().for_each(|fault| world.sentry.inject(fault));
            let outcome = world.outcome(&event_alert()).await;
            let what = format!("{}: {outcome}", row.what);
            assert_eq!(step_text(&outcome["steps"]["note"]), row.step, "{what}");
            let calls = world.sentry.requests().iter().filter(|request| request.method == "POST").count();
            assert_eq!(
                (calls, world.sentry.notes(ISSUE).len()),
                (row.calls, row.left),
                "calls and notes: {what}"
            );

            assert_eq!(
                (step_text(&outcome["steps"]["telegram"]).as_str(), world.telegram.messages().len()),
                ("done", 1),
                "{what}"
            );
            let failed = row.step.strip_prefix("failed: ");
            let expected = if failed.is_some() { "partial" } else { "completed" };
            assert_eq!((&outcome["status"], &outcome["gaps"]), (&json!(expected), &json!([])), "{what}");
            let id =
                world.sentry.notes(ISSUE).first().filter(|_| row.step == "done").map(|note| note.id.clone());
            assert_eq!(outcome["comment_id"], json!(id), "{what}");

            let logged: Vec<String> =
                world.log("sentry_comment_failed").iter().map(|line| line["outcome"].to_string()).collect();
            assert_eq!(logged, Vec::from_iter(failed.map(|outcome| format!("{outcome:?}"))), "{what}");
            assert_eq!(world.log("sentry_comment_posted").len(), usize::from(row.step == "done"), "{what}");
            let unauthorized = matches!(failed, Some("unauthorized" | "forbidden"));
            assert_eq!(world.log("sentry_api_unauthorized").len(), usize::from(unauthorized), "{what}");
        })
        .await;
}
