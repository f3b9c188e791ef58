//! `sidenote people`: names come from the chats, pairs are suggested by equal names only, and never used without a person.

use std::process::Command;

use serde_json::{Value, json};
use sidenote_standins::{Chat, Kind, Person, Sentry, Slack, SlackWorld, Telegram, TelegramWorld, Token};

use super::bed::delivered;
use super::kills;
use super::worlds::READING_TOKEN;
use crate::support::{BOT_TOKEN, CHAT, ORG, SLACK_TOKEN, sentry_of};

const TOKEN: &str = "b7Rk2Wq9Xt4Zn6Lm";

/// Runs `sidenote people` with these options, a Sentry token with these scopes and additional variables. Returns whether it
/// succeeded, its standard output and its standard error.
async fn people(options: &[&str], scopes: &[&str], more: &[(&str, &str)]) -> (bool, String, String) {
    let world = sentry_of(Kind::SelfHosted)
        .token(Token::integration(TOKEN).scopes(scopes))
        .member("7", "Kim Lee", "kim@crumb.example")
        .member("8", "Noor", "noor@crumb.example")
        .team("3", "kitchen");
    let sentry = Sentry::start(world).await;
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = Command::new(env!("CARGO_BIN_EXE_sidenote"));
    command.arg("people").args(options).current_dir(folder.path()).env_clear();
    command.env("SENTRY_BASE_URL", sentry.url()).env("SENTRY_ORG", ORG).env("SENTRY_AUTH_TOKEN", TOKEN);
    command.envs(more.iter().copied());
    let run = tokio::task::spawn_blocking(move || command.output()).await.expect("no panic");
    let output = run.expect("run sidenote");
    assert_eq!(sentry.violations(), Vec::<String>::new());
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    (output.status.success(), text(output.stdout), text(output.stderr))
}

#[tokio::test]
async fn users_are_listed_and_nobody_is_matched_without_a_name() {
    let more = [("TELEGRAM_APPROVERS", "42"), ("SLACK_APPROVERS", "U0ANN0001"), ("PEOPLE", "42:7")];
    let (is_done, shown, _) = people(&["--json"], &["event:read", "member:read"], &more).await;
    assert!(is_done);
    let shown: Value = serde_json::from_str(&shown).expect("JSON");
    assert_eq!(shown["users"], json!([{"id": "7", "name": "Kim Lee"}, {"id": "8", "name": "Noor"}]));
    let person = |id: &str, known: bool| json!({"id": id, "name": null, "in_people": known, "users_with_this_name": []});
    assert_eq!(shown["people"], json!([person("42", true), person("U0ANN0001", false)]));
    assert_eq!(shown["suggested"], json!([]));
    let gaps = ["Slack: SLACK_BOT_TOKEN is not set", "Telegram: TELEGRAM_BOT_TOKEN is not set"];
    assert_eq!(shown["gaps"], json!(gaps));
}

#[tokio::test]
async fn a_missing_permission_is_named() {
    let (is_done, _, why) = people(&["--json"], &["event:read"], &[]).await;
    assert!(!is_done && why.contains("Member: Read"), "{why}");
}

/// Runs `sidenote people` between both chats. The Slack app has these scopes.
async fn in_both_chats(slack_scopes: &[&str]) -> String {
    let kim = Person::new(42, "Kim Lee").username("kim");
    let telegram = TelegramWorld::new(BOT_TOKEN).chat(Chat::supergroup(CHAT, "on call")).member(kim);
    let telegram = Telegram::start(telegram).await;
    // A person who wrote in the chat lately, and is no approver.
    telegram.say(CHAT, None, "hello", &Person::new(44, "Sam"));
    let slack = SlackWorld::new(SLACK_TOKEN).scopes(slack_scopes).user("U0NOOR001", "noor.h", "Noor");
    let slack = Slack::start(slack).await;
    let (chat, telegram_url, slack_url) = (CHAT.to_string(), telegram.url(), slack.url());
    let more = [
        ("TELEGRAM_BOT_TOKEN", BOT_TOKEN),
        ("TELEGRAM_API_BASE", telegram_url.as_str()),
        ("TELEGRAM_CHAT_ID", chat.as_str()),
        ("TELEGRAM_APPROVERS", "42,43"),
        ("SLACK_BOT_TOKEN", SLACK_TOKEN),
        ("SLACK_API_BASE", slack_url.as_str()),
        ("SLACK_APPROVERS", "U0NOOR001"),
    ];
    let (is_done, shown, why) = people(&[], &["event:read", "member:read"], &more).await;
    assert!(is_done, "{why}");
    assert_eq!((telegram.violations(), slack.violations()), (Vec::new(), Vec::new()));
    shown
}

#[tokio::test]
async fn the_chats_name_people_and_equal_names_are_suggested() {
    let shown = in_both_chats(&["chat:write", "users:read"]).await;
    let expected = "People in the chats:
  42  Kim Lee (@kim): user 7 has this name
  43  (name unknown): no user has this name
  44  Sam: no user has this name
  U0NOOR001  Noor (@noor.h): user 8 has this name
  Some names are unknown. Telegram: getChatMember: not found (404). Telegram tells a bot about other people in its \
chat, but only an administrator about each of them.

Users of Sentry:
  7  Kim Lee
  8  Noor

The names are equal, but the people may differ. If the pairs are right, add them to PEOPLE:
  42:7,U0NOOR001:8
";
    assert_eq!(shown, expected);
}

#[tokio::test]
async fn a_missing_scope_of_the_slack_app_is_named() {
    let shown = in_both_chats(&["chat:write"]).await;
    let gap = "Slack: users.info: the app lacks the scope users:read; add it for this command.";
    assert!(shown.contains(gap) && shown.contains("U0NOOR001  (name unknown)"), "{shown}");
    assert!(shown.ends_with("add them to PEOPLE:\n  42:7\n"), "{shown}");
}

#[tokio::test]
async fn a_person_who_has_decided_is_named() {
    let world = kills::World::new().await;
    let process = world.serve().await;
    let message = world.asked(&process).await;
    let kim = Person::new(42, "Kim Lee").username("kimmy");
    world.telegram.tap(message.message_id, "Priority high", &kim);
    delivered(&world.telegram).await;
    // The function's own token may not list the members.
    let more = [("SECRET_ID", ""), ("SENTRY_AUTH_TOKEN", READING_TOKEN), ("TELEGRAM_BOT_TOKEN", BOT_TOKEN)];
    let (is_done, shown) = world.command_with(&more, &["people"]).await;
    assert!(is_done, "{shown}");
    assert_eq!(shown["people"][0]["name"], "Kim Lee (@kimmy)");
    assert_eq!(shown["suggested"], json!(["42:7"]));
}
