//! Tests of `sidenote sweep` and of the scheduled sweep, with issues whose webhook was never delivered.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use sidenote::config::Config;
use sidenote::domain::deadline::Deadline;
use sidenote::domain::ids::IssueId;
use sidenote::handler::{Handler, SweepTime};
use sidenote_standins::{Fault, Issue, SentryWorld};

use super::bed::Bed;
use super::deliveries::{new_issue, scheduled};
use crate::support::proxies;
use crate::support::wire::At;
use crate::support::{AUTH_TOKEN, CLIENT_SECRET, ISSUE, ORG, PROJECT, sentry_of, telegram};

/// Returns a Sentry with two new issues, an old one, a resolved one, one that regressed, and a new one in another
/// project.
fn world() -> SentryWorld {
    let hours = |hours: u64| Duration::from_secs(hours * 3600);
    let issue = |id: &str, first: u64| {
        Issue::new(id, &format!("ORDERS-{id}"), "KeyError: 'rye'")
            .project("orders")
            .seen(hours(first), hours(1))
    };
    sentry_of(sidenote_standins::Kind::SelfHosted)
        .issue(issue(ISSUE, 2).status("unresolved", Some("new")))
        .issue(issue("7001", 3).status("unresolved", Some("new")))
        .issue(issue("7002", 200))
        .issue(issue("7003", 2).status("resolved", None))
        .issue(issue("7004", 300).status("unresolved", Some("regressed")))
        .issue(issue("7005", 2).project("flour").status("unresolved", Some("new")))
}

async fn sweep(bed: &Bed, more: &[(&str, &str)]) -> Value {
    let (done, out) = bed.command(&["sweep", "--json"], more).await;
    assert!(done, "{out}");
    serde_json::from_str(&out).expect("JSON")
}

fn worked(swept: &Value) -> Vec<&str> {
    let worked = swept["worked"].as_array().expect("a list");
    let mut ids: Vec<&str> = worked
        .iter()
        .inspect(|it| assert_eq!(it["status"], "completed"))
        .filter_map(|it| it["issue_id"].as_str())
        .collect();
    ids.sort_unstable();
    ids
}

/// `SENTRY_BASE_URL` is plain HTTP in this test, so that a proxy can imitate Sentry's regions.
#[tokio::test]
async fn our_own_note_is_recognized_with_any_host_of_sentry() {
    let issue = Issue::new(ISSUE, "ORDERS-1", "KeyError: 'rye'").project("orders");
    let issue = issue.seen(Duration::from_hours(2), Duration::from_hours(1));
    let world = sentry_of(sidenote_standins::Kind::Saas).issue(issue.status("unresolved", Some("new")));
    let bed = Bed::of(world, telegram()).await;
    let sentry = bed.sentry.url().trim_start_matches("http://").parse().expect("an address");
    let proxy = proxies::regions(sentry).await;
    let address = format!("http://{}", proxy.address);
    for (base, written) in [("http://sentry.io", 1), ("http://us.sentry.io", 0)] {
        // There is no record, so only the note itself identifies a repeat.
        let more = [
            ("SENTRY_BASE_URL", base),
            ("HTTP_PROXY", &address),
            ("NO_PROXY", "127.0.0.1"),
            ("STATE_TABLE", ""),
        ];
        let swept = sweep(&bed, &more).await;
        assert_eq!((worked(&swept).len(), &swept["had_note"]), (written, &json!(1 - written)), "{base}");
    }
    assert_eq!(bed.counts(), (1, 1));
}

#[tokio::test]
async fn a_sweep_writes_missing_notes_once() {
    let bed = Bed::of(world(), telegram()).await;
    let function = bed.function(Duration::from_secs(20)).await;
    // One of the issues had its webhook.
    function.run(&new_issue("issue", 1)).await;
    let of_orders = [("SWEEP_PROJECTS", "orders")];
    let dry = bed.command(&["sweep", "--json", "--dry-run"], &of_orders).await.1;
    let dry: Value = serde_json::from_str(&dry).expect("JSON");
    assert_eq!((&dry["left"], dry["worked"].as_array().map(Vec::len)), (&json!(["7001", "7004"]), Some(0)));

    let first = sweep(&bed, &of_orders).await;
    assert_eq!((worked(&first), &first["had_note"]), (vec!["7001", "7004"], &json!(1)));
    let second = sweep(&bed, &of_orders).await;
    assert_eq!((worked(&second), &second["had_note"]), (vec![], &json!(3)));
    for (issue, notes) in [(ISSUE, 1), ("7001", 1), ("7002", 0), ("7003", 0), ("7004", 1), ("7005", 0)] {
        assert_eq!(bed.sentry.notes(issue).len(), notes, "{issue}");
    }
    assert_eq!(bed.telegram.messages().len(), 3);

    // The schedule sweeps all projects with the same limits.
    let answer = function.lambda.invoke(scheduled()).await.expect("an answer");
    function.lambda.invocation_done().await;
    assert_eq!(worked(&answer.payload), ["7005"]);
    let answer = function.lambda.invoke(scheduled()).await.expect("an answer");
    function.lambda.invocation_done().await;
    assert_eq!((worked(&answer.payload), bed.sentry.notes("7005").len()), (vec![], 1));
    // A late webhook finds the work complete.
    function.run(&new_issue("event_alert", 2)).await;
    assert_eq!(bed.sentry.notes(ISSUE).len(), 1);
}

