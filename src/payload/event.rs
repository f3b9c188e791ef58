//! The parts of a Sentry event that have the same form in webhooks and in the API.

use serde::Deserialize;

use super::attributes::{Context, Deep};
use super::feedback::Feedback;
use super::image::{ImageEntry, address};
use super::report::Body;
use crate::domain;
use crate::domain::event::{Breadcrumb, Event, Exception, Frame, Request, http_call};
use crate::domain::ids::EventId;
use crate::domain::origin::Origin;
use crate::domain::text::{Untrusted, hide_key_lines};
use crate::domain::timestamp::Timestamp;
use crate::json::{Entries, Flag, Int, Leaves, Lenient, List, Pairs, Split, Summary, Text, Values};

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Named {
    pub(crate) name: Text,
}

/// The contexts of an event by their names. Three contexts have a type of their own because the code reads their
/// members.
pub(crate) type Contexts = Split<KnownContexts, Context>;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct KnownContexts {
    rust: Lenient<Named>,
    feedback: Lenient<Feedback>,
    replay: Lenient<Replay>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Replay {
    replay_id: Text,
}

/// The user of an event. The code only asks whether an event has a user at all.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct User {
    id: Text,
    username: Text,
    email: Text,
    ip_address: Text,
}

impl User {
    /// Whether a member identifies the user.
    pub(crate) fn is_named(&self) -> bool {
        let Self { id, username, email, ip_address } = self;
        [id, username, email, ip_address].into_iter().any(|name| name.as_deref().is_some())
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct ProcessingError {
    #[serde(rename = "type")]
    kind: Text,
    mapping_uuid: Text,
    /// The details of the error. Only the API has this member; in webhooks the error itself has `mapping_uuid`.
    data: Lenient<MissingMapping>,
}

/// The id of a mapping file that Sentry needs and does not have.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct MissingMapping {
    mapping_uuid: Text,
}

/// A Sentry interface: a part of an event, such as a list of exceptions or a request. This type has the members of all
/// interfaces, and each interface fills its own.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Interface {
    /// The entries of a list of exceptions, threads or breadcrumbs.
    pub(crate) values: Values<Lenient<Value>>,
    /// The frames of a stack trace.
    pub(crate) frames: List<Lenient<StackFrame>>,
    /// The text of a log message with its parameters filled in.
    formatted: Text,
    message: Text,
    /// The HTTP method of a request.
    method: Text,
    pub(super) url: Text,
    pub(super) query_string: Pairs,
    pub(super) data: Deep,
    /// The query string of a request. Only the API uses this name.
    pub(super) query: Pairs,
    /// The directive of a security policy that a page violated, in a browser's report.
    pub(super) effective_directive: Text,
    pub(super) violated_directive: Text,
    pub(super) blocked_uri: Text,
    pub(super) document_uri: Text,
    pub(super) source_file: Text,
    pub(super) line_number: Int,
    pub(super) disposition: Text,
    pub(super) hostname: Text,
    pub(super) body: Lenient<Body>,
    /// The executables and libraries that were loaded (`debug_meta`).
    pub(super) images: List<Lenient<ImageEntry>>,
}

/// An entry of the exceptions, threads or breadcrumbs. The type has the members of all three.
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
    /// The id of the thread that raised the exception. Only exceptions have this member.
    thread_id: Text,
    #[serde(rename = "threadId")]
    api_thread_id: Text,
    /// The id of the thread. Only threads have this member.
    id: Text,
    crashed: Flag,
    current: Flag,
    timestamp: Text,
    category: Text,
    level: Text,
    message: Text,
    /// The details of a breadcrumb. Only breadcrumbs have this member.
    #[serde(rename = "data")]
    details: Split<Call, Summary>,
}

/// The details of a breadcrumb about an HTTP call. It has `method`, `url` and `status_code` instead of a message.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Call {
    method: Text,
    url: Text,
    status_code: Text,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Mechanism {
    #[serde(rename = "type")]
    kind: Text,
    handled: Flag,
    synthetic: Flag,
    is_exception_group: Flag,
    exception_id: Int,
    parent_id: Int,
}

/// A stack trace, with the oldest call first.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Stacktrace {
    pub(crate) frames: List<Lenient<StackFrame>>,
}

/// One frame of a stack trace. Webhooks and the API use different names for the same members.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct StackFrame {
    function: Text,
    module: Text,
    filename: Text,
    package: Text,
    instruction_addr: Text,
    vars: Entries<Deep>,

    // The names in webhooks.
    abs_path: Text,
    lineno: Int,
    colno: Int,
    in_app: Flag,
    context_line: Text,
    pre_context: List<Text>,
    post_context: List<Text>,

    // The names in the API.
    #[serde(rename = "absPath")]
    api_path: Text,
    #[serde(rename = "lineNo")]
    api_line: Int,
    #[serde(rename = "colNo")]
    api_column: Int,
    #[serde(rename = "inApp")]
    api_in_app: Flag,
    #[serde(rename = "instructionAddr")]
    api_address: Text,
    /// The source lines around the call as `[line number, source]`.
    context: List<List<Text>>,
}

