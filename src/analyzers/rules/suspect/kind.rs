//! What the exception says about who raised it.

/// What kind of failure an exception stands for, as far as blame goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// The stack ran out.
    Overflow,
    /// An index, key or element that is not there.
    Lookup,
    /// A null dereference.
    Null,
    /// Anything else the runtime itself raises.
    Fault,
    /// Somebody decided to raise it.
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
const FAULT: &[&str] = &[
    "ClassCast",
    "InvalidCast",
    "Arithmetic",
    "DivideByZero",
    "ZeroDivision",
    "NegativeArraySize",
    "ArrayStore",
    "ConcurrentModification",
    "NoMethodError",
    "NoSuchMethod",
    "NoSuchField",
    "NameError",
    "AttributeError",
    "TypeError",
    "ReferenceError",
    "runtime error:",
    "called `Option::",
    "called `Result::",
    "attempt to ",
];

impl Kind {
    pub(super) fn of(type_name: &str, message: &str) -> Self {
        let name = type_name.rsplit(['.', '$']).next().unwrap_or(type_name);
        // Go and Rust put the kind of a panic in its message; elsewhere a message may quote anything.
        let panicked = matches!(type_name, "" | "panic") || message.starts_with("runtime error:");
        let panic_text = if panicked { message } else { "" };
        let says = |marks: &[&str]| marks.iter().any(|mark| name.contains(mark) || panic_text.contains(mark));
        if says(OVERFLOW) || message.starts_with("Maximum call stack") {
            Self::Overflow
        } else if says(LOOKUP) {
            Self::Lookup
        } else if name.contains("NullReference") {
            Self::Null
        } else if name.contains("NullPointer") {
            // Only the JVM's own text begins like this; any other text was written by a person who raised it.
            if message.is_empty() || message.starts_with("Cannot ") { Self::Null } else { Self::Raised }
        } else if says(FAULT) {
            Self::Fault
        } else {
            Self::Raised
        }
    }
}
