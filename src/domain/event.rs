//! One event: what happened, once. Built from a webhook's stored form or from the API's form, and the same afterwards.

use super::attribute::Attribute;
use super::ids::{EventId, TagKey};
use super::image::Image;
use super::origin::Origin;
use super::text::Untrusted;
use super::timestamp::Timestamp;
use super::trace::Trace;

/// What happened, once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Event {
    /// The event's id.
    pub id: Option<EventId>,
    /// The platform by Sentry's name, with Rust told apart from other `native` senders.
    pub platform: Option<Untrusted>,
    /// The SDK's name.
    pub sdk: Option<Untrusted>,
    /// What it comes from.
    pub origin: Origin,
    /// The log message, of events that have one; what a policy or a detector says.
    pub message: Option<Untrusted>,
    /// When it happened.
    pub at: Option<Timestamp>,
    /// The release that it happened in.
    pub release: Option<Untrusted>,
    /// The environment that it happened in.
    pub environment: Option<Untrusted>,
    /// The transaction: a route, a job, a view.
    pub transaction: Option<Untrusted>,
    /// The request that was being served.
    pub request: Option<Request>,
    /// Whether the event names a user; who it is stays unread.
    pub has_user: bool,
    /// The exceptions, innermost cause first: `X1` is the root of the chain.
    pub exceptions: Vec<Exception>,
    /// All frames, of the innermost cause first, the newest call first: `F1` is where it broke.
    pub frames: Vec<Frame>,
    /// What happened before, oldest first: the last is the newest.
    pub breadcrumbs: Vec<Breadcrumb>,
    /// What came along beside stack and breadcrumbs: flags, the request, extra values, contexts, packages.
    pub attributes: Vec<Attribute>,
    /// The event's tags, in their order.
    pub tags: Vec<(TagKey, Untrusted)>,
    /// What Sentry itself could not do with the event, by its names (`js_no_source`).
    pub processing_errors: Vec<Untrusted>,
    /// The spans, of transactions.
    pub trace: Trace,
    /// The native code that was loaded.
    pub images: Vec<Image>,
    /// The replay of the session.
    pub replay: Option<EventId>,
}

impl Event {
    /// A tag's value.
    #[must_use]
    pub fn tag(&self, key: &str) -> Option<&Untrusted> {
        self.tags.iter().find(|(k, _)| k.as_str() == key).map(|(_, value)| value)
    }

    /// Whether there is neither an exception nor a frame nor a message to read.
    #[must_use]
    pub fn is_bare(&self) -> bool {
        self.exceptions.is_empty() && self.frames.is_empty()
    }

    /// What can be read of where it comes from, beside the message: `name: value`. Never empty for a transaction.
    #[must_use]
    pub fn details(&self) -> Vec<Untrusted> {
        if self.origin == Origin::Transaction {
            self.trace.details(self.transaction.as_ref())
        } else {
            self.origin.details()
        }
    }
}

/// The request that was being served, without its body, headers and cookies.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Request {
    /// `GET`, `POST`, …
    pub method: Option<Untrusted>,
    /// The URL.
    pub url: Option<Untrusted>,
}

/// One exception of a chain or group.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Exception {
    /// The type's name: `ValueError`, `*pq.Error`, `panic`.
    pub kind: Option<Untrusted>,
    /// The message.
    pub message: Option<Untrusted>,
    /// The type's module or package.
    pub module: Option<Untrusted>,
    /// Whether the program caught it; `None` when the SDK did not say.
    pub handled: Option<bool>,
    /// Whether the SDK made the exception up (a thrown string, a captured message).
    pub synthetic: bool,
    /// By what it was noticed: `onerror`, `signalhandler`, `ANR`, …
    pub mechanism: Option<Untrusted>,
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
    pub function: Option<Untrusted>,
    /// The module, class or package path.
    pub module: Option<Untrusted>,
    /// The file, as short as the SDK gave it.
    pub file: Option<Untrusted>,
    /// The whole path or URL of the file, where the SDK gave it besides.
    pub path: Option<Untrusted>,
    /// The package, or the image of native code, that holds it.
    pub package: Option<Untrusted>,
    /// The line in it.
    pub line: Option<u64>,
    /// The column in it, from 1; minified code has all of a program in one line.
    pub column: Option<u64>,
    /// Whether the SDK or Sentry holds it for the user's own code.
    pub in_app: bool,
    /// The source line.
    pub source: Option<Untrusted>,
    /// The lines before it, oldest first.
    pub before: Vec<Untrusted>,
    /// The lines after it.
    pub after: Vec<Untrusted>,
    /// Local variables as the SDK printed them.
    pub locals: Vec<(Untrusted, Untrusted)>,
    /// Where in memory it was, of native code.
    pub address: Option<u64>,
    /// What is inside of them, by paths: `cart.items[0]`.
    pub nested: Vec<(Untrusted, Untrusted)>,
}

