//! The three sample incidents of `sidenote demo`: the data in the Sentry stand-in, and the webhooks.

use std::time::Duration;

use serde_json::{Value, json};
use sidenote_standins::{Commit, Event, Exception, Frame, Issue, Kind, SentryWorld, Token};

/// One frame of a stack trace: file, function, line number, source line, and whether it belongs to the application.
type Line = (&'static str, &'static str, u32, &'static str, bool);

/// A sample incident.
pub(super) struct Incident {
    /// The title of the incident in the output of `sidenote demo`.
    pub(super) name: &'static str,
    /// The numeric id of the issue in Sentry.
    pub(super) id: &'static str,
    short_id: &'static str,
    event_id: &'static str,
    project: &'static str,
    platform: &'static str,
    release: &'static str,
    culprit: &'static str,
    rule: &'static str,
    /// The action of the issue webhook: `created` or `unresolved`.
    change: &'static str,
    substatus: &'static str,
    /// Type, message and frames of each exception, the innermost cause first.
    exceptions: &'static [(&'static str, &'static str, &'static [Line])],
    /// The names and values of the local variables in the last frame.
    locals: &'static [(&'static str, &'static str)],
    breadcrumbs: &'static [(&'static str, &'static str)],
    request: Option<(&'static str, &'static str)>,
    commit: Option<(&'static str, &'static str)>,
    counts: (u64, u64),
    hourly: &'static [u64],
    first_seen: Duration,
}

/// All sample incidents, in the order of their delivery. The one with the most to decide is last, so that it stays in
/// view.
pub(super) const ALL: &[Incident] = &[PANIC, EXTENSION, CHECKOUT];

/// The incident of a Python service: a release broke the checkout again, which had been fixed before.
const CHECKOUT: Incident = Incident {
    name: "A Python service: a regression",
    id: "4711",
    short_id: "SHOP-3B",
    event_id: "7ca573c0f4814912aaa9bdc77d1a7d51",
    project: "shop",
    platform: "python",
    release: "shop@1.4.2",
    culprit: "shop.checkout.instalments",
    rule: "Regressions in production",
    change: "unresolved",
    substatus: "regressed",
    exceptions: &[
        (
            "ZeroDivisionError",
            "division by zero",
            &[
                (
                    "django/core/handlers/base.py",
                    "_get_response",
                    197,
                    "response = wrapped_callback(request)",
                    false,
                ),
                ("shop/views.py", "checkout", 88, "plan = instalments(cart.total, coupon)", true),
                ("shop/checkout.py", "instalments", 41, "return total / months", true),
            ],
        ),
        ("CheckoutError", "cannot split 90.00 for jane@example.com", &[]),
    ],
    locals: &[("total", "Decimal('90.00')"), ("months", "0"), ("coupon", "<Coupon ZERO>")],
    breadcrumbs: &[
        ("query", "SELECT months FROM coupon WHERE code = 'ZERO'"),
        ("http", "GET /api/rates 200"),
    ],
    request: Some(("POST", "https://shop.example/checkout")),
    commit: Some(("9f2c1e7a60b14d3f8a55c0c2d7f4e1b3a6d8e901", "Let coupons set the number of instalments")),
    counts: (157, 131),
    hourly: &[3, 59, 80],
    first_seen: Duration::from_hours(960),
};

/// The incident of a browser front end: the error comes from a visitor's browser extension.
const EXTENSION: Incident = Incident {
    name: "A browser front end: noise of an extension",
    id: "4712",
    short_id: "STORE-9K",
    event_id: "2f6d8e0b94c1473ab5d6e7f8091a2b3c",
    project: "storefront",
    platform: "javascript",
    release: "storefront@7.0.1",
    culprit: "sendMessage(inject)",
    rule: "Anything new",
    change: "created",
    substatus: "new",
    exceptions: &[(
        "Error",
        "Could not establish connection. Receiving end does not exist.",
        &[
            ("chrome-extension://kbfnbcaeplbcioakkpcpgfkobkghlhen/inject.js", "notify", 1, "", false),
            ("chrome-extension://kbfnbcaeplbcioakkpcpgfkobkghlhen/inject.js", "sendMessage", 1, "", false),
        ],
    )],
    locals: &[],
    breadcrumbs: &[("navigation", "/sale to /sale/shoes"), ("ui.click", "button.size > 42")],
    request: Some(("GET", "https://shop.example/sale/shoes")),
    commit: None,
    counts: (11, 3),
    hourly: &[2, 5, 4],
    first_seen: Duration::from_hours(3),
};

