//! Tests `sidenote telegram connect` as a process, with a stand-in that is as strict as Telegram.

use std::process::Command;

use serde_json::{Value, json};
use sidenote_standins::{Chat, Fault, Recorded, Telegram, TelegramWorld};

use super::bed::{HOOK, SECRET, asked, data, delivered, message_saying, orders};
use super::fields;
use super::worlds::{high, kim, noor, quick_retries};
use crate::support::{BOT_TOKEN, CHAT, leaks};

const URL: &str = "https://abc123.lambda-url.eu-west-1.on.aws";

/// The result of a run of `sidenote telegram connect`.
struct Run {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

impl Run {
    fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|_| panic!("{}{}", self.stdout, self.stderr))
    }
}

/// Runs `sidenote telegram connect` with the Bot API at the URL `api`. A variable of `more` replaces the usual one; an
/// empty value counts as not set.
async fn run(api: &str, arguments: &[&str], more: &[(&str, &str)]) -> Run {
    let chat = CHAT.to_string();
    let usual = [
        ("TELEGRAM_API_BASE", api),
        ("TELEGRAM_BOT_TOKEN", BOT_TOKEN),
        ("TELEGRAM_CHAT_ID", chat.as_str()),
        ("TELEGRAM_WEBHOOK_SECRET", SECRET),
        ("RUST_LOG", "trace"),
    ];
    let mut command = Command::new(env!("CARGO_BIN_EXE_sidenote"));
    command.args(["telegram", "connect"]).args(arguments).env_clear().envs(usual).envs(more.iter().copied());
    let output = tokio::task::spawn_blocking(move || command.output()).await.expect("no panic");
    let output = output.expect("run sidenote");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    let run = Run { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) };
    for secret in [BOT_TOKEN, SECRET] {
        for (message_ref, text) in [("stdout", &run.stdout), ("stderr", &run.stderr)] {
            assert_eq!(leaks(secret, text), Vec::<&str>::new(), "in {message_ref}");
        }
    }
    assert!(!run.stderr.contains("panicked"), "{}", run.stderr);
    run
}

async fn telegram() -> Telegram {
    let forum = Chat::supergroup(-100_900, "Outages \u{202e}& <b>more</b>").topic(17);
    Telegram::start(quick_retries().chat(forum).chat(Chat::private(43, "Noor"))).await
}

fn assert_clean(telegram: &Telegram) {
    assert_eq!(telegram.violations(), Vec::<String>::new());
    assert_eq!(fields::check(&telegram.requests()).0, Vec::<String>::new());
}

#[tokio::test]
async fn chats_topics_and_people_are_found_in_recent_updates() {
    let telegram = telegram().await;
    let nothing = run(&telegram.url(), &[], &[]).await;
    assert_eq!(nothing.code, Some(0));
    assert!(
        nothing.stdout.contains("The token is @sidenote_bot's.")
            && nothing.stdout.contains("No webhook is set")
    );
    assert!(nothing.stdout.contains("/start@sidenote_bot"), "{}", nothing.stdout);

    telegram.say(CHAT, None, "/start", &kim());
    telegram.say(-100_900, Some(17), "/start", &kim());
    telegram.say(43, None, "/start", &noor());
    let found = run(&telegram.url(), &[], &[("TELEGRAM_CHAT_ID", "")]).await;
    assert_eq!(found.code, Some(0), "{}", found.stderr);
    for line in [
        format!("TELEGRAM_CHAT_ID={CHAT}   on call (supergroup)"),
        "TELEGRAM_CHAT_ID=-100900 TELEGRAM_THREAD_ID=17   Outages".to_owned(),
        "TELEGRAM_CHAT_ID=43   Noor (private)".to_owned(),
        "TELEGRAM_APPROVERS=42   Kim (@kim)".to_owned(),
        "TELEGRAM_APPROVERS=43   Noor".to_owned(),
    ] {
        assert!(found.stdout.contains(&line), "{line}: {}", found.stdout);
    }
    assert!(!found.stdout.contains('\u{202e}'));
    let json = run(&telegram.url(), &["--json"], &[]).await.json();
    assert_eq!(json["chats"][0]["id"], CHAT, "looking takes nothing away: {json}");
    assert_eq!(json["people"], json!([{"id": 42, "name": "Kim (@kim)"}, {"id": 43, "name": "Noor"}]));
    assert_eq!((&json["webhook"]["url"], &json["updates_hidden_by_webhook"]), (&Value::Null, &json!(false)));
    assert_clean(&telegram);
}

