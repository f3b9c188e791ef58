//! The kind of a failure, from the exception's type and message.

use super::facts::Facts;
use super::place::Unit;

/// The kinds of failures, as far as they matter for the choice of the stack frame that most likely contains the bug.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// The stack overflowed.
    Overflow,
    /// An index, key or element does not exist.
    Lookup,
    /// The code used an object that is null.
    Null,
    /// An object has no member of this name.
    NoMember,
    /// A call with the wrong number or names of arguments.
    Arity,
    /// The runtime of the language raised another error.
    Fault,
    /// Code of a program or library raised the exception on purpose.
    Raised,
}

const OVERFLOW: &[&str] =
    &["StackOverflow", "RecursionError", "SystemStackError", "Maximum call stack", "stack overflow"];
const LOOKUP: &[&str] = &[
    "IndexOutOf",
    "IndexError",
    "index out of",
    "ArgumentOutOfRange",
    "KeyError",
    "KeyNotFound",
    "NoSuchElement",
];
const NO_MEMBER: &[&str] = &["NoMethodError", "NameError", "AttributeError", "NoSuchMethod", "NoSuchField"];
const FAULT: &[&str] = &[
    "ClassCast",
    "InvalidCast",
    "Arithmetic",
    "DivideByZero",
    "ZeroDivision",
    "NegativeArraySize",
    "ArrayStore",
    "ConcurrentModification",
    "TypeError",
    "ReferenceError",
    "runtime error:",
    "called `Option::",
    "called `Result::",
    "attempt to ",
];
/// Parts of the messages of runtimes about a call with wrong arguments.
const ARITY: &[&str] = &[
    "positional argument",
    "unexpected keyword argument",
    "missing keyword",
    "unknown keyword",
    "wrong number of arguments",
    "Too few arguments to function",
    "got multiple values for argument",
    // PHP, for an argument of a wrong type.
    ", called in ",
    "no function clause matching in",
];
/// Parts of the messages of runtimes about an object that is null.
const NULL: &[&str] = &[
    "of null",
    "of undefined",
    "is null",
    "is undefined",
    "is not an object",
    "for nil",
    "'NoneType'",
    "null object reference",
    "on null",
    "nil pointer",
];
/// Exception types that only code raises on purpose, and never the runtime.
const BY_CODE: &[&str] =
    &["IndexOutOfBoundsException", "NoSuchElementException", "ConcurrentModificationException"];

impl Kind {
    /// Returns the kind of a failure by the exception's type and message. `newest` is the newest frame of the
    /// exception.
    pub(super) fn of(type_name: &str, message: &str, newest: &Facts<'_>) -> Self {
        let name = type_name.rsplit(['.', '$']).next().unwrap_or(type_name);
        // Go and Rust name the kind of a panic in its message. In other languages, a message may quote anything.
        let panicked = matches!(type_name, "" | "panic") || message.starts_with("runtime error:");
        let panic_text = if panicked { message } else { "" };
        let says = |marks: &[&str]| marks.iter().any(|mark| name.contains(mark) || panic_text.contains(mark));
        let reads = |marks: &[&str]| marks.iter().any(|mark| message.contains(mark));
        let is_by_code = newest.unit == Unit::Class
            && (is_written(name, message) || (newest.in_app && BY_CODE.contains(&name)));
        if says(OVERFLOW) || message.starts_with("Maximum call stack") {
            Self::Overflow
        } else if is_by_code {
            Self::Raised
        } else if says(LOOKUP) {
            Self::Lookup
        } else if name.contains("NullReference") || name.contains("NullPointer") {
            Self::Null
        } else if ["TypeError", "ArgumentError", "ArgumentCountError", "FunctionClauseError"].contains(&name)
            && reads(ARITY)
        {
            Self::Arity
        } else if (says(FAULT) || says(NO_MEMBER)) && reads(NULL) {
            Self::Null
        } else if says(NO_MEMBER) {
            Self::NoMember
        } else if says(FAULT) {
            Self::Fault
        } else {
            Self::Raised
        }
    }
}

/// Whether the exception's type says that a value is invalid, such as an argument, an index or a key.
pub(super) fn is_about_value(type_name: &str) -> bool {
    ["Argument", "RangeError", "OutOfRange"].iter().any(|mark| type_name.contains(mark))
        || LOOKUP.iter().any(|mark| type_name.contains(mark))
}

/// Whether a person wrote the message of an exception that the JVM also raises itself. The JVM's own messages have
/// fixed forms.
fn is_written(name: &str, message: &str) -> bool {
    match name {
        "NullPointerException" => {
            !message.is_empty() && !["Cannot ", "Attempt to "].iter().any(|own| message.starts_with(own))
        }
        "ArithmeticException" => {
            !message.is_empty() && !message.ends_with(" by zero") && !message.ends_with("overflow")
        }
        "ClassCastException" => !message.is_empty() && !message.contains(" cast to "),
        _ => false,
    }
}
