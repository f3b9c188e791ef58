//! What the names of a frame say: by their words (`reportInvalid` is `report`, `invalid`), never by whose they are.

use super::Candidate;
use super::kind::Kind;

/// First words of functions that exist to raise.
const RAISE_VERBS: &[&str] = &[
    "check", "require", "assert", "fail", "throw", "raise", "panic", "abort", "die", "expect", "reject",
    "must", "not", "non", "verify",
];
/// First words that mean raising only together with one of [`TROUBLE`]: `reportInvalid`, not `reportSales`.
const TELL_VERBS: &[&str] = &["report", "handle", "signal"];
const TROUBLE: &[&str] = &[
    "error",
    "invalid",
    "illegal",
    "unexpected",
    "unknown",
    "missing",
    "bad",
    "malformed",
    "failure",
    "problem",
    "unsupported",
];
/// Whole names of classes that exist to guard.
const GUARD_CLASSES: &[&str] = &[
    "assert",
    "asserts",
    "assertion",
    "assertions",
    "check",
    "checks",
    "guard",
    "guards",
    "ensure",
    "contract",
    "contracts",
    "invariant",
    "preconditions",
    "postconditions",
    "validate",
    "verify",
];
/// First words of property, container and cursor operations: they hold no opinion on the value they are given.
const TAKES_VERBS: &[&str] = &[
    "get", "set", "is", "has", "with", "add", "put", "remove", "insert", "delete", "push", "pop", "peek",
    "child", "item", "at", "first", "last", "next", "consume",
];
/// Last words of classes that hold no state, only functions for others.
const HELPERS: &[&str] = &["util", "utils", "utilities", "helper", "helpers"];
/// An object under construction has no state of its own: a bad value can only come from outside.
const CONSTRUCTORS: &[&str] =
    &["<init>", "<clinit>", "__init__", "__new__", "constructor", ".ctor", "initialize", "new"];
const MACHINERY: &[&str] = &[
    "java.",
    "javax.",
    "jdk.",
    "sun.",
    "com.sun.",
    "kotlin.",
    "scala.",
    "junit.",
    "org.junit.",
    "sentry_",
    "sentry::",
    "std::",
    "core::",
    "alloc::",
    "backtrace::",
    "anyhow::",
    "eyre::",
    "tokio::",
    "futures_",
    "__rust",
    "rust_begin_unwind",
    "rust_panic",
    "_start",
    "__libc_start",
    "<unknown>",
    "runtime.",
    "node:",
    "System.",
];
/// Folders that package managers and compilers put other people's code into.
const DEPENDENCIES: &[&str] = &[
    "node_modules/",
    "node:internal",
    "site-packages/",
    "dist-packages/",
    "/pkg/mod/",
    "/vendor/bundle/",
    "/gems/",
    "/.cargo/registry/",
    "/rustc/",
    "<frozen ",
];
/// First part of a package named after a domain.
const TOP_DOMAINS: &[&str] = &["com", "org", "net", "io", "dev", "edu", "gov", "de", "fr", "uk", "jp", "cn"];

pub(super) fn only_raises(frame: &Candidate<'_>) -> bool {
    let (class, function) = (simple_name(class_of(frame)), bare_function(frame.function));
    if [class, function].iter().any(|name| name.ends_with("Exception") || name.ends_with("Error")) {
        return true;
    }
    let mut verbs = Words(function);
    let verb = verbs.next().unwrap_or_default();
    let mut class_words = Words(class);
    // `UnknownShape`, `MissingHandler`: what stands where nothing fits, in order to fail.
    let is_stopgap = Words(class).next().is_some_and(|word| is_any(word, TROUBLE));
    is_any(verb, RAISE_VERBS)
        || is_stopgap
        || is_any(verb, TROUBLE)
        || (is_any(verb, TELL_VERBS) && verbs.any(|word| is_any(word, TROUBLE)))
        || (class_words.next().is_some_and(|word| is_any(word, GUARD_CLASSES))
            && class_words.next().is_none())
}

pub(super) fn takes_value(frame: &Candidate<'_>, kind: Kind, by_itself: bool) -> bool {
    let turned_down = kind == Kind::Raised && by_itself;
    let function = bare_function(frame.function);
    if CONSTRUCTORS.contains(&function) {
        return turned_down || matches!(kind, Kind::Null | Kind::Lookup);
    }
    let is_helper = Words(simple_name(class_of(frame))).last().is_some_and(|word| is_any(word, HELPERS));
    (is_helper || Words(function).next().is_some_and(|word| is_any(word, TAKES_VERBS)))
        && (turned_down || kind == Kind::Lookup)
}

