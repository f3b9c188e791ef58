//! Tests of a change that is only shown in the issue's message: the change survives the death of its invocation, and
//! is shown once.

use std::time::Duration;

use super::bed::Bed;
use super::deliveries::new_issue;
use crate::approvals::life::changed;
use crate::support::wire::At;

const TIMEOUT: Duration = Duration::from_secs(5);

#[tokio::test]
async fn killed_anywhere_a_change_is_shown_once() {
    for (call, at) in [
        ("GetItem", At::Arrival),
        ("PutItem", At::Arrival),
        ("PutItem", At::Answer),
        ("POST editMessageText", At::Arrival),
        ("POST editMessageText", At::Answer),
    ] {
        let bed = Bed::new().await;
        let function = bed.function(TIMEOUT).await;
        function.run(&new_issue("issue", 1)).await;
        let wire = if call.starts_with("POST") { &bed.to_telegram } else { &bed.cloud.table };
        let mut held = wire.hold(call, 0, at);
        function.deliver(&changed("resolved", 2)).await;
        held.caught().await;
        function.lambda.kill_now();
        function.lambda.invocation_done().await;
        drop(held);
        function.redeliver_until_done(&bed.cloud.kept().await).await;
        let messages = bed.telegram.messages();
        assert_eq!(messages.len(), 1, "{call} {at:?}");
        let shown = messages[0].text_visible.matches("Resolved by Kim Lee").count();
        assert_eq!(shown, 1, "{call} {at:?}: {}", messages[0].text_visible);
        assert!(messages[0].text_visible.starts_with("🟢 "), "{}", messages[0].text_visible);
    }
}