#[tokio::test]
async fn the_webhook_is_set_shown_and_removed() {
    let telegram = telegram().await;
    let set = run(&telegram.url(), &["--url", URL, "--json"], &[]).await;
    assert_eq!(set.code, Some(0), "{}", set.stderr);
    let webhook = &set.json()["webhook"];
    assert_eq!(webhook["url"], format!("{URL}{HOOK}"));
    assert_eq!(
        (&webhook["allowed_updates"], &webhook["pending_updates"]),
        (&json!(["callback_query"]), &json!(0))
    );
    let asked = telegram.requests();
    let request =
        asked.iter().find(|it| it.path.ends_with("/setWebhook")).and_then(Recorded::json).expect("JSON");
    let expected =
        json!({"url": format!("{URL}{HOOK}"), "secret_token": SECRET, "allowed_updates": ["callback_query"]});
    assert_eq!(request, expected);

    let shown = run(&telegram.url(), &[], &[]).await;
    assert!(
        shown.stdout.contains(&format!("The webhook is {URL}{HOOK}, for callback_query.")),
        "{}",
        shown.stdout
    );
    assert!(shown.stdout.contains("remove it with --remove"), "{}", shown.stdout);
    let removed = run(&telegram.url(), &["--remove"], &[]).await;
    assert!(removed.stdout.contains("No webhook is set"), "{}", removed.stdout);
    assert_clean(&telegram);
}

#[tokio::test]
async fn a_test_message_is_sent_to_the_topic() {
    let telegram = telegram().await;
    let more = [("TELEGRAM_CHAT_ID", "-100900"), ("TELEGRAM_THREAD_ID", "17")];
    let sent = run(&telegram.url(), &["--test", "--json"], &more).await;
    assert_eq!(sent.json()["test"], json!({"chat_id": -100_900, "message_id": 1001}));
    let message = telegram.messages().remove(0);
    assert_eq!((message.chat_id, message.thread), (-100_900, Some(17)));
    assert!(message.text_visible.contains("test message"));
    assert_clean(&telegram);
}

#[tokio::test]
async fn invalid_settings_are_reported_before_any_request_to_telegram() {
    let telegram = telegram().await;
    let long = "x".repeat(257);
    let short = "x".repeat(31);
    let rows: [(&[&str], (&str, &str), &str); 10] = [
        (&["--url", URL], ("TELEGRAM_WEBHOOK_SECRET", ""), "TELEGRAM_WEBHOOK_SECRET is not set"),
        (&["--url", URL], ("TELEGRAM_WEBHOOK_SECRET", "with a blank"), "openssl rand -hex 32"),
        (&["--url", URL], ("TELEGRAM_WEBHOOK_SECRET", &long), "at most 256"),
        (&["--url", URL], ("TELEGRAM_WEBHOOK_SECRET", &short), "at least 32 characters"),
        (&["--url", "http://a.example"], ("X", ""), "https only"),
        (&["--url", "https://a.example:9000"], ("X", ""), "not to 9000"),
        (&["--url", "https://a.example/?x=1"], ("X", ""), "query"),
        (&[], ("TELEGRAM_BOT_TOKEN", ""), "TELEGRAM_BOT_TOKEN is not set"),
        (&[], ("TELEGRAM_BOT_TOKEN", "no/token"), "invalid characters"),
        (&["--test"], ("TELEGRAM_CHAT_ID", ""), "TELEGRAM_CHAT_ID is not set"),
    ];
    for (arguments, variable, words) in rows {
        let refused = run(&telegram.url(), arguments, &[variable]).await;
        assert_eq!(refused.code, Some(2), "{words}: {}", refused.stderr);
        assert!(refused.stderr.contains(words) && refused.stdout.is_empty(), "{words}: {}", refused.stderr);
    }
    assert!(telegram.requests().is_empty());
}