pub(super) fn is_test(frame: &Candidate<'_>) -> bool {
    let words: Vec<&str> = Words(simple_name(class_of(frame))).collect();
    let named = |word: Option<&&str>| word.is_some_and(|word| is_any(word, &["test", "tests"]));
    named(words.first())
        || named(words.last())
        || words.last().is_some_and(|word| is_any(word, &["spec"]))
        || words.windows(2).any(|pair| {
            matches!(pair, [test, kind] if is_any(test, &["test"]) && is_any(kind, &["case", "base", "suite", "data"]))
        })
        || [".test.", ".spec.", "__tests__", "_test.go"].iter().any(|mark| frame.filename.contains(mark))
}

pub(in super::super) fn is_machinery(frame: &Candidate<'_>) -> bool {
    let class = frame.module;
    let begins = |name: &str| MACHINERY.iter().any(|prefix| name.starts_with(prefix));
    begins(class)
        || (!frame.in_app && class.starts_with("io.sentry."))
        || (frame.function.contains("::") && begins(first_path(frame.function)))
        || (frame.function.starts_with('_') && begins(frame.function))
        || DEPENDENCIES.iter().any(|folder| frame.filename.contains(folder))
        || class.contains("$$")
        || class.contains("$Proxy")
        || frame.function.starts_with("access$")
}

/// `core::ops::Fn` of `<&dyn core::ops::Fn as …>`.
fn first_path(function: &str) -> &str {
    let path = function.trim_start_matches(['<', '&', '[', '(']);
    path.trim_start_matches("dyn ").trim_start_matches("mut ")
}

/// The class a person would open: `shop.Cart` of `shop.Cart$Line$1`; without a module, the path in a qualified
/// function, or the file.
#[must_use]
pub fn class_of<'a>(frame: &Candidate<'a>) -> &'a str {
    if frame.module.is_empty() {
        let path = frame.function.trim_end_matches("::{{closure}}").rsplit_once("::").map(|(path, _)| path);
        return path.unwrap_or(frame.filename);
    }
    // A `$` that begins a name is part of it (`proxy.$Proxy7`, `routes/$id`).
    let inner =
        frame.module.char_indices().zip(frame.module.chars().skip(1)).find_map(|((at, before), here)| {
            (here == '$' && before.is_alphanumeric()).then_some(at + before.len_utf8())
        });
    inner.and_then(|end| frame.module.get(..end)).unwrap_or(frame.module)
}

/// `Cart` of `com.acme.Cart`, `pkg/cart` and `shop::Cart`.
fn simple_name(class: &str) -> &str {
    class.rsplit(['.', '/', ':', '\\']).next().unwrap_or(class)
}

/// `add` of `Cart::add::{{closure}}`, `Cart.add` and `(*Cart).Add`; `.ctor` stays itself.
fn bare_function(function: &str) -> &str {
    let function = function.trim_end_matches("::{{closure}}");
    if CONSTRUCTORS.contains(&function) {
        return function;
    }
    function.rsplit(['.', ':']).next().unwrap_or(function)
}

/// `com.acme` of `com.acme.shop.Cart`, `github.com/acme` of a Go path; `None` where names carry no domain.
pub(super) fn vendor(class: &str) -> Option<&str> {
    let mut ends = class.match_indices(['.', '/']).map(|(at, _)| at).chain([class.len()]);
    let (first, second, third) = (ends.next()?, ends.next()?, ends.next());
    if TOP_DOMAINS.contains(&class.get(..first)?) {
        return class.get(..second);
    }
    // A host and a path, `github.com/acme`; not `app.io.reader`.
    let is_host = class
        .get(first..=second)?
        .strip_prefix('.')?
        .strip_suffix('/')
        .is_some_and(|end| TOP_DOMAINS.contains(&end));
    third.filter(|_| is_host).and_then(|third| class.get(..third))
}

fn is_any(word: &str, list: &[&str]) -> bool {
    list.iter().any(|entry| word.eq_ignore_ascii_case(entry))
}

/// The words of an identifier: `parseHTTPReply2` is `parse`, `HTTP`, `Reply`, `2`.
pub(super) struct Words<'a>(pub(super) &'a str);

impl<'a> Iterator for Words<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        let rest = self.0.trim_start_matches(|c: char| !c.is_ascii_alphanumeric());
        let bytes = rest.as_bytes();
        let run = |test: fn(&u8) -> bool, from: usize| {
            bytes.iter().skip(from).take_while(|byte| test(byte)).count()
        };
        let capitals = run(u8::is_ascii_uppercase, 0);
        let small_after = run(u8::is_ascii_lowercase, capitals);
        let length = match capitals {
            0 => small_after.max(run(u8::is_ascii_digit, 0)),
            1 => 1 + small_after,
            // The last capital of a run begins the next word, if one follows.
            several => several - usize::from(small_after > 0),
        };
        let (word, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        (!word.is_empty()).then_some(word)
    }
}
