//! Statements about the suspect frame, the stack frame that most likely contains the bug, and about newer frames that
//! the rules passed over.

use std::collections::HashSet;

use super::lineage::by_weight;
use super::suspect::{
    Candidate, Clarity, Facts, Line, Owner, Ranked, Rule, clarity, is_runtime_failure, rank,
    without_arguments,
};
use crate::domain::analysis::Finding;
use crate::domain::event::{Event, Frame};
use crate::domain::evidence::{Cite, Evidence};
use crate::domain::order::sorted_by_key;
use crate::domain::text::Untrusted;
use crate::domain::words::{Arg, Phrase, Sentence};

/// The endings of source files in whose languages every function belongs to a class. Sentry's SDKs for the JVM and for
/// .NET send the class as the module of a frame.
const OF_CLASSES: &[&str] = &[".java", ".kt", ".scala", ".groovy", ".cs"];
/// The placeholders that Sentry's SDKs send for functions without a name.
const ANONYMOUS: &[&str] = &[
    "?",
    "<anonymous>",
    "anonymous",
    "(anonymous)",
    "<unknown>",
    "<redacted>",
    "<lambda>",
    "{closure}",
    "/",
];
/// A note explains at most this many passed-over frames.
const EXPLAINED: usize = 2;
/// At most this many characters of a source line are read.
const LINE: usize = 1_000;
/// The largest number of further frames in [`Suspect::runners_up`].
const RUNNERS_UP: usize = 4;
/// Sentry's names of the errors that say that frames could not be resolved.
const UNRESOLVED: &[&str] = &[
    "js_no_source",
    "js_invalid_source",
    "js_missing_sources_content",
    "native_missing_dsym",
    "native_missing_symbol",
    "native_no_symsynd",
    "proguard_missing_mapping",
    "proguard_missing_lineno",
];

/// The stack frame that most likely contains the bug, and the newer frames that the rules passed over.
pub(super) struct Suspect {
    /// The index of the suspect frame in the event's frames.
    pub(super) frame: usize,
    /// Whether the suspect frame is the program's own code.
    pub(super) is_own: bool,
    /// The clarity of the choice of this frame.
    pub(super) clarity: Clarity,
    /// Whether the language's runtime raised the exception in this frame, so that only frames of the runtime are newer.
    pub(super) gave_up_here: bool,
    /// The indexes of the next most likely frames, the most likely first.
    pub(super) runners_up: Vec<usize>,
    /// The newer frames that were passed over: the index, the rule, and the name that the rule matched.
    passed_over: Vec<(usize, Rule, Untrusted)>,
}

/// Returns the frame that most likely contains the bug. Returns `None` if no frame has usable names.
pub(super) fn suspect(evidence: &Evidence) -> Option<Suspect> {
    let event = evidence.event.as_ref()?;
    let ranked = ranking(event);
    let best = ranked.first()?;
    let is_own = |r: &&Ranked<'_>| r.is_own;
    let frame = best.index;
    let exception = |at: usize| event.frames.get(at).and_then(|frame| frame.exception);
    let clarity = clarity(&ranked, |a, b| exception(a) == exception(b))?;
    let is_newer = |r: &&Ranked<'_>| r.index < frame && exception(r.index) == exception(frame);
    let passed_over = ranked.iter().filter(is_newer).filter_map(explained);
    let mut passed_over = sorted_by_key(passed_over, |(at, ..)| *at);
    passed_over.dedup_by(|a, b| a.1 == b.1);
    passed_over.truncate(EXPLAINED);
    let is_owned = is_own(&best);
    let others = ranked.iter().skip(1).filter(|r| !is_owned || is_own(r)).map(|r| r.index);
    let mut seen = HashSet::from([place_of(event, frame)]);
    let readable = others.filter(|at| {
        let place = place_of(event, *at);
        place.0.is_some() && seen.insert(place)
    });
    let runners_up = readable.take(RUNNERS_UP).collect();
    let gave_up_here = gave_up_here(event, frame);
    Some(Suspect { frame, is_own: is_owned, clarity, gave_up_here, runners_up, passed_over })
}

/// Whether the language's runtime raised the exception in the frame at `at`, so that only frames of the runtime are
/// newer.
fn gave_up_here(event: &Event, at: usize) -> bool {
    let owner = event.frames.get(at).and_then(|frame| frame.exception);
    let Some(exception) = owner.and_then(|owner| event.exceptions.get(owner)) else { return false };
    let of_it = |frame: &&Frame| frame.exception == owner;
    let Some(newest) = event.frames.iter().find(of_it) else { return false };
    let mut newer = event.frames.iter().take(at).filter(of_it);
    let (kind, message) = (raw(exception.kind.as_ref()), raw(exception.message.as_ref()));
    is_runtime_failure(kind, message, &candidate(newest))
        && newer.all(|frame| owner_of(frame) == Owner::Runtime)
}

