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
    /// The event's id, if Sentry sent it.
    pub id: Option<EventId>,
    /// Sentry's name of the platform, such as `python`. Events of the Sentry SDK for Rust have `rust` instead of
    /// `native`.
    pub platform: Option<Untrusted>,
    /// The name of the Sentry SDK that sent the event.
    pub sdk: Option<Untrusted>,
    /// The source of the event: a program, a browser's report, a person's feedback or a detector of Sentry.
    pub origin: Origin,
    /// The log message, or the message of a browser's report or a detector.
    pub message: Option<Untrusted>,
    /// The time of the event.
    pub at: Option<Timestamp>,
    /// The release of the program.
    pub release: Option<Untrusted>,
    /// The environment, such as `production`.
    pub environment: Option<Untrusted>,
    /// The name of the transaction, such as a route, a job or a view.
    pub transaction: Option<Untrusted>,
    /// The HTTP request during which the event happened.
    pub request: Option<Request>,
    /// Whether the event has a user. The user's identity is never read.
    pub has_user: bool,
    /// The exceptions, the innermost cause first. Notes cite the first one as `X1`.
    pub exceptions: Vec<Exception>,
    /// The frames of all stacks. The frames of the innermost cause come first, each stack with the newest call first.
    /// Notes cite the first one, the call that failed, as `F1`.
    pub frames: Vec<Frame>,
    /// The actions that the SDK recorded before the event, the oldest first.
    pub breadcrumbs: Vec<Breadcrumb>,
    /// The attributes: feature flags, the request, extra values, contexts and packages.
    pub attributes: Vec<Attribute>,
    /// The event's tags in Sentry's order.
    pub tags: Vec<(TagKey, Untrusted)>,
    /// Errors that Sentry met while it processed the event.
    pub processing_errors: Vec<ProcessingError>,
    /// The spans of the event. Only transactions have spans.
    pub trace: Trace,
    /// The loaded executables and libraries of native code.
    pub images: Vec<Image>,
    /// The id of the session replay that recorded the event.
    pub replay: Option<EventId>,
}

impl Event {
    /// Returns the value of the tag with this key.
    #[must_use]
    pub fn tag(&self, key: &str) -> Option<&Untrusted> {
        self.tags.iter().find(|(k, _)| k.as_str() == key).map(|(_, value)| value)
    }

    /// Returns the release of the program: the value of its tag, or else the member of the event.
    #[must_use]
    pub fn named_release(&self) -> Option<&Untrusted> {
        self.tag("release").or(self.release.as_ref())
    }

    /// Whether the event has no exception and no frame.
    #[must_use]
    pub fn is_bare(&self) -> bool {
        self.exceptions.is_empty() && self.frames.is_empty()
    }

    /// Returns the details of the event's source beside the message, as `name: value`. A transaction has at least one
    /// detail.
    #[must_use]
    pub fn details(&self) -> Vec<Untrusted> {
        if self.origin == Origin::Transaction {
            self.trace.details(self.transaction.as_ref())
        } else {
            self.origin.details()
        }
    }
}

/// An error that Sentry met while it processed the event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProcessingError {
    /// Sentry's type of the error, such as `js_no_source`.
    pub kind: Untrusted,
    /// The id of the missing R8 or `ProGuard` mapping file, if the error is about one.
    pub mapping: Option<Untrusted>,
}

/// The HTTP request during which an event happened, without its body, headers and cookies.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Request {
    /// The HTTP method of the request.
    pub method: Option<Untrusted>,
    /// The URL of the request.
    pub url: Option<Untrusted>,
}

/// An exception in a chain of causes or in a group.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Exception {
    /// The name of the exception's type, such as `ValueError`, `*pq.Error` or `panic`.
    pub kind: Option<Untrusted>,
    /// The message of the exception.
    pub message: Option<Untrusted>,
    /// The module or package of the exception's type.
    pub module: Option<Untrusted>,
    /// Whether the program caught the exception. `None` if the SDK did not report it.
    pub handled: Option<bool>,
    /// Whether the SDK made up the exception for a value that is not an exception, such as a thrown string.
    pub synthetic: bool,
    /// The name of the mechanism that detected the exception, such as `onerror`, `signalhandler` or `ANR`.
    pub mechanism: Option<Untrusted>,
    /// Whether the exception only groups other exceptions, such as an `ExceptionGroup` or `AggregateException`.
    pub is_group: bool,
    /// The number of the exception within the event, if the SDK numbers exceptions. The members of a group are numbered
    /// in their order.
    pub number: Option<u64>,
    /// The number of the exception that this exception caused, or of the group that contains it.
    pub parent: Option<u64>,
}

/// A frame: one call in a stack trace.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Frame {
    /// The exception to which the stack belongs, as an index into [`Event::exceptions`]. `None` for the stack of a
    /// thread.
    pub exception: Option<usize>,
    /// The name of the function.
    pub function: Option<Untrusted>,
    /// The module, class or package path of the function.
    pub module: Option<Untrusted>,
    /// The source file, in the shortest form that the SDK sent.
    pub file: Option<Untrusted>,
    /// The full path or URL of the source file, if the SDK sent one that differs from `file`.
    pub path: Option<Untrusted>,
    /// The package that contains the function. For native code, the path of the executable or library.
    pub package: Option<Untrusted>,
    /// The number of the line in the file, from 1.
    pub line: Option<u64>,
    /// The number of the column in the line, from 1. The column locates code in a minified file, which is a single
    /// line.
    pub column: Option<u64>,
    /// Whether the SDK or Sentry marked the frame as the program's own code (`in_app`).
    pub in_app: bool,
    /// The source line that contains the call.
    pub source: Option<Untrusted>,
    /// The source lines before the call, in the order of the file.
    pub before: Vec<Untrusted>,
    /// The source lines after the call, in the order of the file.
    pub after: Vec<Untrusted>,
    /// The names and values of the local variables, as printed by the SDK.
    pub locals: Vec<(Untrusted, Untrusted)>,
    /// The address of the call in memory. Only native code has an address.
    pub address: Option<u64>,
    /// The values inside the local variables, each with its path, such as `cart.items[0]`.
    pub nested: Vec<(Untrusted, Untrusted)>,
}

