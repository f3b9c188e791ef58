//! The notes on issues that are not errors with a stack trace, such as slow queries and failed cron jobs: one file per
//! kind of issue.
//!
//! The file of a kind reads only the evidence of that kind. Native crashes and hangs are errors: the general rules
//! apply to them, and their files add the parts that only these kinds have.

mod ai_detected;
mod cron;
mod detected;
mod feedback;
pub(super) mod hang;
mod injection;
mod metric;
pub(super) mod native;
mod performance;
mod replay;
mod report;
mod uptime;

use super::knowledge::Known;
use super::{Clues, NAME, affected, frequency, missing, novelty, others, propose, raised};
use crate::domain::action::Proposal;
use crate::domain::analysis::{Analysis, Confidence, Finding, Level, Status};
use crate::domain::evidence::{Cite, Evidence};
use crate::domain::kind::Kind;
use crate::domain::text::Untrusted;
use crate::domain::words::{Arg, Phrase, Sentence};

/// The content of the note on an issue that is not an error.
struct Note {
    headline: Sentence,
    level: Level,
    because: Phrase,
    cause: Vec<Finding>,
    findings: Vec<Finding>,
    steps: Vec<Sentence>,
}

/// Returns the analysis of an issue that is not an error. Returns `None` for errors, native crashes and hangs.
pub(super) fn note(evidence: &Evidence) -> Option<Analysis> {
    let kind = evidence.kind();
    let note = match kind {
        Kind::Error | Kind::Hang | Kind::Native => return None,
        Kind::Report => report::note(evidence)?,
        Kind::Performance(problem) => performance::note(evidence, problem),
        Kind::Injection => injection::note(evidence),
        Kind::AiDetected => ai_detected::note(evidence),
        Kind::Replay(gesture) => replay::note(evidence, gesture),
        Kind::Cron => cron::note(evidence),
        Kind::Uptime => uptime::note(evidence),
        Kind::Feedback => feedback::note(evidence),
        Kind::Metric => metric::note(evidence),
        Kind::Detected => detected::note(evidence),
    };
    Some(note.analysis(evidence, kind))
}

/// Whether releases and users are relevant for issues of this kind.
fn is_of_code(kind: Kind) -> bool {
    !matches!(kind, Kind::Cron | Kind::Uptime | Kind::Feedback | Kind::Metric)
}

impl Note {
    fn analysis(self, evidence: &Evidence, kind: Kind) -> Analysis {
        let is_of_code = is_of_code(kind);
        let traffic = if is_of_code { traffic(evidence) } else { often(evidence, kind) };
        let proposal =
            if is_of_code { propose::proposal(evidence, &Clues::default()) } else { Proposal::none() };
        Analysis {
            analyzer: NAME,
            status: Status::Likely,
            confidence: Confidence { level: self.level, because: Sentence::plain(self.because) },
            title: self.headline.clone(),
            headline: self.headline,
            cause: others::cause(evidence).into_iter().chain(self.cause).collect(),
            suspect: None,
            runners_up: raised::newest(evidence),
            line: None,
            place_remark: None,
            findings: self.findings.into_iter().chain(others::findings(evidence)).chain(traffic).collect(),
            next_steps: self.steps,
            proposal,
            would_settle: missing::token(evidence).into_iter().collect(),
            reading: None,
            remarks: Vec::new(),
        }
    }
}

/// Returns statements about the first occurrence, the users, the frequency, and the values that the events share.
fn traffic(evidence: &Evidence) -> Vec<Finding> {
    let first = [novelty::news(evidence), affected::users(evidence)];
    let rest = frequency::findings(evidence).into_iter().chain(affected::shared(evidence));
    first.into_iter().flatten().chain(rest).collect()
}

/// Returns statements about the frequency, for issues without releases and users. User feedback has no frequency,
/// because it is sent once.
fn often(evidence: &Evidence, kind: Kind) -> Vec<Finding> {
    if kind == Kind::Feedback { Vec::new() } else { frequency::findings(evidence) }
}

/// Returns the explanation with this id in the knowledge base, for a problem that a detector of Sentry or a browser
/// reports.
fn known(id: &'static str, evidence: &Evidence) -> Known {
    Known { id, usually_noise: false, cite: source(evidence), name: None }
}

/// Returns the evidence that statements of a detector cite: the event's message, or the issue if there is no message.
fn source(evidence: &Evidence) -> Cite {
    let is_there = evidence.holds(&Cite::Message);
    if is_there { Cite::Message } else { Cite::Issue }
}

/// Returns a statement that cites the report of a detector, a browser or a person.
fn said(evidence: &Evidence, phrase: Phrase, args: impl Into<Vec<Arg>>) -> Finding {
    Finding::new(Sentence::new(phrase, args), [source(evidence)])
}

/// Returns a statement for each field that Sentry shows on the page of the event, except the fields in `except`.
fn shown(evidence: &Evidence, except: &[&str]) -> Vec<Finding> {
    let lines = evidence.detection().map(|it| it.shown.as_slice()).unwrap_or_default();
    let is_new = |name: &Untrusted| !except.iter().any(|it| name.raw().eq_ignore_ascii_case(it));
    let lines = lines.iter().filter(|(name, _)| is_new(name));
    let line = |(name, value): &(Untrusted, Untrusted)| {
        // Name and value are scrubbed together, because a value is recognised as a secret by its name.
        let both = Untrusted::new(format!("{}: {}", name.raw(), value.raw()));
        said(evidence, |_| "{0}", [Arg::message(&both)])
    };
    lines.map(line).collect()
}

/// Returns the value of the field `name` that Sentry shows on the page of the event. The case of `name` is ignored.
fn shown_as<'e>(evidence: &'e Evidence, name: &str) -> Option<&'e Untrusted> {
    let lines = &evidence.detection()?.shown;
    lines.iter().find(|(key, _)| key.raw().eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

/// Returns the title that Sentry gives the issue.
fn title(evidence: &Evidence) -> Option<&Untrusted> {
    evidence.detection().and_then(|it| it.title.as_ref()).or(evidence.issue.title.as_ref())
}

/// Returns the event's message, or else Sentry's subtitle of the issue. Returns `None` if the title contains this text.
fn subtitle(evidence: &Evidence) -> Option<&Untrusted> {
    let message = evidence.event.as_ref().and_then(|event| event.message.as_ref());
    let title = title(evidence).map(Untrusted::raw).unwrap_or_default();
    message.or(evidence.issue.subtitle.as_ref()).filter(|text| !title.contains(text.raw()))
}

/// Returns the headline `title: subtitle`, or the known one of the two.
fn titled(evidence: &Evidence) -> Sentence {
    match (title(evidence), subtitle(evidence)) {
        (Some(title), Some(subtitle)) => {
            Sentence::new(|w| w.headline_exception, [Arg::message(title), Arg::message(subtitle)])
        }
        (Some(text), None) | (None, Some(text)) => Sentence::new(|w| w.headline_title, [Arg::message(text)]),
        (None, None) => Sentence::new(|w| w.headline_bare, [Arg::Name(evidence.issue.id.to_string())]),
    }
}
