//! Tests the condition of each sentence of the analysis rules, with two pieces of evidence: one for which the note must
//! contain the sentence, and one that differs only in the condition, for which the note must not contain it.
//!
//! The test `every_phrase_of_the_rules_has_a_row` fails if a phrase of the rules has no row in [`ROWS`].

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use sidenote::domain::attribute::{Attribute, AttributeKind};
use sidenote::domain::comparison::Comparison;
use sidenote::domain::event::{Breadcrumb, Event, Exception, Frame, ProcessingError, Request};
use sidenote::domain::evidence::{Evidence, Gap, SuspectCommit, TagSpread, Wanted};
use sidenote::domain::flag::FlagSpread;
use sidenote::domain::ids::{MemberId, TagKey};
use sidenote::domain::issue::Substatus;
use sidenote::domain::occurrence::{SeerRootCause, Trigger};
use sidenote::domain::origin::{BrowserReport, Detection, Origin, Violation};
use sidenote::domain::outcome::Failure;
use sidenote::domain::source::{
    Code, CommitId, Excerpt, LastChange, Location, RepoPath, Repository, Revision, SourceCode, SourceText,
};
use sidenote::domain::text::Untrusted;
use sidenote::domain::timestamp::Timestamp;
use sidenote::domain::words::{Language, Phrase};

use crate::crashes::{Crash, note_of};

/// Phrases without a row, because they only put names together or another test checks them.
const STRUCTURE: &[&str] = &[
    "exception_said",
    "group_and",
    "group_first",
    "group_told",
    "headline_group",
    "rule_forwards",
    "headline_bare",
    "headline_exception",
    "headline_full",
    "headline_title",
    "headline_where",
    "located",
];

/// A phrase with two changes of the evidence: after `said` the note must contain the phrase, and after `unsaid` it must
/// not.
struct Row {
    name: &'static str,
    phrase: Phrase,
    said: fn(&mut Evidence),
    unsaid: fn(&mut Evidence),
}

macro_rules! rows {
    ($($name:ident: $said:expr, $unsaid:expr;)+) => {
        const ROWS: &[Row] = &[$(Row { name: stringify!($name), phrase: |w| w.$name, said: $said, unsaid: $unsaid }),+];
    };
}

