//! Decisions in Slack: the same promises as in Telegram, and decisions that cross between both chats.

use serde_json::json;
use sidenote_standins::{SlackChannel, SlackPerson, SlackPost, SlackPress};

use super::bed::{HOOK, SECRET, activity, keyboard, message_saying, orders};
use super::worlds::{APPROVERS, Case, high, kim, quick_retries};
use crate::support::wire::At;
use crate::support::{CHANNEL, SLACK_SECRET, Setup, Webhook, World, slack};

const SLACK_HOOK: &str = "/api/v1/webhooks/slack";
const BUTTON: &str = "Priority high";
/// The first buttons of a message with a proposal. The rest of the menu follows.
const LABELS: [&str; 4] = [BUTTON, "Reject", "Analyse again", "Resolve"];
/// The buttons of a message without a question.
const MENU: [&str; 6] = [
    "Resolve",
    "Archive until it escalates",
    "Assign to me",
    "Priority ▸",
    "Analyse again",
    "Open in Sentry",
];

pub(super) fn ann() -> SlackPerson {
    SlackPerson::new("U0ANN0001", "ann")
}

pub(super) fn stranger() -> SlackPerson {
    SlackPerson::new("U0STRANGE", "mallory")
}

/// Slack alone, with two approvers.
pub(super) fn alone(case: &Case) -> Setup {
    both(case).without("TELEGRAM_BOT_TOKEN").without("TELEGRAM_CHAT_ID").without("TELEGRAM_APPROVERS")
}

/// Slack and Telegram, with two approvers in each.
pub(super) fn both(case: &Case) -> Setup {
    let setup = Setup::new().sentry(case.sentry()).telegram(quick_retries()).slack(slack());
    let setup =
        setup.variable("TELEGRAM_APPROVERS", APPROVERS).variable("SLACK_APPROVERS", "U0ANN0001,U0LEE0001");
    setup.secret("SLACK_SIGNING_SECRET", SLACK_SECRET)
}

/// Delivers the webhook of a case. Returns the Slack message with the buttons.
async fn asked(bed: &World, case: &Case) -> SlackPost {
    bed.telegram.push_to(&format!("{}{HOOK}", bed.url()), SECRET);
    bed.deliver(&(case.webhook)()).await;
    bed.logged("approval_asked", 1).await;
    let message = bed.slack.messages().pop().expect("a message");
    assert_eq!(message.labels()[..4], LABELS, "{}", message.visible());
    message
}

pub(super) async fn send(bed: &World, press: &SlackPress) -> u16 {
    press.send(&format!("{}{SLACK_HOOK}", bed.url())).await.expect("an answer")
}

/// Whether the message asks nothing any more. The menu and the link stay.
pub(super) fn is_decided(message: &SlackPost) -> bool {
    let labels = message.labels();
    labels.last().is_some_and(|label| label == "Open in Sentry") && !labels.contains(&"Reject".to_owned())
}

/// Waits until the Slack message contains this text. Returns the message.
pub(super) async fn saying(bed: &World, words: &str) -> SlackPost {
    let says = |bed: &World| bed.slack.messages().into_iter().find(|it| it.visible().contains(words));
    bed.eventually(words, says).await
}

/// Waits for `number` ephemeral messages to this person. Returns their texts.
pub(super) async fn whispers(bed: &World, person: &SlackPerson, number: usize) -> Vec<String> {
    let theirs = |bed: &World| {
        let all = bed.slack.whispers().into_iter().filter(|(to, _)| *to == person.id);
        Some(all.map(|(_, text)| text).collect::<Vec<_>>()).filter(|texts| texts.len() >= number)
    };
    bed.eventually("a whisper", theirs).await
}

