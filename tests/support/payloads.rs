//! The bodies of webhooks of every kind, in Sentry's form.

use serde_json::{Value, json};

use super::webhook::Webhook;
use super::worlds::{EVENT, ISSUE, ORG, PROJECT};

/// The base URL of sentry.io. Payloads contain such links, whatever base URL is configured.
const SAAS: &str = "https://sentry.io";

/// Returns an event in the form in which Sentry stores it and sends it in `event_alert` and `error`.
pub(crate) fn event() -> Value {
    let frame = |file: &str, function: &str, line: u32, in_app: bool| {
        json!({"filename": file, "function": function, "lineno": line, "in_app": in_app,
            "context_line": "    return prices[grain] * loaves"})
    };
    json!({
        "event_id": EVENT, "issue_id": ISSUE, "project": 9_007_199_254_740_993_u64, "platform": "python",
        "type": "error", "level": "error", "title": "KeyError: 'rye'", "culprit": "orders.prices.price_of",
        "message": "", "datetime": "2026-11-20T06:30:00.125000Z", "release": "orders@2.1.0",
        "tags": [["environment", "production"], ["release", "orders@2.1.0"]],
        "exception": {"values": [{"type": "KeyError", "value": "'rye'", "stacktrace": {"frames": [
            frame("flask/app.py", "dispatch_request", 880, false),
            frame("orders/views.py", "checkout", 52, true),
            frame("orders/prices.py", "price_of", 31, true),
        ]}}]},
        "url": format!("{SAAS}/api/0/projects/{ORG}/{PROJECT}/events/{EVENT}/"),
        "web_url": format!("{SAAS}/organizations/{ORG}/issues/{ISSUE}/events/{EVENT}/"),
        "issue_url": format!("{SAAS}/api/0/organizations/{ORG}/issues/{ISSUE}/"),
    })
}

/// Returns `data.issue` as in `issue.*`: `permalink` is null, `count` is a string, and only `created` has links.
pub(crate) fn issue_payload(substatus: &str) -> Value {
    json!({
        "id": ISSUE, "shortId": format!("ORDERS-{ISSUE}"), "title": "KeyError: 'rye'", "culprit": "orders.prices.price_of",
        "permalink": null, "level": "error", "status": "unresolved", "substatus": substatus, "count": "31",
        "userCount": 12, "firstSeen": "2026-11-17T06:30:00.000000Z", "lastSeen": "2026-11-20T06:30:00.000000+00:00",
        "project": {"id": "9007199254740993", "name": "orders", "slug": PROJECT, "platform": "python"},
        "metadata": {"type": "KeyError", "value": "'rye'"}, "assignedTo": null, "issueCategory": "error",
    })
}

/// Returns the envelope of a webhook around `data`.
pub(crate) fn envelope(action: &str, data: &Value) -> Value {
    json!({"action": action, "installation": {"uuid": "5d0c1e3a-7b64-4f0e-9d58-6a2f8e9c1b70"}, "data": data,
        "actor": {"type": "application", "id": "sentry", "name": "Sentry"}})
}

/// Returns the webhook `event_alert.triggered`, which contains an event.
pub(crate) fn event_alert() -> Webhook {
    let data = json!({"event": event(), "triggered_rule": "Any error in production"});
    Webhook::of("event_alert", &envelope("triggered", &data))
}

/// Returns the webhook `issue.created`, which contains no event. Its links contain the organization.
pub(crate) fn issue_created() -> Webhook {
    let mut issue = issue_payload("new");
    issue["url"] = format!("{SAAS}/api/0/organizations/{ORG}/issues/{ISSUE}/").into();
    issue["web_url"] = format!("{SAAS}/organizations/{ORG}/issues/{ISSUE}/").into();
    issue["project_url"] = format!("{SAAS}/api/0/projects/{ORG}/{PROJECT}/").into();
    Webhook::of("issue", &envelope("created", &json!({"issue": issue})))
}

/// Returns the webhook `issue.unresolved` with a substatus. It contains no link and therefore no organization.
pub(crate) fn issue_unresolved(substatus: &str) -> Webhook {
    Webhook::of("issue", &envelope("unresolved", &json!({"issue": issue_payload(substatus)})))
}

/// Returns the webhook `metric_alert.critical`, which is not about an issue.
pub(crate) fn metric_alert() -> Webhook {
    let data = json!({
        "metric_alert": {"id": "81", "title": "Checkout failures", "alert_rule": {"id": "12", "name": "Checkout failures"}},
        "description_title": "Critical: Checkout failures", "description_text": "41 events in the last 10 minutes",
        "web_url": format!("{SAAS}/organizations/{ORG}/alerts/rules/details/12/?alert=81"),
    });
    Webhook::of("metric_alert", &envelope("critical", &data))
}

/// Returns the webhook that the runbook of the Python service, which Sidenote replaces, posts by hand.
pub(crate) fn hand_posted() -> Webhook {
    Webhook::new(&json!({"action": "triggered", "data": {
        "issue": {"id": "TEST-001", "title": "AWOOOI Comment 功能測試", "level": "error", "culprit": "test.py:1",
            "firstSeen": "2026-03-29T12:00:00Z", "count": 1, "project": {"slug": "awoooi-api"}},
        "event": {"message": "這是一個測試錯誤", "platform": "python"}}}))
}