rows! {
    // The code.
    suspect_library: |e| frame(e).in_app = false, nothing;
    suspect_line: nothing, |e| frame(e).source = text("{snip} a.b {snip}");
    suspect_line_reported: |e| frame(e).source = text("sentry_sdk.capture_exception(e)"), nothing;
    raised_in: checked, |e| kind(e, "ValueError", "no");
    raised_in_library: library, checked;
    rule_only_raises: checked, |e| { checked(e); kind(e, "KeyError", "'x'"); };
    rule_takes_value: |e| { kind(e, "IndexError", "no"); newer(e, "get_rate"); frame(e).source = None; },
        |e| { kind(e, "TypeError", "no"); newer(e, "get_rate"); };
    rule_other_vendor: |e| vendors(e, "com.acme.Cart", "org.other.Till"), |e| vendors(e, "com.acme.Cart", "com.acme.Till");
    rule_test_code: |e| vendors(e, "com.acme.Cart", "com.acme.TillTest"), |e| vendors(e, "com.acme.Cart", "com.acme.Till");
    rule_cycle: |_| {}, nothing;
    step_open_frame: |e| { unknown(e); older(e, "checkout"); }, unknown;
    step_open_alone: unknown, nothing;
    step_open_raise: |e| { unknown(e); frame(e).source = text("raise OrderRefused(order)"); }, unknown;
    local_nothing: |e| local(e, "RATES", "None"), |e| local(e, "RATES", "{… 3}");
    local_range: |e| { frame(e).source = text("row = rows[7]"); local(e, "rows", "[… 3]"); },
        |e| { frame(e).source = text("row = rows[2]"); local(e, "rows", "[… 3]"); };
    step_local: |e| local(e, "RATES", "None"), |e| local(e, "RATES", "{… 3}");

    // The failure.
    step_check: nothing, unknown;
    noise: |e| *e = crash("browser-fetch"), |e| { *e = crash("browser-fetch"); e.issue.users = Some(400); };
    exception_surfaced: wrapped, |e| { wrapped(e); repeated(e); };
    exception_chain: wrapped, |e| { wrapped(e); event(e).exceptions[1].is_group = true; };
    synthetic: |e| thrown(e, "javascript"), |e| thrown(e, "native");
    log_message: logged, |e| { logged(e); e.issue.title = text("OrderError: order failed"); };
    step_find_message: logged, |e| { logged(e); event(e).message = text("order 4711 was refused by the shop"); };
    step_find_words: |e| { logged(e); event(e).message = text("order 4711 was refused by the shop"); }, nothing;
    policy_blocked: |e| policy(e, Some("https://cdn.example/a.js")), |e| policy(e, None);
    policy_report: |e| policy(e, None), nothing;
    detector_report: |e| detected(e, "N+1 Query"), nothing;

    // Before it.
    crumb_failed: |e| crumb(e, Some(503), "info"), |e| crumb(e, Some(200), "info");
    crumb_error: |e| crumb(e, None, "error"), |e| crumb(e, None, "info");
    step_crumb: |e| crumb(e, Some(503), "info"), |e| crumb(e, Some(404), "info");

    // How often, since when, whom.
    trend_single: |e| counted(e, 1, 1, 1), |e| { counted(e, 1, 1, 1); e.issue.substatus = Some(Substatus::Regressed); };
    trend_fresh: |e| counted(e, 7, 7, 7), |e| counted(e, 7, 7, 9);
    trend_burst_all: |e| counted(e, 7, 7, 9), |e| counted(e, 0, 0, 6);
    trend_burst: |e| counted(e, 60, 70, 90), |e| counted(e, 4, 5, 90);
    trend_fading: |e| counted(e, 0, 290, 300), |e| counted(e, 0, 20, 300);
    new_in_release: |e| { new(e); e.issue.first_release = text("shop@1"); }, |e| { new(e); released(e); };
    new_issue: |e| e.trigger = Trigger::Created, new;
    new_this_week: new, |e| e.trigger = Trigger::Created;
    regressed: |e| e.issue.substatus = Some(Substatus::Regressed), nothing;
    regressed_in_release: |e| { released(e); e.issue.substatus = Some(Substatus::Regressed); },
        |e| e.issue.substatus = Some(Substatus::Regressed);
    escalating: |e| e.issue.substatus = Some(Substatus::Escalating), nothing;
    releases_span: |e| seen_in(e, "shop@1", "shop@2"), |e| seen_in(e, "shop@1", "shop@1");
    step_compare_release: |e| { released(e); e.trigger = Trigger::Created; }, |e| { released(e); new(e); };
    users_many: |e| e.issue.users = Some(7), |e| e.issue.users = Some(0);
    users_one: |e| e.issue.users = Some(1), |e| e.issue.users = Some(7);
    users_unknown: |e| e.issue.users = Some(0), |e| { e.issue.users = Some(0); event(e).has_user = true; };
    tag_concentrated: |e| spread(e, &[("Safari", 95), ("Firefox", 5)]), |e| spread(e, &[("Safari", 95)]);
    request_served: |e| request(e, Some("POST"), "https://shop.example/orders"),
        |e| request(e, Some("GET"), "https://shop.example/orders");
    happened_at: |e| request(e, None, "https://shop.example/cart"), |e| request(e, None, "file:///cart.html");
    step_request: |e| request(e, Some("GET"), "https://shop.example/orders"),
        |e| request(e, Some("POST"), "https://shop.example/orders");
    suspect_commit: |e| commit(e, false, &[]), |e| commit(e, false, &["teahouse/basket.py"]);
    suspect_commit_file: |e| commit(e, false, &["teahouse/basket.py"]), |e| commit(e, false, &["docs/a.md"]);
    suspect_commit_blamed: |e| commit(e, true, &[]), |e| commit(e, false, &[]);
    suspect_commit_released: |e| { commit(e, false, &[]); e.commits[0].is_matched = true; }, |e| commit(e, false, &[]);
    suspect_commit_function: |e| { commit(e, false, &[]); source(e); }, |e| { commit(e, false, &[]); source(e); e.source[0].changes.clear(); };

    // The repository.
    source_line: |e| { frame(e).source = None; source(e); }, source;
    source_at_commit: |e| { frame(e).source = None; source(e); e.source[0].changes.clear(); },
        |e| { frame(e).source = None; source(e); e.source[0].changes.clear(); e.source[0].revision = Revision::DefaultBranch; };
    body_set: |e| body(e, "    cup = tea.get(1)\n    return cup.size", "size"), |e| body(e, "    return cup.size", "size");
    body_default: |e| body(e, "    return tea.cup", "cup"), |e| body(e, "    return cup.size", "size");
    body_unchecked: |e| body(e, "    return tea.cup", "cup"), |e| body(e, "    if tea:\n        return tea.cup", "cup");
    body_raised: |e| { body(e, "    if hot:\n        raise KettleError()", ""); kind(e, "KettleError", "hot"); },
        |e| { body(e, "    raise KettleError()", ""); kind(e, "KettleError", "hot"); };
    source_unconfirmed: |e| { source(e); named(e, false); }, |e| { source(e); named(e, true); };
    source_named: |e| { source(e); named(e, true); }, |e| { source(e); named(e, false); };
    source_at_named: |e| { frame(e).source = None; source(e); named(e, true); }, |e| { frame(e).source = None; source(e); };
    source_at_head: |e| { frame(e).source = None; source(e); e.source[0].revision = Revision::DefaultBranch; }, |e| { frame(e).source = None; source(e); };
    source_changed: |e| { source(e); e.source[0].code = Code::Changed; }, source;
    source_shorter: |e| { source(e); e.source[0].code = Code::Shorter(3); }, |e| { source(e); e.source[0].code = Code::Changed; };
    source_line_changed: source, |e| { source(e); e.source[0].changes[0].lines = None; };
    source_file_changed: |e| { source(e); e.source[0].changes[0].lines = None; }, source;
    source_by: source, |e| { source(e); e.source[0].changes[0].author = None; };
    source_days_before: |e| { source(e); changed_before(e, 3 * 86_400); }, |e| { source(e); changed_before(e, 86_400); };
    source_day_before: |e| { source(e); changed_before(e, 86_400); }, |e| { source(e); changed_before(e, 3 * 86_400); };
    source_on: |e| { source(e); changed_before(e, -60); }, |e| { source(e); changed_before(e, 60); };
    source_in_release: |e| { source(e); event(e).release = text("teahouse@1.4.2"); }, |e| { source(e); event(e).release = text("teahouse@1.4.2"); e.source[0].revision = Revision::DefaultBranch; };
    seer_says: seer, nothing;
    seer_reasons: seer, nothing;
    step_reproduce: seer, nothing;

    // How sure.
    sure_value: |e| local(e, "RATES", "None"), |e| local(e, "RATES", "{… 3}");
    sure_names: |e| *e = crash("python-none-attribute"), |e| { *e = crash("python-none-attribute"); frame(e).source = None; };
    sure_gave_up: |e| *e = crash("go-index"), |e| { *e = crash("go-index"); event(e).platform = text("python"); };
    sure_known_own: nothing, unknown;
    sure_own: unknown, nothing;
    sure_reported: |e| frame(e).source = text("sentry_sdk.capture_exception(e)"), nothing;
    sure_passed_over: checked, |e| kind(e, "ValueError", "no");
    sure_known: |e| frame(e).in_app = false, nothing;
    sure_library: |e| { unknown(e); frame(e).in_app = false; }, unknown;
    sure_unresolved: |e| { frame(e).source = None; frame(e).file = text("a.min.js"); }, nothing;
    sure_no_stack: logged, nothing;
    sure_not_error: |_| {}, nothing;
    sure_policy: |e| policy(e, Some("https://cdn.example/a.js")), nothing;
    sure_detector: |e| detected(e, "N+1 Query"), nothing;
    sure_seer: |e| { logged(e); seer(e); }, logged;

    // What is missing.
    settle_token: no_event, |e| { no_event(e); e.gaps[0].why = Failure::Timeout; };
    settle_stack: no_event, nothing;
    settle_attach: logged, nothing;
    settle_source: |e| frame(e).source = None, nothing;
    settle_source_maps: |e| { frame(e).source = None; frame(e).file = text("a.min.js"); }, nothing;
    settle_mapping: |e| obfuscated(e, "5f2c1e97-c0b4"), |e| obfuscated(e, "");
    settle_release: new, |e| { new(e); released(e); };
    step_read_event: no_event, nothing;

    // Several events, other runtimes, issues that are not open.
    suspect_flag: |e| flag(e, &[("true", 39), ("false", 1)], &[("true", 60), ("false", 240)]),
        |e| flag(e, &[("true", 39), ("false", 1)], &[("true", 160), ("false", 140)]);
    same_in_all: |e| alike(e, "null", 1), |e| alike(e, "null", 2);
    embedded_stack: |e| kind(e, "PlatformException", "null\nat com.acme.A.b(A.java:1)\nat com.acme.C.d(C.java:2)"),
        |e| kind(e, "PlatformException", "null\nat com.acme.A.b(A.java:1)");
    standing_resolved: |e| e.issue.status = text("resolved"), nothing;
    is_resolved: |e| e.issue.status = text("resolved"), nothing;
    standing_archived: |e| e.issue.status = text("ignored"), nothing;
    is_archived: |e| e.issue.status = text("ignored"), nothing;

    // What is proposed.
    because_noise: |e| noisy(e, Some(2)), |e| noisy(e, None);
    because_noise_many: |e| noisy(e, Some(10)), |e| noisy(e, Some(2));
    because_escalating: |e| e.issue.substatus = Some(Substatus::Escalating), nothing;
    because_users: |e| e.issue.users = Some(100), |e| e.issue.users = Some(99);
    because_regressed: |e| { e.issue.substatus = Some(Substatus::Regressed); e.issue.priority = text("low"); },
        |e| e.issue.substatus = Some(Substatus::Regressed);
    because_commit: |e| commit(e, true, &[]), |e| { commit(e, true, &[]); e.commits[0].author_id = None; };
    because_silent: |e| silent(e, 96), |e| silent(e, 100);
}

