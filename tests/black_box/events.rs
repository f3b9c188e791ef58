//! Tests that the files of `events/` equal the output of their generator, and are signed with the secret beside them.

use crate::black_box::lambda_world::{client_secret, event};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use sidenote::webhook::sign;
use std::path::Path;
use std::process::Command;

#[test]
fn the_files_are_what_the_generator_writes() {
    let generator = Path::new(env!("CARGO_MANIFEST_DIR")).join("tools/events.py");
    let run = Command::new(generator).arg("--check").output().expect("run tools/events.py with python3");
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
}

#[test]
fn each_delivery_is_signed_over_the_bytes_of_its_body() {
    let deliveries = [
        "furl-event-alert.json",
        "furl-issue-created.json",
        "furl-base64.json",
        "apigw-v1.json",
        "apigw-v2.json",
        "handposted.json",
    ];
    for name in deliveries {
        let event = event(name);
        let body = event["body"].as_str().expect("a body");
        let bytes = match &event["isBase64Encoded"] {
            Value::Bool(true) => STANDARD.decode(body).expect("base64"),
            _ => body.as_bytes().to_vec(),
        };
        let headers = event["headers"].as_object().expect("headers");
        let signature = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("sentry-hook-signature"));
        let (_, signature) = signature.expect("a signature");
        assert_eq!(*signature, sign(&client_secret().into(), &bytes), "{name}");
    }
}
