//! Tests of the wait for a rate limit, and of a burst of deliveries that hits the limit.

use std::time::Duration;

use futures_util::future::join_all;
use sidenote_standins::{Fault, Kind, Recorded};

use crate::support::{Setup, World, event_alert, hand_posted, issue_created, issue_of, sentry_of};

/// Returns the time between the two requests that `picks` selects: a refused call and its repetition.
fn pause(requests: &[Recorded], picks: impl Fn(&Recorded) -> bool) -> Duration {
    let times: Vec<_> = requests.iter().filter(|request| picks(request)).map(|request| request.at).collect();
    assert_eq!(times.len(), 2, "a refused call and its repetition");
    times[1] - times[0]
}

async fn completed(world: &World) {
    let outcome = world.outcome(&event_alert()).await;
    assert_eq!(
        (outcome["status"].as_str(), outcome["gaps"].as_array().map(Vec::len)),
        (Some("completed"), Some(0))
    );
}

#[tokio::test]
async fn the_wait_that_was_asked_for_is_kept() {
    let two = Duration::from_secs(2);
    let telegram = Setup::new().run(async |world| {
        world.telegram.inject(Fault::telegram_rate_limit(2).once());
        completed(world).await;
        assert!(pause(&world.telegram.requests(), |_| true) >= two);
    });
    // The time of a reset is in whole seconds, so a reset in three seconds means a wait of at least two.
    let three = Duration::from_secs(3);
    let limits = [Fault::sentry_rate_limit(three), Fault::status(429).header("retry-after", "2")];
    let [reset, retry_after] = limits.map(async |fault| {
        Setup::new()
            .run(async |world| {
                world.sentry.inject(fault.on("POST").once());
                completed(world).await;
                assert!(pause(&world.sentry.requests(), |request| request.method == "POST") >= two);
            })
            .await;
    });
    tokio::join!(telegram, reset, retry_after);
}

#[tokio::test]
async fn a_burst_gets_through_sentrys_own_limits() {
    let issues: Vec<String> = (0..80).map(|number| format!("66{number:02}")).collect();
    let data = issues.iter().fold(sentry_of(Kind::SelfHosted), |data, id| data.issue(issue_of(id)));
    Setup::new()
        .sentry(data.rate_limits())
        .run(async |world| {
            let asked = || {
                let requests = world.sentry.requests();
                requests
                    .iter()
                    .filter(|request| issues.iter().any(|id| request.path.ends_with(&format!("/{id}/"))))
                    .count()
            };
            // Sentry's limit is five requests per second. On a busy machine the burst may be too slow to hit the limit.
            let mut delivered = 0;
            for burst in issues.chunks(8) {
                for issue in burst {
                    assert_eq!(world.deliver(&issue_created().about(issue)).await.status, 202);
                }
                delivered += burst.len();
                let done = world.logged("delivery_processed", delivered).await;
                assert!(
                    done.iter().all(|line| line["status"] == "completed" && line["gaps"] == 0),
                    "{done:?}"
                );
                if asked() > delivered {
                    return;
                }
            }
            panic!("no burst was dense enough");
        })
        .await;
}

#[tokio::test]
async fn thirty_deliveries_at_once_all_write_their_notes_within_sentrys_limits() {
    let issues: Vec<String> = (0..30).map(|number| format!("67{number:02}")).collect();
    let data = issues.iter().fold(sentry_of(Kind::SelfHosted), |data, id| data.issue(issue_of(id)));
    Setup::new()
        .sentry(data.rate_limits())
        .run(async |world| {
            let webhooks: Vec<_> = issues.iter().map(|id| issue_created().about(id)).collect();
            for answer in join_all(webhooks.iter().map(|webhook| world.deliver(webhook))).await {
                assert_eq!(answer.status, 202);
            }
            let done = world.logged("delivery_processed", issues.len()).await;
            assert!(done.iter().all(|line| line["status"] == "completed"), "{done:?}");
            assert!(issues.iter().all(|id| world.sentry.notes(id).len() == 1));
        })
        .await;
}

#[tokio::test]
async fn a_waiting_delivery_does_not_delay_another() {
    Setup::new()
        .run(async |world| {
            world
                .sentry
                .inject(Fault::sentry_rate_limit(Duration::from_secs(2)).on("GET").path("/5150/").once());
            assert_eq!(world.deliver(&event_alert()).await.status, 202);
            world.logged("delivery_accepted", 1).await;
            assert_eq!(world.deliver(&hand_posted()).await.status, 202);
            let done = world.logged("delivery_processed", 2).await;
            let order: Vec<_> = done.iter().map(|line| line["issue_id"].as_str()).collect();
            assert_eq!(order, [Some("TEST-001"), Some("5150")]);
        })
        .await;
}
