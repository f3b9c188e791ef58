//! The knowledge base of well-known failures, which are recognised by exception types, error codes and messages.
//!
//! The entries are data. The `.json` files in this folder contain the patterns of the failures, and the file
//! `knowledge.json` of each language contains their explanations. The causes of the exception in the headline are
//! searched before that exception, because the type of a wrapper is less specific than its cause.

mod index;
mod naming;
mod normal;
mod platform;

use index::{Entry, INDEX};
use normal::{Quoted, normal, type_name};
use platform::Platform;

use super::{lineage, novelty};
use crate::domain::analysis::Finding;
use crate::domain::event::Event;
use crate::domain::evidence::{Cite, Evidence};
use crate::domain::text::Untrusted;
use crate::domain::words::{Arg, Language, Part, Sentence};

/// A failure that usually is harmless may be an outage if it affects at least this many users.
const OUTAGE: u64 = 25;

/// A well-known failure that was recognised in an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Known {
    /// The id of the failure in the knowledge base.
    pub(super) id: &'static str,
    /// Whether the failure usually is harmless noise.
    pub(super) usually_noise: bool,
    /// The evidence by which the failure was recognised.
    pub(super) cite: Cite,
    /// The name in the message, such as a missing key.
    pub(super) name: Option<Untrusted>,
}

/// Returns the well-known failure that the evidence shows, if there is one.
///
/// `leads` is the index of the exception that the headline names.
pub(super) fn known(evidence: &Evidence, leads: Option<usize>) -> Option<Known> {
    let platform = Platform::of(evidence);
    let sources = sources(evidence, leads);
    sources.into_iter().find_map(|(kind, message, cite)| {
        let entry = lookup(platform, kind, message)?;
        let name = naming::name(message, &entry.names);
        Some(Known { id: entry.id, usually_noise: entry.noise, cite, name })
    })
}

fn raw(text: Option<&Untrusted>) -> &str {
    text.map(Untrusted::raw).unwrap_or_default()
}

/// Returns the exception types and messages that are searched, each with its evidence. Without an exception, the log
/// message and the issue's title are searched.
fn sources(evidence: &Evidence, leads: Option<usize>) -> Vec<(&str, &str, Cite)> {
    let event = evidence.event.as_ref();
    if let Some((event, leads)) = event.zip(leads) {
        let each = speaking(event, leads).into_iter().filter_map(|at| Some((at, event.exceptions.get(at)?)));
        return each
            .map(|(at, x)| (raw(x.kind.as_ref()), raw(x.message.as_ref()), Cite::Exception(at)))
            .collect();
    }
    let message = event.and_then(|event| event.message.as_ref()).map(|text| (text, Cite::Message));
    let title = evidence.issue.title.as_ref().map(|text| (text, Cite::Issue));
    message.into_iter().chain(title).map(|(text, cite)| titled(text.raw(), cite)).collect()
}

/// Returns the exceptions that can explain the exception `leads`, by their indexes: its causes from the innermost
/// outwards, the exception itself, and outer exceptions that repeat its message.
fn speaking(event: &Event, leads: usize) -> Vec<usize> {
    let line = lineage::main_line(event);
    let Some(end) = line.iter().position(|at| *at == leads) else { return vec![leads] };
    let message = |at: usize| raw(event.exceptions.get(at).and_then(|x| x.message.as_ref()));
    let said = message(leads);
    let repeats = |at: &usize| !said.is_empty() && message(*at).contains(said);
    let (causes, wrappers) = line.split_at(end + 1);
    causes.iter().copied().chain(wrappers.iter().copied().filter(repeats)).collect()
}

/// Returns the type and the message of a text of the form `Type: message`. The type of other texts is empty.
fn titled(text: &str, cite: Cite) -> (&str, &str, Cite) {
    match text.split_once(": ") {
        Some((kind, message)) if !kind.contains(char::is_whitespace) => (kind, message, cite),
        _ => ("", text, cite),
    }
}

fn lookup(platform: Platform<'_>, kind: &str, message: &str) -> Option<&'static Entry> {
    let mut readings = vec![normal(message, Quoted::Value)];
    // Drivers quote the message of a wrapped error: `(1213, 'Deadlock found …')`.
    if message.starts_with(['(', '\'', '"']) || message.contains("[Errno ") || message.contains("('") {
        readings.push(normal(message, Quoted::Unwrapped));
    }
    INDEX.find(platform, type_name(kind), &readings)
}

impl Known {
    /// Whether the failure is harmless noise in this event. Many affected users or an escalation indicate an outage,
    /// and a crash is never noise.
    pub(super) fn is_noise(&self, evidence: &Evidence) -> bool {
        let users = evidence.issue.users.unwrap_or(0);
        self.usually_noise && users < OUTAGE && !novelty::is_escalating(evidence) && !evidence.is_fatal()
    }

    /// Returns the explanation of the failure, and a remark if the failure is harmless noise.
    pub(super) fn cause(&self, evidence: &Evidence) -> Vec<Finding> {
        let said = |sentence| Finding::new(sentence, [self.cite.clone()]);
        let cause = said(Sentence::new(|_| "{0}", [self.advice(Part::Cause)]));
        let noise = self.is_noise(evidence).then(|| said(Sentence::plain(|w| w.noise)));
        [cause].into_iter().chain(noise).collect()
    }

    /// Returns a text of the knowledge base about the failure. If a text with a name exists and the message contains
    /// the name, returns that text; otherwise returns the general one.
    fn advice(&self, part: Part) -> Arg {
        let is_named = (Language::English.words().advice)().named(self.id, part).is_some();
        match self.name.as_ref().filter(|_| is_named) {
            Some(name) => Arg::Named(self.id, part, name.clone()),
            None => Arg::Advice(self.id, part),
        }
    }

    /// Returns the advice for the failure: the first check, and the steps after it.
    pub(super) fn steps(&self) -> Vec<Sentence> {
        let count = (Language::English.words().advice)().steps(self.id);
        let check = Sentence::new(|w| w.step_check, [self.advice(Part::Check)]);
        let steps = (0..count).map(|at| Sentence::new(|_| "{0}", [Arg::Advice(self.id, Part::Step(at))]));
        [check].into_iter().chain(steps).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::lookup;
    use super::platform::Platform;

    /// Real and invented messages, one per line: platform (with `@device` for a user's device), exception type,
    /// message, and the id of the expected failure.
    const SAMPLES: &str = include_str!("samples.txt");

    #[test]
    fn real_messages_are_recognised() {
        let mut wrong = Vec::new();
        for line in SAMPLES.lines() {
            let (rest, wanted) = line.rsplit_once('|').expect("four fields");
            let mut fields = rest.splitn(3, '|');
            let mut field = || fields.next().unwrap_or_default();
            let (platform, kind, message) = (field(), field(), field());
            let found = lookup(Platform::named(platform), kind, message).map_or("", |entry| entry.id);
            if found != wanted {
                wrong.push(format!("{line}: {found}"));
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    #[test]
    fn an_unknown_error_matches_no_knowledge_entry() {
        for (platform, kind, message) in [
            ("python", "OrderRejected", "no stock for 4711"),
            ("rust", "panic", "boom"),
            ("", "", ""),
            ("python", "ValueError", "the openfile was wrong"),
        ] {
            assert_eq!(
                lookup(Platform::named(platform), kind, message).map(|entry| entry.id),
                None,
                "{message}"
            );
        }
    }
}