#[tokio::test]
async fn a_press_changes_the_issue_once_and_the_message_says_by_whom() {
    for case in super::worlds::cases() {
        alone(&case)
            .run(async |bed| {
                bed.deliver(&(case.webhook)()).await;
                bed.logged("approval_asked", 1).await;
                let message = bed.slack.messages().pop().expect("a message");
                let press = bed.slack.press(&message.ts, case.button, &ann(), SLACK_SECRET);
                assert_eq!(send(bed, &press).await, 200);
                let done = saying(bed, "Approved by ann #U0ANN0001 on ").await;
                bed.logged("approval_decided", 1).await;
                assert!(is_decided(&done), "{}: {:?}", case.name, done.labels());
                assert_eq!(
                    (orders(&bed.sentry), activity(&bed.sentry)),
                    (vec![case.order.clone()], vec![case.activity.to_owned()])
                );
                assert_eq!(bed.log("approval_decided")[0]["slack_user"], "U0ANN0001");
                assert_eq!(whispers(bed, &ann(), 1).await, ["Approved, on it."]);
                assert_eq!(bed.slack.messages().len(), 1, "one message, edited");
            })
            .await;
    }
}

#[tokio::test]
async fn only_approvers_decide_and_each_press_counts_once() {
    alone(&high())
        .run(async |bed| {
            let message = asked(bed, &high()).await;
            let strange = bed.slack.press(&message.ts, BUTTON, &stranger(), SLACK_SECRET);
            assert_eq!(send(bed, &strange).await, 200);
            let told = whispers(bed, &stranger(), 1).await;
            assert!(told[0].contains("U0STRANGE") && told[0].contains("SLACK_APPROVERS"), "{told:?}");
            assert!(orders(&bed.sentry).is_empty());

            let press = bed.slack.press(&message.ts, BUTTON, &ann(), SLACK_SECRET);
            assert_eq!(send(bed, &press).await, 200);
            saying(bed, "Approved by ann #U0ANN0001 on ").await;
            bed.logged("approval_decided", 1).await;
            // The same request again within five minutes, and another person later.
            assert_eq!(send(bed, &press).await, 200);
            let late = SlackPerson::new("U0LEE0001", "lee");
            // An old client may still show the buttons, so the press has the value of the first message.
            let late = SlackPress {
                body: press.body.replace("U0ANN0001", &late.id).replace("8100.000002", "8100.000009"),
                ..press
            };
            assert_eq!(send(bed, &late).await, 200);
            let told = whispers(bed, &SlackPerson::new("U0LEE0001", "lee"), 1).await;
            assert_eq!(told, ["This was decided before."]);
            assert_eq!((orders(&bed.sentry).len(), bed.log("approval_decided").len()), (1, 1));
            let shown = bed.slack.messages().pop().expect("a message").visible();
            assert_eq!(shown.matches("Approved by").count(), 1, "{shown}");
        })
        .await;
}

#[tokio::test]
async fn an_old_forged_or_unsigned_slack_request_is_refused() {
    alone(&high())
        .run(async |bed| {
            let message = asked(bed, &high()).await;
            let press = || bed.slack.press(&message.ts, BUTTON, &ann(), SLACK_SECRET);
            // A second passes easily before the process reads its clock, so these are far from the limit of 300 s.
            let old = SlackPress { at: press().at - 330, ..press() };
            let future = SlackPress { at: press().at + 330, ..press() };
            let forged = SlackPress { secret: "another secret".to_owned(), ..press() };
            for (request, error) in [(old, "older"), (future, "older"), (forged, "invalid signature")] {
                let answer = deliver(bed, &request, true).await;
                assert_eq!(answer.0, 401);
                assert!(answer.1.contains(error), "{answer:?}");
            }
            let unsigned = deliver(bed, &press(), false).await;
            assert_eq!((unsigned.0, unsigned.1.contains("no signature")), (401, true), "{unsigned:?}");
            // Signed by Slack, but the value of the button is not ours.
            let foreign = press();
            let foreign = SlackPress {
                body: foreign.body.replace("%22value%22%3A%22a", "%22value%22%3A%22r"),
                ..foreign
            };
            assert_eq!(send(bed, &foreign).await, 200);
            assert_eq!(whispers(bed, &ann(), 1).await, ["This button is not valid any more."]);
            // A body that is no press is accepted and ignored.
            for body in ["", "payload=", "payload=%7B%7D", "x=1"] {
                assert_eq!(send(bed, &SlackPress { body: body.to_owned(), ..press() }).await, 200, "{body}");
            }
            assert!(orders(&bed.sentry).is_empty());
            assert_eq!(bed.slack.messages()[0].edits, 0);
        })
        .await;
}