/// Phrases that other tests check, because they need a long stack trace or another kind of issue, or begin like another
/// sentence.
const ELSEWHERE: &[&str] = &["rule_cycle", "sure_not_error", "sure_detector", "because_users"];

// --- Evidence --------------------------------------------------------------------------------------------------------

fn base() -> Evidence {
    let mut evidence = crash("python-key-error");
    event(&mut evidence).frames.truncate(1);
    evidence
}

fn crash(id: &str) -> Evidence {
    let mut evidence = Crash::all().iter().find(|crash| crash.id == id).expect("a crash").evidence();
    evidence.issue.priority = text("medium");
    evidence
}

fn nothing(_: &mut Evidence) {}

#[expect(clippy::unnecessary_wraps, reason = "most fields of the evidence may be missing")]
fn text(text: &str) -> Option<Untrusted> {
    Some(Untrusted::new(text))
}

fn event(evidence: &mut Evidence) -> &mut Event {
    evidence.event.as_mut().expect("an event")
}

fn frame(evidence: &mut Evidence) -> &mut Frame {
    &mut event(evidence).frames[0]
}

fn kind(evidence: &mut Evidence, kind: &str, message: &str) {
    let exception = &mut event(evidence).exceptions[0];
    (exception.kind, exception.message) = (text(kind), text(message));
}

