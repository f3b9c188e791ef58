//! The parts of an event that it has in its stored form and in the API's.

use serde::Deserialize;

use super::attributes::{Context, Deep, leaves};
use crate::domain::event::{Breadcrumb, Exception, Frame, Request, http_call};
use crate::domain::origin::{Origin, Violation};
use crate::domain::text::Untrusted;
use crate::domain::timestamp::Timestamp;
use crate::json::{Entries, Flag, Int, Lenient, List, Pairs, Summary, Text, Values};

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Named {
    pub(crate) name: Text,
}

/// Rust's context tells Rust from other `native` senders; the others are read as they are.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Contexts {
    rust: Lenient<Named>,
    #[serde(flatten)]
    others: Entries<Context>,
}

impl Contexts {
    /// The contexts by their names.
    pub(super) fn named(self) -> Vec<(Box<str>, Context)> {
        self.others.0
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct ProcessingError {
    #[serde(rename = "type")]
    kind: Text,
}

/// What one of Sentry's detectors found; errors have none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct Occurrence {
    subtitle: Text,
    evidence_display: List<Lenient<Shown>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Shown {
    name: Text,
    value: Text,
}

/// One of an event's interfaces. Each has another shape; the members of all are read side by side.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Interface {
    /// Of exceptions, threads and breadcrumbs.
    pub(crate) values: Values<Lenient<Value>>,
    /// Of a stack.
    pub(crate) frames: List<Lenient<StackFrame>>,
    /// Of a message.
    formatted: Text,
    message: Text,
    /// Of a request.
    method: Text,
    url: Text,
    pub(super) query_string: Pairs,
    pub(super) data: Deep,
    /// The API's name for the query string.
    pub(super) query: Pairs,
    /// Of a browser's report on a content security policy.
    effective_directive: Text,
    blocked_uri: Text,
    document_uri: Text,
}

/// An exception, a thread or a breadcrumb.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Value {
    #[serde(rename = "type")]
    kind: Text,
    #[serde(rename = "value")]
    text: Text,
    module: Text,
    mechanism: Lenient<Mechanism>,
    stacktrace: Lenient<Stacktrace>,
    crashed: Flag,
    current: Flag,
    timestamp: Text,
    category: Text,
    level: Text,
    message: Text,
    /// Of breadcrumbs.
    #[serde(rename = "data")]
    details: Lenient<Details>,
}

/// What HTTP breadcrumbs carry instead of a message.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Details {
    method: Text,
    url: Text,
    status_code: Text,
    #[serde(flatten)]
    others: Entries<Summary>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Mechanism {
    handled: Flag,
    synthetic: Flag,
    is_exception_group: Flag,
    exception_id: Int,
    parent_id: Int,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Stacktrace {
    pub(crate) frames: List<Lenient<StackFrame>>,
}

/// Frames are oldest first.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct StackFrame {
    function: Text,
    module: Text,
    filename: Text,
    package: Text,
    vars: Entries<Deep>,

    // As it is stored.
    abs_path: Text,
    lineno: Int,
    colno: Int,
    in_app: Flag,
    context_line: Text,
    pre_context: List<Text>,
    post_context: List<Text>,

    // The API's names for it.
    #[serde(rename = "absPath")]
    api_path: Text,
    #[serde(rename = "lineNo")]
    api_line: Int,
    #[serde(rename = "colNo")]
    api_column: Int,
    #[serde(rename = "inApp")]
    api_in_app: Flag,
    /// `[line number, source]` of the lines around.
    context: List<List<Text>>,
}

/// Rust's SDK calls itself `native`; Sentry's name for the rest is kept.
pub(crate) fn platform(name: Text, sdk: &Lenient<Named>, contexts: &Lenient<Contexts>) -> Option<Untrusted> {
    let is_rust = sdk.0.as_ref().and_then(|sdk| sdk.name.as_deref()) == Some("sentry.rust")
        || contexts.0.as_ref().is_some_and(|contexts| contexts.rust.0.is_some());
    if is_rust { Some(Untrusted::new("rust")) } else { name.foreign() }
}

pub(crate) fn processing_errors(errors: List<Lenient<ProcessingError>>) -> Vec<Untrusted> {
    errors.0.into_iter().filter_map(|error| error.0?.kind.foreign()).collect()
}

impl Occurrence {
    /// What was found, and what the detector says of it.
    pub(crate) fn origin(self) -> (Origin, Option<Untrusted>) {
        let shown = self.evidence_display.0.into_iter().filter_map(|shown| shown.0);
        let shown = shown.map(|shown| (shown.name.foreign(), shown.value.foreign()));
        (Origin::detector(shown), self.subtitle.foreign())
    }
}

impl Interface {
    pub(crate) fn message(self) -> Option<Untrusted> {
        self.formatted.foreign().or_else(|| self.message.foreign())
    }

    pub(crate) fn request(self) -> Request {
        Request { method: self.method.foreign(), url: self.url.foreign() }
    }

