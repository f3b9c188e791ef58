//! The knowledge base of well-known failures: exceptions, error codes and messages.
//!
//! The entries are data. `<family>.json` in this folder contains the patterns of a failure, and each language's
//! `knowledge.json` contains its explanation. The search tries the causes of the headline's exception before that
//! exception, because the type of a wrapper is less specific than its cause. Siblings in a group are not searched.

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

/// The number of users from which a failure that usually is noise may be an outage.
const OUTAGE: u64 = 25;

/// A well-known failure, as it was found in an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Known {
    /// The entry's id.
    pub(super) id: &'static str,
    /// Whether the failure usually is harmless noise.
    pub(super) usually_noise: bool,
    /// The evidence that it was recognised by.
    pub(super) cite: Cite,
    /// The name in the message, such as a missing key.
    pub(super) name: Option<Untrusted>,
}

/// The well-known failure that the evidence shows, if there is one.
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

/// The types and messages to search. Without an exception, these are the log message and the issue's title.
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

/// The exceptions that explain the leading one: its causes from the innermost outwards, the exception itself, and
/// wrappers that repeat its message.
fn speaking(event: &Event, leads: usize) -> Vec<usize> {
    let line = lineage::main_line(event);
    let Some(end) = line.iter().position(|at| *at == leads) else { return vec![leads] };
    let message = |at: usize| raw(event.exceptions.get(at).and_then(|x| x.message.as_ref()));
    let said = message(leads);
    let repeats = |at: &usize| !said.is_empty() && message(*at).contains(said);
    let (causes, wrappers) = line.split_at(end + 1);
    causes.iter().copied().chain(wrappers.iter().copied().filter(repeats)).collect()
}

/// Type and message of a title or a logged exception with the form `Type: message`.
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
    /// Whether the failure is noise in this event. Many affected users indicate an outage, and a crash is never noise.
    pub(super) fn is_noise(&self, evidence: &Evidence) -> bool {
        let users = evidence.issue.users.unwrap_or(0);
        self.usually_noise && users < OUTAGE && !novelty::is_escalating(evidence) && !evidence.is_fatal()
    }

    /// The explanation of the failure, and whether it is noise.
    pub(super) fn cause(&self, evidence: &Evidence) -> Vec<Finding> {
        let said = |sentence| Finding::new(sentence, [self.cite.clone()]);
        let cause = said(Sentence::new(|_| "{0}", [self.advice(Part::Cause)]));
        let noise = self.is_noise(evidence).then(|| said(Sentence::plain(|w| w.noise)));
        [cause].into_iter().chain(noise).collect()
    }

    /// The advice with the name in the message, if both exist. Otherwise the general advice.
    fn advice(&self, part: Part) -> Arg {
        let is_named = (Language::English.words().advice)().named(self.id, part).is_some();
        match self.name.as_ref().filter(|_| is_named) {
            Some(name) => Arg::Named(self.id, part, name.clone()),
            None => Arg::Advice(self.id, part),
        }
    }

    /// The first check, and the step after it.
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

    /// Real and invented messages: platform (`@device` on a user's device), type, message, and the entry's id.
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
    fn what_is_not_known_is_not_guessed() {
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
