//! Tests of `sidenote doctor` with faults of Telegram: the token, the chat, the right to write, the topic and the
//! webhook.

use serde_json::{Value, json};
use sidenote_standins::{Chat, Fault, TelegramWorld};

use super::bed::hold;
use super::plan::{Plan, failed, healthy, warning};
use crate::support::{BOT_TOKEN, CHAT, telegram};

fn chat(chat: Chat) -> Plan {
    Plan { telegram: TelegramWorld::new(BOT_TOKEN).chat(chat), ..healthy() }
}

fn on_call() -> Chat {
    Chat::supergroup(CHAT, "on call")
}

fn hooked(telegram: TelegramWorld) -> Plan {
    Plan { telegram, ..healthy() }
}

#[tokio::test]
async fn faults_of_the_telegram_bot_chat_and_rights_are_reported() {
    let refused = json!({"ok": false, "error_code": 401, "description": "Unauthorized"}).to_string();
    let revoked = Plan {
        telegram_faults: vec![Fault::status(401).header("content-type", "application/json").body(refused)],
        ..healthy()
    };
    hold(vec![
        failed("revoked bot token", revoked, "telegram.bot", "refused (401)", "@BotFather"),
        failed(
            "a bot token that is none",
            healthy().key("TELEGRAM_BOT_TOKEN", "m4Wq8Zt1Kx6Lb3Hd"),
            "secrets.TELEGRAM_BOT_TOKEN",
            "not a bot token",
            "@BotFather",
        ),
        failed(
            "chat not found",
            healthy().logging_all().variable("TELEGRAM_CHAT_ID", "-1009998887"),
            "telegram.chat",
            "chat not found",
            "correct TELEGRAM_CHAT_ID",
        ),
        failed(
            "cannot find chat",
            healthy().variable("TELEGRAM_CHAT_ID", ""),
            "telegram.chat",
            "TELEGRAM_CHAT_ID is not set",
            "run sidenote telegram connect",
        ),
        failed("bot kicked", chat(on_call().kicked()), "telegram.chat", "removed", "add the bot to the chat"),
        failed(
            "bot was never there",
            chat(on_call().not_member()),
            "telegram.chat",
            "never a member",
            "add the bot",
        ),
        failed(
            "bot may not write",
            chat(on_call().muted()),
            "telegram.rights",
            "restricted",
            "send messages",
        ),
        failed(
            "blocked by the person",
            chat(Chat::private(77, "Noor").blocked()).variable("TELEGRAM_CHAT_ID", "77"),
            "telegram.rights",
            "may not write",
            "unblock",
        ),
        failed(
            "the group became a supergroup",
            chat(Chat::group(-55, "on call").upgraded_to(CHAT)).variable("TELEGRAM_CHAT_ID", "-55"),
            "telegram.rights",
            "became a supergroup",
            "set TELEGRAM_CHAT_ID=-100700800",
        ),
    ])
    .await;
}

#[tokio::test]
async fn a_missing_telegram_topic_is_reported() {
    let in_topic = |plan: Plan, topic: &str| plan.variable("TELEGRAM_THREAD_ID", topic);
    hold(vec![
        failed(
            "thread missing",
            in_topic(chat(on_call().topic(7)), "8"),
            "telegram.thread",
            "topic 8: the chat has no such topic",
            "t.me/c/CHAT/TOPIC/MESSAGE",
        ),
        failed(
            "a closed topic",
            in_topic(chat(on_call().closed_topic(7)), "7"),
            "telegram.thread",
            "closed",
            "reopen the topic",
        ),
        failed(
            "a thread where there are none",
            in_topic(healthy(), "8"),
            "telegram.thread",
            "the chat has no topics",
            "unset TELEGRAM_THREAD_ID",
        ),
    ])
    .await;
    let seen = super::bed::Bed::of(in_topic(chat(on_call().topic(7)), "7")).await.run().await;
    assert_eq!(seen.code, 0, "{}", seen.table);
    assert!(seen.of("ok").iter().any(|it| it[0] == "telegram.thread"), "{}", seen.table);
}

