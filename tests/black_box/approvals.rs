//! Short tests of decisions in the chat: the buttons, the decision, the action and the reports. The complete tests are
//! in `tests/approvals/`.

use http::Method;
use serde_json::{Value, json};
use sidenote_standins::{Kind, Message};

use crate::support::{CHAT, ISSUE, Setup, Webhook, World, issue, issue_unresolved, sentry_of, telegram};

const KIM: i64 = 42;
const PATH: &str = "/api/v1/webhooks/telegram";
const SECRET: &str = "e8Xv3Sb6Mj1Cw9Gt4Ly7Pz2KhB5nRf0DqU7s";

fn button(message: &Message, row: usize, column: usize) -> (String, String) {
    let button = &message.reply_markup.as_ref().expect("a keyboard")["inline_keyboard"][row][column];
    let text = |name: &str| button[name].as_str().unwrap_or_default().to_owned();
    (text("text"), text("callback_data"))
}

fn update(id: i64, from: i64, message: i64, data: &str) -> Webhook {
    let body = json!({"update_id": id, "callback_query": {
        "id": format!("query-{id}"), "chat_instance": "1", "data": data,
        "from": {"id": from, "is_bot": false, "first_name": "Kim", "username": "kim"},
        "message": {"message_id": message, "date": 1, "chat": {"id": CHAT, "type": "supergroup", "title": "on call"}},
    }});
    Webhook::new(&body).method_is(Method::POST).to(PATH).header("x-telegram-bot-api-secret-token", SECRET)
}

/// Runs a test with a process that asks for a decision. The test gets the message with the buttons.
async fn asked(test: impl AsyncFnOnce(&World, Message)) {
    let telegram = (1..9).fold(telegram(), |data, id| data.callback(&format!("query-{id}")));
    let issue = issue().status("unresolved", Some("escalating"));
    let setup = Setup::new().telegram(telegram).sentry(sentry_of(Kind::SelfHosted).issue(issue));
    setup
        .variable("TELEGRAM_APPROVERS", &KIM.to_string())
        .run(async |world| {
            world.deliver(&issue_unresolved("escalating")).await;
            world.logged("approval_asked", 1).await;
            let message = world.message().await;
            test(world, message).await;
        })
        .await;
}

fn puts(world: &World) -> Vec<Value> {
    let is_order = |request: &&sidenote_standins::Recorded| {
        request.method == Method::PUT && request.path.ends_with(&format!("/issues/{ISSUE}/"))
    };
    let requests = world.sentry.requests();
    requests.iter().filter(is_order).map(|it| serde_json::from_slice(&it.body).expect("JSON")).collect()
}

#[tokio::test]
async fn a_press_changes_the_issue_once_and_names_the_person() {
    asked(async |world, message| {
        let (text, data) = button(&message, 0, 0);
        assert_eq!(text, "Priority high");
        for id in [1, 2] {
            assert_eq!(world.deliver(&update(id, KIM, message.message_id, &data)).await.status, 200);
        }
        world.logged("approval_decided", 1).await;
        world.logged("approval_tap_refused", 1).await;
        assert_eq!(puts(world), [json!({"priority": "high"})]);
        let edited = world.message().await;
        assert!(edited.text_visible.contains("Approved by Kim (@kim) #42 on "), "{}", edited.text_visible);
        assert_eq!(button(&edited, 0, 0).0, "Resolve", "the question is answered, and the menu stays");
        let note = world.note(ISSUE).await;
        let line = note.text.lines().find(|line| line.starts_with("Proposed: ")).expect("the line");
        assert!(line.contains("Approved by `Kim (@kim) #42` on ") && line.ends_with(": done."), "{line}");
    })
    .await;
}

#[tokio::test]
async fn a_stranger_a_forger_and_a_wrong_secret_change_nothing() {
    asked(async |world, message| {
        let (_, data) = button(&message, 0, 0);
        let refused = [
            update(1, 7, message.message_id, &data),
            update(2, KIM, message.message_id, &format!("{}x", &data[..data.len() - 1])),
            update(3, KIM, message.message_id + 1, &data),
        ];
        for webhook in refused {
            assert_eq!(world.deliver(&webhook).await.status, 200);
        }
        world.logged("approval_tap_refused", 3).await;
        let wrong =
            update(4, KIM, message.message_id, &data).header("x-telegram-bot-api-secret-token", "wrong");
        let answer = world.deliver(&wrong).await;
        assert_eq!(
            (answer.status, answer.json()),
            (401, json!({"error": "the secret of the webhook is wrong"}))
        );
        assert!(puts(world).is_empty());
        assert_eq!(world.message().await.edits, 0);
    })
    .await;
}

