//! The source of a Sentry event: the program itself, a browser, a person who sends feedback, or a detector of Sentry.

use super::ids::EventId;
use super::kind::Kind;
use super::text::Untrusted;

/// The source of an event, with the evidence that only this source has.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Origin {
    /// The program: it raised an exception or logged a message.
    #[default]
    Program,
    /// A browser, which reports a violation or a failed request.
    Report(BrowserReport),
    /// The program: it recorded a transaction.
    Transaction,
    /// A person, who sent feedback.
    Feedback(Feedback),
    /// A detector of Sentry, which found a problem.
    Detector(Detection),
}

/// A report by a browser.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BrowserReport {
    /// A page violated its content security policy (CSP).
    Policy(Violation),
    /// A certificate chain contained no pinned key (HPKP). The value is the host.
    Pinning(Option<Untrusted>),
    /// A certificate had no proof of transparency (Expect-CT). The value is the host.
    Transparency(Option<Untrusted>),
    /// A certificate had no valid OCSP response (Expect-Staple). The value is the host.
    Stapling(Option<Untrusted>),
    /// A request failed on the network (NEL).
    Network(NetworkError),
}

impl Default for BrowserReport {
    fn default() -> Self {
        Self::Policy(Violation::default())
    }
}

/// A violation of a content security policy.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Violation {
    /// The violated directive of the policy.
    pub directive: Option<Untrusted>,
    /// The blocked resource: a URL, `inline` or `eval`.
    pub blocked: Option<Untrusted>,
    /// The URL of the page.
    pub page: Option<Untrusted>,
    /// The script that requested the resource, with its line.
    pub source: Option<Untrusted>,
    /// Whether the policy only reports and blocks nothing.
    pub is_report_only: bool,
}

/// A request that failed on the network.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NetworkError {
    /// The URL of the request.
    pub url: Option<Untrusted>,
    /// The HTTP method of the request.
    pub method: Option<Untrusted>,
    /// The phase of the request that failed: `dns`, `connection` or `application`.
    pub phase: Option<Untrusted>,
    /// The type of the error, such as `tcp.refused` or `http.error`.
    pub error: Option<Untrusted>,
    /// The HTTP status, if a server answered.
    pub status: Option<u64>,
}

/// The feedback of a person, without the person's name and e-mail address.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Feedback {
    /// The text that the person wrote.
    pub message: Option<Untrusted>,
    /// The URL of the page from which the feedback was sent.
    pub page: Option<Untrusted>,
    /// The id of the error event that the feedback is linked to.
    pub event: Option<EventId>,
}

/// The finding of one of Sentry's detectors.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Detection {
    /// The kind of the issue, if it is known.
    pub kind: Option<Kind>,
    /// The title of the finding.
    pub title: Option<Untrusted>,
    /// The transaction in which the problem was found.
    pub transaction: Option<Untrusted>,
    /// The names and values that Sentry displays about the finding.
    pub shown: Vec<(Untrusted, Untrusted)>,
    /// The evidence that only this kind of issue has.
    pub found: Found,
}

/// The evidence that a detector hands over. Each kind of issue has a different one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Found {
    /// The spans that are too slow or too many.
    Spans(Offenders),
    /// The names of the request's parameters that are part of a query.
    Parameters(Vec<Untrusted>),
    /// An explanation by Sentry's AI.
    Explanation(Explanation),
    /// A measured value with its threshold.
    Value(Measurement),
    /// The CSS selector of the clicked element.
    Element(Untrusted),
    /// There is no evidence beyond the lines that Sentry displays.
    #[default]
    Shown,
}

/// The spans that a detector reports.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Offenders {
    /// The operation that the spans have in common, such as a query or a URL.
    pub description: Option<Untrusted>,
    /// The number of spans, as counted by the detector.
    pub times: Option<u64>,
    /// The ids of the reported spans.
    pub ids: Vec<Untrusted>,
    /// The description of the span that contains the reported spans.
    pub parent: Option<Untrusted>,
}

/// An explanation by Sentry's AI.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Explanation {
    /// The description of the problem.
    pub text: Option<Untrusted>,
    /// The impact of the problem on users.
    pub impact: Option<Untrusted>,
    /// The evidence for the problem.
    pub evidence: Option<Untrusted>,
}

/// A measured value with its threshold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Measurement {
    /// The measured value.
    pub value: Option<Untrusted>,
    /// The threshold that the value crossed.
    pub threshold: Option<Untrusted>,
    /// Whether the alert fires for values above the threshold. `None` if the alert does not state it.
    pub is_above: Option<bool>,
}

/// At most this many displayed lines of a detector are kept.
pub const MOST_SHOWN: usize = 8;

impl Origin {
    /// Returns the details that the event has beside its message, as `name: value`. Name and value are scrubbed
    /// together, because the name can denote a secret.
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

/// Formats the members that are present as `name: value`.
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
            // The lines that Sentry displays already contain the explanation.
            Found::Explanation(_) | Found::Shown => Vec::new(),
            Found::Value(it) => named([("value", it.value.as_ref()), ("threshold", it.threshold.as_ref())]),
            Found::Element(selector) => named([("element", Some(selector))]),
        };
        details.extend(self.shown.iter().flat_map(|(name, value)| named([(name.raw(), Some(value))])));
        details
    }
}
