//! Attributes: the values of an event other than its stack, such as feature flags, extra values, contexts, the request
//! and packages.

use super::text::Untrusted;

/// A named value of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute {
    /// The part of the event that contains the value.
    pub kind: AttributeKind,
    /// The name of the value. The name of a value inside another one is a path, such as `cart.items[0]`.
    pub name: Untrusted,
    /// The value as text.
    pub value: Untrusted,
}

/// The part of an event that contains an attribute. The most useful kinds compare as the smallest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum AttributeKind {
    /// A feature flag.
    Flag,
    /// The query or the body of a request.
    Request,
    /// A value that the program added to the event (`extra`).
    Extra,
    /// A context: runtime, device, operating system, or one that the program added.
    Context,
    /// A package with its version.
    Package,
}

impl AttributeKind {
    /// Returns the kind's name in the evidence.
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
    /// Returns the attribute as `name=value`. For the scrubbing of the text, see [`assignment()`].
    #[must_use]
    pub fn assignment(&self) -> Untrusted {
        assignment(&self.name, &self.value)
    }
}

/// Returns `name=value` as one untrusted text. If the value is a secret, name and value are scrubbed here, each by
/// itself. Otherwise, the joined text stays raw and is scrubbed as a whole when it is shown, so that a name which
/// denotes a secret hides its value.
#[must_use]
pub fn assignment(name: &Untrusted, value: &Untrusted) -> Untrusted {
    if value.is_secret() {
        // Beside a placeholder for the value, a later scrubbing could take a secret in the name for harmless.
        return Untrusted::new(format!("{}={}", name.scrubbed(), value.scrubbed()));
    }
    Untrusted::new(format!("{}={}", name.raw(), value.raw()))
}

/// The ways in which languages and SDKs write an empty value.
const NOTHING: &[&str] = &["null", "None", "nil", "undefined", "\"\"", "''", "[]", "{}", "<nil>"];

/// Whether `value` is an empty value, such as `null` or `[]`.
#[must_use]
pub fn is_nothing(value: &Untrusted) -> bool {
    NOTHING.contains(&value.raw().trim())
}