/// The incident of a Rust program that panics on a number from a request.
const PANIC: Incident = Incident {
    name: "A Rust program: a panic",
    id: "4713",
    short_id: "ROUTER-2",
    event_id: "c0ffee5e1f0a4b7d9e3c2b1a09f8e7d6",
    project: "router",
    platform: "native",
    release: "router@0.9.0",
    culprit: "router::shard::pick",
    rule: "Panics",
    change: "created",
    substatus: "new",
    exceptions: &[(
        "panic",
        "index out of bounds: the len is 3 but the index is 7",
        &[
            ("src/main.rs", "router::main", 22, "serve(config).await", true),
            ("src/route.rs", "router::route::forward", 64, "let shard = shard::pick(&shards, key);", true),
            ("src/shard.rs", "router::shard::pick", 31, "&shards[key as usize % 8]", true),
            ("library/core/src/panicking.rs", "core::panicking::panic_bounds_check", 271, "", false),
        ],
    )],
    locals: &[],
    breadcrumbs: &[("log", "3 shards are up")],
    request: None,
    commit: Some(("41d0a9e37c5b4f26a1e8d3b7c9f0a2e4d6b8c1f3", "Pick shards by key")),
    counts: (2, 0),
    hourly: &[0, 0, 2],
    first_seen: Duration::from_mins(4),
};

/// Returns the data of the Sentry stand-in: all sample incidents, and an API token.
pub(super) fn world(token: &str) -> SentryWorld {
    let scopes = ["event:read", "event:write", "project:read"];
    let world = SentryWorld::new(Kind::SelfHosted, "acme").token(Token::integration(token).scopes(&scopes));
    ALL.iter().fold(world, |world, incident| {
        world.project(incident.project, incident.platform).issue(incident.issue())
    })
}

impl Incident {
    fn title(&self) -> String {
        let (kind, message, _) = self.exceptions[0];
        format!("{kind}: {message}")
    }

    /// Returns the issue as the Sentry stand-in stores it.
    fn issue(&self) -> Issue {
        let today: u64 = self.hourly.iter().sum();
        let hourly = [vec![0; 24 - self.hourly.len()], self.hourly.to_vec()].concat();
        let mut daily = vec![0; 30];
        daily[29] = today;
        (daily[0], daily[4]) = if self.substatus == "regressed" { (1, 5) } else { (0, 0) };
        let (events, users) = self.counts;
        Issue::new(self.id, self.short_id, &self.title())
            .project(self.project)
            .platform(self.platform)
            .level(if self.platform == "native" { "fatal" } else { "error" })
            .status("unresolved", Some(self.substatus))
            .counts(events, users)
            .seen(self.first_seen, Duration::from_secs(30))
            .hourly(&hourly)
            .daily(&daily)
            .releases(if self.substatus == "regressed" { "shop@1.3.0" } else { self.release }, self.release)
            .tag("release", &[(self.release, today)])
            .tag("environment", &[("production", today)])
            .event(self.event())
    }

    /// Returns the issue's only event, as the Sentry stand-in stores it.
    fn event(&self) -> Event {
        let mut event = Event::new(self.event_id)
            .set("platform", json!(self.platform))
            .set("release", json!({"version": self.release}))
            .tag("release", self.release)
            .tag("environment", "production");
        for (at, (kind, message, lines)) in self.exceptions.iter().enumerate() {
            let exception = Exception::new(kind, message);
            let frames =
                lines.iter().enumerate().map(|(n, line)| self.frame(*line, at == 0 && n + 1 == lines.len()));
            event = event.exception(frames.fold(exception, Exception::frame));
        }
        for (category, message) in self.breadcrumbs {
            event = event.breadcrumb(category, "info", message);
        }
        if let Some((method, url)) = self.request {
            event = event.request(method, url, &[]);
        }
        if let Some((sha, subject)) = self.commit {
            event = event.commit(Commit::new(sha, subject, "Kim", "kim@shop.example"));
        }
        event
    }

