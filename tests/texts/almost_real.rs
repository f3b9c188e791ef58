//! Generates webhooks for property tests from the events in `tests/texts/events`. Members of their JSON are removed,
//! replaced by another type, enlarged or made hostile.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Value, json};
use sidenote::domain::evidence::{Evidence, Gap, SuspectCommit, TagSpread, Wanted};
use sidenote::domain::ids::{MemberId, TagKey};
use sidenote::domain::issue::Substatus;
use sidenote::domain::outcome::Failure;
use sidenote::domain::source::{
    Code, CommitId, Excerpt, LastChange, Location, RepoPath, Repository, Revision, SourceCode, SourceText,
};
use sidenote::domain::text::Untrusted;
use sidenote::domain::timestamp::Timestamp;

/// A letter that none of Sidenote's own texts contains. It marks hostile texts, so that tests find them in the output.
pub(crate) const CANARY: char = 'ƶ';

/// Fragments with a special meaning in Markdown, HTML, Django templates, Telegram or a terminal, or with a misleading
/// appearance.
#[rustfmt::skip]
const PIECES: &[&str] = &[
    "`", "``", "```", "~~~", "\n```\n", "<b>", "</code>", "<script>", "<!-- sidenote:v1 -->", "<!--", "-->",
    "{% x %}", "{{ x }}", "![a](b)", "[a](https://evil.example)", "https://evil.example/",
    "www.evil.example", "tg://user?id=1", "@everyone", "a@b.example", "|", "\n|---|\n", "\n", "\r\n", "\r",
    "\n\n", "\t", " ", "\u{202e}", "\u{2066}", "\u{200b}", "\u{200d}", "\u{feff}", "\u{2028}", "\u{85}",
    "&lt;", "&#60;", "&", "\\", "**", "__", "*", "_", "\n# ", "\n- ", "\n1. ", "\n> ", "    ", "😀", "世界",
    "\u{0}", "\u{1b}[31m", "$", "'", "\"", "%", "…", "{0}", "{", "}", "[ ]", "4111 1111 1111 1111",
    "password=hunter2", "eyJhbGciOiJI", "::", "/", "..", "0", "-1", "Error", "(", ")", "<", ">", "ﷺ",
];

/// Generates hostile texts. Each of them contains [`CANARY`].
pub(crate) fn hostile() -> impl Strategy<Value = String> {
    let pieces = vec(prop_oneof![9 => select(PIECES).prop_map(str::to_owned), 1 => ".{0,12}"], 0..8);
    let times = prop_oneof![8 => Just(1_usize), 1 => Just(40), 1 => Just(900)];
    (pieces, any::<Index>(), times).prop_map(|(mut pieces, at, times)| {
        pieces.insert(at.index(pieces.len() + 1), CANARY.to_string());
        pieces.concat().repeat(times)
    })
}

