//! The life of an issue in one Slack message, and in both chats at once: the same story as in `life.rs`, with decisions
//! that cross between the chats.

use std::time::Duration;

use serde_json::{Value, json};
use sidenote_standins::{Fault, SlackPerson, SlackPost};

use super::bed::{HOOK, SECRET, delivered, keyboard, orders};
use super::life::changed;
use super::slack::{alone, ann, both, send, stranger, whispers};
use super::worlds::{high, kim};
use crate::support::{ISSUE, SLACK_SECRET, Setup, Webhook, World, issue_created, issue_unresolved};

const MENU: [&str; 5] =
    ["Resolve", "Archive until it escalates", "Assign to me", "Priority ▸", "Open in Sentry"];

/// `sidenote serve` with the chats of `setup`, and `ann` as Sentry's member 7.
struct IssueLife {
    bed: World,
    has_telegram: bool,
}

impl IssueLife {
    async fn begin(setup: Setup, has_telegram: bool) -> Self {
        let bed = setup.variable("PEOPLE", "42:7,U0ANN0001:7").start().await;
        bed.telegram.push_to(&format!("{}{HOOK}", bed.url()), SECRET);
        bed.outcome(&issue_created()).await;
        Self { bed, has_telegram }
    }

    /// The message in Slack that is not a reply.
    fn message(&self) -> SlackPost {
        let mut tops = self.bed.slack.messages().into_iter().filter(|message| message.thread_ts.is_none());
        let message = tops.next().expect("a message");
        assert!(tops.next().is_none(), "one message");
        message
    }

    /// The replies in Slack. Each is in the message's thread and is also shown in the channel.
    fn replies(&self) -> Vec<String> {
        let (all, message) = (self.bed.slack.messages(), self.message());
        let replies: Vec<SlackPost> = all.into_iter().filter(|reply| reply.thread_ts.is_some()).collect();
        for reply in &replies {
            assert_eq!((reply.thread_ts.as_ref(), reply.is_broadcast), (Some(&message.ts), true));
        }
        replies.into_iter().map(|reply| reply.visible()).collect()
    }

    /// The number of messages in Telegram, replies included, and the number of requests that sent a reply.
    fn in_telegram(&self) -> (usize, usize) {
        let sent = self.bed.telegram.requests().into_iter().filter_map(|request| request.json());
        let replies = sent.filter(|body| body["reply_parameters"].is_object()).count();
        (self.bed.telegram.messages().len(), replies)
    }

    /// Presses a button in Slack.
    async fn press(&self, button: &str, person: &SlackPerson) {
        let press = self.bed.slack.press(&self.message().ts, button, person, SLACK_SECRET);
        assert_eq!(send(&self.bed, &press).await, 200);
    }

    /// Presses a button in Telegram if it is configured, and otherwise in Slack. Returns the person's name as the
    /// messages show it.
    async fn press_elsewhere(&self, button: &str) -> &'static str {
        if !self.has_telegram {
            self.press(button, &ann()).await;
            return "ann #U0ANN0001";
        }
        let message = self.bed.message().await;
        self.bed.telegram.tap(message.message_id, button, &kim());
        delivered(&self.bed.telegram).await;
        "Kim (@kim) #42"
    }

    /// Waits until every chat's message contains this text and begins with this mark. Returns the message in Slack.
    async fn shows(&self, words: &str, mark: &str) -> SlackPost {
        let is_it = |text: &str| text.starts_with(mark) && text.contains(words);
        let in_slack = |bed: &World| bed.slack.messages().into_iter().find(|it| is_it(&it.visible()));
        let post = self.bed.eventually(words, in_slack).await;
        if self.has_telegram {
            let in_telegram =
                |bed: &World| bed.telegram.messages().into_iter().find(|it| is_it(&it.text_visible));
            let message = self.bed.eventually(words, in_telegram).await;
            let menu = post.labels().into_iter().filter(|label| MENU.contains(&label.as_str()));
            let labels = keyboard(&message).concat();
            let same = labels.into_iter().filter(|label| MENU.contains(&label.as_str()));
            assert_eq!(menu.collect::<Vec<_>>(), same.collect::<Vec<_>>(), "{words}");
        }
        post
    }
}