#[tokio::test]
async fn a_sweep_keeps_its_limit_and_skips_issues_in_progress() {
    let bed = Bed::of(world(), telegram()).await;
    let function = bed.function(Duration::from_secs(20)).await;
    let mut held = bed.to_sentry.hold("POST comments", 0, At::Arrival);
    function.deliver(&new_issue("issue", 1)).await;
    held.caught().await;
    let swept = sweep(&bed, &[("SWEEP_LIMIT", "1")]).await;
    assert_eq!(
        (worked(&swept).len(), &swept["had_note"], swept["left"].as_array().map(Vec::len)),
        (1, &json!(1), Some(2))
    );
    held.release();
    function.lambda.invocation_done().await;
    assert_eq!(bed.sentry.notes(ISSUE).len(), 1);
    let swept = sweep(&bed, &[]).await;
    assert_eq!((worked(&swept).len(), &swept["had_note"]), (2, &json!(2)));
}

#[tokio::test]
async fn a_sweep_does_not_restore_a_note_deleted_by_a_person() {
    let bed = Bed::of(world(), telegram()).await;
    let function = bed.function(Duration::from_secs(20)).await;
    function.run(&new_issue("issue", 1)).await;
    bed.delete_note(ISSUE).await;
    let swept = sweep(&bed, &[("SWEEP_LIMIT", "9")]).await;
    assert!(!worked(&swept).contains(&ISSUE), "{swept}");
    assert!(bed.sentry.notes(ISSUE).is_empty());
}

/// A handler in the test's process, between the stand-ins of `bed`, with its state in memory.
fn handler(bed: &Bed) -> Handler {
    let pairs = [
        ("SENTRY_BASE_URL", bed.sentry.url()),
        ("SENTRY_ORG", ORG.to_owned()),
        ("SENTRY_AUTH_TOKEN", AUTH_TOKEN.to_owned()),
        ("SENTRY_CLIENT_SECRET", CLIENT_SECRET.to_owned()),
        ("SWEEP_PROJECTS", PROJECT.to_owned()),
    ];
    let find = |name: &str| pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| value.clone());
    Handler::new(Config::read(&find).expect("settings")).expect("a handler")
}

#[tokio::test]
async fn a_slow_issue_does_not_take_the_time_of_the_next_one() {
    let issue = |id: &str, hours: u64| {
        let seen = Duration::from_hours(hours);
        Issue::new(id, &format!("ORDERS-{id}"), "KeyError: 'rye'").project(PROJECT).seen(seen, seen)
    };
    let world = sentry_of(sidenote_standins::Kind::SelfHosted).issue(issue("7001", 1)).issue(issue(ISSUE, 2));
    let bed = Bed::of(world, telegram()).await;
    // The comments of the first issue are never returned.
    bed.sentry.inject(Fault::silence().path("/issues/7001/"));
    let handler = handler(&bed);
    let (slow, other) = (IssueId::parse("7001").expect("an id"), IssueId::parse(ISSUE).expect("an id"));
    let sweep = async |all: u64, each: u64| {
        let all = Deadline::after(Instant::now(), Duration::from_secs(all));
        let time = SweepTime { all, each: Duration::from_secs(each) };
        handler.sweep(&handler.config().sweep, time).await.expect("the issues")
    };
    let short = sweep(8, 8).await;
    assert_eq!((&short.left, &short.not_reached), (&vec![slow.clone()], &vec![other.clone()]), "{short:?}");
    let shared = sweep(20, 8).await;
    assert_eq!((shared.left, shared.not_reached), (vec![slow], Vec::new()));
    assert_eq!(shared.worked.iter().map(|(id, _)| id).collect::<Vec<_>>(), [&other]);
    assert_eq!(bed.sentry.notes(ISSUE).len(), 1);
}
