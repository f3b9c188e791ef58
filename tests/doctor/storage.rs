//! Tests of `sidenote doctor` with faults in the settings, the secrets, the table and the queue.

use super::bed::hold;
use super::plan::{Aws, Plan, failed, healthy};
use crate::support::wire::{Fault, response};

fn denied() -> Fault {
    Fault::Answer(response(400, "", r#"{"__type":"AccessDeniedException","message":"not authorized"}"#))
}

#[tokio::test]
async fn an_invalid_setting_is_a_finding_and_exits_with_code_2() {
    hold(vec![
        failed(
            "an unknown language",
            healthy().variable("OUTPUT_LANGUAGE", "fr"),
            "configuration.OUTPUT_LANGUAGE",
            "\"fr\" is not en or zh-TW",
            "correct OUTPUT_LANGUAGE",
        ),
        failed(
            "a file of certificates that is not there",
            healthy().variable("SSL_CERT_FILE", "/nowhere.pem"),
            "configuration.SSL_CERT_FILE",
            "/nowhere.pem",
            "PEM",
        ),
    ])
    .await;
}

#[tokio::test]
async fn faults_of_the_secret_and_its_keys_are_reported() {
    let dsn = "https://q7Zt4Lw9Xb2Kd6Vn@o1.ingest.sentry.io/2";
    hold(vec![
        failed(
            "secret lacks the token",
            healthy().key("SENTRY_AUTH_TOKEN", ""),
            "secrets.SENTRY_AUTH_TOKEN",
            "sentry_comment_skipped",
            "make secrets",
        ),
        failed(
            "secret lacks the client secret",
            healthy().key("SENTRY_CLIENT_SECRET", ""),
            "secrets.SENTRY_CLIENT_SECRET",
            "no delivery is accepted",
            "add the key SENTRY_CLIENT_SECRET",
        ),
        failed(
            "a DSN for a token",
            healthy().key("SENTRY_AUTH_TOKEN", dsn),
            "secrets.SENTRY_AUTH_TOKEN",
            "a DSN",
            "Tokens",
        ),
        failed(
            "absent secret",
            healthy().variable("SECRET_ID", "sidenote/absent"),
            "secrets",
            "ResourceNotFoundException",
            "SecretArn",
        ),
        failed(
            "the secret is no object",
            Plan { secret: Err("y5Gm1Jf8Qk3Tw7Zs2Nx6Bv9D".to_owned()), ..healthy().logging_all() },
            "secrets",
            "not a JSON object",
            "one JSON object",
        ),
        failed(
            "no right to the secret",
            healthy().logging_all().aws_fault(Aws::Secrets, denied()),
            "secrets",
            "AccessDenied",
            "allow secretsmanager:GetSecretValue",
        ),
        failed(
            "Secrets Manager unreachable",
            healthy().logging_all().aws_fault(Aws::Secrets, Fault::Refused),
            "secrets",
            "cannot be read: dispatch failure: io error: error sending request: client error (Connect): tcp connect error",
            "check AWS_REGION",
        ),
    ])
    .await;
}

#[tokio::test]
async fn a_missing_or_forbidden_table_or_queue_is_reported() {
    let elsewhere = "https://sqs.us-east-1.amazonaws.com/123456789012/absent";
    hold(vec![
        failed(
            "table missing",
            healthy().variable("STATE_TABLE", "absent"),
            "state.table",
            "ResourceNotFoundException",
            "set STATE_TABLE to the output StateTable",
        ),
        failed(
            "table forbidden",
            healthy().logging_all().aws_fault(Aws::Table, denied()),
            "state.table",
            "AccessDenied",
            "allow dynamodb:GetItem and dynamodb:PutItem",
        ),
        failed(
            "queue missing",
            healthy().variable("REDELIVERY_QUEUE_URL", elsewhere),
            "redelivery.queue",
            "NonExistentQueue",
            "set REDELIVERY_QUEUE_URL to the output RedeliveryQueueUrl",
        ),
        failed(
            "queue forbidden",
            healthy().logging_all().aws_fault(Aws::Queue, denied()),
            "redelivery.queue",
            "AccessDenied",
            "allow sqs:SendMessage",
        ),
    ])
    .await;
}
