//! One event: what happened, once. Built from a webhook's stored form or from the API's form, and the same afterwards.

use super::ids::{EventId, TagKey};
use super::lenient::Pairs;
use super::text::Foreign;
use super::timestamp::Timestamp;

/// What happened, once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Event {
    /// The event's id.
    pub id: Option<EventId>,
    /// The platform by Sentry's name, with Rust told apart from other `native` senders.
    pub platform: Option<Foreign>,
    /// The SDK's name.
    pub sdk: Option<Foreign>,
    /// The log message, of events that have one.
    pub message: Option<Foreign>,
    /// When it happened.
    pub at: Option<Timestamp>,
    /// The release that it happened in.
    pub release: Option<Foreign>,
    /// The environment that it happened in.
    pub environment: Option<Foreign>,
    /// The transaction: a route, a job, a view.
    pub transaction: Option<Foreign>,
    /// The request that was being served.
    pub request: Option<Request>,
    /// The exceptions, innermost cause first: `X1` is the root of the chain.
    pub exceptions: Vec<Exception>,
    /// All frames, of the innermost cause first, the newest call first: `F1` is where it broke.
    pub frames: Vec<Frame>,
    /// What happened before, oldest first: the last is the newest.
    pub breadcrumbs: Vec<Breadcrumb>,
    /// The event's tags, in their order.
    pub tags: Vec<(TagKey, Foreign)>,
    /// What Sentry itself could not do with the event, by its names (`js_no_source`).
    pub processing_errors: Vec<Foreign>,
}

impl Event {
    /// A tag's value.
    #[must_use]
    pub fn tag(&self, key: &str) -> Option<&Foreign> {
        self.tags.iter().find(|(k, _)| k.as_str() == key).map(|(_, value)| value)
    }

    /// Whether there is neither an exception nor a frame nor a message to read.
    #[must_use]
    pub fn is_bare(&self) -> bool {
        self.exceptions.is_empty() && self.frames.is_empty()
    }
}

/// The request that was being served, without its body, headers and cookies.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Request {
    /// `GET`, `POST`, …
    pub method: Option<Foreign>,
    /// The URL.
    pub url: Option<Foreign>,
}

/// One exception of a chain or group.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Exception {
    /// The type's name: `ValueError`, `*pq.Error`, `panic`.
    pub kind: Option<Foreign>,
    /// The message.
    pub message: Option<Foreign>,
    /// The type's module or package.
    pub module: Option<Foreign>,
    /// Whether the program caught it; `None` when the SDK did not say.
    pub handled: Option<bool>,
    /// Whether the SDK made the exception up (a thrown string, a captured message).
    pub synthetic: bool,
    /// Whether it only groups others (`ExceptionGroup`, `AggregateException`).
    pub is_group: bool,
    /// Its number within the event, of SDKs that number them; siblings count up in the program's own order.
    pub number: Option<u64>,
    /// The number of the exception that it caused, or of the group that it is in.
    pub parent: Option<u64>,
}

/// One call of a stack.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Frame {
    /// The exception that the stack belongs to, by its place in [`Event::exceptions`]; `None` for a thread's stack.
    pub exception: Option<usize>,
    /// The function.
    pub function: Option<Foreign>,
    /// The module, class or package path.
    pub module: Option<Foreign>,
    /// The file, as short as the SDK gave it.
    pub file: Option<Foreign>,
    /// The line in it.
    pub line: Option<u64>,
    /// Whether the SDK or Sentry holds it for the user's own code.
    pub in_app: bool,
    /// The source line.
    pub source: Option<Foreign>,
    /// The lines before it, oldest first.
    pub before: Vec<Foreign>,
    /// The lines after it.
    pub after: Vec<Foreign>,
    /// Local variables as the SDK printed them.
    pub locals: Vec<(Foreign, Foreign)>,
}

/// Something that happened before.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Breadcrumb {
    /// When.
    pub at: Option<Timestamp>,
    /// `http`, `query`, `navigation`, …
    pub category: Option<Foreign>,
    /// `info`, `error`, …
    pub level: Option<Foreign>,
    /// What it says.
    pub message: Option<Foreign>,
    /// The HTTP status, of calls that were answered.
    pub status: Option<u64>,
}

impl Frame {
    /// `file:line`, or the module where no file is known. Of a long path its end.
    #[must_use]
    pub fn place(&self) -> Option<Foreign> {
        let file = self.file.as_ref().or(self.module.as_ref())?;
        let file = path_end(file.raw());
        Some(match self.line {
            Some(line) => Foreign::new(format!("{file}:{line}")),
            None => Foreign::new(file),
        })
    }
}

/// Paths of more characters lose their beginning: the folder of a build machine tells nothing.
const LONG_PATH: usize = 60;

/// The last folders of a long path, as many as fit.
fn path_end(path: &str) -> String {
    if path.chars().count() <= LONG_PATH {
        return path.to_owned();
    }
    let starts = path.match_indices(['/', '\\']).map(|(at, _)| at);
    let end = starts.map(|at| &path[at..]).find(|end| end.chars().count() < LONG_PATH);
    end.map_or_else(|| path.to_owned(), |end| format!("…{end}"))
}

/// More exceptions, frames or breadcrumbs than any real event has are not looked at.
const MOST: usize = 500;

impl Event {
    /// Takes the exceptions, innermost cause first, each with its frames, oldest first as every SDK sends them.
    ///
    /// `loose` is a stack that belongs to no exception (a thread's, a message's); it counts when no exception has one.
    pub fn set_stacks(&mut self, chain: impl Iterator<Item = (Exception, Vec<Frame>)>, loose: Vec<Frame>) {
        for (exception, frames) in chain.take(MOST) {
            let owner = Some(self.exceptions.len());
            self.exceptions.push(exception);
            self.frames.extend(newest_first(frames, owner));
        }
        if self.frames.is_empty() {
            self.frames.extend(newest_first(loose, None));
        }
        self.frames.truncate(MOST);
        let old = self.breadcrumbs.len().saturating_sub(MOST);
        self.breadcrumbs.drain(..old);
    }
}

/// `GET https://… 500`, of HTTP breadcrumbs, which have no message: method, URL without its query, status.
#[must_use]
pub fn http_call([method, url, status]: [Option<&str>; 3]) -> Option<Foreign> {
    // Query strings carry tokens and personal data, and the route is what counts.
    let route = url.map(|url| url.split(['?', '#']).next().unwrap_or(url));
    let call: Vec<&str> = [method, route, status].into_iter().flatten().collect();
    (!call.is_empty()).then(|| Foreign::new(call.join(" ")))
}

/// The tags of an event; what is no tag's key is left out.
#[must_use]
pub fn tags(pairs: Pairs) -> Vec<(TagKey, Foreign)> {
    pairs
        .0
        .into_iter()
        .filter_map(|(key, value)| Some((TagKey::parse(&key).ok()?, Foreign::new(value))))
        .collect()
}

fn newest_first(frames: Vec<Frame>, exception: Option<usize>) -> impl Iterator<Item = Frame> {
    frames.into_iter().rev().map(move |frame| Frame { exception, ..frame })
}