/// Returns the platform of an event. The Sentry SDK for Rust reports `native`; its events are recognized by the SDK's
/// name or by the context `rust`, and their platform becomes `rust`.
pub(crate) fn platform(name: Text, sdk: &Lenient<Named>, contexts: &Lenient<Contexts>) -> Option<Untrusted> {
    let is_rust = sdk.0.as_ref().and_then(|sdk| sdk.name.as_deref()) == Some("sentry.rust")
        || contexts.0.as_ref().is_some_and(|contexts| contexts.known.rust.0.is_some());
    if is_rust { Some(Untrusted::new("rust")) } else { name.untrusted() }
}

pub(crate) fn processing_errors(
    errors: List<Lenient<ProcessingError>>,
) -> Vec<domain::event::ProcessingError> {
    let read = |error: ProcessingError| {
        let of_api = error.data.0.and_then(|data| data.mapping_uuid.untrusted());
        let mapping = error.mapping_uuid.untrusted().or(of_api);
        Some(domain::event::ProcessingError { kind: error.kind.untrusted()?, mapping })
    };
    errors.0.into_iter().filter_map(|error| error.0.and_then(read)).collect()
}

impl Contexts {
    /// Adds the user feedback and the id of the replay to the event. In an event with feedback, the message and the
    /// user's tags contain the person's name, so they are dropped.
    pub(crate) fn add_to(&mut self, event: &mut Event) {
        let feedback = self.known.feedback.0.take();
        let replay =
            self.known.replay.0.take().and_then(|replay| EventId::parse(replay.replay_id.as_deref()?).ok());
        let tagged = event.tag("replayId").and_then(|id| EventId::parse(id.raw()).ok());
        event.replay = replay.or_else(|| feedback.as_ref()?.replay()).or(tagged);
        if let Some(feedback) = feedback {
            event.origin = Origin::Feedback(feedback.read());
        }
        if matches!(event.origin, Origin::Feedback(_)) {
            event.message = None;
            event.tags.retain(|(key, _)| !key.as_str().starts_with("user"));
        }
    }
}

impl Interface {
    pub(crate) fn message(self) -> Option<Untrusted> {
        self.formatted.untrusted().or_else(|| self.message.untrusted())
    }

    pub(crate) fn request(self) -> Request {
        Request { method: self.method.untrusted(), url: self.url.untrusted() }
    }
}

fn each(values: Values<Lenient<Value>>) -> impl Iterator<Item = Value> {
    values.0.into_iter().filter_map(|value| value.0)
}

/// Returns each exception of a list with the frames of its stack.
pub(crate) fn chain(
    values: Values<Lenient<Value>>,
) -> impl Iterator<Item = (Exception, impl DoubleEndedIterator<Item = Frame>)> {
    each(values).map(|value| {
        let mechanism = value.mechanism.0.unwrap_or_default();
        let exception = Exception {
            kind: value.kind.untrusted(),
            message: value.text.untrusted(),
            module: value.module.untrusted(),
            handled: mechanism.handled.0,
            synthetic: mechanism.synthetic.0.unwrap_or_default(),
            mechanism: mechanism.kind.untrusted(),
            is_group: mechanism.is_exception_group.0.unwrap_or_default(),
            number: mechanism.exception_id.non_negative(),
            parent: mechanism.parent_id.non_negative(),
        };
        (exception, value.stacktrace.0.into_iter().flat_map(|stack| frames(stack.frames)))
    })
}

/// Returns the id of the thread that raised the last exception of the list, which is the outermost exception.
pub(crate) fn raising_thread(values: &Values<Lenient<Value>>) -> Option<Box<str>> {
    let outermost = values.0.last()?.0.as_ref()?;
    outermost.thread_id.as_deref().or(outermost.api_thread_id.as_deref()).map(Box::from)
}

/// Returns the stack of the thread with the id `named`, or else of the crashed thread, or else of the current one, or
/// else of another thread. Threads without a stack are passed over.
pub(crate) fn thread_stack(values: Values<Lenient<Value>>, named: Option<&str>) -> Option<Stacktrace> {
    let threads = each(values).filter(|thread| thread.stacktrace.0.is_some());
    let first = threads.min_by_key(|thread| {
        let is_named = named.is_some() && thread.id.as_deref() == named;
        (!is_named, thread.crashed.0 != Some(true), thread.current.0 != Some(true))
    });
    first?.stacktrace.0
}