/// Returns `frame` as the suspect frame, because a model names it as the cause. The first frames of the rules' own
/// ranking become the runners-up. Returns `None` if the event has no such frame, or if the rules find no suspect frame.
pub(super) fn suspect_at(evidence: &Evidence, frame: usize) -> Option<Suspect> {
    let ranked = suspect(evidence)?;
    let is_own = evidence.event.as_ref()?.frames.get(frame)?.in_app;
    let others = std::iter::once(ranked.frame).chain(ranked.runners_up);
    let runners_up = others.filter(|at| *at != frame).take(RUNNERS_UP).collect();
    let gave_up_here = gave_up_here(evidence.event.as_ref()?, frame);
    Some(Suspect {
        frame,
        is_own,
        clarity: ranked.clarity,
        gave_up_here,
        runners_up,
        passed_over: Vec::new(),
    })
}

/// Returns the file and the line of a frame. They identify equal frames, because each exception of a chain repeats the
/// same frames in its stack.
fn place_of(event: &Event, at: usize) -> (Option<&str>, Option<u64>) {
    let frame = event.frames.get(at);
    let file = frame.and_then(|frame| frame.file.as_ref().or(frame.module.as_ref()));
    (file.map(Untrusted::raw), frame.and_then(|frame| frame.line))
}

fn explained(ranked: &Ranked<'_>) -> Option<(usize, Rule, Untrusted)> {
    let reason = ranked.reasons.first()?;
    Some((ranked.index, reason.rule, Untrusted::new(reason.name)))
}

/// Returns all frames with a function or a file, the most suspect first. In an exception group, the frames of its first
/// member and that member's causes come before the others.
#[must_use]
pub fn ranking(event: &Event) -> Vec<Ranked<'_>> {
    let by_weight = by_weight(event);
    let weight = |at: usize| by_weight.iter().position(|exception| *exception == at).unwrap_or(0);
    let weights: Vec<usize> = (0..event.exceptions.len()).map(weight).collect();
    let weight = |frame: &Frame| frame.exception.and_then(|at| weights.get(at)).copied().unwrap_or(0);
    let order = sorted_by_key(0..event.frames.len(), |at| event.frames.get(*at).map(weight));

    let in_order = order.iter().filter_map(|at| event.frames.get(*at));
    let candidates: Vec<Candidate<'_>> =
        in_order.map(|frame| Candidate { exception_index: weight(frame), ..candidate(frame) }).collect();
    let chain = by_weight.iter().filter_map(|at| event.exceptions.get(*at));
    let exceptions: Vec<(&str, &str)> =
        chain.map(|e| (raw(e.kind.as_ref()), raw(e.message.as_ref()))).collect();
    let says_something = |r: &Ranked<'_>| {
        candidates.get(r.index).is_some_and(|c| !(c.function.is_empty() && c.filename.is_empty()))
    };
    let ranked = rank(&candidates, &exceptions).into_iter().filter(says_something);
    ranked.filter_map(|r| Some(Ranked { index: *order.get(r.index)?, ..r })).collect()
}

/// Returns the texts and the mark of a frame that the ranking reads.
#[must_use]
pub fn candidate(frame: &Frame) -> Candidate<'_> {
    Candidate {
        function: raw(frame.function.as_ref()),
        module: raw(frame.module.as_ref()),
        filename: raw(frame.file.as_ref()),
        path: raw(frame.path.as_ref()),
        package: raw(frame.package.as_ref()),
        source: frame.source.as_ref().map(|source| source.start(LINE)).unwrap_or_default(),
        in_app: frame.in_app,
        exception_index: frame.exception.unwrap_or(0),
    }
}

pub(super) fn owner_of(frame: &Frame) -> Owner {
    Owner::of(&facts(frame))
}

/// Returns the facts about the names of a frame.
pub(super) fn facts(frame: &Frame) -> Facts<'_> {
    Facts::of(&candidate(frame))
}

fn raw(text: Option<&Untrusted>) -> &str {
    text.map(Untrusted::raw).unwrap_or_default()
}

/// Returns a statement with the source line of the suspect frame.
pub(super) fn line(evidence: &Evidence, suspect: &Suspect) -> Option<Finding> {
    let frame = evidence.event.as_ref()?.frames.get(suspect.frame)?;
    let source = frame.source.as_ref().filter(|source| is_code(source.raw()))?;
    let phrase: Phrase =
        if is_report(source.raw()) { |w| w.suspect_line_reported } else { |w| w.suspect_line };
    let said = Sentence::new(phrase, [Arg::from(source)]);
    Some(Finding::new(said, [Cite::Frame(suspect.frame)]))
}

