//! Tests a batch of ten messages from the queue, three of which cannot be handled.

use std::time::Duration;

use serde_json::Value;
use sidenote_standins::{Fault, Issue};

use super::bed::Bed;
use super::deliveries::about;
use crate::support::sentry;

#[tokio::test]
async fn exactly_the_three_poisoned_of_a_batch_of_ten_are_reported_back() {
    let ids: Vec<String> = (0..10).map(|number| format!("60{number:02}")).collect();
    let world = ids.iter().fold(sentry(), |world, id| {
        world.issue(Issue::new(id, &format!("ORDERS-{id}"), "KeyError: 'rye'").project("orders"))
    });
    let bed = Bed::of(world, crate::support::telegram()).await;
    let function = bed.function(Duration::from_secs(20)).await;

    // Ten deliveries without any effect: Sentry and Telegram were down during their invocations.
    bed.to_sentry.fail(crate::support::wire::Fault::Refused).await;
    bed.to_telegram.fail(crate::support::wire::Fault::Refused).await;
    for id in &ids {
        function.run(&about(id)).await;
    }
    bed.to_sentry.repair().await;
    bed.to_telegram.repair().await;
    let mut kept = bed.cloud.kept().await;
    assert_eq!(kept.len(), 10);

    // One message is not ours, one is signed with another secret, and the note of one is rejected.
    kept[1] = "not ours".to_owned();
    let mut forged: Value = serde_json::from_str(&kept[4]).expect("JSON");
    forged["signature"] = "0".repeat(64).into();
    kept[4] = forged.to_string();
    bed.sentry.inject(Fault::status(500).on("POST").path("/6007/comments/"));
    assert_eq!(function.redeliver(&kept).await, ["message-1", "message-4", "message-7"]);
    for (number, id) in ids.iter().enumerate() {
        let expected = usize::from(![1, 4, 7].contains(&number));
        assert_eq!(bed.sentry.notes(id).len(), expected, "{id}");
    }
    // Telegram got a message about the issue with the rejected note; the other two were not handled.
    assert_eq!(bed.telegram.messages().len(), 8);

    // After the next batch only the messages that can never succeed remain.
    assert_eq!(function.redeliver(&kept).await, ["message-1", "message-4", "message-7"]);
    assert_eq!(bed.telegram.messages().len(), 8);
}