/// Replaces the exception by one that is not a well-known failure.
fn unknown(evidence: &mut Evidence) {
    kind(evidence, "OrderRefused", "no tea");
}

fn newer(evidence: &mut Evidence, function: &str) {
    let newer =
        Frame { function: text(function), file: text("teahouse/rules.py"), ..frame(evidence).clone() };
    event(evidence).frames.insert(0, newer);
}

fn older(evidence: &mut Evidence, function: &str) {
    let older =
        Frame { function: text(function), file: text("teahouse/views.py"), ..frame(evidence).clone() };
    event(evidence).frames.push(older);
}

/// Adds a newer frame of a function that only raises the exception.
fn checked(evidence: &mut Evidence) {
    kind(evidence, "ValueError", "no");
    newer(evidence, "fail_rate");
    frame(evidence).source = None;
}

/// Adds a newer frame of a library that raised the exception.
fn library(evidence: &mut Evidence) {
    checked(evidence);
    frame(evidence).in_app = false;
    frame(evidence).file = text("/venv/lib/python3.12/site-packages/kettle/rules.py");
}

/// Replaces the stack by frames of two Java classes: `newer_class` called by `own`.
fn vendors(evidence: &mut Evidence, own: &str, newer_class: &str) {
    event(evidence).platform = text("java");
    kind(evidence, "OrderException", "no");
    frame(evidence).module = text(own);
    frame(evidence).file = text("Cart.java");
    newer(evidence, "total");
    frame(evidence).module = text(newer_class);
    frame(evidence).file = text("Till.java");
}

