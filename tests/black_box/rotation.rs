//! Tests that a rotated secret takes effect without a new deployment of the function.

use crate::black_box::lambda_world::{
    ALERTED, AUTH_TOKEN, BOT_TOKEN, Function, REVOKED_TOKEN, World, client_secret, pairs, secrets,
    secrets_with,
};
use crate::black_box::secrets_manager::{Door, SecretsManager};
use serde_json::{Value, json};
use std::fs;

/// A well-formed token of no Telegram bot.
const OLD_BOT_TOKEN: &str = "100200300:AAcanary-bot-token-of-yesterday-00000";

/// Starts a function and lets it fetch its secrets while the secret `key` has the wrong value `bad`.
async fn holding<'w>(world: &'w World, key: &str, bad: &str) -> (SecretsManager, Function<'w>) {
    let manager = SecretsManager::holding(secrets_with(key, json!(bad))).await;
    let function = world.function_from(manager.env()).await;
    function.fetch_secrets().await;
    (manager, function)
}

/// Rotates the secrets, and asserts that one more fetch is enough to write the note and send the message.
async fn serves_once_rotated(world: &World, manager: &SecretsManager, function: &Function<'_>) {
    manager.rotate(secrets()).await;
    function.deliver("furl-event-alert.json").await;
    assert_eq!(manager.fetches(), 2);
    assert_eq!((world.notes(ALERTED).len(), world.telegram.messages().len()), (1, 1));
}

#[tokio::test]
async fn a_rotated_sentry_token_is_fetched_once_and_serves_the_same_delivery() {
    let world = World::new().await;
    let (manager, function) = holding(&world, "SENTRY_AUTH_TOKEN", REVOKED_TOKEN).await;
    serves_once_rotated(&world, &manager, &function).await;
    let processed = &function.logged("delivery_processed")[0];
    assert_eq!((&processed["status"], &processed["gaps"]), (&json!("completed"), &json!(0)));
    assert!(function.logged("sentry_api_unauthorized").is_empty());
    let new = format!("Bearer {AUTH_TOKEN}");
    assert!(world.sentry.requests().last().is_some_and(|last| last.header("authorization") == Some(&new)));
    function.assert_clean();
}

#[tokio::test]
async fn a_rotated_bot_token_is_fetched_once_and_serves_the_same_delivery() {
    let world = World::new().await;
    let (manager, function) = holding(&world, "TELEGRAM_BOT_TOKEN", OLD_BOT_TOKEN).await;
    serves_once_rotated(&world, &manager, &function).await;
    assert_eq!(function.logged("delivery_processed")[0]["status"], "completed");
    let refused = format!("POST /bot{OLD_BOT_TOKEN}/sendMessage: a token this world does not know");
    assert_eq!(world.telegram.violations(), [refused]);
    let paths: Vec<String> = world.telegram.requests().into_iter().map(|request| request.path).collect();
    let sent = |token: &str| format!("/bot{token}/sendMessage");
    assert_eq!(paths, [sent(OLD_BOT_TOKEN), sent(BOT_TOKEN)]);
    assert_eq!((world.sentry.violations(), function.lambda.violations()), (vec![], vec![]));
    world.assert_no_secret(&function.output());
}

#[tokio::test]
async fn a_token_in_a_file_is_read_again_when_it_is_refused() {
    let world = World::new().await;
    let directory = tempfile::tempdir().expect("make a directory");
    let file = directory.path().join("mounted.json");
    let write = |secrets: Value| fs::write(&file, secrets.to_string()).expect("write the secrets");
    write(secrets_with("SENTRY_AUTH_TOKEN", json!(REVOKED_TOKEN)));
    let function =
        world.function_from(pairs(&[("SECRETS_FILE", file.to_str().expect("a path in UTF-8"))])).await;
    function.fetch_secrets().await;
    write(secrets());
    function.deliver("furl-event-alert.json").await;
    assert_eq!(world.notes(ALERTED).len(), 1);
    assert_eq!(function.logged("delivery_processed")[0]["status"], "completed");
    function.assert_clean();
}

#[tokio::test]
async fn a_token_that_stays_bad_costs_one_refresh_a_delivery() {
    let world = World::new().await;
    let (manager, function) = holding(&world, "SENTRY_AUTH_TOKEN", REVOKED_TOKEN).await;
    for (name, deliveries) in [("furl-event-alert.json", 1), ("furl-issue-created.json", 2)] {
        function.deliver(name).await;
        assert_eq!(manager.fetches(), 1 + deliveries);
        assert_eq!((world.notes(ALERTED).len(), world.telegram.messages().len()), (0, deliveries));
        assert_eq!(function.logged("sentry_comment_failed").len(), deliveries);
        assert!(function.logged("sentry_api_unauthorized").len() >= deliveries);
    }
    function.assert_clean();
}

#[tokio::test]
async fn a_refresh_that_fails_leaves_the_old_secrets_and_the_rest_of_the_work() {
    let world = World::new().await;
    let (manager, function) = holding(&world, "SENTRY_AUTH_TOKEN", REVOKED_TOKEN).await;
    let rows = [(Door::Failing, "furl-event-alert.json"), (Door::Stuck, "furl-issue-created.json")];
    for (index, (door, name)) in rows.into_iter().enumerate() {
        manager.set(door);
        function.deliver(name).await;
        assert_eq!((world.notes(ALERTED).len(), world.telegram.messages().len()), (0, index + 1), "{door:?}");
    }
    let failed = function.logged("sentry_comment_failed");
    assert_eq!(failed.iter().map(|line| &line["outcome"]).collect::<Vec<_>>(), ["unauthorized"; 2]);
    function.assert_clean();
}

#[tokio::test]
async fn while_the_client_secret_is_rotated_both_are_good() {
    let world = World::new().await;
    let both = format!("canary-client-secret-of-tomorrow, {}", client_secret());
    let manager = SecretsManager::holding(secrets_with("SENTRY_CLIENT_SECRET", json!(both))).await;
    let function = world.function_from(manager.env()).await;
    function.deliver("furl-event-alert.json").await;
    assert_eq!(world.notes(ALERTED).len(), 1);
    function.assert_clean();
}
