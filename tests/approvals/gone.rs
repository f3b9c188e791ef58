//! Tests of the messages about an issue that was deleted or merged in Sentry. Sentry sends no webhook about a merge, so
//! the next read of the issue finds it.

use http::Method;
use sidenote_standins::{Fault, Message, SlackPost, SlackPress};

use super::bed::{delivered, keyboard, message_saying};
use super::life::changed;
use super::slack::{ann, both, saying, send, whispers};
use super::worlds::{high, kim};
use crate::support::{ISSUE, ISSUES, SLACK_SECRET, World, issue_created, issue_of, issue_unresolved};

const MERGED: &str = "Merged into ORDERS-5151 in Sentry; noticed on ";
const DELETED: &str = "Deleted or merged in Sentry; noticed on ";
const TOLD: &str = "This issue was deleted or merged in Sentry.";

/// `sidenote serve` with both chats, and an issue with a message in each.
async fn bed(is_asked: bool) -> (World, Message, SlackPost) {
    let world = high().sentry().issue(issue_of(ISSUES[1]));
    let bed = both(&high()).sentry(world).variable("PEOPLE", "42:7,U0ANN0001:7").start().await;
    bed.telegram.push_to(&format!("{}{}", bed.url(), super::bed::HOOK), super::bed::SECRET);
    let webhook = if is_asked { (high().webhook)() } else { issue_created() };
    bed.outcome(&webhook).await;
    let (message, post) = (bed.message().await, bed.slack.messages().pop().expect("a message"));
    (bed, message, post)
}

/// Waits until both messages contain `line`. Asserts that they are folded, that no button is left that acts on the
/// issue, and that no issue was changed.
async fn assert_gone(bed: &World, line: &str) {
    let (message, post) = (message_saying(bed, line).await, saying(bed, line).await);
    assert!(message.text_visible.starts_with("⚫ "), "{}", message.text_visible);
    assert!(post.visible().starts_with("⚫ "), "{}", post.visible());
    assert_eq!(keyboard(&message), [["Open in Sentry"]]);
    assert_eq!(post.labels(), ["Open in Sentry"]);
    let is_change = |request: &&sidenote_standins::Recorded| {
        request.method == Method::PUT && !request.path.contains("/comments/")
    };
    let changes: Vec<String> =
        bed.sentry.requests().iter().filter(is_change).map(|it| it.path.clone()).collect();
    assert!(changes.is_empty(), "{changes:?}");
}

#[tokio::test]
async fn a_press_on_a_merged_issue_changes_no_issue_and_both_messages_name_the_survivor() {
    let (bed, message, post) = bed(false).await;
    let old = bed.slack.press(&post.ts, "Archive until it escalates", &ann(), SLACK_SECRET);
    bed.sentry.merge_issue(ISSUE, ISSUES[1]);
    bed.telegram.tap(message.message_id, "Resolve", &kim());
    delivered(&bed.telegram).await;
    assert_gone(&bed, MERGED).await;
    let shown = bed.message().await.text_visible;
    let reason = "but it did not work: the issue was deleted or merged in Sentry.";
    assert!(shown.contains(reason), "{shown}");
    // An old client may still show the buttons.
    assert_eq!(send(&bed, &old).await, 200);
    assert_eq!(whispers(&bed, &ann(), 1).await, [TOLD]);
    assert_gone(&bed, MERGED).await;
    assert_eq!(bed.message().await.text_visible.matches("Merged into").count(), 1);
    bed.end().await;
}

#[tokio::test]
async fn an_approval_of_an_action_on_a_deleted_issue_fails_and_the_question_disappears() {
    let (bed, message, post) = bed(true).await;
    let old = bed.slack.press(&post.ts, "Reject", &ann(), SLACK_SECRET);
    bed.sentry.delete_issue(ISSUE);
    bed.telegram.tap(message.message_id, "Priority high", &kim());
    delivered(&bed.telegram).await;
    assert_gone(&bed, DELETED).await;
    bed.logged("approval_failed", 1).await;
    assert_eq!(send(&bed, &old).await, 200);
    assert_eq!(whispers(&bed, &ann(), 1).await, [TOLD]);
    assert_gone(&bed, DELETED).await;
    bed.end().await;
}

