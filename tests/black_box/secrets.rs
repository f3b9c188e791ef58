//! Tests of the sources of secrets, and of the errors when the secrets cannot be read.

use crate::black_box::lambda_world::{
    ALERTED, Function, World, body, client_secret, event, pairs, secrets, secrets_with, status,
};
use crate::black_box::secrets_manager::{Door, SecretsManager, no_listener};
use crate::support::SECRETS_FAILURE;
use crate::support::lambda_service::{Options, Outcome};
use crate::support::machine::Machine;
use serde_json::json;
use std::fs;
use std::time::Duration;

#[tokio::test]
async fn the_secret_is_fetched_when_it_is_needed_and_kept() {
    let world = World::new().await;
    let manager = SecretsManager::holding(secrets()).await;
    let function = world.function_from(manager.env()).await;
    assert_eq!(manager.fetches(), 0);
    function.deliver("furl-event-alert.json").await;
    function.deliver("furl-issue-created.json").await;
    assert_eq!((manager.fetches(), world.notes(ALERTED).len(), world.telegram.messages().len()), (1, 1, 2));
    function.assert_clean();
}

/// Returns contents of a secret that cannot be used, and the logged error for each.
fn useless() -> Vec<(String, &'static str)> {
    vec![
        ("canary-text".to_owned(), "not a JSON object"),
        (r#"["canary-list"]"#.to_owned(), "not a JSON object"),
        (r#"{"SENTRY_AUTH_TOKEN": "canary-cut"#.to_owned(), "not a JSON object"),
        (
            secrets_with("SENTRY_AUTH_TOKEN", json!({"token": "canary-object"})).to_string(),
            "key SENTRY_AUTH_TOKEN",
        ),
        (
            secrets_with("SENTRY_CLIENT_SECRET", json!(["canary-list"])).to_string(),
            "key SENTRY_CLIENT_SECRET",
        ),
        (secrets_with("TELEGRAM_BOT_TOKEN", json!(4_711_081_500_u64)).to_string(), "key TELEGRAM_BOT_TOKEN"),
    ]
}

/// Returns the variables of a function that has its secrets from Secrets Manager and its clocks from `machine`.
fn on(machine: &Machine, manager: &SecretsManager) -> Vec<(String, String)> {
    [manager.env(), pairs(&machine.env())].concat()
}

/// Delivers an alert, and asserts that the log names the source of the secrets and the reason of the failure.
async fn assert_unavailable(function: &Function<'_>, source: &str, why: &str) {
    let before = function.logged("secrets_unavailable").len();
    let (answer, report) = function.run(event("furl-event-alert.json")).await;
    assert_eq!((status(&answer), report.outcome), (503, Outcome::Completed), "{why}: {}", answer.payload);
    assert_eq!(body(&answer), json!({"error": "the secrets cannot be read"}), "{why}: {}", answer.payload);
    let lines = function.logged("secrets_unavailable");
    assert_eq!(lines.len(), before + 1);
    let said = lines[before]["error"].as_str().expect("an error");
    assert!(said.contains(source) && said.contains(why), "{source}, {why}: {said}");
    let (health, _) = function.run(event("health.json")).await;
    let health = body(&health);
    assert_eq!(health["status"], "degraded");
    // The health endpoint is public, so the reason is only in the log.
    assert_eq!(health["checks"]["note"], "the secrets cannot be read; the log says why");
    let logged = function.logged("health_degraded");
    assert_eq!(logged.last().map(|line| &line["error"]), Some(&lines[before]["error"]));
}

#[tokio::test]
async fn a_useless_secret_is_named_with_its_source_and_never_shown() {
    let world = World::new().await;
    for (secret, why) in useless() {
        let manager = SecretsManager::holding(secret).await;
        let function = world.function_from(manager.env()).await;
        let source = format!("Secrets Manager secret {}", manager.secret_id);
        assert_unavailable(&function, &source, why).await;
        function.assert_clean();
    }
    let (manager, machine) = (SecretsManager::new().await, Machine::new());
    let function = world.function_from(on(&machine, &manager)).await;
    let source = format!("Secrets Manager secret {}", manager.secret_id);
    assert_unavailable(&function, &source, "ResourceNotFoundException").await;
    // The value in base64 decodes to "canary-binary".
    manager.create(&json!({"SecretBinary": "Y2FuYXJ5LWJpbmFyeQ=="})).await;
    machine.pass(SECRETS_FAILURE);
    assert_unavailable(&function, &source, "it is binary").await;
    // A failure is remembered for seconds only, so a later delivery gets the repaired secret.
    manager.rotate(secrets()).await;
    machine.pass(SECRETS_FAILURE);
    function.deliver("furl-event-alert.json").await;
    assert_eq!(world.notes(ALERTED).len(), 1);
    function.assert_clean();
}

#[tokio::test]
async fn a_useless_file_is_named_and_never_shown() {
    let world = World::new().await;
    let directory = tempfile::tempdir().expect("make a directory");
    let file = directory.path().join("mounted.json");
    let path = file.to_str().expect("a path in UTF-8");
    let function = world.function_from(pairs(&[("SECRETS_FILE", path)])).await;
    assert_unavailable(&function, path, "cannot be read").await;
    fs::write(&file, b"{\"SENTRY_AUTH_TOKEN\":\"canary-\xff\"}").expect("write what is not UTF-8");
    assert_unavailable(&function, path, "cannot be read").await;
    for (secret, why) in useless() {
        fs::write(&file, secret).expect("write the secret");
        assert_unavailable(&function, path, why).await;
    }
    fs::write(&file, secrets().to_string()).expect("write the secrets");
    function.deliver("furl-event-alert.json").await;
    assert_eq!(world.notes(ALERTED).len(), 1);
    function.assert_clean();
}

#[tokio::test]
async fn a_missing_key_is_named() {
    let world = World::new().await;
    let manager = SecretsManager::holding(json!({"SENTRY_AUTH_TOKEN": "", "unrelated": [1]})).await;
    let function = world.function_from(manager.env()).await;
    let (answer, _) = function.run(event("furl-event-alert.json")).await;
    assert_eq!((status(&answer), body(&answer)), (401, json!({"error": "no client secret is configured"})));
    let (health, _) = function.run(event("health.json")).await;
    let checks = body(&health)["checks"].clone();
    assert_eq!(checks["signature"], "SENTRY_CLIENT_SECRET is not set");
    assert_eq!(checks["note"], "SENTRY_AUTH_TOKEN is not set");
    assert_eq!(checks["telegram"], "TELEGRAM_BOT_TOKEN is not set");
    function.assert_clean();
}

#[tokio::test]
async fn without_secrets_manager_the_answer_is_503_and_soon() {
    let world = World::new().await;
    // Waiting for Secrets Manager without a limit would exceed this timeout.
    let options = Options { timeout: Duration::from_secs(8), ..Options::default() };
    let unreachable = Function::start(&world, &[world.places(), no_listener()].concat(), options).await;
    assert_unavailable(&unreachable, "Secrets Manager secret sidenote/unreachable", "cannot be read").await;

    let (manager, machine) = (SecretsManager::holding(secrets()).await, Machine::new());
    let env = [world.places(), on(&machine, &manager)].concat();
    let function = Function::start(&world, &env, options).await;
    for door in [Door::Failing, Door::Stuck] {
        manager.set(door);
        machine.pass(SECRETS_FAILURE);
        assert_unavailable(&function, &manager.secret_id, "cannot be read").await;
    }
    manager.set(Door::Open);
    machine.pass(SECRETS_FAILURE);
    function.deliver("furl-event-alert.json").await;
    assert_eq!((world.notes(ALERTED).len(), function.lambda.cold_starts()), (1, 1));
    unreachable.assert_clean();
    function.assert_clean();
}

#[tokio::test]
async fn the_most_verbose_log_level_does_not_show_fetched_secrets() {
    let world = World::new().await;
    let manager = SecretsManager::holding(secrets()).await;
    let source = [manager.env(), pairs(&[("RUST_LOG", "trace")])].concat();
    let function = world.function_from(source).await;
    function.deliver("furl-event-alert.json").await;
    assert!(!function.lambda.logs().contains(&client_secret()));
    function.assert_clean();
}
