//! Tests of the life of an invocation: the response first, then the work, and an end before the deadline.

use crate::black_box::lambda_world::{
    ALERTED, CREATED, Function, World, body, event, event_with_body, status,
};
use crate::support::lambda_service::{Options, Outcome, WhenBusy};
use serde_json::json;
use sidenote_standins::Fault;
use std::time::Duration;

/// The delay of each reply of Sentry. It distinguishes "at once" from "after the work" even on a busy machine.
const SLOW: Duration = Duration::from_secs(3);

#[tokio::test]
async fn the_answer_leaves_at_once_and_the_same_invocation_does_the_work() {
    let world = World::with_latency(SLOW).await;
    let function = world.function().await;
    function.run(event("health.json")).await;

    let answer = function.invoke(event("furl-event-alert.json")).await;
    assert_eq!(status(&answer), 202);
    let accepted = json!({"status": "accepted", "issue_id": ALERTED, "message": "Analysis scheduled"});
    assert_eq!(body(&answer), accepted);
    assert!(world.notes(ALERTED).is_empty() && world.telegram.messages().is_empty());
    assert!(!function.lambda.is_frozen());

    let report = function.lambda.invocation_done().await;
    assert_eq!(report.outcome, Outcome::Completed);
    assert_eq!((world.notes(ALERTED).len(), world.telegram.messages().len()), (1, 1));
    assert!(function.lambda.is_frozen());

    let (next, report) = function.run(event("health.json")).await;
    assert_eq!((status(&next), report.outcome), (200, Outcome::Completed));
    assert_eq!(function.lambda.cold_starts(), 1);
    function.assert_clean();
}

#[tokio::test]
async fn one_environment_works_on_one_delivery_after_another() {
    let world = World::new().await;
    let function = world.function().await;
    let alerted = function.deliver("furl-event-alert.json").await;
    let first = world.notes(ALERTED);
    let created = function.deliver("furl-issue-created.json").await;

    assert_ne!(alerted.request_id, created.request_id);
    assert_eq!(function.lambda.cold_starts(), 1);
    assert_eq!((first.len(), world.notes(ALERTED).len(), world.notes(CREATED).len()), (1, 1, 1));
    assert_eq!(world.telegram.messages().len(), 2);
    // Each note is about its own issue; the second contains nothing of the first delivery.
    assert!(first[0].contains("assign_berth"), "{}", first[0]);
    assert!(world.notes(CREATED)[0].contains("drawCurve"), "{}", world.notes(CREATED)[0]);
    assert!(!world.notes(CREATED)[0].contains("berth"), "{}", world.notes(CREATED)[0]);
    function.assert_clean();
}

#[tokio::test]
async fn a_burst_is_worked_off_one_after_another() {
    let world = World::with_latency(Duration::from_millis(400)).await;
    let options = Options { when_busy: WhenBusy::Queue, ..Options::default() };
    let function = Function::start(&world, &world.settings(), options).await;
    let (alerted, created) = tokio::join!(
        function.invoke(event("furl-event-alert.json")),
        function.invoke(event("furl-issue-created.json"))
    );
    assert_eq!((status(&alerted), status(&created)), (202, 202));
    // The second delivery had to wait until the first was complete.
    assert_eq!((world.notes(ALERTED).len(), world.notes(CREATED).len()), (1, 0));
    function.lambda.invocation_done().await;
    assert_eq!((world.notes(CREATED).len(), world.telegram.messages().len()), (1, 2));
    assert_eq!(function.lambda.cold_starts(), 1);
    function.assert_clean();
}