/// Generates arbitrary JSON, whose members often have the names of members of a webhook.
pub(crate) fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        select(NAMES).prop_map(Value::from),
        hostile().prop_map(Value::from),
    ];
    leaf.prop_recursive(7, 60, 6, |inner| {
        let name = prop_oneof![9 => select(NAMES).prop_map(str::to_owned), 1 => ".{0,6}"];
        prop_oneof![
            vec(inner.clone(), 0..6).prop_map(Value::from),
            vec((name, inner), 0..6).prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

#[rustfmt::skip]
const NAMES: &[&str] = &[
    "action", "data", "event", "error", "issue", "id", "issue_id", "created", "triggered", "unresolved",
    "exception", "values", "type", "value", "stacktrace", "frames", "function", "filename", "lineno",
    "in_app", "vars", "message", "logentry", "formatted", "tags", "release", "breadcrumbs", "request",
    "url", "contexts", "rust", "sdk", "name", "title", "count", "userCount", "substatus", "regressed",
    "metric_alert", "critical", "root_cause", "group_id", "one_line_description", "five_whys", "threads",
    "errors", "project", "slug", "web_url", "triggering_rules", "1", "https://acme.sentry.io/issues/1/",
    "timestamp", "datetime", "2026-03-29T12:00:00Z", "mechanism", "handled",
];

/// A change of one member of a JSON text.
#[derive(Debug, Clone)]
pub(crate) enum Change {
    Become(Value),
    Vanish,
    /// Repeats a text, list or object this many times.
    Grow(usize),
    Nest(usize),
}

fn change() -> impl Strategy<Value = Change> {
    let others = r#"[null, true, 0, -1, 9223372036854775807, 18446744073709551615, 1e300, "", " ", [], {}, [null], [[]],
        {"values": null}, {"values": [null, {}]}, [["a", null], ["b"], [1, 2, 3]], "99999999999999999999999999999999"]"#;
    let others: Vec<Value> = serde_json::from_str(others).expect("JSON");
    prop_oneof![
        3 => select(others).prop_map(Change::Become),
        3 => hostile().prop_map(|text| Change::Become(text.into())),
        2 => Just(Change::Vanish),
        1 => (2_usize..400).prop_map(Change::Grow),
        1 => (1_usize..100).prop_map(Change::Nest),
    ]
}

/// A webhook of Sentry.
#[derive(Clone)]
pub(crate) struct Webhook {
    /// The value of the header `Sentry-Hook-Resource`, if the webhook has one.
    pub(crate) resource: Option<&'static str>,
    pub(crate) body: Value,
}

impl Webhook {
    /// Returns the body of the webhook as bytes.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.body.to_string().into_bytes()
    }
}

/// Prints the webhook with its body as JSON, in the form in which it is posted.
impl fmt::Debug for Webhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.resource, self.body)
    }
}

/// Generates webhooks: one of [`bodies`] with a few changed members.
pub(crate) fn mutated() -> impl Strategy<Value = Webhook> {
    (select(bodies()), vec((any::<Index>(), change()), 0..8)).prop_map(|(mut webhook, changes)| {
        for (at, change) in changes {
            let mut left = at.index(size(&webhook.body));
            visit(&mut webhook.body, &mut left, &change);
        }
        webhook
    })
}

/// Generates webhooks: one of [`bodies`] with hostile texts in all members except [`KEPT`].
pub(crate) fn hostile_all_over() -> impl Strategy<Value = Webhook> {
    (select(bodies()), vec(hostile(), 1..12)).prop_map(|(mut webhook, texts)| {
        let mut texts = texts.iter().cycle();
        poison(&mut webhook.body, &mut || texts.next().cloned().unwrap_or_default());
        webhook
    })
}

/// The members that decide the type of a webhook's body. They keep their values.
const KEPT: &[&str] =
    &["action", "id", "issue_id", "group_id", "substatus", "firstSeen", "lastSeen", "count"];

fn poison(value: &mut Value, next: &mut dyn FnMut() -> String) {
    match value {
        Value::String(text) => *text = next(),
        Value::Array(list) => list.iter_mut().for_each(|entry| poison(entry, next)),
        Value::Object(members) => {
            members
                .iter_mut()
                .filter(|(name, _)| !KEPT.contains(&name.as_str()))
                .for_each(|(_, v)| poison(v, next));
        }
        _ => {}
    }
}

/// Returns the webhooks in `tests/texts/events`, each with the value of its header `Sentry-Hook-Resource`.
pub(crate) fn bodies() -> Vec<Webhook> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/texts/events");
    let entries = std::fs::read_dir(folder).expect("the folder can be read");
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    paths.iter().map(|path| webhook(&std::fs::read(path).expect("the event can be read"))).collect()
}

fn webhook(bytes: &[u8]) -> Webhook {
    let body: Value = serde_json::from_slice(bytes).expect("the event is JSON");
    let has = |member: &str| body["data"].get(member).is_some();
    let resource = match body["action"].as_str() {
        _ if has("error") => Some("error"),
        _ if has("metric_alert") => Some("metric_alert"),
        _ if has("root_cause") => Some("seer"),
        _ if has("event") && has("issue") => None,
        _ if has("event") => Some("event_alert"),
        _ => Some("issue"),
    };
    Webhook { resource, body }
}

fn children(value: &Value) -> Box<dyn Iterator<Item = &Value> + '_> {
    match value {
        Value::Array(list) => Box::new(list.iter()),
        Value::Object(members) => Box::new(members.values()),
        _ => Box::new(std::iter::empty()),
    }
}