/// Something that happened before.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Breadcrumb {
    /// When.
    pub at: Option<Timestamp>,
    /// `http`, `query`, `navigation`, …
    pub category: Option<Untrusted>,
    /// `info`, `error`, …
    pub level: Option<Untrusted>,
    /// What it says.
    pub message: Option<Untrusted>,
    /// The HTTP status, of calls that were answered.
    pub status: Option<u64>,
    /// What else it carries.
    pub details: Vec<(Untrusted, Untrusted)>,
}

impl Frame {
    /// Whether it has the name of a function, not an address only.
    #[must_use]
    pub fn is_resolved(&self) -> bool {
        let is_name =
            |name: &str| !name.starts_with("0x") && !matches!(name, "<unknown>" | "<redacted>" | "???");
        self.function.as_ref().is_some_and(|function| is_name(function.raw()))
    }

    /// `file:line`, with the column where the line alone says nothing; the module where no file is known. A long path
    /// loses its beginning, never its line.
    #[must_use]
    pub fn place(&self) -> Option<Untrusted> {
        let file = self.file.as_ref().or(self.module.as_ref())?;
        let column = self.column.filter(|_| self.is_minified());
        let numbers = [self.line, column.filter(|_| self.line.is_some())].into_iter().flatten();
        Some(Untrusted::new(numbers.fold(path_end(file), |place, number| format!("{place}:{number}"))))
    }

    /// Whether this is code as a bundler wrote it: all of a program in one line.
    #[must_use]
    pub fn is_minified(&self) -> bool {
        let has = |text: Option<&Untrusted>, mark: &str| text.is_some_and(|text| text.raw().contains(mark));
        let is_named_so = [".min.js", ".min.mjs", ".min.cjs"].iter().any(|end| has(self.file.as_ref(), end));
        let is_cut = has(self.source.as_ref(), "{snip}");
        // A line that can be read is no minified one, however wide.
        let is_readable = !is_cut && self.source.as_ref().is_some_and(|line| line.raw().len() < WIDEST);
        let is_far_right = self.column.is_some_and(|at| at > FAR_RIGHT);
        is_cut || !is_readable && (is_named_so || is_far_right)
    }
}

/// No person writes code so far to the right.
const FAR_RIGHT: u64 = 300;
/// Bytes of a source line that a person may have written.
const WIDEST: usize = 500;

/// Paths of more characters lose their beginning: the folder of a build machine tells nothing.
const LONG_PATH: usize = 60;
/// Characters of a path that are looked at.
const LONGEST_PATH: usize = 500;

/// The last folders of a long path, as many as fit. It is scrubbed before it is cut: what tells a secret stands before it.
fn path_end(path: &Untrusted) -> String {
    let path = Untrusted::new(source_path(path.raw()));
    if path.raw().chars().count() <= LONG_PATH {
        return path.raw().to_owned();
    }
    let path = path.line(LONGEST_PATH);
    let starts = path.match_indices(['/', '\\']).map(|(at, _)| at);
    let folder = starts.map(|at| &path[at..]).find(|end| end.chars().count() < LONG_PATH);
    let end = folder.unwrap_or_else(|| last_characters(&path, LONG_PATH - 1));
    format!("…{end}")
}

/// Schemes that bundlers and SDKs put before the path of a source file.
const SOURCE_SCHEMES: &[&str] =
    &["webpack-internal:///", "webpack:///", "webpack://", "turbopack:///", "app:///"];