#[tokio::test]
async fn an_error_of_telegram_is_reported_with_a_remedy() {
    let rows = [
        (Fault::status(401), vec![], "getMe: the token was refused (401): take the token from @BotFather"),
        (
            Fault::status(400).path("setWebhook"),
            vec!["--url", URL],
            "setWebhook: refused (400): the URL's name must resolve",
        ),
        (Fault::status(409).path("getUpdates"), vec![], "another program reads this bot's updates"),
        (
            Fault::status(403)
                .header("content-type", "application/json")
                .body(r#"{"ok":false,"error_code":403,"description":"Forbidden: bot was kicked from the group chat"}"#)
                .path("sendMessage"),
            vec!["--test"],
            "the bot was removed from the chat",
        ),
        (Fault::bad_gateway().path("getWebhookInfo"), vec![], "getWebhookInfo: the server failed (502)"),
        (Fault::garbage().path("getMe"), vec![], "getMe: the answer could not be read"),
        (Fault::reset().path("getMe"), vec![], "getMe: "),
    ];
    for (fault, arguments, words) in rows {
        let telegram = telegram().await;
        telegram.inject(fault);
        let refused = run(&telegram.url(), &arguments, &[]).await;
        assert_eq!(refused.code, Some(1), "{words}: {}", refused.stderr);
        assert!(refused.stderr.contains(words), "{words}: {}", refused.stderr);
    }
    let world = TelegramWorld::new("7001002004:another");
    let refused = run(&Telegram::start(world).await.url(), &[], &[]).await;
    assert!(refused.code == Some(1) && refused.stderr.contains("(401)"), "{}", refused.stderr);
}

#[tokio::test]
async fn telegram_connect_reads_the_secrets_from_a_file() {
    let telegram = telegram().await;
    let file = tempfile::NamedTempFile::new().expect("a file");
    let secrets = json!({"TELEGRAM_BOT_TOKEN": BOT_TOKEN, "TELEGRAM_WEBHOOK_SECRET": SECRET});
    std::fs::write(file.path(), secrets.to_string()).expect("write the secrets");
    let more = [
        ("SECRETS_FILE", file.path().to_str().expect("UTF-8")),
        ("TELEGRAM_BOT_TOKEN", ""),
        ("TELEGRAM_WEBHOOK_SECRET", ""),
        ("TELEGRAM_CHAT_ID", ""),
    ];
    let set = run(&telegram.url(), &["--url", URL, "--json"], &more).await;
    assert_eq!(set.json()["webhook"]["url"], format!("{URL}{HOOK}"), "{}", set.stderr);
    assert_clean(&telegram);
}

/// Tests that button presses work with the webhook that the command registers.
#[tokio::test]
async fn a_press_decides_through_the_webhook_registered_by_the_command() {
    let (mut bed, message) = asked(&high(), &[]).await;
    bed.telegram.route(URL, &bed.url());
    let set = run(&bed.telegram.url(), &["--url", &format!("{URL}{HOOK}"), "--json"], &[]).await;
    assert_eq!(set.code, Some(0), "{}", set.stderr);
    let update = bed.telegram.callback(message.message_id, &data(&message, "Priority high"), &kim());
    bed.telegram.update(update);
    delivered(&bed.telegram).await;
    message_saying(&bed, "Approved by Kim (@kim) #42 on ").await;
    assert_eq!(orders(&bed.sentry), [high().order]);
    // The command has to send the secret to Telegram once; it must not appear anywhere else.
    let findings = bed.findings().await;
    assert_eq!(findings, ["TELEGRAM_WEBHOOK_SECRET in a request to Telegram, as plain text"]);
}
