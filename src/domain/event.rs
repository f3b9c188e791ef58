//! A Sentry event. Webhooks and the API send it in different forms, and both are converted to the same [`Event`].

use super::attribute::Attribute;
use super::ids::{EventId, TagKey};
use super::image::Image;
use super::origin::Origin;
use super::text::Untrusted;
use super::timestamp::Timestamp;
use super::trace::Trace;

/// A Sentry event: one occurrence of an issue.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Event {
    /// The event's id.
    pub id: Option<EventId>,
    /// The platform as Sentry names it. Events of Rust's SDK have `rust` instead of `native`.
    pub platform: Option<Untrusted>,
    /// The name of the SDK.
    pub sdk: Option<Untrusted>,
    /// The source of the event.
    pub origin: Origin,
    /// The log message, or the message of a browser's report or a detector.
    pub message: Option<Untrusted>,
    /// The time of the event.
    pub at: Option<Timestamp>,
    /// The release of the program.
    pub release: Option<Untrusted>,
    /// The environment, such as `production`.
    pub environment: Option<Untrusted>,
    /// The transaction: a route, a job or a view.
    pub transaction: Option<Untrusted>,
    /// The request during which the event happened.
    pub request: Option<Request>,
    /// Whether the event has a user. The user's identity is never read.
    pub has_user: bool,
    /// The exceptions, the innermost cause first. `X1` is the root of the chain.
    pub exceptions: Vec<Exception>,
    /// All frames, those of the innermost cause first, the newest call first. `F1` is the call that failed.
    pub frames: Vec<Frame>,
    /// The breadcrumbs, oldest first.
    pub breadcrumbs: Vec<Breadcrumb>,
    /// The attributes: flags, the request, extra values, contexts and packages.
    pub attributes: Vec<Attribute>,
    /// The event's tags in their order.
    pub tags: Vec<(TagKey, Untrusted)>,
    /// Errors of Sentry while it processed the event.
    pub processing_errors: Vec<ProcessingError>,
    /// The spans. Only transactions have some.
    pub trace: Trace,
    /// The native code that was loaded.
    pub images: Vec<Image>,
    /// The id of the session's replay.
    pub replay: Option<EventId>,
}

impl Event {
    /// Returns the value of a tag.
    #[must_use]
    pub fn tag(&self, key: &str) -> Option<&Untrusted> {
        self.tags.iter().find(|(k, _)| k.as_str() == key).map(|(_, value)| value)
    }

    /// Whether the event has no exception, no frame and no message.
    #[must_use]
    pub fn is_bare(&self) -> bool {
        self.exceptions.is_empty() && self.frames.is_empty()
    }

    /// Returns the details of the event's source beside the message, as `name: value`. A transaction has at least
    /// one.
    #[must_use]
    pub fn details(&self) -> Vec<Untrusted> {
        if self.origin == Origin::Transaction {
            self.trace.details(self.transaction.as_ref())
        } else {
            self.origin.details()
        }
    }
}

/// An error of Sentry while it processed the event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProcessingError {
    /// The type, such as `js_no_source`.
    pub kind: Untrusted,
    /// The id of the missing R8 or `ProGuard` mapping.
    pub mapping: Option<Untrusted>,
}

/// The request during which an event happened, without its body, headers and cookies.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Request {
    /// The HTTP method.
    pub method: Option<Untrusted>,
    /// The URL.
    pub url: Option<Untrusted>,
}

/// An exception of a chain or group.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Exception {
    /// The name of the type, such as `ValueError`, `*pq.Error` or `panic`.
    pub kind: Option<Untrusted>,
    /// The message.
    pub message: Option<Untrusted>,
    /// The module or package of the type.
    pub module: Option<Untrusted>,
    /// Whether the program caught the exception. `None` if the SDK did not report it.
    pub handled: Option<bool>,
    /// Whether the SDK created the exception for a value that is none, such as a thrown string or a message.
    pub synthetic: bool,
    /// The mechanism that detected the exception, such as `onerror`, `signalhandler` or `ANR`.
    pub mechanism: Option<Untrusted>,
    /// Whether the exception only groups others, such as an `ExceptionGroup` or `AggregateException`.
    pub is_group: bool,
    /// The number of the exception within the event, if the SDK numbers them. The members of a group are numbered in
    /// order.
    pub number: Option<u64>,
    /// The number of the exception that this one caused, or of the group that contains it.
    pub parent: Option<u64>,
}

/// A call of a stack trace.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Frame {
    /// The exception of the stack, as an index into [`Event::exceptions`]. `None` for the stack of a thread.
    pub exception: Option<usize>,
    /// The name of the function.
    pub function: Option<Untrusted>,
    /// The module, class or package path.
    pub module: Option<Untrusted>,
    /// The file, in the shortest form that the SDK sent.
    pub file: Option<Untrusted>,
    /// The full path or URL of the file, if the SDK sent it too.
    pub path: Option<Untrusted>,
    /// The package, or the image of native code, that contains the function.
    pub package: Option<Untrusted>,
    /// The line in the file, from 1.
    pub line: Option<u64>,
    /// The column in the line, from 1. It locates code in a minified file, which is a single line.
    pub column: Option<u64>,
    /// Whether the SDK or Sentry marked the frame as the program's own code (`in_app`).
    pub in_app: bool,
    /// The source line of the call.
    pub source: Option<Untrusted>,
    /// The source lines before it, oldest first.
    pub before: Vec<Untrusted>,
    /// The source lines after it.
    pub after: Vec<Untrusted>,
    /// The local variables, as printed by the SDK.
    pub locals: Vec<(Untrusted, Untrusted)>,
    /// The address in memory. Only native code has it.
    pub address: Option<u64>,
    /// The values inside the local variables, by their paths, such as `cart.items[0]`.
    pub nested: Vec<(Untrusted, Untrusted)>,
}