#[tokio::test]
async fn memory_does_not_grow_with_the_number_of_deliveries() {
    let world = World::new().await;
    let function = world.function_with(&[("ISSUE_COOLDOWN_SECONDS", "0")], Duration::from_secs(30)).await;
    let alert = event("furl-event-alert.json")["body"].as_str().expect("a body").to_owned();
    let resident = || function.lambda.resident_kib().expect("a process");
    let mut before = 0;
    for number in 0..40 {
        let another = alert.replace("New berth failures", &format!("rule {number}"));
        let (answer, _) = function.run(event_with_body(&another)).await;
        assert_eq!(status(&answer), 202, "{}", answer.payload);
        if number == 9 {
            before = resident();
        }
    }
    let grown = resident().saturating_sub(before);
    assert!(grown * 4 < before, "{grown} KiB more than {before} KiB");
    assert_eq!(function.logged("delivery_processed").len(), 40);
    function.assert_clean();
}

/// Returns a JSON text of almost two MiB that begins with `begin`, repeats `entry` and ends with `end`.
fn almost_two_mib(begin: &str, entry: &str, end: &str) -> String {
    let count = (2 * 1024 * 1024 - begin.len() - end.len()) / (entry.len() + 1);
    format!("{begin}{}{end}", vec![entry; count].join(","))
}

