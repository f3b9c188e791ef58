//! The headline of an analysis: the failure and its place in the code, in one line. The place is the suspect frame, the
//! stack frame that most likely contains the bug.

use super::blame::{self, Suspect};
use super::embedded;
use super::lineage::{group_size, leading};
use crate::domain::event::{Event, Exception, Frame};
use crate::domain::evidence::Evidence;
use crate::domain::report::TITLE;
use crate::domain::text::Untrusted;
use crate::domain::words::{Arg, Language, Sentence};

/// Returns the headline of the analysis. For an exception group, it has the number of members and the first member.
pub(super) fn headline(evidence: &Evidence, suspect: Option<&Suspect>) -> Sentence {
    of_group(evidence, of_one(evidence, suspect))
}

/// Types of exceptions that do not say what broke: the base types of languages, and values without a type of their own.
const GENERIC: &[&str] = &[
    "Error",
    "Exception",
    "RuntimeError",
    "RuntimeException",
    "ErrorException",
    "System.Exception",
    "panic",
    "*errors.errorString",
    "*errors.fundamental",
    "*fmt.wrapError",
    "runtime.errorString",
];
/// At most this many characters of the message follow such a type in a title.
const EXCERPT: usize = 40;

/// Returns the title of the analysis, which is shorter than the headline: the type of the exception and the function. The
/// beginning of the message follows a type that does not say what broke, if there is room. Returns the headline if the
/// event has no exception.
pub(super) fn title(evidence: &Evidence, suspect: Option<&Suspect>) -> Sentence {
    let short = evidence.event.as_ref().and_then(|event| {
        let frame = suspect.and_then(|suspect| event.frames.get(suspect.frame));
        let cause = event.exceptions.get(exception(event, suspect)?)?;
        let place = frame.and_then(blame::name);
        let at_place = |broke: Arg| match place.clone() {
            Some(name) => Sentence::new(|w| w.headline_where, [broke, name]),
            None => Sentence::new(|w| w.headline_title, [broke]),
        };
        let fits = |title: &Sentence| title.plain_text(Language::English.words()).chars().count() <= TITLE;
        let said = generic(cause).map(at_place).filter(fits);
        Some(said.unwrap_or(at_place(Arg::from(cause.kind.as_ref()?))))
    });
    short.map_or_else(|| headline(evidence, suspect), |short| of_group(evidence, short))
}

/// Returns the type of an exception with the beginning of its message, if the type alone does not say what broke.
fn generic(exception: &Exception) -> Option<Arg> {
    let kind = exception.kind.as_ref().filter(|kind| GENERIC.contains(&kind.raw()))?;
    let said = exception.message.as_ref().filter(|said| *said != kind)?;
    let parts = [Arg::from(kind), Arg::Quote(first_line(said), EXCERPT)];
    Some(Arg::Sentence(Box::new(Sentence::new(|w| w.exception_said, parts))))
}

/// Returns `first`, the sentence about an exception. For an exception group, the number of members is added.
fn of_group(evidence: &Evidence, first: Sentence) -> Sentence {
    match evidence.event.as_ref().and_then(group_size) {
        Some(count) => {
            Sentence::new(|w| w.headline_group, [Arg::Number(count), Arg::Sentence(Box::new(first))])
        }
        None => first,
    }
}

/// Returns the headline about one exception: its type, message and place. Returns the title of the issue if the event
/// has no exception.
fn of_one(evidence: &Evidence, suspect: Option<&Suspect>) -> Sentence {
    let Some(event) = &evidence.event else { return titled(evidence, None) };
    let frame = suspect.and_then(|suspect| event.frames.get(suspect.frame));
    let cause = exception(event, suspect).and_then(|at| event.exceptions.get(at));
    let Some(kind) = cause.and_then(|cause| cause.kind.as_ref()) else { return titled(evidence, frame) };
    // A JVM prints `null` for an exception without a message, and logging libraries send it so.
    let says_something = |text: &&Untrusted| *text != kind && text.raw() != "null";
    let message = cause.and_then(|cause| cause.message.as_ref()).filter(says_something).map(|text| {
        let said = embedded::said(kind.raw(), text).unwrap_or_else(|| first_line(text));
        Arg::message(&said)
    });
    let kind = Arg::from(kind);
    match (message, frame.and_then(blame::location)) {
        (Some(message), Some(place)) => Sentence::new(|w| w.headline_full, [kind, message, place]),
        (Some(message), None) => Sentence::new(|w| w.headline_exception, [kind, message]),
        (None, Some(place)) => Sentence::new(|w| w.headline_where, [kind, place]),
        (None, None) => Sentence::new(|w| w.headline_title, [kind]),
    }
}

