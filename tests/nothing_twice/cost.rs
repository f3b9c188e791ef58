//! What a delivery costs, counted on the wires.

use std::time::Duration;

use crate::bed::{Bed, status};
use crate::black_box::lambda_service::Outcome;
use crate::deliveries::new_issue;

const TIMEOUT: Duration = Duration::from_secs(30);

fn sorted(mut names: Vec<String>) -> Vec<String> {
    names.sort();
    names
}

#[tokio::test]
async fn a_delivery_costs_one_read_two_writes_one_message_and_the_calls_of_the_list() {
    let with_event = ["GET 5150", "GET committers", "GET tags", "POST comments"];
    let without = ["GET 5150", "GET committers", "GET recommended", "GET tags", "POST comments"];
    for (form, calls) in [("event_alert", &with_event[..]), ("error", &with_event), ("issue", &without)] {
        let bed = Bed::new().await;
        let function = bed.function(TIMEOUT).await;
        let (answer, report) = function.run(&new_issue(form, 1)).await;
        assert_eq!((status(&answer), report.outcome), (202, Outcome::Completed));
        assert_eq!(bed.told(), (1, 1));
        assert_eq!(sorted(bed.cloud.table.names()), ["GetItem", "PutItem", "PutItem"]);
        assert_eq!(bed.cloud.queue.names(), ["SendMessage"]);
        assert_eq!(bed.cloud.secrets.names(), ["GetSecretValue"]);
        assert_eq!(sorted(bed.to_sentry.names()), calls, "{form}");
        assert_eq!(bed.to_telegram.names(), ["POST sendMessage"]);

        // The message finds the work done: one read more, and nothing else.
        let kept = bed.cloud.kept().await;
        assert_eq!(function.redeliver(&kept).await, Vec::<String>::new());
        assert_eq!(bed.cloud.table.names().len(), 4);
        assert_eq!(bed.cloud.table.count("GetItem"), 2);
        assert_eq!(bed.cloud.queue.names().len() + bed.cloud.secrets.names().len(), 2);
        assert_eq!(bed.to_sentry.names().len(), calls.len());
        assert_eq!(bed.to_telegram.names().len(), 1);

        // So does a repeat, which is not even put into the queue.
        let (answer, _) = function.run(&new_issue("event_alert", 2)).await;
        assert_eq!(status(&answer), 200);
        assert_eq!((bed.cloud.table.names().len(), bed.cloud.table.count("GetItem")), (5, 3));
        assert_eq!(bed.cloud.queue.names().len(), 1);
        function.assert_clean();
        bed.assert_clean();
    }
}
