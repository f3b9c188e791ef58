//! Tests of faults of Sentry while the evidence is gathered: note and message name the gap, and the delivery succeeds.

use std::time::Duration;

use serde_json::{Value, json};
use sidenote_standins::Fault;

use super::table::{AGES, run, step_text};
use crate::support::{ISSUE, Secrets, Setup, issue_created};

const SECOND: Duration = Duration::from_secs(1);

/// A call to Sentry for evidence: its name in the JSON outcome, and its name in note and message.
const DETAILS: (&str, &str) = ("issue_details", "issue details and statistics");
const EVENT: (&str, &str) = ("event", "the event");
const TAGS: (&str, &str) = ("tags", "distribution over tags");
const SAMPLES: (&str, &str) = ("samples", "other events of the issue");
const COMMITS: (&str, &str) = ("commits", "suspect commits");
/// The gaps if every call fails. Without the event, the suspect commits are not requested.
const ALL: &[(&str, &str)] = &[DETAILS, EVENT, TAGS, SAMPLES];
/// The gaps if every call gets a 404. A Sentry without the list of events has no sample to compare, which is no gap.
const NOT_FOUND: &[(&str, &str)] = &[DETAILS, EVENT, TAGS];

/// A fault of Sentry and the gaps in the evidence that result.
struct Row {
    what: &'static str,
    fault: Fault,
    gaps: &'static [(&'static str, &'static str)],
    /// The reason for the gaps: its name in the JSON outcome, and its words in note and message.
    why: (&'static str, &'static str),
    /// The number of calls to Sentry until the gap is certain.
    calls: usize,
}

/// The number of calls for evidence in a delivery without faults: details, tags, a sample of events, event, suspect
/// commits.
const QUESTIONS: usize = 5;
const NONE: (&str, &str) = ("", "");

fn row(
    what: &'static str,
    fault: Fault,
    gaps: &'static [(&'static str, &'static str)],
    why: (&'static str, &'static str),
    calls: usize,
) -> Row {
    Row { what, fault: fault.on("GET"), gaps, why, calls }
}

fn rows() -> Vec<Row> {
    let refused = ("unauthorized", "the token was refused (401)");
    let denied = ("forbidden", "the token lacks a permission (403)");
    let hidden = ("not_found", "not found, or not visible to the token (404)");
    let gone = ("gone", "the route is gone (410)");
    let limited = ("rate_limited", "rate limited (429)");
    let unreadable = ("unreadable", "the answer could not be read");
    let status = Fault::status;
    let tags = |fault: Fault| fault.path("/tags/");
    let json = |body: &'static str| status(200).header("content-type", "application/json").body(body);
    vec![
        row("401", status(401), ALL, refused, 4),
        row("403", status(403), ALL, denied, 4),
        row("403 for one question", status(403).path("/committers/"), &[COMMITS], denied, QUESTIONS),
        row("404, for two names of the event, each by two routes", status(404), NOT_FOUND, hidden, 10),
        row("404 for suspect commits: no repository", status(404).path("/committers/"), &[], NONE, QUESTIONS),
        row(
            "404 for the recommended event",
            status(404).path("/recommended/").times(2),
            &[],
            NONE,
            QUESTIONS + 2,
        ),
        row("410 by both routes", status(410), ALL, gone, 8),
        row(
            "429 until a second later",
            tags(Fault::sentry_rate_limit(SECOND)).once(),
            &[],
            NONE,
            QUESTIONS + 1,
        ),
        row("429 until long after", Fault::sentry_rate_limit(AGES), ALL, limited, 4),
        row("429 of a proxy", tags(status(429).header("retry-after", "1")).once(), &[], NONE, QUESTIONS + 1),
        row("429 of Snuba, without a time", tags(status(429)), &[TAGS], limited, QUESTIONS + 2),
        row("500 once", tags(status(500)).once(), &[], NONE, QUESTIONS + 1),
        row("500 always", status(500), ALL, ("server_failed", "the server failed (500)"), 12),
        row("502 with a page", Fault::bad_gateway(), ALL, ("server_failed", "the server failed (502)"), 12),
        row("reset once", tags(Fault::reset()).once(), &[], NONE, QUESTIONS + 1),
        row("reset always", Fault::reset(), ALL, ("interrupted", "the connection broke"), 12),
        row("garbage", Fault::garbage(), ALL, unreadable, 4),
        row("200 with a login page", status(200).body("<html>Sign in</html>"), ALL, unreadable, 4),
        row("an empty answer", status(200), ALL, unreadable, 4),
        row("JSON of another shape", json("[1]"), &[DETAILS, EVENT], unreadable, 4),
        row("an answer without an end", Fault::huge(9), ALL, unreadable, 4),
    ]
}

#[tokio::test]
async fn every_fault_is_a_named_gap_and_the_note_is_posted() {
    run(rows(), check).await;
}

async fn check(row: Row, message_ref: Secrets) {
    Setup::new()
        .durable()
        .secrets_in(message_ref)
        .run(async |world| {
            world.sentry.inject(row.fault);
            let outcome = world.outcome(&issue_created()).await;
            let what = format!("{}: {outcome}", row.what);
            let gaps = outcome["gaps"].as_array().expect("gaps");
            let named = |gap: &Value| (gap["what"].clone(), gap["outcome"].clone());
            let expected: Vec<(Value, Value)> =
                row.gaps.iter().map(|(name, _)| (json!(name), json!(row.why.0))).collect();
            assert_eq!(gaps.iter().map(named).collect::<Vec<_>>(), expected, "{what}");
            assert!(gaps.iter().all(|gap| gap["reason"].is_string()), "{what}");
            let calls = world.sentry.requests().iter().filter(|request| request.method == "GET").count();
            assert_eq!(calls, row.calls, "calls: {what}");

            let steps = [step_text(&outcome["steps"]["note"]), step_text(&outcome["steps"]["telegram"])];
            assert_eq!(
                (steps, &outcome["status"]),
                (["done".to_owned(), "done".to_owned()], &json!("completed")),
                "{what}"
            );
            let (note, message) =
                (world.note(ISSUE).await.text.replace('`', ""), world.message().await.text_visible);
            for text in [&note, &message] {
                assert_eq!(text.contains("Not checked"), !row.gaps.is_empty(), "{what}: {text}");
                for (_, words) in row.gaps {
                    assert!(text.contains(&format!("{words}: {}", row.why.1)), "{what}: {text}");
                }
            }
            let unauthorized =
                if matches!(row.why.0, "unauthorized" | "forbidden") { row.gaps.len() } else { 0 };
            assert_eq!(world.log("sentry_api_unauthorized").len(), unauthorized, "{what}");
            assert_eq!(world.log("delivery_processed")[0]["gaps"], row.gaps.len(), "{what}");
        })
        .await;
}