/// Returns the number of values in a JSON value, including the value itself.
fn size(value: &Value) -> usize {
    1 + children(value).map(size).sum::<usize>()
}

/// Applies `change` to the value with the number `left`, counted from the root downwards. Returns true if the parent
/// must remove the value.
fn visit(value: &mut Value, left: &mut usize, change: &Change) -> bool {
    if *left == 0 {
        *left = usize::MAX;
        match change {
            Change::Become(other) => *value = other.clone(),
            Change::Vanish => return true,
            Change::Grow(times) => grow(value, *times),
            Change::Nest(times) => (0..*times).for_each(|_| *value = json!([value.take()])),
        }
        return false;
    }
    *left = left.saturating_sub(usize::from(*left != usize::MAX));
    match value {
        Value::Array(list) => {
            let gone = list.iter_mut().position(|entry| visit(entry, left, change));
            gone.map(|at| list.remove(at));
        }
        Value::Object(members) => {
            let gone = members.iter_mut().find_map(|(name, v)| visit(v, left, change).then(|| name.clone()));
            gone.and_then(|name| members.remove(&name));
        }
        _ => {}
    }
    false
}

fn grow(value: &mut Value, times: usize) {
    match value {
        Value::String(text) => *text = text.repeat(times),
        Value::Array(list) => *list = list.iter().cycle().take(list.len() * times.min(60)).cloned().collect(),
        Value::Object(members) => {
            let copies =
                (0..times).flat_map(|n| members.iter().map(move |(k, v)| (format!("{k}{n}"), v.clone())));
            let copies: Vec<_> = copies.take(300).collect();
            members.extend(copies);
        }
        other => *other = json!(vec![other.clone(); times]),
    }
}

/// Generates evidence that Sentry's API may add to a webhook, in every form that its JSON allows.
pub(crate) fn enrichment() -> impl Strategy<Value = Enrichment> {
    let number = || prop_oneof![3 => 0_u64..40, 1 => select(vec![1_000, 1 << 53, i64::MAX.unsigned_abs()])];
    let numbers = move || option::of(vec(number(), 0..31));
    let key = select(vec!["release", "os", "server_name", "level"]);
    let tags = btree_map(key, (number(), vec((hostile(), number()), 0..4)), 0..3);
    let file = prop_oneof![hostile(), Just("billing/rates.py".to_owned())];
    let commit = (hostile(), hostile(), option::of(hostile()), any::<bool>(), vec(file, 0..3));
    let lists = (tags, vec(commit, 0..12), vec((select(WANTED), select(WHY)), 0..5));
    let issue = (numbers(), numbers(), option::of(number()), option::of(number()));
    let releases = (option::of(hostile()), option::of(hostile()), option::of(select(SUBSTATUS)));
    (issue, releases, lists, sources()).prop_map(|(issue, releases, lists, sources)| Enrichment {
        issue,
        releases,
        lists,
        sources,
    })
}

/// Generates source code of a repository, which is hostile in every part that a code host sends.
fn sources() -> impl Strategy<Value = Vec<Source>> {
    let commit = || CommitId::parse("0123456789abcdef0123456789abcdef01234567").expect("a hash");
    let revision = prop_oneof![
        Just(Revision::Release(commit())),
        Just(Revision::DefaultBranch),
        any::<bool>().prop_map(move |is_in_branch| Revision::Named { commit: commit(), is_in_branch }),
    ];
    let lines = vec(hostile(), 1..20);
    let path = select(vec!["shop/cart.py", "a]b (c) [d](e).py", "<b> & `c`.ts", "x\u{202e}y.go"]);
    vec((any::<Index>(), path, revision, lines, any::<[bool; 3]>(), option::of(hostile())), 0..3)
}

const WANTED: &[Wanted] = &[Wanted::IssueDetails, Wanted::Event, Wanted::Tags, Wanted::Commits];
const WHY: &[Failure] = &[
    Failure::NotConfigured("SENTRY_AUTH_TOKEN"),
    Failure::Unauthorized,
    Failure::Refused(418),
    Failure::ServerFailed(599),
    Failure::Timeout,
    Failure::Unreadable,
];
const SUBSTATUS: &[Substatus] =
    &[Substatus::New, Substatus::Regressed, Substatus::Escalating, Substatus::Ongoing];