/// Returns the index of the exception in the headline: the exception of the suspect frame, or an exception that this
/// exception wraps. Without a suspect frame, the innermost cause is in the headline.
pub(super) fn exception(event: &Event, suspect: Option<&Suspect>) -> Option<usize> {
    let frame = suspect.and_then(|suspect| event.frames.get(suspect.frame));
    leading(event, frame.and_then(|frame| frame.exception))
}

/// Returns the first line of a message. If this line only introduces the next one, as
/// `Exception 1, Code 1, Subcode 8 >` does, the next line is added.
pub(super) fn first_line(text: &Untrusted) -> Untrusted {
    let mut lines = text.raw().lines().map(str::trim).filter(|line| !line.is_empty());
    let Some(first) = lines.next() else { return text.clone() };
    match lines.next().filter(|_| first.ends_with(['>', ':'])) {
        Some(second) => Untrusted::new(format!("{first} {second}")),
        None => Untrusted::new(first),
    }
}

/// Returns the issue's title with a place: `frame`, or the place that Sentry names (transaction or culprit).
fn titled(evidence: &Evidence, frame: Option<&Frame>) -> Sentence {
    let issue = &evidence.issue;
    let event = evidence.event.as_ref();
    let message = event.and_then(|event| event.message.as_ref());
    let title = issue.title.as_ref().or(message);
    let transaction = event.and_then(|event| event.transaction.as_ref());
    let placed = transaction.or(issue.culprit.as_ref());
    let is_new = |place: &&Untrusted| title.is_none_or(|title| !title.raw().contains(place.raw()));
    let place = frame.and_then(blame::location).or_else(|| placed.filter(is_new).map(culprit));
    let what = title.map_or_else(
        || Arg::Sentence(Box::new(Sentence::new(|w| w.headline_bare, [Arg::Name(issue.id.to_string())]))),
        |title| Arg::message(&first_line(title)),
    );
    match place {
        Some(place) => Sentence::new(|w| w.headline_where, [what, place]),
        None => Sentence::new(|w| w.headline_title, [what]),
    }
}

/// Returns the place that Sentry names as the culprit of an issue. Old versions of Sentry write `module in function`.
fn culprit(text: &Untrusted) -> Arg {
    let Some((module, function)) = text.raw().split_once(" in ") else { return Arg::from(text) };
    let parts = [function, module].map(|part| Arg::from(&Untrusted::new(part)));
    Arg::Sentence(Box::new(Sentence::new(|w| w.located, parts)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::IssueId;

    #[test]
    fn the_beginning_of_the_message_follows_a_type_that_does_not_say_what_broke() {
        for (kind, message, expected) in [
            ("KeyError", "'USD'", "KeyError"),
            ("Error", "no oven", "Error: no oven"),
            ("panic", "panic", "panic"),
            ("Error", "", "Error"),
            (
                "panic",
                "index out of bounds: the len is 2 but the index is 7",
                "panic: index out of bounds: the len is 2 but t…",
            ),
        ] {
            let text = |text: &str| (!text.is_empty()).then(|| Untrusted::new(text));
            let exception = Exception { kind: text(kind), message: text(message), ..Exception::default() };
            let event = Event { exceptions: vec![exception], ..Event::default() };
            let evidence = Evidence::of_event(IssueId::parse("1").expect("an id"), Some(event));
            assert_eq!(title(&evidence, None).plain_text(Language::English.words()), expected);
        }
    }

    #[test]
    fn an_incomplete_first_line_is_joined_with_the_next_line() {
        for (message, expected) in [
            (
                "Exception 1, Code 1, Subcode 8 >\nKERN_INVALID_ADDRESS at 0x8.",
                "Exception 1, Code 1, Subcode 8 > KERN_INVALID_ADDRESS at 0x8.",
            ),
            (
                "Exception 6, Code 1, Subcode 1 >\n\n  Attempted to dereference null pointer.",
                "Exception 6, Code 1, Subcode 1 > Attempted to dereference null pointer.",
            ),
            (
                "Exception 1, Code 257, Subcode 0 >\r\nEXC_ARM_DA_ALIGN",
                "Exception 1, Code 257, Subcode 0 > EXC_ARM_DA_ALIGN",
            ),
            (
                "\n  could not render:\n\n  no such template\n  at line 3",
                "could not render: no such template",
            ),
            ("no price\nfor this cart", "no price"),
            ("no price:", "no price:"),
            ("", ""),
        ] {
            assert_eq!(first_line(&Untrusted::new(message)).raw(), expected);
        }
    }
}