/// Weak webhook secrets are refused, because every member of the chat has the data of the buttons and can test guesses
/// on it.
#[tokio::test]
async fn with_a_secret_that_can_be_guessed_there_are_no_buttons_and_no_update_is_taken() {
    const GUESSABLE: &str = "c7Xq2Lm9Rt4Hn6Wd1Kf8Jz3Vb5Ys0G";
    let issue = issue().status("unresolved", Some("escalating"));
    let setup = Setup::new().telegram(telegram()).sentry(sentry_of(Kind::SelfHosted).issue(issue));
    let setup = setup.variable("TELEGRAM_APPROVERS", &KIM.to_string());
    setup
        .secret("TELEGRAM_WEBHOOK_SECRET", GUESSABLE)
        .run(async |world| {
            world.outcome(&issue_unresolved("escalating")).await;
            let message = world.message().await;
            let buttons = message.reply_markup.as_ref().map(ToString::to_string).unwrap_or_default();
            assert!(!buttons.contains("callback_data"), "{buttons}");
            let logged = world
                .logged("telegram_secret_unusable: there are no buttons, and no update is taken", 1)
                .await;
            assert_eq!(
                (&logged[0]["level"], &logged[0]["variable"]),
                (&"ERROR".into(), &"TELEGRAM_WEBHOOK_SECRET".into())
            );
            assert!(
                logged[0]["rule"].as_str().is_some_and(|rule| rule.starts_with("at least 32")),
                "{}",
                logged[0]
            );

            let forged =
                update(1, KIM, message.message_id, "a").header("x-telegram-bot-api-secret-token", GUESSABLE);
            let answer = world.deliver(&forged).await;
            assert_eq!(
                (answer.status, answer.json()),
                (401, json!({"error": "no usable webhook secret is configured"}))
            );
            assert!(puts(world).is_empty());
            let health = world.get("/api/v1/health").await.json();
            let expected =
                "nobody can decide: the state is in memory (set STATE_TABLE, or STATE_PATH for `serve`), and \
                 TELEGRAM_WEBHOOK_SECRET is not at least 32";
            assert!(health["approvals"].as_str().is_some_and(|it| it.starts_with(expected)), "{health}");
        })
        .await;
}

#[tokio::test]
async fn nothing_is_changed_by_a_tap_that_names_no_message() {
    asked(async |world, message| {
        let (_, data) = button(&message, 0, 0);
        let body = json!({"update_id": 1, "callback_query": {
            "id": "query-1", "chat_instance": "1", "data": data,
            "from": {"id": KIM, "is_bot": false, "first_name": "Kim"},
        }});
        let bare = Webhook::new(&body).to(PATH).header("x-telegram-bot-api-secret-token", SECRET);
        assert_eq!(world.deliver(&bare).await.status, 200);
        assert_eq!(world.logged("approval_tap_refused", 1).await[0]["reason"], "elsewhere");
        assert!(puts(world).is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_newer_analysis_takes_the_place_of_an_older_question() {
    asked(async |world, old| {
        world.deliver(&update(1, KIM, old.message_id, &button(&old, 1, 1).1)).await;
        world.logged("approval_asked", 2).await;
        world.logged("approval_decided", 1).await;
        let newer = world.message().await;
        assert_eq!(button(&newer, 0, 0).0, "Priority high");
        for (id, message) in [(2, &old), (3, &newer)] {
            world.deliver(&update(id, KIM, message.message_id, &button(message, 0, 0).1)).await;
        }
        world.logged("approval_decided", 2).await;
        assert_eq!(puts(world).len(), 1, "the older question changes nothing");
    })
    .await;
}

#[tokio::test]
async fn a_note_that_waits_is_shown_whole_posted_once_and_followed_by_its_action() {
    let telegram = (1..9).fold(telegram(), |data, id| data.callback(&format!("query-{id}")));
    let setup =
        Setup::new().telegram(telegram).variable("TELEGRAM_APPROVERS", "42").variable("APPROVAL", "note");
    setup
        .run(async |world| {
            let outcome = world.outcome(&issue_unresolved("escalating")).await;
            assert_eq!(
                (&outcome["status"], &outcome["steps"]["note"]["status"]),
                (&json!("completed"), &json!("waiting"))
            );
            assert!(world.sentry.notes(ISSUE).is_empty());
            let message = world.message().await;
            let (text, data) = button(&message, 0, 0);
            assert_eq!(text, "Post the note");
            world.deliver(&update(1, KIM, message.message_id, &data)).await;
            world.logged("approval_decided", 1).await;
            let note = world.note(ISSUE).await;
            assert!(
                message.text_visible.contains(note.text.trim_end()),
                "{}\n{}",
                message.text_visible,
                note.text
            );

            let asking = world.message().await;
            let (text, data) = button(&asking, 0, 0);
            assert_eq!(text, "Priority high");
            // Another press on a decided message leaves the buttons of the current approval in place.
            world.deliver(&update(2, KIM, message.message_id, &button(&message, 0, 0).1)).await;
            world.logged("approval_tap_refused", 1).await;
            world.deliver(&update(3, KIM, message.message_id, &data)).await;
            world.logged("approval_decided", 2).await;
            assert_eq!(puts(world), [json!({"priority": "high"})]);
            assert_eq!(world.sentry.notes(ISSUE).len(), 1);
            assert!(
                world.note(ISSUE).await.text.contains("Approved by `Kim (@kim) #42`"),
                "the note names who decided"
            );
            assert!(
                world.log("telegram_toast_failed").is_empty() && world.log("approval_not_shown").is_empty()
            );
        })
        .await;
}