fn local(evidence: &mut Evidence, name: &str, value: &str) {
    frame(evidence).locals = vec![(Untrusted::new(name), Untrusted::new(value))];
}

fn wrapped(evidence: &mut Evidence) {
    let outer = Exception { kind: text("OrderError"), message: text("cannot price"), ..Exception::default() };
    event(evidence).exceptions.push(outer);
}

/// Makes the outer exception equal to the one that it wraps.
fn repeated(evidence: &mut Evidence) {
    let exceptions = &mut event(evidence).exceptions;
    exceptions[1] = exceptions[0].clone();
}

fn thrown(evidence: &mut Evidence, platform: &str) {
    event(evidence).platform = text(platform);
    event(evidence).exceptions[0].synthetic = true;
}

fn obfuscated(evidence: &mut Evidence, mapping: &str) {
    let mapping = Some(Untrusted::new(mapping)).filter(|mapping| !mapping.raw().is_empty());
    frame(evidence).source = None;
    event(evidence).processing_errors =
        vec![ProcessingError { kind: Untrusted::new("proguard_missing_mapping"), mapping }];
}

fn logged(evidence: &mut Evidence) {
    let event = event(evidence);
    event.exceptions.clear();
    event.frames.clear();
    event.message = text("order failed");
}

fn policy(evidence: &mut Evidence, blocked: Option<&str>) {
    logged(evidence);
    let blocked = blocked.and_then(text);
    let directive = blocked.as_ref().and_then(|_| text("script-src"));
    event(evidence).platform = text("javascript");
    event(evidence).origin =
        Origin::Report(BrowserReport::Policy(Violation { directive, blocked, ..Violation::default() }));
}

fn detected(evidence: &mut Evidence, title: &str) {
    logged(evidence);
    event(evidence).origin = Origin::Detector(Detection::default());
    evidence.issue.title = text(title);
}

fn crumb(evidence: &mut Evidence, status: Option<u64>, level: &str) {
    let category = if status.is_some() { "http" } else { "console" };
    let crumb = Breadcrumb {
        at: None,
        category: text(category),
        level: text(level),
        message: text("GET https://stock.example/"),
        status,
        ..Breadcrumb::default()
    };
    event(evidence).breadcrumbs = vec![crumb];
}

fn counted(evidence: &mut Evidence, day: u64, month: u64, all: u64) {
    let issue = &mut evidence.issue;
    (issue.hourly, issue.daily, issue.events) = (Some(vec![day]), Some(vec![month]), Some(all));
}

