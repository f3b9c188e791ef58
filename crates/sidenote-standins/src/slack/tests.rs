//! Tests that the Slack stand-in refuses the requests that Slack refuses.

use serde_json::{Value, json};

use super::{Slack, SlackChannel, SlackPerson, SlackWorld};
use crate::testing::{Answer, send};

const HERE: &str = "C0ONCALL1";

async fn slack() -> Slack {
    let world = SlackWorld::new("xoxb-good").channel(SlackChannel::new(HERE, "on-call"));
    Slack::start(world.channel(SlackChannel::new("C0OTHERS1", "others").without_app())).await
}

async fn call(slack: &Slack, method: &str, body: &Value) -> Answer {
    let head = format!(
        "POST /api/{method}\nauthorization: Bearer xoxb-good\ncontent-type: application/json; charset=utf-8"
    );
    let url = slack.url();
    send(url.trim_end_matches("/api"), &head, &body.to_string()).await.expect("an answer")
}

fn message(channel: &str, text: &str) -> Value {
    let blocks = json!([{"type": "section", "text": {"type": "mrkdwn", "text": text, "verbatim": true}}]);
    json!({"channel": channel, "text": "x", "blocks": blocks, "unfurl_links": false, "unfurl_media": false,
        "mrkdwn": false})
}

#[tokio::test]
async fn a_message_is_posted_edited_and_shown_as_a_reader_sees_it() {
    let slack = slack().await;
    let posted =
        call(&slack, "chat.postMessage", &message(HERE, "*a* `&lt;b&gt;` <https://s.example/1|Open>")).await;
    assert_eq!(posted.json()["ok"], true);
    assert_eq!(slack.messages()[0].visible(), "a <b> Open");
    let blocks = message(HERE, "done")["blocks"].clone();
    let edit = json!({"channel": HERE, "ts": posted.json()["ts"], "text": "y", "blocks": blocks});
    assert_eq!(call(&slack, "chat.update", &edit).await.json()["ok"], true);
    assert_eq!((slack.messages()[0].visible().as_str(), slack.messages()[0].edits), ("done", 1));
    assert_eq!(slack.violations(), Vec::<String>::new());
}

#[tokio::test]
async fn an_edit_without_blocks_removes_them_and_is_a_violation() {
    let slack = slack().await;
    let posted = call(&slack, "chat.postMessage", &message(HERE, "a")).await;
    let edit = json!({"channel": HERE, "ts": posted.json()["ts"], "text": "y"});
    assert_eq!(call(&slack, "chat.update", &edit).await.json()["ok"], true);
    let post = slack.messages().remove(0);
    assert_eq!((post.text.as_str(), post.blocks), ("y", Vec::new()));
    assert_eq!(slack.violations().len(), 1, "{:?}", slack.violations());
    let nothing = json!({"channel": HERE, "ts": posted.json()["ts"]});
    assert_eq!(call(&slack, "chat.update", &nothing).await.json()["error"], "no_text");
    let blocks = json!({"channel": HERE, "ts": posted.json()["ts"], "blocks": message(HERE, "b")["blocks"]});
    assert_eq!(call(&slack, "chat.update", &blocks).await.json()["ok"], true);
    let post = slack.messages().remove(0);
    assert_eq!((post.text.as_str(), post.visible().as_str()), ("y", "b"));
}

#[tokio::test]
#[should_panic(expected = "has no button \"Open\"")]
async fn a_press_of_a_button_that_is_not_there_is_a_mistake_of_the_test() {
    let slack = slack().await;
    let posted = call(&slack, "chat.postMessage", &message(HERE, "a")).await;
    let ts = posted.json()["ts"].as_str().expect("an id").to_owned();
    let _ = slack.press(&ts, "Open", &SlackPerson::new("U1", "ann"), "secret");
}

#[tokio::test]
async fn each_refusal_has_slacks_name() {
    let slack = slack().await;
    let rows = [
        ("chat.postMessage", message("C0NOWHERE", "x"), "channel_not_found"),
        ("chat.postMessage", message("C0OTHERS1", "x"), "not_in_channel"),
        ("chat.postMessage", message(HERE, &"x".repeat(3_001)), "invalid_blocks"),
        ("chat.update", json!({"channel": HERE, "ts": "1.1", "text": "x"}), "message_not_found"),
        ("chat.sing", json!({}), "unknown_method"),
    ];
    for (method, body, error) in rows {
        assert_eq!(call(&slack, method, &body).await.json()["error"], error, "{method}");
    }
}

#[tokio::test]
async fn unescaped_markup_is_a_violation() {
    for (text, what) in [
        ("<!channel>", "an unescaped <!channel"),
        ("<@U123>", "an unescaped <@U123"),
        ("a & b", "an unescaped &"),
        ("a `b", "open code"),
    ] {
        let slack = slack().await;
        call(&slack, "chat.postMessage", &message(HERE, text)).await;
        assert!(slack.violations().iter().any(|it| it.contains(what)), "{text}: {:?}", slack.violations());
    }
    let slack = slack().await;
    let mut unfurled = message(HERE, "x");
    unfurled["unfurl_links"] = json!(true);
    unfurled["as_user"] = json!(true);
    unfurled["mrkdwn"] = json!(true);
    unfurled["reply_broadcast"] = json!(true);
    call(&slack, "chat.postMessage", &unfurled).await;
    assert_eq!(slack.violations().len(), 4, "{:?}", slack.violations());
}

#[tokio::test]
async fn two_messages_in_a_second_are_too_many() {
    let world = SlackWorld::new("xoxb-good").channel(SlackChannel::new(HERE, "on-call"));
    let slack = Slack::start(world.pace(std::time::Duration::from_secs(1))).await;
    assert_eq!(call(&slack, "chat.postMessage", &message(HERE, "x")).await.status, 200);
    let second = call(&slack, "chat.postMessage", &message(HERE, "x")).await;
    assert_eq!((second.status, &second.json()["error"]), (429, &json!("ratelimited")));
    assert!(second.head.contains("retry-after: 1"), "{}", second.head);
}
