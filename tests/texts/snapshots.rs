//! Snapshots of notes and messages for human review. Read a difference before you accept it (`cargo insta review`, or
//! `INSTA_UPDATE=always cargo test --test texts`). If the variable `CI` is set, the tests write nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use insta::assert_snapshot;
use sidenote::domain::evidence::{Evidence, Gap, SuspectCommit, TagSpread, Wanted};
use sidenote::domain::ids::{MemberId, TagKey};
use sidenote::domain::incident::{ChangeKind, PastIncident};
use sidenote::domain::issue::Substatus;
use sidenote::domain::outcome::Failure;
use sidenote::domain::report::Report;
use sidenote::domain::text::Untrusted;
use sidenote::domain::timestamp::Timestamp;
use sidenote::domain::words::LANGUAGES;
use sidenote::notifiers::{Notification, note, telegram};

use crate::delivery;

/// Defines one test per row: the snapshot's name, the event's file, its resource, and functions that add to the
/// evidence and to the report.
macro_rules! snapshots {
    ($($name:ident: $file:literal, $resource:expr, $more:expr $(, $changes:expr)?;)+) => {
        $(#[test]
        fn $name() {
            let changes: &[fn(&mut Report)] = &[$($changes)?];
            check(stringify!($name), $file, $resource, $more, changes);
        })+

        const ROWS: &[(&str, &str, Option<&str>)] = &[$((stringify!($name), $file, $resource)),+];
    };
}

const ALERT: Option<&str> = Some("event_alert");
const ERROR: Option<&str> = Some("error");
const ISSUE: Option<&str> = Some("issue");

snapshots! {
    python: "python", ALERT, nothing;
    python_with_the_api: "python", ALERT, everything;
    python_without_the_api: "python", ALERT, |evidence| all_gaps(evidence, Failure::Unauthorized);
    python_blamed: "python", ALERT, blamed;
    django: "django", ALERT, nothing;
    django_urgent: "django", ALERT, many_users;
    python_recursion: "python", ALERT, recursion;
    javascript_browser: "javascript-browser", ALERT, nothing;
    node: "node", ALERT, nothing;
    react_native: "react-native", ERROR, nothing;
    react_native_noise: "react-native", ERROR, two_users;
    java: "java", ALERT, nothing;
    java_no_message: "java-no-message", ERROR, nothing;
    android: "android", ERROR, nothing;
    go: "go", ALERT, nothing;
    ruby: "ruby", ALERT, nothing;
    php: "php", ALERT, nothing;
    csharp_group: "csharp-group", ALERT, nothing;
    rust_panic: "rust-panic", ALERT, nothing;
    cocoa: "cocoa", ERROR, nothing;
    message: "message", ALERT, nothing;
    csp: "csp", ALERT, nothing;
    performance: "performance", ISSUE, nothing;
    performance_event: "performance-event", ALERT, nothing;
    regressed: "regressed", ISSUE, regressed_and_rising;
    regressed_without_the_api: "regressed", ISSUE, |evidence| all_gaps(evidence, Failure::Timeout);
    regressed_again: "regressed", ISSUE, regressed_and_rising, third_time;
    seer: "seer", Some("seer"), nothing;
    metric: "metric", Some("metric_alert"), nothing;
    hand_posted: "hand-posted", None, nothing;
    hand_posted_often: "hand-posted", None, twelve_today;
    hostile: "hostile", ALERT, nothing;
}

fn check(
    name: &str,
    file: &str,
    resource: Option<&str>,
    more: fn(&mut Evidence),
    changes: &[fn(&mut Report)],
) {
    let body = fs::read(events().join(format!("{file}.json"))).expect("the event can be read");
    let mut notification = delivery::notification(resource, body, more).expect("there is something to tell");
    if let Notification::Issue(report) = &mut notification {
        for add in changes {
            add(report);
        }
    }
    for (code, language, _) in LANGUAGES {
        let note = match &notification {
            Notification::Issue(report) => note::render(report, *language),
            Notification::Metric(_) => "(no note: a metric has no issue)\n".to_owned(),
        };
        let message = telegram::render(&notification, *language);
        let text = format!("{note}\n======== Telegram ========\n\n{}\n", message.html);
        insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
            assert_snapshot!(format!("{name}.{code}"), text);
        });
    }
}