async fn lives(setup: Setup, has_telegram: bool) {
    let story = IssueLife::begin(setup, has_telegram).await;
    let first = story.message();
    let line = first.visible().lines().next().unwrap_or_default().to_owned();
    assert!(line.starts_with("🔴 KeyError in price_of · orders · 12 users"), "{line}");
    assert!(MENU.iter().all(|label| first.labels().iter().any(|it| it == label)), "{:?}", first.labels());

    story.bed.deliver(&changed("assigned", 1)).await;
    story.shows("Assigned to Noor by Kim Lee on ", "🔴").await;

    story.bed.outcome(&issue_unresolved("escalating")).await;
    let escalated = story.shows("Escalating since ", "🔴").await;
    assert!(escalated.visible().contains("Assigned to Noor by Kim Lee on "), "{}", escalated.visible());
    let replies = story.replies();
    assert!(
        replies.len() == 1 && replies[0].contains("it occurs much more often than before."),
        "{replies:?}"
    );

    story.press("Resolve", &ann()).await;
    let resolved = story.shows("Resolved by ann #U0ANN0001 on ", "🟢").await;
    assert_eq!(orders(&story.bed.sentry), [json!({"status": "resolved"})]);
    assert_eq!(resolved.labels(), ["Undo", "Assign to me", "Priority ▸", "Analyse again", "Open in Sentry"]);
    // The webhook about our own change adds no line.
    let mut body: Value = serde_json::from_slice(changed("resolved", 2).body()).expect("JSON");
    body["actor"] = json!({"type": "application", "id": "5d0c1e3a", "name": "Sidenote"});
    story.bed.deliver(&Webhook::of("issue", &body)).await;

    let by = story.press_elsewhere("Undo").await;
    let reopened = story.shows(&format!("Reopened by {by} on "), "🔴").await;
    assert_eq!(reopened.visible().matches("Resolved by").count(), 1, "{}", reopened.visible());
    assert_eq!(orders(&story.bed.sentry).last(), Some(&json!({"status": "unresolved"})));

    let by = story.press_elsewhere("Resolve").await;
    story.shows(&format!("Resolved by {by} on "), "🟢").await;
    story.bed.outcome(&issue_unresolved("regressed")).await;
    let regressed = story.shows("Regressed on ", "🔴").await;
    assert_eq!(story.replies().len(), 2);

    // Repeats change nothing.
    for webhook in [changed("assigned", 1), issue_unresolved("regressed"), issue_created()] {
        story.bed.deliver(&webhook).await;
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    // A repeated webhook edits the message to the same content.
    assert_eq!((story.message().blocks, story.message().ts), (regressed.blocks, first.ts));
    let sentry = &story.bed.sentry;
    assert_eq!((story.replies().len(), sentry.notes(ISSUE).len(), orders(sentry).len()), (2, 1, 3));
    assert_eq!(story.in_telegram(), if has_telegram { (3, 2) } else { (0, 0) });
    story.bed.end().await;
}

#[tokio::test]
async fn an_issue_has_one_message_in_slack_for_its_whole_life() {
    lives(alone(&high()), false).await;
}

#[tokio::test]
async fn an_issue_has_one_message_in_each_chat_and_decisions_cross() {
    lives(both(&high()), true).await;
}

#[tokio::test]
async fn the_menu_in_slack_is_for_approvers_and_a_view_of_it_stays_in_its_chat() {
    let story = IssueLife::begin(both(&high()), true).await;
    story.press("Resolve", &stranger()).await;
    assert!(whispers(&story.bed, &stranger(), 1).await[0].contains("SLACK_APPROVERS"));
    let lee = SlackPerson::new("U0LEE0001", "lee");
    story.press("Assign to me", &lee).await;
    assert!(whispers(&story.bed, &lee, 1).await[0].contains("PEOPLE"));
    assert!(orders(&story.bed.sentry).is_empty());

    story.press("Assign to me", &ann()).await;
    story.shows("Assigned to ann by ann #U0ANN0001 on ", "🔴").await;
    assert_eq!(orders(&story.bed.sentry), [json!({"assignedTo": "user:7"})]);
    assert_eq!(story.message().labels().first().map(String::as_str), Some("Undo"));

    story.press("Priority ▸", &ann()).await;
    let shows =
        |bed: &World| bed.slack.messages().into_iter().find(|it| it.labels().contains(&"Low".to_owned()));
    let priorities = story.bed.eventually("the priorities", shows).await;
    assert_eq!(priorities.labels(), ["High", "Medium", "Low", "◂ Back", "Open in Sentry"]);
    assert!(!keyboard(&story.bed.message().await).concat().contains(&"Low".to_owned()));
    story.press("Low", &ann()).await;
    story.shows("Priority set to Low by ann #U0ANN0001 on ", "🔴").await;
    assert_eq!(orders(&story.bed.sentry).last(), Some(&json!({"priority": "low"})));
    story.bed.end().await;
}

#[tokio::test]
async fn a_chat_that_failed_gets_the_same_message_later_and_a_deleted_message_is_sent_again() {
    let bed = both(&high()).start().await;
    bed.slack.inject(Fault::status(500).on("POST").once());
    let outcome = bed.outcome(&issue_created()).await;
    assert_eq!(outcome["steps"]["slack"]["status"], "failed", "{outcome}");
    bed.outcome(&issue_unresolved("escalating")).await;
    let story = IssueLife { bed, has_telegram: true };
    let sent = story.shows("Escalating since ", "🔴").await;
    assert_eq!((sent.edits, story.replies().len(), story.in_telegram()), (0, 0, (2, 1)));

    story.bed.slack.delete(&sent.ts);
    story.bed.outcome(&issue_unresolved("regressed")).await;
    let again = story.shows("Regressed on ", "🔴").await;
    assert_ne!(again.ts, sent.ts);
    assert_eq!((story.replies().len(), story.in_telegram()), (0, (3, 2)));
    story.bed.end().await;
}