/// A breadcrumb: an action of the program that the SDK recorded before the event.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Breadcrumb {
    /// The time of the action.
    pub at: Option<Timestamp>,
    /// The category of the action, such as `http`, `query` or `navigation`.
    pub category: Option<Untrusted>,
    /// The log level, such as `info` or `error`.
    pub level: Option<Untrusted>,
    /// The text of the breadcrumb.
    pub message: Option<Untrusted>,
    /// The HTTP status, if the action was an HTTP call that a server answered.
    pub status: Option<u64>,
    /// Further values of the breadcrumb, by name.
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

    /// Returns the place of the call as `file:line`, with the module in place of an unknown file. Minified code gets
    /// the column, too. A long path is cut at its beginning, so the line stays.
    #[must_use]
    pub fn place(&self) -> Option<Untrusted> {
        let file = self.file.as_ref().or(self.module.as_ref())?;
        let column = self.column.filter(|_| self.is_minified());
        let line = self.line.filter(|line| *line > 0);
        let numbers = [line, column.filter(|_| line.is_some())].into_iter().flatten();
        Some(Untrusted::new(numbers.fold(path_end(file), |place, number| format!("{place}:{number}"))))
    }

    /// Whether the frame is probably in minified code, which has a whole program in one line.
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

/// A person rarely writes code beyond this column. A call in a later column is probably minified code.
const FAR_RIGHT: u64 = 300;
/// The longest source line that a person writes, in bytes. A longer line is probably minified code.
const WIDEST: usize = 500;

/// The longest path that is shown whole, in characters. The beginning of a longer path is usually the folder of a build
/// machine.
const LONG_PATH: usize = 60;
/// The longest path that is processed, in characters.
const LONGEST_PATH: usize = 500;

/// Returns the path of a source file without a bundler's scheme. Of a path that is longer than [`LONG_PATH`], only as
/// many of the last folders as fit remain, after `…`. The path is scrubbed before it is cut, because its beginning can
/// show that a later part is a secret.
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

/// The schemes that bundlers and SDKs put before the path of a source file.
const SOURCE_SCHEMES: &[&str] =
    &["webpack-internal:///", "webpack:///", "webpack://", "turbopack:///", "app:///"];

/// Returns the path of a source file in its repository: `src/app/page.tsx` for
/// `webpack-internal:///(app-pages-browser)/./src/app/page.tsx?1a2b`. A path without a known scheme is returned
/// unchanged.
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

/// At most this many exceptions, this many frames and this many breadcrumbs are kept. No real event has more.
const MOST: usize = 500;

impl Event {
    /// Sets the exceptions and frames, and drops the oldest breadcrumbs beyond the limit. `chain` has the innermost
    /// cause first, and the frames of each exception with the oldest call first, as all SDKs send them.
    ///
    /// `loose` is a stack that belongs to no exception, such as a thread's. Its frames are used only if no exception
    /// has a stack.
    ///
    /// Frames beyond the limit are not taken from their iterator, so their conversion costs nothing.
    pub fn set_stacks<F: DoubleEndedIterator<Item = Frame>>(
        &mut self,
        chain: impl Iterator<Item = (Exception, F)>,
        loose: impl DoubleEndedIterator<Item = Frame>,
    ) {
        for (exception, frames) in chain.take(MOST) {
            let owner = Some(self.exceptions.len());
            self.exceptions.push(exception);
            let room = MOST - self.frames.len();
            self.frames.extend(newest_first(frames, owner).take(room));
        }
        if self.frames.is_empty() {
            self.frames.extend(newest_first(loose, None).take(MOST));
        }
        let old = self.breadcrumbs.len().saturating_sub(MOST);
        self.breadcrumbs.drain(..old);
    }
}

/// Describes an HTTP breadcrumb, which has no message, as method, URL without query, and status, such as `GET https://…
/// 500`.
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

/// Whether the value of a tag with this key is a version.
#[must_use]
pub fn is_version_tag(key: &str) -> bool {
    matches!(key, "release" | "dist" | "app.version") || key.ends_with(".version")
}

fn newest_first(
    frames: impl DoubleEndedIterator<Item = Frame>,
    exception: Option<usize>,
) -> impl Iterator<Item = Frame> {
    frames.rev().map(move |frame| Frame { exception, ..frame })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(file: &str, line: Option<u64>, column: Option<u64>) -> String {
        let frame = Frame { file: Some(Untrusted::new(file)), line, column, ..Frame::default() };
        frame.place().expect("a file").line(120)
    }

    #[test]
    fn frames_beyond_the_limit_are_not_converted() {
        let converted = std::cell::Cell::new(0);
        let convert = |_| {
            converted.set(converted.get() + 1);
            Frame::default()
        };
        let chain = [MOST - 1, MOST, MOST].map(|count| (Exception::default(), (0..count).map(convert)));
        let mut event = Event::default();
        event.set_stacks(chain.into_iter(), std::iter::empty());
        assert_eq!((event.exceptions.len(), event.frames.len(), converted.get()), (3, MOST, MOST));
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
    fn the_place_of_a_frame_omits_prefixes_and_suffixes_of_bundlers() {
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
