//! The route of a message: a table of issues, and the place that each of them gets.

use serde_json::json;
use sidenote::domain::report::Report;
use sidenote::domain::route::{ChatRoute, RoutePlace};
use sidenote::notifiers::Notification;

use crate::delivery;

/// The project, the environment, the level and the number of users of an issue.
type Issue = (Option<&'static str>, Option<&'static str>, Option<&'static str>, Option<u64>);

/// Returns the report on an issue, as a webhook leads to it.
fn report((project, environment, level, users): Issue) -> Report {
    let mut issue = json!({"id": 1, "title": "KeyError"});
    if let Some(slug) = project {
        issue["project"] = json!({"id": 2, "slug": slug, "name": slug});
    }
    if let Some(level) = level {
        issue["level"] = level.into();
    }
    if let Some(users) = users {
        issue["userCount"] = users.into();
    }
    let event = json!({"event_id": "1", "environment": environment, "platform": "python"});
    let body = json!({"action": "triggered", "data": {"issue": issue, "event": event}});
    match delivery::notification(None, body.to_string().into_bytes(), |_| {}) {
        Some(Notification::Issue(report)) => *report,
        other => panic!("{other:?}"),
    }
}

/// Returns the place that the routes choose for a report.
fn place(routes: &str, report: Option<&Report>) -> Option<String> {
    let routes = ChatRoute::parse_all(routes, |place| Ok(RoutePlace::Slack(place.to_owned())));
    match ChatRoute::first(&routes.expect("routes"), report) {
        Some(RoutePlace::Slack(place)) => Some(place.clone()),
        _ => None,
    }
}

#[test]
fn a_route_takes_an_issue_if_all_its_conditions_hold() {
    let (shop, prod, fatal) = (Some("shop"), Some("production"), Some("fatal"));
    let usual: Issue = (shop, prod, fatal, Some(100));
    for (route, issue, is_taken) in [
        ("", usual, true),
        ("", (None, None, None, None), true),
        ("project=shop", usual, true),
        ("project=web,shop", usual, true),
        ("project=web project=shop", usual, true),
        ("project=web", usual, false),
        ("project=Shop", usual, false),
        ("project=shop", (None, prod, fatal, Some(100)), false),
        ("environment=production", usual, true),
        ("environment=staging,production", usual, true),
        ("environment=staging", usual, false),
        ("environment=production", (shop, None, fatal, Some(100)), false),
        ("level=fatal,error", usual, true),
        ("level=error", usual, false),
        ("level=fatal", (shop, prod, None, Some(100)), false),
        ("users>=100", usual, true),
        ("users>=101", usual, false),
        ("users>=1", (shop, prod, fatal, None), false),
        ("users>=0", (shop, prod, fatal, None), true),
        ("project=shop environment=production level=fatal users>=100", usual, true),
        ("project=web environment=production level=fatal users>=100", usual, false),
        ("project=shop environment=staging level=fatal users>=100", usual, false),
        ("project=shop environment=production level=error users>=100", usual, false),
        ("project=shop environment=production level=fatal users>=101", usual, false),
    ] {
        let chosen = place(&format!("{route} -> C"), Some(&report(issue)));
        assert_eq!(chosen.is_some(), is_taken, "{route:?} {issue:?}");
    }
}

#[test]
fn the_first_route_that_takes_an_issue_counts_and_the_default_stays_for_the_others() {
    let routes = "project=shop users>=100 -> many; project=shop -> shop; level=fatal -> fatal";
    for (issue, expected) in [
        ((Some("shop"), None, Some("fatal"), Some(100)), Some("many")),
        ((Some("shop"), None, Some("fatal"), Some(99)), Some("shop")),
        ((Some("web"), None, Some("fatal"), Some(100)), Some("fatal")),
        ((Some("web"), None, Some("error"), Some(100)), None),
    ] {
        assert_eq!(place(routes, Some(&report(issue))).as_deref(), expected, "{issue:?}");
    }
    assert_eq!(place("-> all", None), None, "a message about no issue goes to the default");
}
