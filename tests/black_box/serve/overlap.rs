//! Tests that independent calls to third parties are made in parallel.

use std::time::{Duration, Instant};

use sidenote_standins::Recorded;

use crate::support::{
    AUTH_TOKEN, ISSUE, ORG, Setup, Webhook, World, event_alert, issue_created, sentry, telegram,
};

/// The delay of every reply of the stand-ins. It is long beside the time that Sidenote itself needs on a busy machine.
const LATENCY: Duration = Duration::from_millis(600);
/// The number of measurements. The best one counts, because other load on the machine can only add time.
const MEASUREMENTS: usize = 4;
/// The allowed total time, as a factor of the time of the longest chain of calls.
const SLACK: f64 = 1.25;

/// Returns the times of the first and the last request whose paths end with `tails`. Each tail has one request.
fn generation(requests: &[Recorded], tails: &[&str]) -> (Instant, Instant) {
    let mut times: Vec<Instant> = requests
        .iter()
        .filter(|request| tails.iter().any(|tail| request.path.ends_with(tail)))
        .map(|request| request.at)
        .collect();
    times.sort();
    let paths: Vec<&String> = requests.iter().map(|request| &request.path).collect();
    assert_eq!(times.len(), tails.len(), "{tails:?} of {paths:?}");
    (times[0], times[times.len() - 1])
}

/// Returns the duration of one plain call to the Sentry stand-in.
async fn unit(world: &World) -> Duration {
    let path = format!("{}/api/0/organizations/{ORG}/issues/{ISSUE}/", world.sentry.url());
    let http = sidenote::http::Http::new(None).expect("an HTTP client");
    let request = http.client().get(path).bearer_auth(AUTH_TOKEN);
    let started = Instant::now();
    let answer = request.send().await.expect("an answer");
    assert_eq!(answer.status(), 200);
    started.elapsed()
}

/// Asserts that the calls run in the generations of `chain`. A generation is a group of calls that are made in
/// parallel. Within a generation no request waits for a reply, and the total time is that of the generations one after
/// the other.
async fn holds(webhook: Webhook, chain: &[&[&str]]) {
    let length = u32::try_from(chain.len()).expect("a short chain");
    let mut measured = Vec::new();
    for _ in 0..MEASUREMENTS {
        let setup =
            Setup::new().durable().sentry(sentry().latency(LATENCY)).telegram(telegram().latency(LATENCY));
        let (took, unit, waited) = setup
            .run(async |world| {
                let unit = unit(world).await;
                let started = Instant::now();
                let outcome = world.outcome(&webhook).await;
                let took = started.elapsed();
                assert_eq!(outcome["status"], "completed", "{outcome}");

                let requests = [world.sentry.requests().split_off(1), world.telegram.requests()].concat();
                assert_eq!(requests.len(), chain.iter().map(|generation| generation.len()).sum::<usize>());
                let times: Vec<(Instant, Instant)> =
                    chain.iter().map(|tails| generation(&requests, tails)).collect();
                let waits = |(first, last): &(Instant, Instant)| *last >= *first + LATENCY;
                let waited = times.iter().zip(chain).find(|(time, _)| waits(time)).map(|(_, tails)| *tails);
                assert!(
                    times.windows(2).all(|pair| pair[1].0 >= pair[0].0 + LATENCY),
                    "{chain:?} is no chain"
                );
                (took, unit, waited)
            })
            .await;
        if waited.is_none() && took <= (unit * length).mul_f64(SLACK) {
            return;
        }
        measured.push((took, unit, waited));
    }
    panic!("one waited for another's answer, or more than {SLACK} × {length} calls: {measured:?}");
}

#[tokio::test]
async fn with_an_event_in_the_webhook_the_chain_is_two_calls_long() {
    let evidence: &[&str] = &["/5150/", "/tags/", "/events/", "/committers/"];
    holds(event_alert(), &[evidence, &["/comments/", "/sendMessage"]]).await;
}

#[tokio::test]
async fn without_an_event_in_the_webhook_the_chain_is_three_calls_long() {
    let evidence: &[&str] = &["/5150/", "/tags/", "/events/", "/events/recommended/"];
    holds(issue_created(), &[evidence, &["/committers/"], &["/comments/", "/sendMessage"]]).await;
}