fn new(evidence: &mut Evidence) {
    evidence.issue.substatus = Some(Substatus::New);
}

fn released(evidence: &mut Evidence) {
    event(evidence).release = text("shop@2");
}

fn seen_in(evidence: &mut Evidence, first: &str, last: &str) {
    (evidence.issue.first_release, evidence.issue.last_release) = (text(first), text(last));
}

fn spread(evidence: &mut Evidence, top: &[(&str, u64)]) {
    let top: Vec<_> = top.iter().map(|(value, count)| (Untrusted::new(*value), *count)).collect();
    let total = top.iter().map(|(_, count)| count).sum();
    evidence.tags = vec![TagSpread { key: TagKey::parse("browser").expect("a key"), total, top }];
}

fn request(evidence: &mut Evidence, method: Option<&str>, url: &str) {
    event(evidence).request = Some(Request { method: method.and_then(text), url: text(url) });
}

/// Adds the source code of the first frame. The commit of [`commit`] last changed its line.
fn source(evidence: &mut Evidence) {
    let at = Timestamp::from_unix(0);
    let commit = CommitId::parse("0123456789").expect("a hash");
    let lines = vec![Untrusted::new("def pour(tea):"), Untrusted::new("    return tea.cup")];
    evidence.source = vec![SourceCode {
        frame: 0,
        location: Location {
            repository: Repository::parse("acme/teahouse").expect("a repository"),
            path: RepoPath::parse("teahouse/pots.py").expect("a path"),
        },
        revision: Revision::Release(commit.clone()),
        line: 2,
        link: None,
        text: SourceText { first: 1, text: "".into(), is_whole: false },
        code: Code::Read(Excerpt { first: 1, lines, is_function: true, is_confirmed: false }),
        changes: vec![LastChange { lines: Some(1..=2), commit, author: text("Kim"), at }],
    }];
}

/// Makes the commit of the source code one that only the event names.
fn named(evidence: &mut Evidence, is_in_branch: bool) {
    let commit = CommitId::parse("0123456789").expect("a hash");
    evidence.source[0].revision = Revision::Named { commit, is_in_branch };
}

/// Adds the source code of a function whose last line fails, because it reads this member of a value that is `None`.
fn body(evidence: &mut Evidence, code: &str, member: &str) {
    source(evidence);
    kind(evidence, "AttributeError", &format!("'NoneType' object has no attribute '{member}'"));
    let lines: Vec<Untrusted> =
        ["def pour(tea=None):"].into_iter().chain(code.lines()).map(Untrusted::new).collect();
    evidence.source[0].line = u64::try_from(lines.len()).expect("a short function");
    evidence.source[0].code = Code::Read(Excerpt { first: 1, lines, is_function: true, is_confirmed: false });
}

/// Sets the time of the first event to `seconds` after the last change of the source code.
fn changed_before(evidence: &mut Evidence, seconds: i64) {
    evidence.source[0].changes[0].at = Timestamp::from_unix(1_000_000);
    evidence.issue.first_seen = Timestamp::from_unix(1_000_000 + seconds);
}

fn commit(evidence: &mut Evidence, is_blamed: bool, files: &[&str]) {
    evidence.commits = vec![SuspectCommit {
        id: Untrusted::new("0123456789"),
        subject: Untrusted::new("Change"),
        author: text("Kim"),
        author_id: MemberId::parse("7").ok(),
        is_blamed,
        is_matched: false,
        files: files.iter().map(|file| Untrusted::new(*file)).collect(),
    }];
}

/// Adds a feature flag that is on in the event, with the distributions over its values in the issue and the project.
fn flag(evidence: &mut Evidence, issue: &[(&str, u64)], project: &[(&str, u64)]) {
    let counted = |counts: &[(&str, u64)]| {
        counts.iter().map(|(value, count)| (Untrusted::new(*value), *count)).collect()
    };
    let name = Untrusted::new("new-kettle");
    let attribute =
        Attribute { kind: AttributeKind::Flag, name: name.clone(), value: Untrusted::new("true") };
    event(evidence).attributes = vec![attribute];
    evidence.flags = vec![FlagSpread { name, issue: counted(issue), project: counted(project) }];
}

