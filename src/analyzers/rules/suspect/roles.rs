//! The role of a stack frame in a failure, from the words in the names of its function, class and file.

use super::facts::Facts;
use super::place::{CONSTRUCTORS, Unit, bare_function, simple_name};
use super::words::{Words, begins_with, ends_with, is_any};

/// First words of functions that only raise an exception, in any language.
const RAISE_VERBS: &[&str] = &["assert", "fail", "throw", "raise", "panic", "abort", "die"];
/// First words of functions that check values for their caller. These words count only in languages of classes and
/// packages. In a file with mixed code, such a function may contain a wrong check itself.
const CHECK_VERBS: &[&str] = &["check", "require", "expect", "reject", "must", "not", "non", "verify"];
/// First words of functions that raise only if a word of [`TROUBLE`] follows: `reportInvalid`, but not `reportSales`.
const TELL_VERBS: &[&str] = &["report", "handle", "signal"];
/// First words of functions that create an error: `createError`, `build_error`.
const MAKE_VERBS: &[&str] = &["make", "create", "build", "new", "construct"];
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
/// Names of classes, packages and files that only guard against invalid values.
const GUARDS: &[&str] = &[
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
    "must",
    "validate",
    "validator",
    "validators",
    "validation",
    "verify",
];
/// Names of packages and files that contain exceptions and functions that create them.
const EXCEPTIONS: &[&str] = &["exception", "exceptions", "error", "errors"];
/// First words of functions that work on properties, containers and cursors. They do not interpret their values.
const TAKES_VERBS: &[&str] = &[
    "get", "set", "is", "has", "with", "add", "put", "remove", "insert", "delete", "push", "pop", "peek",
    "child", "item", "at", "first", "last", "next", "consume",
];
/// Last words of classes, files and folders that contain only helper functions.
const HELPERS: &[&str] = &["util", "utils", "utilities", "helper", "helpers"];
/// Methods that a language calls in place of a missing method.
const STAND_INS: &[&str] = &[
    "method_missing",
    "respond_to_missing?",
    "__getattr__",
    "__getattribute__",
    "__call",
    "__callStatic",
    "__get",
    "__set",
    "doesNotUnderstand",
    "noSuchMethod",
];

/// Whether the names of the frame say that its only purpose is to raise an exception.
pub(super) fn only_raises(frame: &Facts<'_>) -> bool {
    let (class, function) = (simple_name(frame.class), bare_function(frame.function));
    let raises = begins_with(function, RAISE_VERBS)
        || function.ends_with("Exception")
        || (begins_with(function, MAKE_VERBS) && ends_with(function, &["error", "exception"]))
        || frame.class.split(['.', '/', ':', '\\']).rev().skip(1).any(|part| is_any(part, EXCEPTIONS));
    let raises = raises || (is_any(class, GUARDS) && Words(class).count() == 1);
    match frame.unit {
        Unit::File => raises || is_any(class, EXCEPTIONS),
        Unit::Class | Unit::Package => raises || checks_for_others(class, function),
    }
}

fn checks_for_others(class: &str, function: &str) -> bool {
    let mut words = Words(function);
    let verb = words.next().unwrap_or_default();
    is_any(verb, CHECK_VERBS)
        || is_any(verb, TROUBLE)
        || (is_any(verb, TELL_VERBS) && words.any(|word| is_any(word, TROUBLE)))
        || [class, function].iter().any(|name| name.ends_with("Exception") || name.ends_with("Error"))
        // Classes for unsupported cases, which exist to fail: `UnknownShape`, `MissingHandler`.
        || begins_with(class, TROUBLE)
}

/// First words of functions that report errors for their callers.
const REPORT_VERBS: &[&str] = &["report", "capture", "log", "notify", "track", "record", "send"];

/// Whether the name of the frame's function says that it only reports an error.
pub(super) fn tells(frame: &Facts<'_>) -> bool {
    begins_with(bare_function(frame.function), REPORT_VERBS)
}