/// A breadcrumb: an action that the SDK recorded before the event.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Breadcrumb {
    /// The time.
    pub at: Option<Timestamp>,
    /// The category, such as `http`, `query` or `navigation`.
    pub category: Option<Untrusted>,
    /// The level, such as `info` or `error`.
    pub level: Option<Untrusted>,
    /// The message.
    pub message: Option<Untrusted>,
    /// The HTTP status, if a server answered the call.
    pub status: Option<u64>,
    /// Further data, by name.
    pub details: Vec<(Untrusted, Untrusted)>,
}

impl Frame {
    /// Whether the frame has the name of a function instead of a bare address.
    #[must_use]
    pub fn is_resolved(&self) -> bool {
        let is_name =
            |name: &str| !name.starts_with("0x") && !matches!(name, "<unknown>" | "<redacted>" | "???");
        self.function.as_ref().is_some_and(|function| is_name(function.raw()))
    }

    /// Returns `file:line`, or the module if the file is unknown. Minified code gets the column, too. A long path is
    /// cut at its beginning, so the line stays.
    #[must_use]
    pub fn place(&self) -> Option<Untrusted> {
        let file = self.file.as_ref().or(self.module.as_ref())?;
        let column = self.column.filter(|_| self.is_minified());
        let line = self.line.filter(|line| *line > 0);
        let numbers = [line, column.filter(|_| line.is_some())].into_iter().flatten();
        Some(Untrusted::new(numbers.fold(path_end(file), |place, number| format!("{place}:{number}"))))
    }

    /// Whether this is minified code, which has a whole program in one line.
    #[must_use]
    pub fn is_minified(&self) -> bool {
        let has = |text: Option<&Untrusted>, mark: &str| text.is_some_and(|text| text.raw().contains(mark));
        let is_named_so = [".min.js", ".min.mjs", ".min.cjs"].iter().any(|end| has(self.file.as_ref(), end));
        let is_cut = has(self.source.as_ref(), "{snip}");
        // A short source line is not minified, even if the column is large.
        let is_readable = !is_cut && self.source.as_ref().is_some_and(|line| line.raw().len() < WIDEST);
        let is_far_right = self.column.is_some_and(|at| at > FAR_RIGHT);
        is_cut || !is_readable && (is_named_so || is_far_right)
    }
}

/// The largest column of code that a person writes.
const FAR_RIGHT: u64 = 300;
/// The longest source line that a person writes, in bytes.
const WIDEST: usize = 500;

/// The longest path that is shown whole, in characters. The beginning of a longer one is usually the folder of a
/// build machine.
const LONG_PATH: usize = 60;
/// The longest path that is processed, in characters.
const LONGEST_PATH: usize = 500;

/// Returns the last folders of a long path, as many as fit. The path is scrubbed before it is cut, because the
/// beginning can show that a later part is a secret.
fn path_end(path: &Untrusted) -> String {
    // .NET's assemblies have their version in their name: `Shop, Version=1.0.0.0, Culture=neutral`.
    let path = path.raw().split(", Version=").next().unwrap_or_default();
    let path = Untrusted::new(source_path(path));
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

/// Returns the path in the repository: `src/app/page.tsx` for
/// `webpack-internal:///(app-pages-browser)/./src/app/page.tsx?1a2b`.
fn source_path(file: &str) -> &str {
    let found = SOURCE_SCHEMES.iter().find_map(|scheme| file.split_once(scheme));
    let Some(path) = found.map(|(_, path)| path.split('?').next().unwrap_or(path)) else { return file };
    // The part before `/./` is a layer or a package, and `[project]` is the root of the repository.
    let path = path.split_once("/./").map_or(path, |(_, path)| path);
    let path = path.trim_start_matches("./").trim_start_matches("[project]/");
    if path.is_empty() { file } else { path }
}

fn last_characters(text: &str, most: usize) -> &str {
    text.char_indices().rev().nth(most - 1).map_or(text, |(at, _)| &text[at..])
}

/// The number of exceptions, frames and breadcrumbs that are read. No real event has more.
const MOST: usize = 500;

impl Event {
    /// Sets the exceptions and frames. `chain` has the innermost cause first, and the frames of each exception oldest
    /// first, as all SDKs send them.
    ///
    /// `loose` is a stack without an exception, such as a thread's. It is used only if no exception has a stack.
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

/// Describes an HTTP breadcrumb, which has no message, as method, URL without query, and status: `GET https://… 500`.
#[must_use]
pub fn http_call([method, url, status]: [Option<&str>; 3]) -> Option<Untrusted> {
    let route = url.map(|url| Untrusted::new(url).route());
    let call: Vec<&str> =
        [method, route.as_ref().map(Untrusted::raw), status].into_iter().flatten().collect();
    (!call.is_empty()).then(|| Untrusted::new(call.join(" ")))
}

/// Reads the tags of an event. Pairs with an invalid key are dropped.
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

/// Whether the value of this tag is a version.
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
            ("Acme.Shop, Version=1.0.0.0, Culture=neutral, PublicKeyToken=null", "Acme.Shop"),
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
