//! Webhooks about one issue in every form, and the Lambda events that contain them.

use serde_json::{Value, json};

use crate::support::{ISSUE, Webhook, envelope, event, issue_payload};

/// The resources of the webhooks with which Sentry reports one new issue.
pub(crate) const FORMS: [&str; 3] = ["event_alert", "issue", "error"];

/// Returns the event of the tests with another id, which `number` determines.
fn numbered_event(number: usize) -> Value {
    let mut event = event();
    event["event_id"] = format!("{number:032x}").into();
    event
}

/// Returns a webhook of this resource about the new issue. Each number gives another body.
pub(crate) fn new_issue(resource: &str, number: usize) -> Webhook {
    let body = match resource {
        "event_alert" => envelope(
            "triggered",
            &json!({"event": numbered_event(number), "triggered_rule": format!("rule {number}")}),
        ),
        "error" => envelope("created", &json!({"error": numbered_event(number)})),
        "issue" => {
            let mut issue = issue_payload("new");
            issue["userCount"] = number.into();
            envelope("created", &json!({"issue": issue}))
        }
        other => panic!("{other} tells of no new issue"),
    };
    Webhook::of(resource, &body)
}

/// Returns the webhook `issue.unresolved` with this substatus. Each number gives another body.
pub(crate) fn unresolved(substatus: &str, number: usize) -> Webhook {
    let mut issue = issue_payload(substatus);
    issue["userCount"] = number.into();
    Webhook::of("issue", &envelope("unresolved", &json!({"issue": issue})))
}

/// Returns the webhook `issue.created` about another issue.
pub(crate) fn about(issue: &str) -> Webhook {
    let body = envelope("created", &json!({"issue": issue_payload("new")}));
    Webhook::of("issue", &serde_json::from_str(&body.to_string().replace(ISSUE, issue)).expect("JSON"))
}

/// Returns the webhook `event_alert.triggered` about another issue.
pub(crate) fn alert_about(issue: &str) -> Webhook {
    let body = envelope("triggered", &json!({"event": event(), "triggered_rule": "a rule"}));
    let body = body.to_string().replace(ISSUE, issue);
    Webhook::of("event_alert", &serde_json::from_str(&body).expect("JSON"))
}

/// Returns the Lambda event of the schedule, which requests a sweep.
pub(crate) fn scheduled() -> Value {
    json!({"version": "0", "id": "53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa", "detail-type": "Scheduled Event",
        "source": "aws.events", "account": "123456789012", "time": "2026-11-23T10:00:00Z", "region": "us-east-1",
        "resources": ["arn:aws:events:us-east-1:123456789012:rule/sidenote-sweep"], "detail": {}})
}

/// Returns the Lambda event that SQS makes of a batch of messages. The ids are `message-0`, `message-1`, …
pub(crate) fn batch(bodies: &[String]) -> Value {
    let record = |(number, body): (usize, &String)| {
        json!({
            "messageId": format!("message-{number}"), "receiptHandle": "AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a", "body": body,
            "attributes": {"ApproximateReceiveCount": "1", "SentTimestamp": "1545082649183",
                "SenderId": "AIDAIENQZJOLO23YVJ4VO", "ApproximateFirstReceiveTimestamp": "1545082649185"},
            "messageAttributes": {}, "md5OfBody": "e4e68fb7bd0e697a0ae8f1bb342846b3", "eventSource": "aws:sqs",
            "eventSourceARN": "arn:aws:sqs:us-east-1:123456789012:sidenote-redelivery", "awsRegion": "us-east-1",
        })
    };
    json!({"Records": bodies.iter().enumerate().map(record).collect::<Vec<_>>()})
}