    pub(crate) fn violation(self) -> Violation {
        Violation {
            directive: self.effective_directive.foreign(),
            blocked: self.blocked_uri.foreign(),
            page: self.document_uri.foreign(),
        }
    }
}

fn each(values: Values<Lenient<Value>>) -> impl Iterator<Item = Value> {
    values.0.into_iter().filter_map(|value| value.0)
}

/// A chain of exceptions, each with its stack.
pub(crate) fn chain(values: Values<Lenient<Value>>) -> impl Iterator<Item = (Exception, Vec<Frame>)> {
    each(values).map(|value| {
        let mechanism = value.mechanism.0.unwrap_or_default();
        let exception = Exception {
            kind: value.kind.foreign(),
            message: value.text.foreign(),
            module: value.module.foreign(),
            handled: mechanism.handled.0,
            synthetic: mechanism.synthetic.0.unwrap_or_default(),
            is_group: mechanism.is_exception_group.0.unwrap_or_default(),
            number: mechanism.exception_id.non_negative(),
            parent: mechanism.parent_id.non_negative(),
        };
        (exception, value.stacktrace.0.map(|stack| frames(stack.frames)).unwrap_or_default())
    })
}

/// The stack of the thread that crashed, or else of the current one.
pub(crate) fn thread_stack(values: Values<Lenient<Value>>) -> Option<Stacktrace> {
    let mut threads: Vec<_> = each(values).collect();
    threads.sort_by_key(|thread| (thread.crashed.0 != Some(true), thread.current.0 != Some(true)));
    threads.into_iter().find_map(|thread| thread.stacktrace.0)
}

pub(crate) fn breadcrumbs(values: Values<Lenient<Value>>) -> Vec<Breadcrumb> {
    each(values).map(breadcrumb).collect()
}

fn breadcrumb(value: Value) -> Breadcrumb {
    let at = value.timestamp.as_deref().and_then(|text| {
        Timestamp::parse(text).or_else(|| Timestamp::from_unix(text.split('.').next()?.parse().ok()?))
    });
    let details = value.details.0.unwrap_or_default();
    let parts = [&details.method, &details.url, &details.status_code];
    Breadcrumb {
        at,
        category: value.category.foreign(),
        level: value.level.foreign(),
        message: value.message.foreign().or_else(|| http_call(parts.map(Text::as_deref))),
        status: details.status_code.as_deref().and_then(|status| status.parse().ok()),
        details: pairs(details.others.0.into_iter().take(DETAILS)),
    }
}

pub(crate) fn frames(list: List<Lenient<StackFrame>>) -> Vec<Frame> {
    list.0.into_iter().filter_map(|frame| frame.0).map(frame).collect()
}

/// Details of a breadcrumb that are kept.
const DETAILS: usize = 12;
/// Members of a frame's variables that are kept.
const NESTED: usize = 40;

fn pairs(entries: impl Iterator<Item = (Box<str>, Summary)>) -> Vec<(Untrusted, Untrusted)> {
    entries.map(|(name, value)| (Untrusted::new(name), value.foreign())).collect()
}

/// The members of the variables that have some, by their paths.
fn nested(vars: &Entries<Deep>) -> Vec<(Untrusted, Untrusted)> {
    let with_members = vars.0.iter().filter(|(_, value)| !value.members.is_empty());
    let leaves = with_members.flat_map(|(name, value)| leaves(name.to_string(), value.clone()));
    leaves.take(NESTED).map(|(name, value)| (Untrusted::new(name), Untrusted::new(value))).collect()
}

fn frame(wire: StackFrame) -> Frame {
    let lines =
        |lines: List<Text>| lines.0.into_iter().filter_map(|line| line.0.map(Untrusted::new)).collect();
    let path =
        wire.filename.foreign().or_else(|| wire.abs_path.foreign()).or_else(|| wire.api_path.foreign());
    let mut frame = Frame {
        exception: None,
        function: wire.function.foreign(),
        module: wire.module.foreign(),
        file: path.or_else(|| wire.package.foreign()),
        line: wire.lineno.non_negative().or(wire.api_line.non_negative()),
        column: wire.colno.non_negative().or(wire.api_column.non_negative()),
        in_app: wire.in_app.0.or(wire.api_in_app.0).unwrap_or_default(),
        source: wire.context_line.foreign(),
        before: lines(wire.pre_context),
        after: lines(wire.post_context),
        nested: nested(&wire.vars),
        locals: pairs(wire.vars.0.into_iter().map(|(name, value)| (name, value.summary))),
    };
    for (number, source) in wire.context.0.into_iter().filter_map(numbered) {
        match frame.line.map(|line| number.cmp(&line)) {
            Some(std::cmp::Ordering::Less) => frame.before.push(source),
            Some(std::cmp::Ordering::Equal) => frame.source = Some(source),
            _ => frame.after.push(source),
        }
    }
    frame
}

/// `[12, "    return x"]`.
fn numbered(pair: List<Text>) -> Option<(u64, Untrusted)> {
    let mut parts = pair.0.into_iter();
    let number = parts.next()?.as_deref()?.parse().ok()?;
    Some((number, Untrusted::new(parts.next()?.0?)))
}