/// A frame's index, the path of its file, the revision, the lines of the code, whether they are a function, confirmed by
/// the event and linked, and the author of the last change.
type Source = (Index, &'static str, Revision, Vec<String>, [bool; 3], Option<String>);
type Numbers = Option<Vec<u64>>;
type Spreads = BTreeMap<&'static str, (u64, Vec<(String, u64)>)>;
type Commit = (String, String, Option<String>, bool, Vec<String>);

/// Evidence that Sentry's API adds to a webhook. [`enrichment`] generates it.
#[derive(Debug, Clone)]
pub(crate) struct Enrichment {
    issue: (Numbers, Numbers, Option<u64>, Option<u64>),
    releases: (Option<String>, Option<String>, Option<Substatus>),
    lists: (Spreads, Vec<Commit>, Vec<(Wanted, Failure)>),
    sources: Vec<Source>,
}

impl Enrichment {
    /// Adds these data to the evidence of a webhook.
    pub(crate) fn add(&self, evidence: &mut Evidence) {
        let text = |text: &String| Untrusted::new(text.as_str());
        let issue = &mut evidence.issue;
        (issue.hourly, issue.daily) = (self.issue.0.clone(), self.issue.1.clone());
        (issue.events, issue.users) = (self.issue.2, self.issue.3);
        issue.first_release = self.releases.0.as_ref().map(text);
        issue.last_release = self.releases.1.as_ref().map(text);
        issue.substatus = self.releases.2;
        let (tags, commits, gaps) = &self.lists;
        evidence.tags = tags
            .iter()
            .map(|(key, (total, top))| TagSpread {
                key: TagKey::parse(key).expect("a tag key"),
                total: *total,
                top: top.iter().map(|(value, count)| (text(value), *count)).collect(),
            })
            .collect();
        evidence.commits = commits
            .iter()
            .map(|(id, subject, author, is_blamed, files)| SuspectCommit {
                id: text(id),
                subject: text(subject),
                author: author.as_ref().map(text),
                author_id: MemberId::parse(id)
                    .ok()
                    .or_else(|| MemberId::parse("7").ok().filter(|_| *is_blamed)),
                is_blamed: *is_blamed,
                is_matched: false,
                files: files.iter().map(text).collect(),
            })
            .collect();
        evidence.gaps = gaps.iter().map(|(what, why)| Gap { what: *what, why: *why }).collect();
        let frames = evidence.event.as_ref().map_or(0, |event| event.frames.len());
        let mut sources: Vec<SourceCode> =
            self.sources.iter().filter(|_| frames > 0).map(|source| read(source, frames)).collect();
        // The code of a frame is read once.
        sources.sort_by_key(|code| code.frame);
        sources.dedup_by_key(|code| code.frame);
        evidence.source = sources;
    }
}

/// Returns the source code of one of the event's frames.
fn read(
    (frame, path, revision, lines, [is_function, is_confirmed, is_linked], author): &Source,
    frames: usize,
) -> SourceCode {
    let repository = Repository::parse("acme/shop").expect("a repository");
    let location = Location { repository, path: RepoPath::parse(path).expect("a path") };
    let link = format!("https://git.example/acme/shop/blob/main/{}#L1", location.path.encoded());
    let excerpt = Excerpt {
        first: 1,
        lines: lines.iter().map(|line| Untrusted::new(line.as_str())).collect(),
        is_function: *is_function,
        is_confirmed: *is_confirmed,
    };
    let change = LastChange {
        lines: Some(1..=1),
        commit: CommitId::parse("89abcdef0123456789abcdef0123456789abcdef").expect("a hash"),
        author: author.as_ref().map(|author| Untrusted::new(author.as_str())),
        at: Timestamp::from_unix(1_774_000_000),
    };
    SourceCode {
        frame: frame.index(frames),
        location,
        revision: revision.clone(),
        line: 1,
        link: is_linked.then_some(link),
        text: SourceText { first: 1, text: lines.join("\n").into(), is_whole: true },
        code: Code::Read(excerpt),
        changes: vec![change],
    }
}
