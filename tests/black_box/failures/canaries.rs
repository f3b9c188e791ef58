//! Tests of the search for canaries (unique secret values), which ends every test of `sidenote serve`.

use serde_json::json;

use crate::support::{AUTH_TOKEN, BOT_TOKEN, CLIENT_SECRET, Secrets, Setup, Webhook, envelope, event};

#[tokio::test]
async fn a_secret_that_leaves_the_process_by_any_way_is_found() {
    let mut event = event();
    event["exception"]["values"][0]["value"] = json!(format!("no price for {AUTH_TOKEN}"));
    let alert = json!({"event": event, "triggered_rule": format!("rule of {CLIENT_SECRET}")});
    let mut world = Setup::new().secrets_in(Secrets::File).start().await;
    let outcome = world.outcome(&Webhook::of("event_alert", &envelope("triggered", &alert))).await;
    assert_eq!(outcome["status"], "completed", "{outcome}");
    // The secrets in the event are scrubbed. The id of an issue is not: it is returned in the answer and logged.
    let named = json!({"issue": {"id": BOT_TOKEN.split(':').nth(1)}});
    assert_eq!(world.deliver(&Webhook::of("issue", &envelope("created", &named))).await.status, 202);
    world.logged("delivery_processed", 2).await;
    let findings = world.findings().await;
    let expected = [
        "TELEGRAM_BOT_TOKEN in the log, as plain text",
        "TELEGRAM_BOT_TOKEN in an answer, as plain text",
        "TELEGRAM_BOT_TOKEN in a request to Sentry, as plain text",
        "TELEGRAM_BOT_TOKEN in a request to Telegram, as plain text",
    ];
    assert_eq!(findings, expected);
}

#[tokio::test]
async fn invalid_secrets_are_an_error_that_does_not_show_them() {
    let rows = [
        ("q7Zt4Lw9Xb2Kd6Vn3Hs8Rc1P", "not a JSON object"),
        ("[\"q7Zt4Lw9Xb2Kd6Vn3Hs8Rc1P\"]", "not a JSON object"),
        ("{\"SENTRY_AUTH_TOKEN\": \"q7Zt4Lw9Xb2Kd6Vn3Hs8Rc1P", "not a JSON object"),
        ("{\"SENTRY_AUTH_TOKEN\": [\"q7Zt4Lw9Xb2Kd6Vn3Hs8Rc1P\"]}", "key SENTRY_AUTH_TOKEN is not a text"),
    ];
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("secrets.json");
    for (text, why) in rows {
        std::fs::write(&path, text).expect("write the secrets");
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_sidenote"))
            .args(["serve", "--listen", "127.0.0.1:0"])
            .env_clear()
            .env("SECRETS_FILE", &path)
            .env("STATE_PATH", ":memory:")
            .output()
            .expect("run sidenote");
        assert_eq!(output.status.code(), Some(2), "{text}");
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8(said).expect("UTF-8");
        assert!(said.contains("SECRETS_FILE /") && said.contains(why), "{text}: {said}");
        assert!(!said.contains("q7Zt4Lw9Xb2Kd6Vn3Hs8Rc1P"), "{text}: {said}");
    }
}

#[tokio::test]
async fn settings_that_cannot_be_used_do_not_show_their_secret() {
    let base = format!("https://user:{AUTH_TOKEN}@sentry.crumb.example");
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_sidenote"))
        .args(["serve", "--listen", "127.0.0.1:0"])
        .env_clear()
        .envs([
            ("SENTRY_BASE_URL", base.as_str()),
            ("TELEGRAM_API_BASE", BOT_TOKEN),
            ("SENTRY_AUTH_TOKEN", AUTH_TOKEN),
        ])
        .output()
        .expect("run sidenote");
    assert_eq!(output.status.code(), Some(2));
    let said =
        String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout);
    assert!(said.contains("SENTRY_BASE_URL: ") && said.contains("TELEGRAM_API_BASE: "), "{said}");
    for secret in [AUTH_TOKEN, BOT_TOKEN] {
        assert!(crate::support::leaks(secret, &said).is_empty(), "{said}");
    }
}
