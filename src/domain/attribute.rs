//! What came along with an event beside its stack: flags, extra values, contexts, the request, packages.

use super::text::Untrusted;

/// A value that came along with an event, by its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute {
    /// Where it stood.
    pub kind: AttributeKind,
    /// Its name; what stood inside of another value has a path: `cart.items[0]`.
    pub name: Untrusted,
    /// Its value, as a text.
    pub value: Untrusted,
}

/// Where an attribute stood. The order is that of their worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum AttributeKind {
    /// A feature flag.
    Flag,
    /// The query or the body of the request.
    Request,
    /// What the program itself added.
    Extra,
    /// What the SDK knows: runtime, device, operating system, and what a program put there.
    Context,
    /// A package, and its version.
    Package,
}

impl AttributeKind {
    /// Its name in the evidence.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Flag => "flag",
            Self::Request => "request",
            Self::Extra => "extra",
            Self::Context => "context",
            Self::Package => "package",
        }
    }
}

impl Attribute {
    /// `name=value`. The two are scrubbed together, because a value is known for a secret by its name, too.
    #[must_use]
    pub fn assignment(&self) -> Untrusted {
        assignment(&self.name, &self.value)
    }
}

/// `name=value`, to be scrubbed together.
#[must_use]
pub fn assignment(name: &Untrusted, value: &Untrusted) -> Untrusted {
    Untrusted::new(format!("{}={}", name.raw(), value.raw()))
}

/// What languages and SDKs write for nothing.
const NOTHING: &[&str] = &["null", "None", "nil", "undefined", "\"\"", "''", "[]", "{}", "<nil>"];

/// Whether a value stands for nothing.
#[must_use]
pub fn is_nothing(value: &Untrusted) -> bool {
    NOTHING.contains(&value.raw().trim())
}
