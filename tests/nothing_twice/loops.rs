//! Tests with webhooks about Sidenote's own changes in Sentry, which must not start any work.

use std::time::Duration;

use serde_json::{Value, json};

use super::bed::{Bed, body, status};
use crate::support::{ISSUE, Webhook, envelope, event, issue_payload};

/// Returns the webhook's body with Sidenote's integration as the actor of the change.
fn by_an_application(mut body: Value) -> Value {
    body["actor"] =
        json!({"type": "application", "id": "5d0c1e3a-7b64-4f0e-9d58-6a2f8e9c1b70", "name": "Sidenote"});
    body
}

#[tokio::test]
async fn our_own_note_our_own_resolve_and_our_own_errors_start_nothing() {
    let bed = Bed::new().await;
    let function = bed.function(Duration::from_secs(20)).await;
    let comment = json!({"comment": "## AI error analysis\n\n<!-- sidenote:v1 -->", "comment_id": 4_700_000_001_u64,
        "issue_id": 5150, "project_slug": "orders", "timestamp": "2026-11-20T06:30:00.000000+00:00"});
    let mut resolved = issue_payload("ongoing");
    resolved["status"] = "resolved".into();
    resolved["substatus"] = Value::Null;
    let mut own_error = event();
    own_error["release"] = "sidenote@0.1.0".into();
    let mut own_by_tag = event();
    own_by_tag["release"] = Value::Null;
    own_by_tag["tags"] = json!([["release", "sidenote@0.1.0"]]);
    let cases = [
        ("comment", by_an_application(envelope("created", &comment)), "comment"),
        (
            "issue",
            by_an_application(envelope("resolved", &json!({"issue": resolved, "resolution_type": "now"}))),
            "issue resolved",
        ),
        ("error", envelope("created", &json!({"error": own_error})), "an error of our own"),
        (
            "event_alert",
            envelope("triggered", &json!({"event": own_by_tag, "triggered_rule": "any"})),
            "an error of our own",
        ),
    ];
    for (resource, payload, reason) in cases {
        let (answer, _) = function.run(&Webhook::of(resource, &payload)).await;
        assert_eq!(status(&answer), 200, "{resource}");
        assert_eq!(body(&answer), json!({"status": "ignored", "reason": reason}));
    }
    assert_eq!((bed.sentry.requests().len(), bed.telegram.requests().len()), (0, 0));
    // The change of the issue is shown in its message, if there is one, and starts no other work.
    assert_eq!((bed.cloud.table.names(), bed.cloud.queue.names().len()), (vec!["GetItem".to_owned()], 1));
    assert!(bed.sentry.notes(ISSUE).is_empty());
}