/// Whether a source line is worth showing. Minified code and the markup around an inline script are not.
fn is_code(source: &str) -> bool {
    let markup = ["<!", "<html", "<meta", "<head", "<script", "<body", "<link"];
    !source.contains("{snip}")
        && !markup.iter().any(|tag| source.trim_start().to_lowercase().starts_with(tag))
}

/// Whether the code of the suspect frame only reports the error. The stack then shows where it was reported, and not
/// where it arose.
pub(super) fn only_reports(event: &Event, suspect: &Suspect) -> bool {
    let source = event.frames.get(suspect.frame).and_then(|frame| frame.source.as_ref());
    source.is_some_and(|source| is_report(source.raw()))
}

/// Whether the line only reports the error to Sentry.
fn is_report(source: &str) -> bool {
    let calls = ["captureException(", "CaptureException(", "capture_exception(", "capture_error("];
    calls.iter().any(|call| source.contains(call))
}

/// Returns a remark that the suspect frame is not known to be the program's own code.
pub(super) fn whose(suspect: &Suspect) -> Option<Finding> {
    (suspect.clarity == Clarity::NotOwn)
        .then(|| Finding::new(Sentence::plain(|w| w.suspect_library), [Cite::Frame(suspect.frame)]))
}

/// Returns a statement about each newer frame that was passed over: the reason, and the case in which the frame is the
/// place of the bug nevertheless.
pub(super) fn passed_over(evidence: &Evidence, suspect: &Suspect) -> Vec<Finding> {
    let frame = |at: usize| evidence.event.as_ref()?.frames.get(at);
    let said = |(at, rule, name): &(usize, Rule, Untrusted)| {
        let place = frame(*at).and_then(location).unwrap_or_else(|| Arg::from(name));
        Finding::new(Sentence::new(reason(*rule), [place]), [Cite::Frame(*at)])
    };
    suspect.passed_over.iter().map(said).collect()
}

/// Returns the phrase that explains why a rule passed over a frame.
fn reason(rule: Rule) -> Phrase {
    match rule {
        Rule::OnlyRaises => |w| w.rule_only_raises,
        Rule::Forwards => |w| w.rule_forwards,
        Rule::TakesValue => |w| w.rule_takes_value,
        Rule::OtherVendor => |w| w.rule_other_vendor,
        Rule::TestCode => |w| w.rule_test_code,
        Rule::Cycle => |w| w.rule_cycle,
    }
}

/// Returns the advice to read the code of the suspect frame and of its caller.
pub(super) fn step(evidence: &Evidence, suspect: &Suspect) -> Option<Sentence> {
    let event = evidence.event.as_ref()?;
    let frame = event.frames.get(suspect.frame)?;
    let place = Arg::from(&frame.place().or_else(|| frame.function.clone())?);
    if matches!(Line::of(candidate(frame).source), Line::Raises | Line::Reports) {
        return Some(Sentence::new(|w| w.step_open_raise, [place]));
    }
    Some(match caller(event, suspect.frame).and_then(location) {
        Some(caller) => Sentence::new(|w| w.step_open_frame, [place, caller]),
        None => Sentence::new(|w| w.step_open_alone, [place]),
    })
}

/// Returns the nearest frame of the program's own code that called the frame at `at`.
fn caller(event: &Event, at: usize) -> Option<&Frame> {
    let called = event.frames.get(at)?;
    let older = event.frames.iter().skip(at + 1).filter(|frame| frame.exception == called.exception);
    older.filter(|frame| frame.in_app && owner_of(frame) == Owner::Program).find(|frame| {
        let is_same_line = (&frame.file, frame.line) == (&called.file, called.line);
        let is_same_function = (&frame.function, &frame.file) == (&called.function, &called.file);
        frame.function.is_some() && !is_same_line && !is_same_function
    })
}

/// Returns the function of a frame with its file and line, or the known one of the two.
pub(super) fn location(frame: &Frame) -> Option<Arg> {
    let function = function(frame);
    match (function.as_ref(), frame.place().filter(|_| !names_its_module(frame))) {
        (Some(function), Some(place)) => {
            let both = Sentence::new(|w| w.located, [Arg::from(function), Arg::from(&place)]);
            Some(Arg::Sentence(Box::new(both)))
        }
        (Some(function), None) => Some(Arg::from(function)),
        (None, place) => place.map(|place| Arg::from(&place)),
    }
}

/// Whether only the module of a frame is known beside the function, and the function's name begins with it.
fn names_its_module(frame: &Frame) -> bool {
    let module = raw(frame.module.as_ref());
    frame.file.is_none() && !module.is_empty() && begins_with(raw(frame.function.as_ref()), module)
}

