//! What an event comes from: the program, or an observer that reports on it. Each has evidence of its own.

use super::ids::EventId;
use super::kind::Kind;
use super::text::Untrusted;

/// What an event comes from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Origin {
    /// The program: an exception, or a message that it logged.
    #[default]
    Program,
    /// A browser, on what a host asked it to watch for.
    Report(BrowserReport),
    /// The program: a transaction that was recorded. The event has its spans.
    Transaction,
    /// A person.
    Feedback(Feedback),
    /// One of Sentry's detectors.
    Detector(Detection),
}

/// A browser's report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BrowserReport {
    /// On a content security policy.
    Policy(Violation),
    /// A certificate chain held no pinned key (HPKP).
    Pinning(Option<Untrusted>),
    /// A certificate came without proof of transparency (Expect-CT).
    Transparency(Option<Untrusted>),
    /// A certificate came without a valid OCSP answer (Expect-Staple).
    Stapling(Option<Untrusted>),
    /// A request failed on the network (NEL).
    Network(NetworkError),
}

impl Default for BrowserReport {
    fn default() -> Self {
        Self::Policy(Violation::default())
    }
}

/// What a content security policy does not allow.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Violation {
    /// The directive of the policy.
    pub directive: Option<Untrusted>,
    /// What the page wanted: a URL, `inline` or `eval`.
    pub blocked: Option<Untrusted>,
    /// The page.
    pub page: Option<Untrusted>,
    /// The script that asked for it, with its line.
    pub source: Option<Untrusted>,
    /// Whether the policy only reports, so that nothing was blocked.
    pub is_report_only: bool,
}

/// A request that failed on the network.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NetworkError {
    /// The URL.
    pub url: Option<Untrusted>,
    /// `GET`, `POST`, …
    pub method: Option<Untrusted>,
    /// `dns`, `connection` or `application`.
    pub phase: Option<Untrusted>,
    /// `tcp.refused`, `http.error`, …
    pub error: Option<Untrusted>,
    /// The HTTP status, of a server that answered.
    pub status: Option<u64>,
}

/// What a person wrote. The person's name and address are not kept.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Feedback {
    /// The words.
    pub message: Option<Untrusted>,
    /// The page that it was sent from.
    pub page: Option<Untrusted>,
    /// The error that it is linked to.
    pub event: Option<EventId>,
}

/// What a detector found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Detection {
    /// The kind of issue, when it is known.
    pub kind: Option<Kind>,
    /// The title.
    pub title: Option<Untrusted>,
    /// The transaction that it was found in.
    pub transaction: Option<Untrusted>,
    /// The lines that Sentry shows, by their names.
    pub shown: Vec<(Untrusted, Untrusted)>,
    /// The evidence of the kind.
    pub found: Found,
}

/// The evidence that a detector hands over; each kind has another.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Found {
    /// Spans that should not be there, or not so often.
    Spans(Offenders),
    /// Parameters of the request that stand in a query.
    Parameters(Vec<Untrusted>),
    /// An explanation in the words of Sentry's AI.
    Explanation(Explanation),
    /// A value against its threshold.
    Value(Measurement),
    /// What was clicked, by its selector.
    Element(Untrusted),
    /// No more than the lines that Sentry shows.
    #[default]
    Shown,
}

/// Spans that a detector complains of.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Offenders {
    /// What each of them does: a query, a URL.
    pub description: Option<Untrusted>,
    /// How many they are, by the detector's count.
    pub times: Option<u64>,
    /// Their ids.
    pub ids: Vec<Untrusted>,
    /// The span that they belong to.
    pub parent: Option<Untrusted>,
}

/// An explanation in the words of Sentry's AI.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Explanation {
    /// What is wrong.
    pub text: Option<Untrusted>,
    /// Whom it harms, and how.
    pub impact: Option<Untrusted>,
    /// What it rests on.
    pub evidence: Option<Untrusted>,
}

/// A value against its threshold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Measurement {
    /// The value.
    pub value: Option<Untrusted>,
    /// The threshold.
    pub threshold: Option<Untrusted>,
    /// Whether values above the threshold are the bad ones; `None` when the alert did not say.
    pub is_above: Option<bool>,
}

/// Lines of a detector that are kept.
pub const MOST_SHOWN: usize = 8;

impl Origin {
    /// What can be read of it beside the event's message: `name: value`, together, because a value is known for a secret
    /// by its name.
    #[must_use]
    pub fn details(&self) -> Vec<Untrusted> {
        match self {
            Self::Program | Self::Transaction => Vec::new(),
            Self::Report(report) => report.details(),
            Self::Feedback(feedback) => feedback.details(),
            Self::Detector(detection) => detection.details(),
        }
    }
}

/// `name: value` of the members that are there.
fn named<const N: usize>(members: [(&str, Option<&Untrusted>); N]) -> Vec<Untrusted> {
    let pair =
        |(name, value): (&str, Option<&Untrusted>)| Some(Untrusted::new(format!("{name}: {}", value?.raw())));
    members.into_iter().filter_map(pair).collect()
}

impl BrowserReport {
    fn details(&self) -> Vec<Untrusted> {
        match self {
            Self::Policy(it) => named([
                ("directive", it.directive.as_ref()),
                ("blocked", it.blocked.as_ref()),
                ("page", it.page.as_ref()),
                ("source", it.source.as_ref()),
            ]),
            Self::Pinning(host) | Self::Transparency(host) | Self::Stapling(host) => {
                named([("host", host.as_ref())])
            }
            Self::Network(it) => named([
                ("url", it.url.as_ref().map(Untrusted::route).as_ref()),
                ("phase", it.phase.as_ref()),
                ("error", it.error.as_ref()),
            ]),
        }
    }
}

impl Feedback {
    fn details(&self) -> Vec<Untrusted> {
        named([
            ("feedback", self.message.as_ref()),
            ("page", self.page.as_ref().map(Untrusted::route).as_ref()),
        ])
    }
}

impl Detection {
    fn details(&self) -> Vec<Untrusted> {
        let mut details = match &self.found {
            Found::Spans(it) => {
                named([("spans", it.description.as_ref()), ("parent span", it.parent.as_ref())])
            }
            Found::Parameters(names) => {
                names.iter().flat_map(|name| named([("parameter", Some(name))])).collect()
            }
            // Sentry shows these three by their names, too.
            Found::Explanation(_) | Found::Shown => Vec::new(),
            Found::Value(it) => named([("value", it.value.as_ref()), ("threshold", it.threshold.as_ref())]),
            Found::Element(selector) => named([("element", Some(selector))]),
        };
        details.extend(self.shown.iter().flat_map(|(name, value)| named([(name.raw(), Some(value))])));
        details
    }
}
