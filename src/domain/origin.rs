//! What an event comes from: code that raised it, or somebody who only watched.

use super::text::Untrusted;

/// What an event comes from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Origin {
    /// The program: an exception, or a message that it logged.
    #[default]
    Program,
    /// A browser, which kept to a page's content security policy.
    Policy(Violation),
    /// One of Sentry's detectors, for slow queries and the like: what it shows, by its names.
    Detector(Vec<(Untrusted, Untrusted)>),
}

/// What a content security policy did not allow.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Violation {
    /// The directive of the policy.
    pub directive: Option<Untrusted>,
    /// What was blocked: a URL, `inline` or `eval`.
    pub blocked: Option<Untrusted>,
    /// The page.
    pub page: Option<Untrusted>,
}

/// What a detector shows is cut after this many lines.
const MOST: usize = 8;

impl Origin {
    /// What a detector shows; what has no name or no value shows nothing.
    #[must_use]
    pub fn detector(shown: impl Iterator<Item = (Option<Untrusted>, Option<Untrusted>)>) -> Self {
        Self::Detector(shown.filter_map(|(name, value)| Some((name?, value?))).take(MOST).collect())
    }

    /// What can be read of it beside the event's message: `name: value`, together, because a value is known for a secret
    /// by its name.
    pub fn details(&self) -> impl Iterator<Item = Untrusted> {
        let pair = |name: &str, value: &Untrusted| Untrusted::new(format!("{name}: {}", value.raw()));
        let (violation, shown) = match self {
            Self::Program => (None, [].as_slice()),
            Self::Policy(violation) => (Some(violation), [].as_slice()),
            Self::Detector(shown) => (None, shown.as_slice()),
        };
        let members = violation.into_iter().flat_map(|violation| {
            [("directive", &violation.directive), ("blocked", &violation.blocked), ("page", &violation.page)]
        });
        let named = members.filter_map(move |(name, value)| Some(pair(name, value.as_ref()?)));
        named.chain(shown.iter().map(move |(name, value)| pair(name.raw(), value)))
    }
}
