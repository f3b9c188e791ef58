//! Tests of authentication: the signature over the raw bytes, the client secrets, `ALLOW_UNSIGNED`.

use serde_json::{Value, json};

use crate::support::{
    AUTH_TOKEN, CLIENT_SECRET, ISSUES, Secrets, Setup, Webhook, World, event_alert, hand_posted,
};

const OTHER_SECRET: &str = "t3Nb8Vk1Hz6Wq4Jr9Xc2Mf7L";

/// Asserts that a delivery is rejected with 401 and this error. `what` describes the delivery.
async fn refused(world: &World, webhook: &Webhook, error: &str, what: &str) {
    let answer = world.deliver(webhook).await;
    assert_eq!((answer.status, answer.json()), (401, json!({"error": error})), "{what}");
}

fn no_third_party_was_called(world: &World) {
    assert!(world.log("delivery_accepted").is_empty());
    assert!(world.sentry.requests().is_empty() && world.telegram.requests().is_empty());
}

#[tokio::test]
async fn every_invalid_signature_is_refused() {
    Setup::new()
        .run(async |world| {
            let header = "sentry-hook-signature";
            let good = event_alert().headers()[header].to_str().expect("a signature").to_owned();
            let reserialised = |body: &str| {
                let value: Value = serde_json::from_str(body).expect("our own payload");
                serde_json::to_string_pretty(&value).expect("JSON")
            };
            // Sentry's JSON escapes characters outside of ASCII; the JSON of other programs does not.
            let escaped = Webhook::raw(
                r#"{"action":"triggered","data":{"issue":{"id":"1"},"event":{"message":"\u9eb5\u5305"}}}"#,
            );
            let rows = [
                ("empty", event_alert().header(header, "")),
                ("of another secret", event_alert().signed_with(OTHER_SECRET)),
                ("of no secret", event_alert().signed_with("")),
                ("of the token", event_alert().signed_with(AUTH_TOKEN)),
                ("upper case", event_alert().header(header, &good.to_uppercase())),
                ("cut", event_alert().header(header, &good[..62])),
                ("longer", event_alert().header(header, &format!("{good}00"))),
                ("with a prefix", event_alert().header(header, &format!("sha256={good}"))),
                ("body tampered", event_alert().tampered(|body| body.replace("rye", "oat"))),
                ("body with a newline more", event_alert().tampered(|body| format!("{body}\n"))),
                ("body re-serialised", event_alert().tampered(reserialised)),
                ("body unescaped", escaped.tampered(|body| body.replace("\\u9eb5\\u5305", "麵包"))),
                ("body unreadable", Webhook::raw("{").header(header, &good)),
                ("for another body", hand_posted().header(header, &good)),
            ];
            for (what, webhook) in &rows {
                refused(world, webhook, "invalid signature", what).await;
            }
            refused(world, &event_alert().without(header), "there is no signature", "missing").await;
            assert_eq!(world.logged("delivery_refused", rows.len() + 1).await.len(), rows.len() + 1);
            no_third_party_was_called(world);
        })
        .await;
}

#[tokio::test]
async fn one_of_several_client_secrets_is_enough() {
    for message_ref in [Secrets::Environment, Secrets::File] {
        let both = format!("{OTHER_SECRET}, {CLIENT_SECRET}");
        Setup::new()
            .secret("SENTRY_CLIENT_SECRET", &both)
            .secrets_in(message_ref)
            .run(async |world| {
                for (secret, issue) in [OTHER_SECRET, CLIENT_SECRET].into_iter().zip(ISSUES) {
                    let webhook = event_alert().about(issue).signed_with(secret);
                    assert_eq!(world.deliver(&webhook).await.status, 202, "{message_ref:?}");
                }
                refused(world, &event_alert().signed_with(&both), "invalid signature", "of both").await;
                world.logged("delivery_processed", 2).await;
            })
            .await;
    }
}

#[tokio::test]
async fn the_signature_header_of_ui_components_is_accepted() {
    Setup::new()
        .run(async |world| {
            let signature =
                event_alert().headers()["sentry-hook-signature"].to_str().expect("a signature").to_owned();
            let webhook =
                event_alert().without("sentry-hook-signature").header("sentry-app-signature", &signature);
            assert_eq!(world.outcome(&webhook).await["status"], "completed");
        })
        .await;
}

#[tokio::test]
async fn without_a_client_secret_nothing_is_accepted() {
    for (what, setup) in [
        ("absent", Setup::new().without("SENTRY_CLIENT_SECRET")),
        ("empty", Setup::new().secret("SENTRY_CLIENT_SECRET", " ")),
        ("commas only", Setup::new().secret("SENTRY_CLIENT_SECRET", " , ,")),
    ] {
        setup
            .run(async |world| {
                let unsigned = event_alert().without("sentry-hook-signature");
                for webhook in [event_alert(), event_alert().signed_with("")] {
                    refused(world, &webhook, "no client secret is configured", what).await;
                }
                // The secrets are not read for an unsigned request.
                refused(world, &unsigned, "there is no signature", what).await;
                no_third_party_was_called(world);
            })
            .await;
    }
}

#[tokio::test]
async fn unsigned_deliveries_pass_only_where_that_is_allowed() {
    let unsigned = event_alert().without("sentry-hook-signature");
    Setup::new()
        .variable("ALLOW_UNSIGNED", "false")
        .run(async |world| {
            refused(world, &unsigned, "there is no signature", "not allowed").await;
            no_third_party_was_called(world);
        })
        .await;

    Setup::new()
        .variable("ALLOW_UNSIGNED", "true")
        .run(async |world| {
            assert_eq!(world.outcome(&unsigned).await["status"], "completed");
            assert_eq!(
                world.deliver(&event_alert().about(ISSUES[1])).await.status,
                202,
                "a signature that fits"
            );
            let wrong = event_alert().signed_with(OTHER_SECRET);
            refused(world, &wrong, "invalid signature", "a signature that is there has to fit").await;
            let wrong = unsigned.clone().header("sentry-app-signature", &"0".repeat(64));
            refused(world, &wrong, "invalid signature", "in the other header, too").await;
            world.logged("delivery_processed", 2).await;
        })
        .await;

    Setup::new()
        .without("SENTRY_CLIENT_SECRET")
        .variable("ALLOW_UNSIGNED", "true")
        .run(async |world| {
            assert_eq!(world.outcome(&unsigned).await["status"], "completed");
            refused(world, &event_alert(), "no client secret is configured", "nothing to check it with")
                .await;
        })
        .await;
}

/// Asserts that an unsigned delivery with this header is rejected even if `ALLOW_UNSIGNED` is set.
async fn no_unsigned(header: &'static str, value: &str) {
    Setup::new()
        .variable("ALLOW_UNSIGNED", "true")
        .run(async |world| {
            let sent = event_alert().header(header, value);
            let unsigned = sent.clone().without("sentry-hook-signature");
            refused(world, &unsigned, "there is no signature", header).await;
            no_third_party_was_called(world);
            assert_eq!(
                world.outcome(&sent).await["status"],
                "completed",
                "what is signed comes from anywhere"
            );
        })
        .await;
}

#[tokio::test]
async fn allow_unsigned_refuses_requests_with_an_origin() {
    no_unsigned("origin", "https://evil.example").await;
}

#[tokio::test]
async fn allow_unsigned_refuses_cross_site_requests() {
    no_unsigned("sec-fetch-site", "cross-site").await;
}

#[tokio::test]
async fn allow_unsigned_refuses_other_host_names() {
    no_unsigned("host", "rebound.example").await;
}