#[test]
fn every_event_file_has_a_snapshot_test_and_no_snapshot_is_stale() {
    let found = |folder: PathBuf, end: &str| -> BTreeSet<String> {
        let entries = fs::read_dir(folder).expect("the folder can be read");
        let names = entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned());
        names.filter_map(|name| name.strip_suffix(end).map(str::to_owned)).collect()
    };
    let shown: BTreeSet<String> = ROWS.iter().map(|(_, file, _)| (*file).to_owned()).collect();
    assert_eq!(found(events(), ".json"), shown);
    let expected: BTreeSet<String> = ROWS
        .iter()
        .flat_map(|(name, ..)| LANGUAGES.iter().map(move |(code, ..)| format!("{name}.{code}")))
        .chain(LANGUAGES.iter().map(|(code, ..)| format!("first_lines.{code}")))
        .collect();
    let stale: Vec<_> = found(here("snapshots"), ".snap").difference(&expected).cloned().collect();
    assert!(stale.is_empty(), "no test looks at {stale:?}");
}

/// Returns the name, the resource and the body of each event in `events/`.
pub(crate) fn all() -> impl Iterator<Item = (&'static str, Option<&'static str>, Vec<u8>)> {
    let each: BTreeMap<_, _> = ROWS.iter().map(|(_, file, resource)| (*file, *resource)).collect();
    each.into_iter().map(|(file, resource)| {
        let body = fs::read(events().join(format!("{file}.json"))).expect("the event can be read");
        (file, resource, body)
    })
}

fn events() -> PathBuf {
    here("events")
}

fn here(folder: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/texts").join(folder)
}

// --- What the API adds -----------------------------------------------------------------------------------------------

fn nothing(_: &mut Evidence) {}

fn text(text: &str) -> Untrusted {
    Untrusted::new(text)
}

fn spread(key: &str, top: &[(&str, u64)]) -> TagSpread {
    let total = top.iter().map(|(_, count)| count).sum();
    let top = top.iter().map(|(value, count)| (text(value), *count)).collect();
    TagSpread { key: TagKey::parse(key).expect("a tag key"), total, top }
}

/// Adds everything that Sentry's API may return: an increase since the last release, on one server, and two commits.
fn everything(evidence: &mut Evidence) {
    let issue = &mut evidence.issue;
    issue.short_id = Some(text("BILLING-1A"));
    issue.substatus = Some(Substatus::Escalating);
    issue.priority = Some(text("high"));
    issue.assignee = Some(text("Mei Lin"));
    issue.first_seen = Timestamp::parse("2026-03-11T04:00:00Z");
    issue.last_seen = Timestamp::parse("2026-03-29T12:04:05Z");
    issue.events = Some(1_204);
    issue.users = Some(57);
    issue.first_release = Some(text("billing@2026.3.11"));
    issue.last_release = Some(text("billing@2026.3.29"));
    issue.hourly = Some((0..24).map(|hour| hour * 2).collect());
    issue.daily = Some((0..30).map(|day| if day == 29 { 552 } else { 20 }).collect());
    evidence.tags = vec![
        spread("server_name", &[("worker-3", 1_150), ("worker-1", 54)]),
        spread("release", &[("billing@2026.3.29", 900), ("billing@2026.3.11", 304)]),
        spread("level", &[("error", 1_204)]),
    ];
    evidence.commits = vec![
        SuspectCommit {
            id: text("5f2c1e97c0b4d8aa6f3f5f0c2f6f1c3f0d8a4b11"),
            subject: text("匯率: read rates per request, not at import"),
            author: Some(text("Mei Lin")),
            author_id: MemberId::parse("3151").ok(),
            is_blamed: true,
            is_matched: false,
            files: vec![text("billing/rates.py")],
        },
        SuspectCommit {
            id: text("a91c33d0e6a7b8c9d0e1f2a3b4c5d6e7f8091a2b"),
            subject: text("Drop USD from the sandbox table"),
            author: None,
            author_id: None,
            is_blamed: false,
            is_matched: false,
            files: Vec::new(),
        },
    ];
}

