//! Tests of deliveries about an issue that was deleted or merged before its note could be written, or that Sentry did not
//! find for a while.

use std::time::Duration;

use sidenote_standins::Fault;

use super::bed::{Bed, Function};
use super::deliveries::{about, new_issue};
use crate::support::wire::Fault as WireFault;
use crate::support::{ISSUE, ISSUES};

const TIMEOUT: Duration = Duration::from_secs(20);
const SURVIVOR: &str = ISSUES[1];
const DELETED: &str = "Deleted or merged in Sentry";

/// Delivers a webhook while Sentry refuses the note, so that the delivery stays in the queue.
async fn left_in_the_queue(bed: &Bed) -> Function {
    let function = bed.function(TIMEOUT).await;
    let three_attempts = Fault::status(503).on("POST").path("/comments/").times(3);
    bed.sentry.inject(three_attempts);
    function.run(&new_issue("issue", 1)).await;
    assert_eq!((bed.sentry.notes(ISSUE).len(), bed.cloud.kept().await.len()), (0, 1));
    function
}

/// Asserts that the queue's redelivery is done at the first attempt, and that the log says why it wrote no note.
async fn assert_done(bed: &Bed, function: &Function) {
    let queued = &bed.cloud.kept().await[..1];
    assert_eq!(function.redeliver(queued).await, Vec::<String>::new(), "{}", function.lambda.logs());
    let end = function.log("delivery_processed").pop().expect("the end of the redelivery");
    assert_eq!((&end["status"], &end["note"]), (&"completed".into(), &"obsolete".into()), "{end}");
    let step = &function.log("step_obsolete")[0];
    assert_eq!((&step["notifier"], &step["outcome"]), (&"note".into(), &"no_such_issue".into()), "{step}");
}

#[tokio::test]
async fn a_queued_delivery_about_a_deleted_issue_is_done() {
    for has_message in [true, false] {
        let bed = Bed::new().await;
        if !has_message {
            bed.to_telegram.fail(WireFault::Refused).await;
        }
        let function = left_in_the_queue(&bed).await;
        bed.to_telegram.repair().await;
        assert_eq!(bed.telegram.messages().len(), usize::from(has_message));
        bed.sentry.delete_issue(ISSUE);
        assert_done(&bed, &function).await;
        let text = &bed.telegram.messages()[0].text_visible;
        assert!(text.contains(DELETED) && !text.contains("No note was written"), "{text}");
    }
}

#[tokio::test]
async fn a_queued_delivery_about_a_merged_issue_writes_nothing_on_the_surviving_issue() {
    for has_note in [false, true] {
        let bed = Bed::new().await;
        let function = left_in_the_queue(&bed).await;
        if has_note {
            function.run(&about(SURVIVOR)).await;
        }
        let before = bed.sentry.notes(SURVIVOR);
        assert_eq!(before.len(), usize::from(has_note));
        bed.sentry.merge_issue(ISSUE, SURVIVOR);
        assert_done(&bed, &function).await;
        assert_eq!(bed.sentry.notes(SURVIVOR), before);
        let text = &bed.telegram.messages()[0].text_visible;
        assert!(text.contains("Merged into ORDERS-5151 in Sentry"), "{text}");
    }
}

#[tokio::test]
async fn a_queued_delivery_about_an_issue_that_sentry_does_not_find_for_a_moment_is_not_done() {
    let bed = Bed::new().await;
    let function = left_in_the_queue(&bed).await;
    // The redelivery reads the comments first, then the issue with its tags and events.
    bed.sentry.inject(Fault::status(404).path(&format!("/issues/{ISSUE}/comments/")).times(4));
    assert_eq!(function.redeliver(&bed.cloud.kept().await).await.len(), 1, "{}", function.lambda.logs());
    assert!(function.log("issue_gone").is_empty());
    function.redeliver_until_done(&bed.cloud.kept().await).await;
    assert_eq!(bed.counts(), (1, 1));
}

#[tokio::test]
async fn an_alert_on_an_issue_that_is_found_again_corrects_its_message() {
    let bed = Bed::new().await;
    let function = bed.function(TIMEOUT).await;
    function.run(&new_issue("issue", 1)).await;
    bed.cloud.age(&bed.key(), Duration::from_mins(5), &["/started_ms"]).await;
    // The function reads the issue after each alert, and once more after a 404. A read tries two routes.
    bed.sentry.inject(Fault::status(404).path(&format!("/issues/{ISSUE}/")).times(4));
    for (number, mark, is_gone) in [(2, "⚫ ", true), (3, "🔴 ", false)] {
        function.run(&new_issue("event_alert", number)).await;
        let text = bed.telegram.messages().remove(0).text_visible;
        assert!(text.starts_with(mark) && text.contains(DELETED) == is_gone, "{text}");
        bed.cloud.age(&bed.key(), Duration::from_mins(5), &["/looked_ms"]).await;
    }
    assert_eq!(function.log("delivery_processed").len(), 1);
}