/// The path in the repository: `src/app/page.tsx` of `webpack-internal:///(app-pages-browser)/./src/app/page.tsx?1a2b`.
fn source_path(file: &str) -> &str {
    let found = SOURCE_SCHEMES.iter().find_map(|scheme| file.split_once(scheme));
    let Some(path) = found.map(|(_, path)| path.split('?').next().unwrap_or(path)) else { return file };
    // What stands before `/./` names a layer or a package; `[project]` is the repository.
    let path = path.split_once("/./").map_or(path, |(_, path)| path);
    let path = path.trim_start_matches("./").trim_start_matches("[project]/");
    if path.is_empty() { file } else { path }
}

fn last_characters(text: &str, most: usize) -> &str {
    text.char_indices().rev().nth(most - 1).map_or(text, |(at, _)| &text[at..])
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
pub fn http_call([method, url, status]: [Option<&str>; 3]) -> Option<Untrusted> {
    let route = url.map(|url| Untrusted::new(url).route());
    let call: Vec<&str> =
        [method, route.as_ref().map(Untrusted::raw), status].into_iter().flatten().collect();
    (!call.is_empty()).then(|| Untrusted::new(call.join(" ")))
}

/// The tags of an event. A pair is left out when its key is not a tag's key.
#[must_use]
pub fn tags(pairs: Vec<(Box<str>, Box<str>)>) -> Vec<(TagKey, Untrusted)> {
    pairs
        .into_iter()
        .filter_map(|(key, value)| {
            let value = Untrusted::new(value);
            let value = if is_version_tag(&key) { value.into_version() } else { value.under(&key) };
            Some((TagKey::parse(&key).ok()?, value))
        })
        .collect()
}

/// Whether a tag's value is a version.
#[must_use]
pub fn is_version_tag(key: &str) -> bool {
    matches!(key, "release" | "dist" | "app.version") || key.ends_with(".version")
}

fn newest_first(frames: Vec<Frame>, exception: Option<usize>) -> impl Iterator<Item = Frame> {
    frames.into_iter().rev().map(move |frame| Frame { exception, ..frame })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(file: &str, line: Option<u64>, column: Option<u64>) -> String {
        let frame = Frame { file: Some(Untrusted::new(file)), line, column, ..Frame::default() };
        frame.place().expect("a file").line(120)
    }

    #[test]
    fn a_long_path_keeps_its_end_and_its_line() {
        let folders = "/srv/builds/0123456789/workspace/".repeat(4);
        let long = place(&format!("{folders}billing/rates.py"), Some(41), None);
        assert!(long.starts_with('…') && long.ends_with("/billing/rates.py:41"), "{long}");
        for file in ["a".repeat(200), format!("https://x.example/{}.js", "b".repeat(300)), "é".repeat(9_000)]
        {
            let long = place(&file, Some(41), None);
            assert!(long.ends_with(":41") && long.chars().count() < 70, "{long}");
        }
        assert_eq!(place("billing/rates.py", Some(41), Some(7)), "billing/rates.py:41");
    }

    #[test]
    fn a_place_is_the_path_in_the_repository_without_what_a_bundler_put_around_it() {
        let cases = [
            ("webpack-internal:///(app-pages-browser)/./src/app/page.tsx", "src/app/page.tsx"),
            ("webpack:///./src/cart.ts?1a2b", "src/cart.ts"),
            ("webpack://shop/./src/cart.ts", "src/cart.ts"),
            ("rsc://React/Server/webpack-internal:///(rsc)/./src/app/page.tsx?12", "src/app/page.tsx"),
            ("turbopack:///[project]/src/cart.ts", "src/cart.ts"),
            ("app:///worker.js", "worker.js"),
            ("https://shop.example/cart.js", "https://shop.example/cart.js"),
        ];
        for (file, path) in cases {
            assert_eq!(place(file, None, None), path, "{file}");
        }
    }

    #[test]
    fn minified_code_is_placed_by_its_column() {
        assert_eq!(place("app.min.js", Some(1), Some(88)), "app.min.js:1:88");
        assert_eq!(place("assets/main-3f9a.js", Some(2), Some(184_213)), "assets/main-3f9a.js:2:184213");
        assert_eq!(place("assets/main-3f9a.js", None, Some(184_213)), "assets/main-3f9a.js");
        let long = place(&format!("https://x.example/{}.min.js", "b".repeat(300)), Some(1), Some(9_120));
        assert!(long.ends_with(".min.js:1:9120"), "{long}");
    }
}