#[tokio::test]
async fn a_new_analysis_of_a_deleted_issue_leaves_the_old_analysis_in_the_message() {
    let (bed, message, _) = bed(false).await;
    bed.sentry.delete_issue(ISSUE);
    bed.telegram.tap(message.message_id, "Analyse again", &kim());
    delivered(&bed.telegram).await;
    assert_gone(&bed, DELETED).await;
    let shown = bed.message().await.text_visible;
    assert!(shown.contains("KeyError") && shown.contains("orders/prices.py"), "{shown}");
    assert_eq!(bed.log("delivery_processed").len(), 1);
    bed.end().await;
}

#[tokio::test]
async fn an_incident_whose_issue_is_gone_before_it_is_read_shows_this_in_both_messages() {
    for (is_merged, line) in [(true, MERGED), (false, DELETED)] {
        let (bed, _, _) = bed(false).await;
        if is_merged {
            bed.sentry.merge_issue(ISSUE, ISSUES[1]);
        } else {
            bed.sentry.delete_issue(ISSUE);
        }
        bed.outcome(&issue_unresolved("regressed")).await;
        assert_gone(&bed, line).await;
        bed.end().await;
    }
}

/// Lets Sentry answer 404 to this many of the next reads of the issue.
fn lose(bed: &World, reads: usize) {
    // A read tries two routes.
    bed.sentry.inject(Fault::status(404).on("GET").path(&format!("/issues/{ISSUE}/")).times(2 * reads));
}

#[tokio::test]
async fn after_one_wrong_404_the_issue_is_not_called_deleted_and_the_press_takes_effect() {
    let (bed, message, _) = bed(false).await;
    lose(&bed, 1);
    bed.telegram.tap(message.message_id, "Resolve", &kim());
    delivered(&bed.telegram).await;
    let resolved = message_saying(&bed, "Resolved by Kim (@kim) #42 on ").await;
    assert!(resolved.text_visible.starts_with("🟢 "), "{}", resolved.text_visible);
    assert!(bed.log("issue_gone").is_empty());
    bed.end().await;
}

/// Starts with the message of an issue that Sentry has not found for a while, and that is now there again.
async fn wrongly_gone() -> (World, SlackPress) {
    let (bed, message, post) = bed(false).await;
    let old = bed.slack.press(&post.ts, "Archive until it escalates", &ann(), SLACK_SECRET);
    lose(&bed, 2);
    bed.telegram.tap(message.message_id, "Resolve", &kim());
    delivered(&bed.telegram).await;
    assert_gone(&bed, DELETED).await;
    (bed, old)
}

/// Waits until the message begins with `mark`. Asserts that it no longer calls the issue deleted.
async fn assert_found(bed: &World, mark: &str) -> Message {
    let found =
        |bed: &World| bed.telegram.messages().into_iter().find(|it| it.text_visible.starts_with(mark));
    let found = bed.eventually(mark, found).await;
    assert!(!found.text_visible.contains(DELETED), "{}", found.text_visible);
    found
}

#[tokio::test]
async fn a_press_on_an_issue_that_is_found_again_takes_effect() {
    let (bed, old) = wrongly_gone().await;
    assert_eq!(send(&bed, &old).await, 200);
    assert_found(&bed, "⚪ ").await;
    assert_eq!(bed.log("issue_found_again").len(), 1);
    bed.end().await;
}

#[tokio::test]
async fn a_change_of_an_issue_that_was_called_deleted_gives_its_message_the_buttons_back() {
    let (bed, _) = wrongly_gone().await;
    bed.deliver(&changed("assigned", 1)).await;
    let found = assert_found(&bed, "🔴 ").await;
    assert_eq!(keyboard(&found)[0], ["Resolve", "Archive until it escalates"]);
    assert_eq!(bed.log("delivery_processed").len(), 1);
    bed.end().await;
}

#[tokio::test]
async fn an_issue_that_the_token_cannot_see_is_not_called_deleted() {
    let (bed, message, _) = bed(false).await;
    bed.sentry.inject(Fault::status(404).path("/organizations/"));
    bed.sentry.inject(Fault::status(404).path("/issues/"));
    bed.telegram.tap(message.message_id, "Resolve", &kim());
    let failed = message_saying(&bed, "not found, or not visible to the token (404)").await;
    assert!(failed.text_visible.starts_with("🔴 "), "{}", failed.text_visible);
    assert_eq!(keyboard(&failed)[0], ["Resolve", "Archive until it escalates"]);
    bed.end().await;
}