/// Makes the issue an unassigned one whose failing line has a known author.
fn blamed(evidence: &mut Evidence) {
    everything(evidence);
    evidence.issue.substatus = Some(Substatus::Ongoing);
    evidence.issue.assignee = None;
}

fn many_users(evidence: &mut Evidence) {
    evidence.issue.users = Some(4_211);
    evidence.issue.priority = Some(text("medium"));
}

fn two_users(evidence: &mut Evidence) {
    evidence.issue.users = Some(2);
    evidence.issue.events = Some(2);
    evidence.issue.hourly = Some(vec![0, 2]);
    evidence.issue.daily = Some(vec![0, 2]);
}

/// Replaces the stack by that of a function which calls itself through another one, with names so long that the note
/// leaves out sections.
fn recursion(evidence: &mut Evidence) {
    let event = evidence.event.as_mut().expect("the event has frames");
    let message = "maximum recursion depth exceeded while calling a Python object";
    event.exceptions.truncate(1);
    event.exceptions[0].kind = Some(text("RecursionError"));
    event.exceptions[0].message = Some(text(&[message; 4].join(", ")));
    event.frames.truncate(2);
    for (frame, name) in event.frames.iter_mut().zip(["visit_children", "visit"]) {
        let long = "a_module_with_a_rather_long_name_that_somebody_once_thought_to_be_helpful";
        frame.file = Some(text(&format!("billing/reports/{long}/{long}.py")));
        frame.function = Some(text(&format!("{name}_{long}")));
        frame.before = vec![text(&format!("        # {long} {long}")); 2];
        frame.after = frame.before.clone();
        frame.source = Some(text(&format!("        return self.{name}_{long}(node, depth + 1)  # {long}")));
    }
    event.frames = event.frames.iter().cycle().take(250).cloned().collect();
    event.breadcrumbs.iter_mut().for_each(|crumb| crumb.message = Some(text(&"SELECT 1, ".repeat(40))));
    everything(evidence);
    evidence.commits = evidence.commits.iter().cycle().take(20).cloned().collect();
    evidence.commits.iter_mut().for_each(|commit| commit.subject = text(&"Mend, ".repeat(40)));
}

fn all_gaps(evidence: &mut Evidence, why: Failure) {
    let wanted = [Wanted::IssueDetails, Wanted::Event, Wanted::Tags, Wanted::Commits];
    let wanted = wanted.into_iter().filter(|what| *what != Wanted::Event || evidence.event.is_none());
    evidence.gaps = wanted.map(|what| Gap { what, why }).collect();
}

/// Adds the evidence for a webhook without an event: Sentry's API returned statistics and refused the event.
fn regressed_and_rising(evidence: &mut Evidence) {
    let issue = &mut evidence.issue;
    issue.first_release = Some(text("billing@2025.11.1"));
    issue.last_release = Some(text("billing@2026.3.29"));
    issue.hourly = Some((0..24).map(|hour| if hour < 20 { 0 } else { 9 }).collect());
    issue.daily = Some((0..30).map(|day| if day == 29 { 36 } else { 0 }).collect());
    evidence.gaps = vec![
        Gap { what: Wanted::Event, why: Failure::Forbidden },
        Gap { what: Wanted::Tags, why: Failure::RateLimited },
        Gap { what: Wanted::Commits, why: Failure::ServerFailed(503) },
    ];
}

/// Adds two earlier incidents to the report, a note that could not be written, and too little time.
fn third_time(report: &mut Report) {
    let past = |change, started_ms| PastIncident { change, started_ms };
    report.history =
        vec![past(ChangeKind::Seen, 1_762_071_300_000), past(ChangeKind::Regressed, 1_770_000_000_000)];
    report.note_missing = Some(Failure::NotConfigured("SENTRY_AUTH_TOKEN"));
    report.cut_short = true;
}

/// Sets twelve events within 24 hours. A note about more than one event in this time has a table of the counts.
fn twelve_today(evidence: &mut Evidence) {
    let issue = &mut evidence.issue;
    issue.hourly = Some((0..24).map(|hour| u64::from(hour % 2 == 0)).collect());
    issue.daily = Some((0..30).map(|day| if day == 29 { 12 } else { 3 }).collect());
    issue.events = Some(99);
    issue.users = Some(0);
}
