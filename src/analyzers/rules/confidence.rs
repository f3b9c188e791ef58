//! The confidence of the analysis: how likely its suspect frame, the stack frame that is named as the place of the bug,
//! is right. The conditions of each level can be checked against the event.
//!
//! | level | meaning | condition |
//! |---|---|---|
//! | high | the place is right, and the event shows why | the frame is the newest own frame, and one of three facts holds: a value there explains a well-known failure, the line there contains the name that the message quotes, or the runtime of a compiled language raised the exception in that frame |
//! | medium | the place is probably right | the frame is the newest own frame; or Seer, a browser or a detector names the cause |
//! | low | a starting point | there is no own code, frames cannot be resolved, the code only reports the error, or newer own frames were passed over by their names alone |
//!
//! `examples/localization` prints how often each level is right on a test set: high in nine of ten cases, medium in six
//! of ten.

use super::Clues;
use super::blame::{self, Suspect};
use super::headline;
use super::suspect::Clarity;
use crate::domain::analysis::{Confidence, Level};
use crate::domain::event::Event;
use crate::domain::evidence::Evidence;
use crate::domain::words::{Language, Phrase, Sentence};

/// Returns the confidence of the analysis: a level and the reason for it.
pub(super) fn confidence(evidence: &Evidence, clues: &Clues) -> Confidence {
    let (level, because) = match &clues.suspect {
        Some(suspect) => placed(evidence, clues, suspect),
        None => unplaced(evidence, clues.known.is_some()),
    };
    Confidence { level, because: Sentence::plain(because) }
}

/// Whether the reason for the confidence is that no frame is the program's own code.
pub(super) fn is_about_owner(evidence: &Evidence, clues: &Clues) -> bool {
    let words = Language::English.words();
    let placed = clues.suspect.as_ref().map(|suspect| placed(evidence, clues, suspect));
    placed.is_some_and(|(_, because)| because(words) == words.sure_library)
}

/// Returns the level and its reason for an analysis without a place in the code.
fn unplaced(evidence: &Evidence, is_known: bool) -> (Level, Phrase) {
    match () {
        () if evidence.seer.is_some() => (Level::Medium, |w| w.sure_seer),
        () if is_known => (Level::Low, |w| w.sure_known),
        () => (Level::Low, |w| w.sure_no_stack),
    }
}

/// Returns the level and its reason for an analysis with a place in the code, the suspect frame.
fn placed(evidence: &Evidence, clues: &Clues, suspect: &Suspect) -> (Level, Phrase) {
    let is_known = clues.known.is_some();
    let event = evidence.event.as_ref();
    let is_unresolved = event.is_some_and(|event| blame::is_unresolved(event, suspect));
    let is_clear = suspect.clarity == Clarity::Clear;
    let only_reports = event.is_some_and(|event| blame::only_reports(event, suspect));
    let is_plain = is_clear && is_known && !is_unresolved && !only_reports;
    let names_it = || event.is_some_and(|event| is_named_there(event, suspect));
    match () {
        () if is_clear && !clues.culprits.is_empty() => (Level::High, |w| w.sure_value),
        () if is_plain && names_it() => (Level::High, |w| w.sure_names),
        () if is_plain && suspect.gave_up_here && event.is_some_and(is_compiled) => {
            (Level::High, |w| w.sure_gave_up)
        }
        () if evidence.seer.is_some() => (Level::Medium, |w| w.sure_seer),
        () if is_unresolved => (Level::Low, |w| w.sure_unresolved),
        () if only_reports => (Level::Low, |w| w.sure_reported),
        () if suspect.clarity == Clarity::Ruled => (Level::Low, |w| w.sure_passed_over),
        () if suspect.is_own && is_known => (Level::Medium, |w| w.sure_known_own),
        () if suspect.is_own => (Level::Medium, |w| w.sure_own),
        () if is_known => (Level::Low, |w| w.sure_known),
        () => (Level::Low, |w| w.sure_library),
    }
}

/// Platforms whose compiler checks the types of arguments. In such a language a function rarely gets an invalid value
/// from its caller, so the line in which the runtime fails nearly always is the one to change.
const COMPILED: &[&str] = &["java", "go", "csharp", "rust", "cocoa", "swift", "dart", "native", "c"];

fn is_compiled(event: &Event) -> bool {
    event.platform.as_ref().is_some_and(|platform| COMPILED.contains(&platform.raw()))
}

/// A name is compared only if it has at least this many bytes. Shorter names occur in most lines.
const NAME: usize = 3;
/// At most this many characters of an exception's message are compared with the source line.
const MESSAGE: usize = 500;
/// At most this many characters of the source line are compared.
const LINE: usize = 1_000;

/// Whether the suspect frame's line contains a name that the exception's message quotes, such as `email` for
/// `'NoneType' object has no attribute 'email'`.
fn is_named_there(event: &Event, suspect: &Suspect) -> bool {
    let Some(frame) = event.frames.get(suspect.frame) else { return false };
    let exception = headline::exception(event, Some(suspect)).and_then(|at| event.exceptions.get(at));
    let message = exception.and_then(|exception| exception.message.as_ref());
    let Some((line, message)) = frame.source.as_ref().zip(message) else { return false };
    let line: Vec<&str> = identifiers(line.start(LINE)).collect();
    quoted(message.start(MESSAGE)).any(|name| line.contains(&name))
}

/// Splits the message at quotation marks and parentheses, and returns the last name of each part except the first.
fn quoted(message: &str) -> impl Iterator<Item = &str> {
    let quotes = ['\'', '"', '`', '‘', '’', '(', ')'];
    let inside = message.split(quotes).skip(1);
    inside.filter_map(|part| identifiers(part).last()).filter(|name| name.len() >= NAME)
}

fn identifiers(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !(c.is_alphanumeric() || c == '_')).filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analyzers::rules::analyze;
    use crate::domain::event::{Exception, Frame};
    use crate::domain::ids::IssueId;
    use crate::domain::text::Untrusted;

    fn judged(kind: &str, message: &str, frames: &[(&str, &str)]) -> Confidence {
        let text = |text: &str| (!text.is_empty()).then(|| Untrusted::new(text));
        let frame = |(function, source): &(&str, &str)| Frame {
            exception: Some(0),
            function: text(function),
            file: text("shop/cart.py"),
            source: text(source),
            in_app: true,
            ..Frame::default()
        };
        let exception = Exception { kind: text(kind), message: text(message), ..Exception::default() };
        let event = Event {
            platform: text("python"),
            exceptions: vec![exception],
            frames: frames.iter().map(frame).collect(),
            ..Event::default()
        };
        analyze(&Evidence::of_event(IssueId::parse("1").expect("an id"), Some(event))).confidence
    }

    #[test]
    fn a_line_with_the_name_from_the_message_gives_high_confidence() {
        let message = "'NoneType' object has no attribute 'email'";
        let level = |source| judged("AttributeError", message, &[("send", source)]).level;
        assert_eq!(level("to = order.customer.email"), Level::High);
        assert_eq!(level("to = order.customer.emails"), Level::Medium);
        assert_eq!(level(""), Level::Medium);
        // A matching name is not enough: the message of an unknown failure may quote anything.
        assert_eq!(judged("OrderRefused", "'email'", &[("send", "to = order.email")]).level, Level::Medium);
    }
}
