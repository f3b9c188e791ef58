//! Statements about the chain of exceptions of an event, which says how one exception caused the next, and about log
//! messages without an exception.

use super::Clues;
use super::headline;
use super::lineage::main_line;
use crate::domain::analysis::Finding;
use crate::domain::event::{Event, Exception};
use crate::domain::evidence::{Cite, Evidence};
use crate::domain::kind::Kind;
use crate::domain::text::Untrusted;
use crate::domain::words::{Arg, MESSAGE, NAME, Sentence};

/// The note names at most this many exceptions of a chain.
const MOST: usize = 4;

/// Returns a statement about how the exceptions of a chain are connected. The reader needs it, because the title of the
/// Sentry issue shows the outermost exception, and the headline of the note another. Returns `None` for one exception.
///
/// An exception group is not part of the chain, because its members did not cause it. An outer exception that repeats
/// the type and the message of its cause is left out.
pub(super) fn surfaced(evidence: &Evidence, clues: &Clues) -> Option<Finding> {
    let event = evidence.event.as_ref()?;
    let mut line: Vec<(usize, &Exception)> = Vec::new();
    for at in main_line(event) {
        let exception = event.exceptions.get(at).filter(|x| !x.is_group && x.kind.is_some());
        let is_new = |x: &&Exception| line.last().is_none_or(|(_, inner)| !repeats(x, inner));
        line.extend(exception.filter(is_new).map(|exception| (at, exception)));
    }
    if line.len() < 2 {
        return None;
    }
    if line.len() > MOST {
        // The exceptions nearest to the cause and the outermost one remain.
        line.drain(MOST - 1..line.len() - 1);
    }
    let named = headline::exception(event, clues.suspect.as_ref());
    let cites: Vec<Cite> = line.iter().rev().map(|(at, _)| Cite::Exception(*at)).collect();
    let mut inner_first = line.into_iter();
    let (innermost, cause) = inner_first.next()?;
    // The headline shows the cause's message, unless it is about an outer exception.
    let cause = if named == Some(innermost) { name(cause)? } else { said(cause)? };
    let chain = inner_first.filter_map(|(_, outer)| name(outer)).fold(cause, |inner, outer| {
        Arg::Sentence(Box::new(Sentence::new(|w| w.exception_chain, [outer, inner])))
    });
    Some(Finding::new(Sentence::new(|w| w.exception_surfaced, [chain]), cites))
}

/// Whether two exceptions have the same type, and the message of one ends with the message of the other.
fn repeats(outer: &Exception, inner: &Exception) -> bool {
    let message = |exception: &Exception| exception.message.clone().unwrap_or_else(|| Untrusted::new(""));
    let (outer_message, inner_message) = (message(outer), message(inner));
    outer.kind == inner.kind
        && (outer_message.raw().ends_with(inner_message.raw())
            || inner_message.raw().ends_with(outer_message.raw()))
}

fn name(exception: &Exception) -> Option<Arg> {
    exception.kind.as_ref().map(Arg::from)
}

fn said(exception: &Exception) -> Option<Arg> {
    let name = name(exception)?;
    let Some(message) = &exception.message else { return Some(name) };
    let message = Arg::Quote(message.clone(), NAME);
    Some(Arg::Sentence(Box::new(Sentence::new(|w| w.exception_said, [name, message]))))
}

/// Returns a remark if the event has no real exception: it is a log message, or the SDK for JavaScript made up the
/// exception. Returns nothing for other events.
pub(super) fn findings(evidence: &Evidence) -> Vec<Finding> {
    let Some(event) = &evidence.event else { return Vec::new() };
    let Some(outer) = event.exceptions.last() else { return logged(evidence, event) };
    let throws_anything = matches!(event.platform.as_ref().map(Untrusted::raw), Some("javascript" | "node"));
    let cite = Cite::Exception(event.exceptions.len() - 1);
    let is_made_up = outer.synthetic && throws_anything && evidence.kind() == Kind::Error;
    is_made_up.then(|| Finding::new(Sentence::plain(|w| w.synthetic), [cite])).into_iter().collect()
}

/// Returns the advice to search the code for the log message. Returns `None` if the event has an exception or no
/// message.
pub(super) fn step(evidence: &Evidence) -> Option<Sentence> {
    let event = evidence.event.as_ref()?;
    let message = event.message.as_ref().filter(|_| event.exceptions.is_empty())?;
    Some(match fixed_words(&message.line(MESSAGE)) {
        Some(words) => Sentence::new(|w| w.step_find_words, [Arg::from(&Untrusted::new(words))]),
        None => Sentence::plain(|w| w.step_find_message),
    })
}

/// The note advises to search the code for a text only if the text has at least this many characters.
const SEARCHED: usize = 8;

/// Returns the longest run of words in a log message without numbers, quotes and signs. The code very likely contains
/// these words. Returns `None` if the run is too short, or is the whole message.
fn fixed_words(message: &str) -> Option<String> {
    let is_word =
        |token: &&str| token.trim_end_matches([',', '.', ':', ';', '!']).chars().all(char::is_alphabetic);
    let mut tokens = message.split_whitespace().peekable();
    let mut best: Vec<&str> = Vec::new();
    while tokens.peek().is_some() {
        let run: Vec<&str> = std::iter::from_fn(|| tokens.next_if(is_word)).collect();
        if run.iter().map(|word| word.len()).sum::<usize>() > best.iter().map(|word| word.len()).sum() {
            best = run;
        }
        tokens.next_if(|token| !is_word(token));
    }
    let words = best.join(" ").trim_end_matches([',', '.', ':', ';', '!']).to_owned();
    (best.len() > 1 && words.chars().count() >= SEARCHED && words.len() < message.len()).then_some(words)
}

/// Returns a remark that the event is a log message. Returns nothing if the issue's title has the form `Type: message`,
/// because then an exception was raised and only not sent.
fn logged(evidence: &Evidence, event: &Event) -> Vec<Finding> {
    let title = evidence.issue.title.as_ref().map(Untrusted::raw).unwrap_or_default();
    let is_logged =
        |text: &&Untrusted| !title.strip_suffix(text.raw()).is_some_and(|kind| kind.ends_with(": "));
    let said = |_| Finding::new(Sentence::plain(|w| w.log_message), [Cite::Message]);
    event.message.as_ref().filter(is_logged).map(said).into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::fixed_words;

    #[test]
    fn the_longest_fixed_part_of_a_message_is_found() {
        let found = |message| fixed_words(message);
        assert_eq!(
            found("Rate source answered 429, using rates of 2026").as_deref(),
            Some("Rate source answered")
        );
        assert_eq!(found("7: order 'a' is not known, 8").as_deref(), Some("is not known"));
        assert_eq!(found("42 = x"), None);
        assert_eq!(found("the whole message"), None, "a part is not shorter than the message");
    }
}