pub(crate) fn breadcrumbs(values: Values<Lenient<Value>>) -> Vec<Breadcrumb> {
    each(values).map(breadcrumb).collect()
}

fn breadcrumb(value: Value) -> Breadcrumb {
    let at = value.timestamp.as_deref().and_then(|text| {
        Timestamp::parse(text).or_else(|| Timestamp::from_unix(text.split('.').next()?.parse().ok()?))
    });
    let Split { known: call, others } = value.details;
    let parts = [&call.method, &call.url, &call.status_code];
    Breadcrumb {
        at,
        category: value.category.untrusted(),
        level: value.level.untrusted(),
        message: value.message.untrusted().or_else(|| http_call(parts.map(Text::as_deref))),
        status: call.status_code.as_deref().and_then(|status| status.parse().ok()),
        details: pairs(others.into_iter().take(DETAILS)),
    }
}

/// Returns the frames of a stack trace. A frame is converted when it is taken from the iterator.
pub(crate) fn frames(list: List<Lenient<StackFrame>>) -> impl DoubleEndedIterator<Item = Frame> {
    list.0.into_iter().filter_map(|frame| frame.0).map(frame)
}

/// At most this many details of a breadcrumb are kept.
const DETAILS: usize = 12;
/// At most this many nested values are kept from the variables of one frame.
const NESTED: usize = 40;

fn pairs(entries: impl Iterator<Item = (Box<str>, Summary)>) -> Vec<(Untrusted, Untrusted)> {
    entries.map(|(name, value)| under(name, value.untrusted())).collect()
}

/// Returns the nested values of the variables, each with its path, such as `cart.items[0]`.
fn nested(vars: &Entries<Deep>) -> Vec<(Untrusted, Untrusted)> {
    let with_members = vars.0.iter().filter(|(_, value)| !value.members.is_empty());
    let mut leaves = Vec::new();
    with_members.for_each(|(name, value)| value.append(name, NESTED, &mut leaves));
    leaves.into_iter().map(|leaf| (Untrusted::new(leaf.path), leaf.value)).collect()
}

fn frame(wire: StackFrame) -> Frame {
    let lines =
        |lines: List<Text>| lines.0.into_iter().filter_map(|line| line.0.map(Untrusted::new)).collect();
    let (name, package) = (wire.filename.untrusted(), wire.package.untrusted());
    let path = wire
        .abs_path
        .untrusted()
        .or_else(|| wire.api_path.untrusted())
        .filter(|path| name.as_ref() != Some(path));
    let mut frame = Frame {
        exception: None,
        function: wire.function.untrusted(),
        module: wire.module.untrusted(),
        file: name.or_else(|| path.clone()).or_else(|| package.clone()),
        path,
        package,
        line: wire.lineno.non_negative().or(wire.api_line.non_negative()),
        column: wire.colno.non_negative().or(wire.api_column.non_negative()),
        in_app: wire.in_app.0.or(wire.api_in_app.0).unwrap_or_default(),
        source: wire.context_line.untrusted(),
        before: lines(wire.pre_context),
        after: lines(wire.post_context),
        nested: nested(&wire.vars),
        locals: wire.vars.0.into_iter().map(|(name, value)| local(name, value.summary)).collect(),
        address: address(&wire.instruction_addr).or_else(|| address(&wire.api_address)),
    };
    for (number, source) in wire.context.0.into_iter().filter_map(numbered) {
        match frame.line.map(|line| number.cmp(&line)) {
            Some(std::cmp::Ordering::Less) => frame.before.push(source),
            Some(std::cmp::Ordering::Equal) => frame.source = Some(source),
            _ => frame.after.push(source),
        }
    }
    hide_key_lines(frame.before.iter_mut().chain(&mut frame.source).chain(&mut frame.after));
    frame
}

/// Returns a local variable with its value. The value is redacted if the name denotes a secret, for example `password`.
fn local(name: Box<str>, value: Summary) -> (Untrusted, Untrusted) {
    under(name, value.untrusted())
}

/// Returns a name with its value, which is redacted if the name denotes a secret.
pub(super) fn under(name: Box<str>, value: Untrusted) -> (Untrusted, Untrusted) {
    let value = value.under(&name);
    (Untrusted::new(name), value)
}

/// Reads a line number with its source line from a pair such as `[12, "    return x"]`.
fn numbered(pair: List<Text>) -> Option<(u64, Untrusted)> {
    let mut parts = pair.0.into_iter();
    let number = parts.next()?.as_deref()?.parse().ok()?;
    Some((number, Untrusted::new(parts.next()?.0?)))
}