/// Delivers a request with or without its signature. Returns the status and the body of the answer.
async fn deliver(bed: &World, press: &SlackPress, is_signed: bool) -> (u16, String) {
    let bare = Webhook::raw(press.body.clone()).to(SLACK_HOOK);
    let bare = bare.header("content-type", "application/x-www-form-urlencoded");
    let [_, (_, at), (_, signature)] = <[_; 3]>::try_from(press.headers()).expect("three headers");
    let signed = |request: Webhook| {
        request.header("x-slack-request-timestamp", &at).header("x-slack-signature", &signature)
    };
    let request = if is_signed { signed(bare) } else { bare };
    let answer = bed.deliver(&request).await;
    (answer.status, answer.json().to_string())
}

#[tokio::test]
async fn a_button_works_in_its_own_message_only() {
    alone(&high())
        .run(async |bed| {
            let message = asked(bed, &high()).await;
            let press = bed.slack.press(&message.ts, BUTTON, &ann(), SLACK_SECRET);
            for (mine, other) in [(message.ts.as_str(), "1795968000.999999"), (CHANNEL, "C0ELSEWHR")] {
                let elsewhere = SlackPress { body: press.body.replace(mine, other), ..press.clone() };
                assert_eq!(send(bed, &elsewhere).await, 200);
            }
            bed.logged("approval_tap_refused", 2).await;
            assert!(bed.log("approval_tap_refused").iter().all(|line| line["reason"] == "elsewhere"));
            assert!(orders(&bed.sentry).is_empty());
            // The stand-in refuses a whisper into a channel that it does not know. That has no consequence.
        })
        .await;
}

#[tokio::test]
async fn a_decision_in_one_chat_is_shown_in_both() {
    both(&high())
        .run(async |bed| {
            let message = asked(bed, &high()).await;
            let press = bed.slack.press(&message.ts, BUTTON, &ann(), SLACK_SECRET);
            assert_eq!(send(bed, &press).await, 200);
            let telegram = message_saying(bed, "Approved by ann #U0ANN0001 on ").await;
            let in_slack = saying(bed, "Approved by ann #U0ANN0001 on ").await;
            bed.logged("approval_decided", 1).await;
            // Telegram's menu of further actions stays.
            assert!(
                keyboard(&telegram).iter().flatten().all(|label| label != BUTTON),
                "{:?}",
                keyboard(&telegram)
            );
            assert_eq!(in_slack.labels(), MENU);
            assert_eq!(orders(&bed.sentry).len(), 1);
        })
        .await;

    both(&high())
        .run(async |bed| {
            asked(bed, &high()).await;
            let telegram = bed.message().await;
            bed.telegram.tap(telegram.message_id, BUTTON, &kim());
            message_saying(bed, "Approved by Kim (@kim) #42 on ").await;
            let in_slack = saying(bed, "Approved by Kim (@kim) #42 on ").await;
            bed.logged("approval_decided", 1).await;
            assert!(is_decided(&in_slack), "{:?}", in_slack.labels());
            assert_eq!(orders(&bed.sentry).len(), 1);
        })
        .await;
}

#[tokio::test]
async fn only_one_of_two_presses_in_telegram_and_slack_decides() {
    let bed = both(&high()).wired().start().await;
    let message = asked(&bed, &high()).await;
    let mut held = bed.to_sentry().hold("PUT 5150", 0, At::Arrival);
    let press = bed.slack.press(&message.ts, BUTTON, &ann(), SLACK_SECRET);
    let telegram = bed.message().await;
    let (_, ()) = tokio::join!(send(&bed, &press), async {
        held.caught().await;
        bed.telegram.tap(telegram.message_id, "Reject", &kim());
        let busy = "This was decided, and the change is being made right now.";
        bed.eventually("an answer", |bed| bed.telegram.toasts().into_iter().find(|it| it.text == busy)).await;
        held.release();
    });
    message_saying(&bed, "Approved by ann #U0ANN0001 on ").await;
    saying(&bed, "Approved by ann #U0ANN0001 on ").await;
    assert_eq!((orders(&bed.sentry).len(), activity(&bed.sentry).len()), (1, 1));
    bed.end().await;
}