#[tokio::test]
async fn faults_of_the_telegram_webhook_are_reported() {
    let elsewhere = Plan { webhook: json!({"url": "https://another.example/hook"}), ..healthy() };
    let unset = || Plan { webhook: Value::Null, ..healthy() };
    let filtered = Plan { webhook: json!({"allowed_updates": ["message"]}), ..healthy() };
    let refused = "Wrong response from the webhook: 401 Unauthorized";
    let tls = "SSL error {error:0A000086:SSL routines::certificate verify failed}";
    hold(vec![
        failed(
            "webhook unset",
            unset(),
            "telegram.webhook",
            "buttons do nothing",
            "sidenote telegram connect --url",
        ),
        failed(
            "webhook elsewhere",
            elsewhere,
            "telegram.webhook",
            "https://another.example/hook",
            "one webhook",
        ),
        failed(
            "callback_query left out",
            filtered,
            "telegram.webhook",
            "lack callback_query",
            "sidenote telegram connect --url",
        ),
        failed(
            "webhook with last error",
            hooked(telegram().webhook_trouble(refused, 3)),
            "telegram.webhook",
            "401 Unauthorized; 3 updates are pending",
            "the secret differs",
        ),
        warning(
            "webhook that failed, and nothing waits",
            hooked(telegram().webhook_trouble(tls, 0)),
            "telegram.webhook",
            "certificate verify failed",
            "certificate",
        ),
        failed(
            "webhook secret missing",
            healthy().key("TELEGRAM_WEBHOOK_SECRET", ""),
            "secrets.TELEGRAM_WEBHOOK_SECRET",
            "not set",
            "add the key TELEGRAM_WEBHOOK_SECRET",
        ),
        failed(
            "webhook secret that can be guessed",
            healthy().logging_all().key("TELEGRAM_WEBHOOK_SECRET", "r3Kp8Vn1Wc5Zd2Yh9Tf4Jx6Bq7Ls0M"),
            "secrets.TELEGRAM_WEBHOOK_SECRET",
            "at least 32 characters",
            "openssl rand -hex 32",
        ),
        warning(
            "no approvers",
            healthy().variable("TELEGRAM_APPROVERS", ""),
            "telegram.webhook",
            "TELEGRAM_APPROVERS is empty",
            "set TELEGRAM_APPROVERS",
        ),
    ])
    .await;
}

/// A proxy or a stage of API Gateway may add a prefix to all paths. The Telegram webhook must have the same prefix as
/// the URL in `--url`.
#[tokio::test]
async fn the_telegram_webhook_may_have_the_path_prefix_of_the_url() {
    let of = |hook: &str, url: &'static str| {
        let plan = Plan { webhook: json!({"url": hook}), ..healthy() };
        plan.arguments(&["--url", url])
    };
    let prefixed = "https://localhost:8443/prod/api/v1/webhooks/telegram";
    for (hook, url, verdict) in [
        (prefixed, "https://localhost:8443/prod/api/v1/webhooks/sentry/error", "ok"),
        (prefixed, "https://localhost:8443/prod/api/v1/webhooks/sentry/", "ok"),
        (prefixed, "https://localhost:8443/prod", "ok"),
        (prefixed, "https://localhost:8443/test/api/v1/webhooks/sentry/error", "failed"),
        (prefixed, "https://localhost:8443/api/v1/webhooks/sentry/error", "failed"),
        ("https://localhost:8443/hook", "https://localhost:8443/prod", "failed"),
    ] {
        // Nothing listens at the URL. The report contains this as another failure.
        let seen = super::bed::Bed::of(of(hook, url)).await.run().await;
        let found = seen.of(verdict).into_iter().find(|it| it[0] == "telegram.webhook");
        assert!(found.is_some_and(|it| it[1].contains(hook)), "{hook} {url}: {}", seen.table);
    }
}