/// Whether the function is a hook of React, such as `useCart`. A hook raises only if a component uses it wrongly.
pub(super) fn is_react_hook(frame: &Facts<'_>) -> bool {
    let is_script = matches!(frame.ending, "js" | "jsx" | "mjs" | "ts" | "tsx");
    let name = bare_function(frame.function).strip_prefix("use").unwrap_or_default();
    is_script && name.starts_with(|c: char| c.is_ascii_uppercase())
}

/// Whether the frame's function is a constructor.
pub(super) fn constructs(frame: &Facts<'_>) -> bool {
    CONSTRUCTORS.contains(&bare_function(frame.function))
}

/// Whether the frame's function only works on values of its caller: it belongs to a property, a container or a class of
/// helpers.
pub(super) fn works_for_others(frame: &Facts<'_>) -> bool {
    ends_with(simple_name(frame.class), HELPERS) || begins_with(bare_function(frame.function), TAKES_VERBS)
}

/// Whether the name of the frame's file or folder says that it contains helper functions.
pub(super) fn is_helper(frame: &Facts<'_>) -> bool {
    let folder = frame.class.rsplit(['/', '\\']).nth(1).unwrap_or_default();
    ends_with(simple_name(frame.class), HELPERS) || ends_with(folder, HELPERS)
}

/// Whether the language calls the frame's function in place of a missing method.
pub(super) fn stands_in(frame: &Facts<'_>) -> bool {
    STAND_INS.contains(&bare_function(frame.function))
}

/// Whether the frame's function is an operator, such as `__lt__`, `op_Addition` or `operator+`.
pub(super) fn is_operator(frame: &Facts<'_>) -> bool {
    let name = bare_function(frame.function);
    let is_dunder = name.len() > 4 && name.starts_with("__") && name.ends_with("__");
    let is_main = matches!(name, "__main__" | "__call__" | "__enter__" | "__exit__");
    (is_dunder && !is_main && !CONSTRUCTORS.contains(&name))
        || name.starts_with("op_")
        || name.starts_with("operator")
}

const TESTS: &[&str] = &["test", "tests"];
const TEST_FOLDERS: &[&str] = &["test", "tests", "spec", "specs", "__tests__"];
const TEST_RUNNERS: &[&str] = &[
    "org.junit.",
    "junit.",
    "org.testng.",
    "org.scalatest.",
    "io.kotest.",
    "org.spockframework.",
    "NUnit.",
    "Xunit.",
];

/// Whether the frame belongs to a test runner.
pub(super) fn runs_tests(frame: &Facts<'_>) -> bool {
    TEST_RUNNERS.iter().any(|prefix| frame.module.starts_with(prefix))
}

/// Whether the frame is test code. Product code may have a class `TestResult`, so a class whose name begins with `Test`
/// is test code only if the stack has a test runner (`is_test_run`).
pub(super) fn is_test(frame: &Facts<'_>, is_test_run: bool) -> bool {
    let name = simple_name(frame.class);
    let words: Vec<&str> = Words(name).collect();
    let is_named = |word: Option<&&str>| word.is_some_and(|word| is_any(word, TESTS));
    let begins = is_named(words.first()) && (is_test_run || frame.unit == Unit::File);
    let folders = |path: &str| path.rsplit(['/', '\\']).skip(1).any(|folder| TEST_FOLDERS.contains(&folder));
    begins
        || is_named(words.last())
        || words.last().is_some_and(|word| is_any(word, &["spec"]))
        || words.windows(2).any(|pair| {
            matches!(pair, [test, kind] if is_any(test, &["test"]) && is_any(kind, &["case", "base", "suite", "data"]))
        })
        || [".test.", ".spec.", "__tests__", "_test.go"].iter().any(|mark| frame.filename.contains(mark))
        || (frame.unit == Unit::File && folders(frame.filename))
}
