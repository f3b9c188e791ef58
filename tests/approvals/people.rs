//! `sidenote people`: pairs are suggested by equal names only, and never used without a person.

use std::process::Command;

use serde_json::json;
use sidenote_standins::{Kind, Sentry, Token};

use crate::support::{ORG, sentry_of};

const TOKEN: &str = "b7Rk2Wq9Xt4Zn6Lm";

/// Runs `sidenote people` with a token with these scopes and with additional variables. Returns whether it succeeded,
/// its standard output and its standard error.
async fn people(scopes: &[&str], more: &[(&str, &str)]) -> (bool, String, String) {
    let world = sentry_of(Kind::SelfHosted)
        .token(Token::integration(TOKEN).scopes(scopes))
        .member("7", "Kim Lee", "kim@crumb.example")
        .member("8", "Noor", "noor@crumb.example")
        .team("3", "kitchen");
    let sentry = Sentry::start(world).await;
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = Command::new(env!("CARGO_BIN_EXE_sidenote"));
    command.args(["people", "--json"]).current_dir(folder.path()).env_clear();
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
    let (is_done, shown, _) = people(&["event:read", "member:read"], &more).await;
    assert!(is_done);
    let shown: serde_json::Value = serde_json::from_str(&shown).expect("JSON");
    assert_eq!(shown["users"], json!([{"id": "7", "name": "Kim Lee"}, {"id": "8", "name": "Noor"}]));
    let person = |id: &str, known: bool| json!({"id": id, "name": null, "in_people": known, "users_with_this_name": []});
    assert_eq!(shown["people"], json!([person("42", true), person("U0ANN0001", false)]));
    assert_eq!(shown["suggested"], json!([]));
}

#[tokio::test]
async fn a_missing_permission_is_named() {
    let (is_done, _, why) = people(&["event:read"], &[]).await;
    assert!(!is_done && why.contains("Member: Read"), "{why}");
}