    fn frame(&self, (file, function, line, source, own): Line, is_last: bool) -> Frame {
        let mut frame = Frame::new(file, function, line);
        if !source.is_empty() {
            frame = frame.source(&[(line, source)]);
        }
        if is_last && !self.locals.is_empty() {
            frame = frame.set("vars", self.locals());
        }
        if own { frame } else { frame.library() }
    }

    fn locals(&self) -> Value {
        self.locals.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect()
    }

    /// Returns the webhooks in Sentry's order, each with its resource and body. For a regression the issue webhook
    /// comes before the alert; for a new issue the alert comes first.
    pub(super) fn webhooks(&self, base: &str) -> Vec<(&'static str, Value)> {
        let (change, alert) = (("issue", self.change(base)), ("event_alert", self.alert(base)));
        if self.change == "unresolved" { vec![change, alert] } else { vec![alert, change] }
    }

    fn change(&self, base: &str) -> Value {
        envelope(
            self.change,
            &json!({"issue": {
                "id": self.id, "shortId": self.short_id, "title": self.title(), "culprit": self.culprit,
                "permalink": null, "level": "error", "status": "unresolved", "substatus": self.substatus,
                "statusDetails": {}, "platform": self.platform, "type": "error", "issueType": "error",
                "issueCategory": "error", "metadata": {}, "assignedTo": null,
                "count": self.counts.0.to_string(), "userCount": self.counts.1,
                "project": {"id": "1", "name": self.project, "slug": self.project, "platform": self.platform},
                "web_url": format!("{base}/organizations/acme/issues/{}/", self.id),
            }}),
        )
    }

    fn alert(&self, base: &str) -> Value {
        let crumbs = self.breadcrumbs.iter().zip(0_u32..).map(|((category, message), at)| {
            json!({"timestamp": 1_795_420_799.0 + f64::from(at), "category": category, "message": message})
        });
        let mut event = json!({
            "event_id": self.event_id, "issue_id": self.id, "project": 1, "platform": self.platform, "level": "error",
            "type": "error", "title": self.title(), "culprit": self.culprit, "release": self.release,
            "environment": "production", "datetime": "2026-11-23T08:00:00.000000Z", "message": "",
            "tags": [["release", self.release], ["environment", "production"], ["user", "email:jane@example.com"]],
            "exception": {"values": self.exceptions.iter().enumerate().map(|(at, it)| self.raised(at, it)).collect::<Vec<_>>()},
            "breadcrumbs": {"values": crumbs.collect::<Vec<_>>()},
            "url": format!("{base}/api/0/projects/acme/{}/events/{}/", self.project, self.event_id),
            "web_url": format!("{base}/organizations/acme/issues/{}/events/{}/", self.id, self.event_id),
        });
        if let Some((method, url)) = self.request {
            event["request"] = json!({"method": method, "url": url});
        }
        envelope("triggered", &json!({"event": event, "triggered_rule": self.rule}))
    }

    fn raised(&self, at: usize, (kind, message, lines): &(&str, &str, &[Line])) -> Value {
        let frames = lines.iter().enumerate().map(|(n, (file, function, line, source, own))| {
            let mut frame = json!({"filename": file, "function": function, "lineno": line, "in_app": own});
            if !source.is_empty() {
                frame["context_line"] = json!(source);
            }
            if at == 0 && n + 1 == lines.len() && !self.locals.is_empty() {
                frame["vars"] = self.locals();
            }
            frame
        });
        let mut raised =
            json!({"type": kind, "value": message, "mechanism": {"type": "generic", "handled": false}});
        if !lines.is_empty() {
            raised["stacktrace"] = json!({"frames": frames.collect::<Vec<_>>()});
        }
        raised
    }
}

fn envelope(action: &str, content: &Value) -> Value {
    json!({"action": action, "installation": {"uuid": "a8e5d37a-696c-4c54-adb5-b3f28d64c7de"}, "data": content,
        "actor": {"type": "application", "id": "sentry", "name": "Sentry"}})
}