#[tokio::test]
async fn a_note_waits_for_a_press_and_the_message_then_asks_for_the_action() {
    alone(&high())
        .variable("APPROVAL", "note")
        .run(async |bed| {
            bed.deliver(&(high().webhook)()).await;
            bed.logged("approval_asked", 1).await;
            let message = bed.slack.messages().pop().expect("a message");
            assert!(message.visible().contains("## AI error analysis"), "{}", message.visible());
            assert!(bed.sentry.notes(crate::support::ISSUE).is_empty());
            let press = bed.slack.press(&message.ts, &message.labels()[0], &ann(), SLACK_SECRET);
            assert_eq!(send(bed, &press).await, 200);
            bed.eventually("the next question", |bed| {
                bed.slack.messages().into_iter().find(|it| it.labels()[0] == BUTTON)
            })
            .await;
            bed.logged("approval_decided", 1).await;
            assert_eq!(bed.sentry.notes(crate::support::ISSUE).len(), 1);
            let press = bed.slack.press(&message.ts, BUTTON, &ann(), SLACK_SECRET);
            assert_eq!(send(bed, &press).await, 200);
            bed.logged("approval_decided", 2).await;
            let shown = bed.slack.messages().pop().expect("a message");
            assert_eq!(
                (shown.visible().matches("Approved by").count(), is_decided(&shown)),
                (2, true),
                "{}",
                shown.visible()
            );
            assert_eq!(orders(&bed.sentry), [high().order]);
        })
        .await;
}

#[tokio::test]
async fn without_a_signing_secret_there_are_no_buttons_and_every_request_is_refused() {
    both(&high())
        .without("SLACK_SIGNING_SECRET")
        .run(async |bed| {
            bed.deliver(&(high().webhook)()).await;
            bed.logged("approval_asked", 1).await;
            let message = bed.slack.messages().pop().expect("a message");
            assert_eq!(message.labels(), ["Open in Sentry"]);
            let press = bed.slack.press(&message.ts, "Open in Sentry", &ann(), "");
            assert_eq!(send(bed, &press).await, 401);
            let health = bed.get("/api/v1/health").await.json();
            assert_eq!(health["checks"]["slack"], json!("ok"));
        })
        .await;
}

#[tokio::test]
async fn a_route_decides_which_channel_gets_the_message() {
    const OTHER: &str = "C0ORDERS1";
    for (routes, channel) in [
        ("project=billing -> C0ORDERS1", CHANNEL),
        ("level=error users>=13 -> C0ORDERS1; project=orders -> -7", CHANNEL),
        ("-> -1001; project=orders users>=12 -> C0ORDERS1", OTHER),
    ] {
        let world = slack().channel(SlackChannel::new(OTHER, "orders"));
        both(&high())
            .slack(world)
            .variable("CHAT_ROUTES", routes)
            .run(async |bed| {
                let message = asked(bed, &high()).await;
                assert_eq!(message.channel, channel, "{routes}");
                let press = bed.slack.press(&message.ts, BUTTON, &ann(), SLACK_SECRET);
                assert_eq!(send(bed, &press).await, 200);
                saying(bed, "Approved by ann #U0ANN0001 on ").await;
            })
            .await;
    }
}

#[tokio::test]
async fn a_press_about_an_unknown_request_gets_an_answer_and_the_buttons_go() {
    // A button of the proposal, and one of the menu.
    for button in [BUTTON, "Resolve"] {
        let mut bed = alone(&high()).start().await;
        let message = asked(&bed, &high()).await;
        // The process kept its records in memory, so a restarted process does not know them.
        bed.restart().await;
        let press = bed.slack.press(&message.ts, button, &ann(), SLACK_SECRET);
        assert_eq!(send(&bed, &press).await, 200, "{button}");
        assert_eq!(whispers(&bed, &ann(), 1).await, ["This request no longer exists."], "{button}");
        let bare =
            |bed: &World| bed.slack.messages().into_iter().find(|it| it.labels() == ["Open in Sentry"]);
        let shown = bed.eventually("a message without buttons", bare).await;
        assert_eq!(shown.visible(), message.visible(), "{button}");
        assert!(orders(&bed.sentry).is_empty(), "{button}");
        bed.end().await;
    }
}
