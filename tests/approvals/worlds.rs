//! Issues that each lead to another proposed action, with the expected button, request to Sentry and activity in
//! Sentry.

use std::time::Duration;

use serde_json::{Value, json};
use sidenote_standins::{
    Commit, Event, Exception, Frame, Issue, Kind, Person, SentryWorld, TelegramWorld, Token,
};

use crate::support::{
    EVENT, ISSUE, PROJECT, Webhook, issue, issue_created, issue_unresolved, sentry_of, telegram,
};

/// The unit of the waits of Telegram: it waits for two units before the third attempt to deliver an update, and for
/// four before the fourth.
const RETRY: Duration = Duration::from_millis(50);

/// Returns a person who may decide approvals.
pub(crate) fn kim() -> Person {
    Person::new(42, "Kim").username("kim")
}

/// Returns another person who may decide approvals.
pub(crate) fn noor() -> Person {
    Person::new(43, "Noor")
}

/// Returns a member of the chat who may not decide approvals.
pub(crate) fn stranger() -> Person {
    Person::new(666, "Mallory").username("mallory")
}

/// The value of the variable `TELEGRAM_APPROVERS`: the ids of [`kim`] and [`noor`].
pub(crate) const APPROVERS: &str = "42, 43";

/// A token of Sentry that may list the members.
pub(crate) const READING_TOKEN: &str = "v4Hn8Ts2Kq6Wd1Zx";

/// Returns the initial data of a Telegram stand-in that waits only briefly between its attempts to deliver an update.
pub(crate) fn quick_retries() -> TelegramWorld {
    telegram().retry(RETRY)
}

/// An action that Sidenote proposes, and the issue and the webhook that lead to it.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    /// The label of the button.
    pub(crate) button: &'static str,
    /// The body of the request to Sentry that carries out the action.
    pub(crate) order: Value,
    /// The kind of activity that Sentry records on the issue.
    pub(crate) activity: &'static str,
    issue: fn() -> Issue,
    pub(crate) webhook: fn() -> Webhook,
    /// Whether the action was carried out on an issue.
    pub(crate) is_done: fn(&Issue) -> bool,
}

impl Case {
    /// Returns the initial data of a Sentry stand-in with the issue of this case.
    pub(crate) fn sentry(&self) -> SentryWorld {
        let reader = Token::integration(READING_TOKEN).scopes(&["event:read", "member:read"]);
        let world = sentry_of(Kind::SelfHosted).token(reader).member("7", "Kim Lee", "kim@crumb.example");
        world.issue((self.issue)())
    }
}

/// Returns a case for every action that the rules can propose.
pub(crate) fn cases() -> [Case; 6] {
    [archive(), low(), high(), medium(), assign(), resolve()]
}

fn with_noise(users: u64) -> Issue {
    let noise = "Failed to fetch";
    let event = Event::new(EVENT)
        .set("platform", "javascript".into())
        .exception(Exception::new("TypeError", noise).frame(Frame::new("app/cart.js", "total", 31)));
    Issue::new(ISSUE, &format!("ORDERS-{ISSUE}"), &format!("TypeError: {noise}"))
        .project(PROJECT)
        .platform("javascript")
        .counts(31, users)
        .event(event)
}

fn archive() -> Case {
    Case {
        name: "archive_until_escalating",
        button: "Archive until it escalates",
        order: json!({"status": "ignored", "substatus": "archived_until_escalating", "statusDetails": {}}),
        activity: "set_ignored",
        issue: || with_noise(2),
        webhook: issue_created,
        is_done: |issue| {
            issue.status == "ignored" && issue.substatus.as_deref() == Some("archived_until_escalating")
        },
    }
}

fn low() -> Case {
    Case {
        name: "priority_low",
        button: "Priority low",
        order: json!({"priority": "low"}),
        activity: "set_priority",
        issue: || with_noise(10),
        webhook: issue_created,
        is_done: |issue| issue.priority == "low",
    }
}

/// Returns the case that most tests use: an issue for which a high priority is proposed.
pub(crate) fn high() -> Case {
    Case {
        name: "priority_high",
        button: "Priority high",
        order: json!({"priority": "high"}),
        activity: "set_priority",
        issue: || issue().status("unresolved", Some("escalating")),
        webhook: || issue_unresolved("escalating"),
        is_done: |issue| issue.priority == "high",
    }
}

fn medium() -> Case {
    Case {
        name: "priority_medium",
        button: "Priority medium",
        order: json!({"priority": "medium"}),
        activity: "set_priority",
        issue: || {
            let mut issue = issue().status("unresolved", Some("regressed"));
            "low".clone_into(&mut issue.priority);
            issue
        },
        webhook: || issue_unresolved("regressed"),
        is_done: |issue| issue.priority == "medium",
    }
}

fn assign() -> Case {
    Case {
        name: "assign",
        button: "Assign to Kim Lee",
        order: json!({"assignedTo": "user:7"}),
        activity: "assigned",
        issue: || {
            let sha = "4be1d0c29f7a86e5b3a1c4d2908f7e6d5c4b3a21";
            let commit = Commit::new(sha, "Sell by the half loaf", "Kim Lee", "kim@crumb.example");
            let frame = Frame::new("orders/prices.py", "price_of", 31);
            let event = Event::new(EVENT)
                .set("platform", "python".into())
                .exception(Exception::new("KeyError", "'rye'").frame(frame));
            Issue::new(ISSUE, &format!("ORDERS-{ISSUE}"), "KeyError: 'rye'")
                .project(PROJECT)
                .platform("python")
                .counts(31, 12)
                .event(event.commit(commit.by_member("7").blamed()))
        },
        webhook: issue_created,
        is_done: |issue| issue.assigned_to.as_deref() == Some("user:7"),
    }
}

fn resolve() -> Case {
    const DAYS: u64 = 24;
    Case {
        name: "resolve_in_next_release",
        button: "Resolve in next release",
        order: json!({"status": "resolved", "statusDetails": {"inNextRelease": true}}),
        activity: "set_resolved",
        issue: || {
            let silent = Duration::from_hours(6 * DAYS);
            let event = Event::new(EVENT)
                .set("platform", "python".into())
                .exception(Exception::new("KeyError", "'rye'"))
                .ago(silent);
            Issue::new(ISSUE, &format!("ORDERS-{ISSUE}"), "KeyError: 'rye'")
                .project(PROJECT)
                .platform("python")
                .counts(31, 12)
                .seen(Duration::from_hours(20 * DAYS), silent)
                .hourly(&[0, 0, 0])
                .daily(&[11, 13, 7, 0, 0, 0, 0, 0, 0])
                .event(event)
        },
        webhook: || Webhook::of("issue", &old_payload()),
        is_done: |issue| issue.status == "resolved" && issue.status_details["inNextRelease"] == true,
    }
}

/// Returns the body of `issue.created` about an old issue, whose newest event is old too.
fn old_payload() -> Value {
    let created: Value = serde_json::from_slice(issue_created().body()).expect("JSON");
    let mut payload = created;
    payload["data"]["issue"]["lastSeen"] = "2026-11-01T06:30:00.000000Z".into();
    payload
}