#[tokio::test]
async fn hostile_answers_of_every_service_take_less_than_64_mb() {
    let frames = r#"{"entries":[{"type":"exception","data":{"values":[{"type":"E","stacktrace":{"frames":["#;
    let json = |text: String| Fault::status(200).header("content-type", "application/json").body(text);
    let answers = [
        ("8 MiB", Fault::huge(8)),
        ("a list of empty objects", json(almost_two_mib("[", "{}", "]"))),
        ("a list of lists", json(almost_two_mib("[", "[[]]", "]"))),
        ("an event of many frames", json(almost_two_mib(frames, r#"{"filename":"a.py"}"#, "]}}]}}]}"))),
        ("an event of many entries", json(almost_two_mib(r#"{"entries":["#, "{}", "]}"))),
        ("an event of many contexts", json(almost_two_mib(r#"{"contexts":{"#, r#""k":{"a":1}"#, "}}"))),
        ("an issue of many activities", json(almost_two_mib(r#"{"activity":["#, r#"{"type":"note"}"#, "]}"))),
        ("a long title", json(almost_two_mib(r#"{"title":""#, "<b>*_`@", r#""}"#))),
    ];
    for (what, answer) in answers {
        let world = World::new().await;
        world.sentry.inject(answer.clone());
        world.telegram.inject(answer);
        let function = world.function().await;
        for file in ["furl-event-alert.json", "furl-issue-created.json"] {
            function.deliver(file).await;
        }
        let peak = function.lambda.peak_kib().expect("a process");
        println!("{what}: {} MB", peak * 1024 / 1_000_000);
        assert!(peak * 1024 < 64_000_000, "{what}: {peak} KiB");
        assert_eq!(function.lambda.cold_starts(), 1, "{what}");
    }
}

#[tokio::test]
async fn a_killed_environment_is_followed_by_a_new_one_that_works() {
    let world = World::with_latency(SLOW).await;
    let function = world.function().await;
    function.invoke(event("furl-event-alert.json")).await;
    function.lambda.kill_now();
    assert_eq!(function.lambda.invocation_done().await.outcome, Outcome::Exited);

    let (answer, _) = function.run(event("health.json")).await;
    assert_eq!((status(&answer), function.lambda.cold_starts()), (200, 2));
    function.assert_clean();
}

#[tokio::test]
async fn a_deadline_in_1970_counts_as_unknown() {
    let world = World::with_latency(Duration::from_millis(400)).await;
    let function = world.function_of_1970().await;
    function.deliver("furl-event-alert.json").await;
    assert_eq!((world.notes(ALERTED).len(), world.telegram.messages().len()), (1, 1));
    assert_eq!(function.logged("sentry_comment_posted").len(), 1);
    function.assert_clean();
}

#[tokio::test]
async fn partial_results_are_sent_shortly_before_the_deadline() {
    let world = World::new().await;
    world.sentry.inject(Fault::silence().on("GET"));
    let function = world.function_with(&[], Duration::from_secs(4)).await;
    function.deliver("furl-event-alert.json").await;

    let note = world.notes(ALERTED).pop().expect("a note");
    assert!(note.contains("Not checked") && note.contains("no answer in time"), "{note}");
    assert_eq!(world.telegram.messages().len(), 1);
    assert!(!function.logged("sentry_api_timeout").is_empty());
    function.assert_clean();
}

#[tokio::test]
async fn work_that_the_deadline_cuts_off_ends_before_the_kill_and_says_so() {
    let world = World::new().await;
    world.sentry.inject(Fault::silence());
    world.telegram.inject(Fault::silence());
    let function = world.function_with(&[], Duration::from_secs(3)).await;
    function.deliver("furl-event-alert.json").await;

    for name in ["sentry_comment_failed", "telegram_message_failed"] {
        let lines = function.logged(name);
        assert_eq!(lines.len(), 1, "{name}: {}", function.lambda.logs());
        assert_eq!((&lines[0]["outcome"], &lines[0]["issue_id"]), (&json!("timeout"), &json!(ALERTED)));
    }
    assert_eq!(function.logged("delivery_processed")[0]["status"], "failed");

    // The same environment handles the next event.
    let (next, _) = function.run(event("health.json")).await;
    assert_eq!((status(&next), function.lambda.cold_starts()), (200, 1));
    function.assert_clean();
}

#[tokio::test]
async fn a_caller_who_prefers_to_wait_gets_the_outcome() {
    let world = World::with_latency(Duration::from_millis(400)).await;
    let function = world.function().await;
    let mut waiting = event("furl-event-alert.json");
    waiting["headers"]["prefer"] = json!("wait=20");
    let (answer, report) = function.run(waiting).await;

    assert_eq!((status(&answer), report.outcome), (200, Outcome::Completed));
    assert_eq!(answer.payload["headers"]["preference-applied"], "wait");
    let outcome = body(&answer);
    assert_eq!(outcome["status"], "completed");
    assert_eq!(outcome["issue_id"], ALERTED);
    assert_eq!(outcome["comment_id"], json!(world.sentry.notes(ALERTED)[0].id));
    assert_eq!(outcome["steps"]["telegram"]["status"], "done");
    assert_eq!(outcome["analysis"]["analyzer"], "rules");
    function.assert_clean();
}

#[tokio::test]
async fn a_wait_that_is_too_short_is_answered_as_if_there_were_none() {
    let world = World::with_latency(SLOW).await;
    let function = world.function().await;
    let mut waiting = event("furl-event-alert.json");
    waiting["headers"]["prefer"] = json!("wait=1");
    let answer = function.invoke(waiting).await;

    assert_eq!((status(&answer), body(&answer)["status"].clone()), (202, json!("accepted")));
    assert_eq!(answer.payload["headers"]["preference-applied"], json!(null));
    assert!(world.notes(ALERTED).is_empty() && !function.lambda.is_frozen(), "the work goes on");
    let report = function.lambda.invocation_done().await;
    assert_eq!((world.notes(ALERTED).len(), report.outcome), (1, Outcome::Completed));
    function.assert_clean();
}

#[tokio::test]
async fn a_wait_beyond_the_deadline_is_answered_before_the_kill() {
    let world = World::new().await;
    world.sentry.inject(Fault::silence());
    let function = world.function_with(&[], Duration::from_secs(4)).await;
    let mut waiting = event("furl-event-alert.json");
    waiting["headers"]["prefer"] = json!("wait=600");
    let (answer, report) = function.run(waiting).await;

    assert_eq!((status(&answer), report.outcome), (202, Outcome::Completed));
    assert_eq!(world.telegram.messages().len(), 1);
    assert_eq!(function.logged("sentry_comment_failed")[0]["outcome"], "timeout");
    function.assert_clean();
}
