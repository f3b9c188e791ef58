//! Tests of the end of `sidenote serve`, of many simultaneous webhooks to it, and of notifications shortly before a
//! deadline.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use rustix::process::Signal;
use sidenote::domain::deadline::Deadline;
use sidenote::http::Http;
use sidenote_standins::Fault;

use super::bed::{Bed, status};
use super::deliveries::new_issue;
use crate::support::lambda_service::Outcome;
use crate::support::wire::At;
use crate::support::{ISSUE, PATH, TIME_LIMIT, Webhook, eventually, process::Process};

async fn deliver(http: &Http, process: &Process, webhook: &Webhook) -> u16 {
    let url = format!("http://{}{PATH}", process.address);
    let request = http.client().post(url).headers(webhook.headers()).body(webhook.body().clone());
    let answer = http.send(request, Deadline::after(Instant::now(), TIME_LIMIT)).await;
    answer.unwrap_or_else(|why| panic!("no answer: {why}; {}", process.stderr())).status.as_u16()
}

#[tokio::test]
async fn sigterm_finishes_accepted_work_and_sigkill_leaves_it_in_the_queue() {
    let http = Http::new(None).expect("an HTTP client");
    let bed = Bed::new().await;
    let mut ending = bed.serve(&[]).await;
    let mut held = bed.to_sentry.hold("POST comments", 0, At::Arrival);
    assert_eq!(deliver(&http, &ending, &new_issue("issue", 1)).await, 202);
    held.caught().await;
    ending.signal(Signal::TERM);
    eventually("the signal", || ending.stderr().contains("serve_finishing")).await;
    assert_eq!(bed.sentry.notes(ISSUE).len(), 0);
    held.release();
    assert!(ending.ended().await.is_some_and(|status| status.success()), "{}", ending.stderr());
    assert_eq!(bed.counts(), (1, 1));

    // The unfinished work is in the queue.
    let bed = Bed::new().await;
    let mut killed = bed.serve(&[]).await;
    let mut held = bed.to_sentry.hold("POST comments", 0, At::Arrival);
    assert_eq!(deliver(&http, &killed, &new_issue("issue", 1)).await, 202);
    held.caught().await;
    killed.signal(Signal::TERM);
    killed.signal(Signal::KILL);
    killed.ended().await;
    assert_eq!((bed.sentry.notes(ISSUE).len(), bed.cloud.kept().await.len()), (0, 1));
}

#[tokio::test]
async fn a_storm_of_alerts_on_one_issue_is_one_analysis() {
    let http = Http::new(None).expect("an HTTP client");
    let bed = Bed::new().await;
    // One process with its own memory, as without AWS.
    let mut process = bed.serve(&[("STATE_TABLE", ""), ("REDELIVERY_QUEUE_URL", "")]).await;
    let alerts: Vec<Webhook> = (0..100).map(|number| new_issue("event_alert", number)).collect();
    let mut answers = join_all(alerts.iter().map(|alert| deliver(&http, &process, alert))).await;
    answers.sort_unstable();
    assert_eq!((answers.iter().filter(|it| **it == 200).count(), answers.last()), (99, Some(&202)));
    process.signal(Signal::TERM);
    assert!(process.ended().await.is_some_and(|status| status.success()));
    // Two of the calls look for a note of an earlier process.
    assert_eq!((bed.counts(), bed.to_sentry.names().len()), ((1, 1), 7));
}

#[tokio::test]
async fn partial_results_are_sent_shortly_before_the_deadline() {
    let bed = Bed::new().await;
    bed.sentry.inject(Fault::silence().on("GET"));
    let function = bed.function(Duration::from_secs(5)).await;
    let (answer, report) = function.run(&new_issue("event_alert", 1)).await;
    assert_eq!((status(&answer), report.outcome), (202, Outcome::Completed));
    assert_eq!(bed.counts(), (1, 1));
    let note = bed.note();
    assert!(
        note.contains("The analysis ended early because its time was up") && note.contains("KeyError"),
        "{note}"
    );
    // All work is complete: a redelivery does nothing.
    function.redeliver_until_done(&bed.cloud.kept().await).await;
    assert_eq!(bed.counts(), (1, 1));
}

#[tokio::test]
async fn a_complete_analysis_is_not_reported_as_ended_early() {
    let bed = Bed::new().await;
    let function = bed.function(Duration::from_secs(3)).await;
    let (_, report) = function.run(&new_issue("event_alert", 1)).await;
    assert_eq!(report.outcome, Outcome::Completed);
    assert!(!bed.note().contains("ended early"), "{}", bed.note());
}