fn alike(evidence: &mut Evidence, value: &str, different: usize) {
    let values = vec![(Untrusted::new(value), 5)];
    evidence.comparisons =
        vec![Comparison { name: Untrusted::new("extra customer_id"), values, different, events: 5 }];
}

fn seer(evidence: &mut Evidence) {
    let list = |said| vec![Untrusted::new(said)];
    let (reasoning, reproduction) = (list("because"), list("order tea"));
    evidence.seer = Some(SeerRootCause { summary: Untrusted::new("no rate"), reasoning, reproduction });
}

fn no_event(evidence: &mut Evidence) {
    evidence.event = None;
    evidence.gaps = vec![Gap { what: Wanted::Event, why: Failure::Forbidden }];
}

fn noisy(evidence: &mut Evidence, users: Option<u64>) {
    *evidence = crash("browser-fetch");
    evidence.issue.users = users;
}

/// Sets statistics without events in the last three of thirty days, and the day of the newest event.
fn silent(evidence: &mut Evidence, last_seen: i64) {
    let issue = &mut evidence.issue;
    issue.daily = Some([vec![1; 27], vec![0; 3]].concat());
    issue.last_day = Timestamp::from_unix(86_400 * 100);
    issue.last_seen = Timestamp::from_unix(86_400 * last_seen);
}

// --- The tests -------------------------------------------------------------------------------------------------------

/// Whether a line of the note contains the fixed parts of the phrase in their order.
fn says(note: &str, phrase: Phrase) -> bool {
    let template = phrase(Language::English.words());
    let parts: Vec<&str> =
        template.split(['{', '}']).step_by(2).map(str::trim).filter(|p| !p.is_empty()).collect();
    note.lines().any(|line| {
        let mut rest = Some(line);
        for part in &parts {
            rest = rest.and_then(|rest| Some(rest.split_once(part)?.1));
        }
        rest.is_some()
    })
}

fn rendered(change: fn(&mut Evidence)) -> String {
    let mut evidence = base();
    change(&mut evidence);
    let note = note_of(evidence);
    note.split("### Evidence").next().unwrap_or(&note).to_owned()
}

#[test]
fn each_sentence_is_shown_only_under_its_condition() {
    let mut wrong = Vec::new();
    for row in ROWS.iter().filter(|row| !ELSEWHERE.contains(&row.name)) {
        let (said, unsaid) = (rendered(row.said), rendered(row.unsaid));
        if !says(&said, row.phrase) {
            wrong.push(format!("{} is not said:\n{said}", row.name));
        }
        if says(&unsaid, row.phrase) {
            wrong.push(format!("{} is said:\n{unsaid}", row.name));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_phrase_of_the_rules_has_a_row() {
    let rooms = ["", "knowledge"];
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/analyzers/rules");
    let files = rooms.iter().flat_map(|room| fs::read_dir(folder.join(room)).expect("a folder"));
    let rust = files
        .map(|file| file.expect("a file").path())
        .filter(|path| path.extension().is_some_and(|e| e == "rs"));
    let mut used = BTreeSet::new();
    for file in rust {
        let code = fs::read_to_string(file).expect("a text");
        let names =
            code.split("|w| w.").skip(1).map(|rest| rest.split(|c: char| !(c.is_alphanumeric() || c == '_')));
        used.extend(names.filter_map(|mut words| words.next().map(str::to_owned)));
    }
    let rows: BTreeSet<&str> = ROWS.iter().map(|row| row.name).chain(STRUCTURE.iter().copied()).collect();
    let missing: Vec<_> = used.iter().filter(|name| !rows.contains(name.as_str())).collect();
    assert!(missing.is_empty(), "no row: {missing:?}");
}