/// Whether a function's name begins with the whole name of a class or module: `Cart.total` begins with `Cart`, and
/// `CartTotal` does not.
fn begins_with(function: &str, class: &str) -> bool {
    let goes_on = |rest: &str| rest.starts_with(|c: char| c.is_alphanumeric() || c == '_');
    function.strip_prefix(class).is_some_and(|rest| !goes_on(rest))
}

/// Returns the function of a frame, or its file and line if the function has no name.
pub(super) fn name(frame: &Frame) -> Option<Arg> {
    function(frame).or_else(|| frame.place()).as_ref().map(Arg::from)
}

/// Returns the function of a frame without its arguments, with its class where every function belongs to one. Returns
/// `None` if a person cannot search for the name.
fn function(frame: &Frame) -> Option<Untrusted> {
    let function = frame.function.as_ref().filter(|function| is_named(function.raw()))?;
    let name = without_arguments(function.raw());
    Some(Untrusted::new(match class(frame).filter(|class| !begins_with(name, class)) {
        Some(class) => format!("{class}.{name}"),
        None => name.to_owned(),
    }))
}

/// Returns the class of a frame, without its package, if the frame's language has no functions outside of classes.
fn class(frame: &Frame) -> Option<&str> {
    let file = raw(frame.file.as_ref());
    OF_CLASSES.iter().find(|end| file.ends_with(**end))?;
    let class = raw(frame.module.as_ref()).rsplit('.').next()?;
    let is_word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '$' | '+');
    Some(class).filter(|class| !class.is_empty() && class.chars().all(is_word))
}

/// Whether a function has a name that a person can search for.
fn is_named(function: &str) -> bool {
    let last = function.rsplit('.').next().unwrap_or(function);
    !ANONYMOUS.contains(&function) && !ANONYMOUS.contains(&last) && !is_template(function)
}

/// Whether Rails generated the name for a compiled template, such as `_app_views_carts_show_html_erb___2187_4711`.
fn is_template(function: &str) -> bool {
    let numbers = function.rsplit_once("___").map(|(_, numbers)| numbers);
    numbers.is_some_and(|numbers| {
        !numbers.is_empty() && numbers.bytes().all(|b| b.is_ascii_digit() || b == b'_')
    })
}

/// Whether the suspect frame is from minified code or from code without symbols, and may be the program's own code: the
/// source map of a release does not resolve the frames of a dependency.
pub(super) fn is_unresolved(event: &Event, suspect: &Suspect) -> bool {
    let Some(frame) = event.frames.get(suspect.frame) else { return false };
    if owner_of(frame) == Owner::Dependency {
        return false;
    }
    let complained = event.processing_errors.iter().any(|error| UNRESOLVED.contains(&error.kind.raw()));
    frame.source.is_none() && (complained || raw(frame.function.as_ref()).starts_with("0x"))
        || frame.is_minified()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::words::Language;

    fn text(text: &str) -> Option<Untrusted> {
        (!text.is_empty()).then(|| Untrusted::new(text))
    }

    #[test]
    fn the_location_names_the_class_and_a_module_only_once() {
        for (module, function, file, expected) in [
            ("shop.Cart$Row", "<init>", "Cart.java", "Cart$Row.<init> at Cart.java:41"),
            ("Shop.Cart", "Add", "src/Cart.cs", "Cart.Add at src/Cart.cs:41"),
            ("Shop.Cart", "Cart.Add(Int32 count)", "src/Cart.cs", "Cart.Add at src/Cart.cs:41"),
            ("Shop.Cart", "CartTotal", "src/Cart.cs", "Cart.CartTotal at src/Cart.cs:41"),
            ("Shop.Cart", "Cart_total", "src/Cart.cs", "Cart.Cart_total at src/Cart.cs:41"),
            ("Shop.Cart<T, U>", "Add", "src/Cart.cs", "Add at src/Cart.cs:41"),
            ("shop.cart", "add", "shop/cart.py", "add at shop/cart.py:41"),
            ("", "<init>", "Cart.java", "<init> at Cart.java:41"),
            ("ScoreBoard", "ScoreBoard.Average (System.Int32 games)", "", "ScoreBoard.Average"),
            ("Shop", "Average", "", "Average at Shop:41"),
            ("Shop", "ShopTotal", "", "ShopTotal at Shop:41"),
        ] {
            let (module, function, file) = (text(module), text(function), text(file));
            let frame = Frame { module, function, file, line: Some(41), ..Frame::default() };
            let place = Sentence::new(
                |w| w.headline_where,
                [Arg::Name("E".to_owned()), location(&frame).expect("a place")],
            );
            assert_eq!(place.plain_text(Language::English.words()), format!("E in {expected}"));
        }
    }
}
