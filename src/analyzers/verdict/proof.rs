//! Finds the evidence that supports a model's statement of the cause: the failing line, a value, or shared names.

use std::collections::BTreeSet;

use super::super::prompt::neutral;
use super::Case;
use crate::analyzers::schema::Texts;
use crate::domain::event::Frame;
use crate::domain::evidence::Cite;
use crate::domain::text::Untrusted;

/// The kind of evidence that supports a model's statement of the cause, from the weakest to the strongest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Proof {
    /// The statement shares names with the cited evidence.
    Names,
    /// The statement quotes or names a value that the event shows.
    Value,
    /// The statement quotes the failing line of the program's own code.
    FailingLine,
}

/// A quote supports a statement only if the quote has at least this many characters.
const SHORTEST: usize = 4;
/// At most this many quotes of a statement are read. Each is compared with the whole evidence.
const QUOTES: usize = 20;

/// Returns the lines of the quotes in a model's answer, without white space, and without the marks, line numbers and
/// ids that the prompt puts before each line.
pub(super) fn quoted(quote: &Texts) -> Vec<String> {
    let lines = quote.0.iter().flat_map(|text| text.split('\n')).flat_map(|line| line.split("\\n"));
    let squeezed = lines.map(|line| squeezed(&Untrusted::new(without_marks(line))));
    squeezed.filter(|line| line.chars().count() >= SHORTEST).take(QUOTES).collect()
}

/// Returns the line without the marks that the prompt puts before it: `[F1]  > 41 | return x` becomes `return x`.
fn without_marks(line: &str) -> &str {
    let mut rest = line.trim();
    loop {
        let before = rest;
        rest = rest.trim_matches(['`', '"', '“', '”', '…']).trim();
        rest = rest.trim_start_matches(['>', '→', '|', '*', '•', ':', '-', '+']).trim_start();
        let head = rest.split([' ', ':', '|']).next().unwrap_or_default();
        let is_number = !head.is_empty() && head.trim_start_matches('L').bytes().all(|b| b.is_ascii_digit());
        let is_id = Cite::parse(head).is_some() && head.len() > 1;
        let after = rest.get(head.len()..).unwrap_or_default();
        if (is_id || is_number && after.trim_start().starts_with([':', '|'])) && !after.trim().is_empty() {
            rest = after.trim_start();
        }
        if rest == before {
            return rest;
        }
    }
}

/// Returns a line of the event in the form in which the prompt shows it, but without white space, because models change
/// white space in quotes.
fn squeezed(line: &Untrusted) -> String {
    neutral(&line.line(400)).split_whitespace().collect()
}

/// Returns the letters and digits of a text in lower case, so that the punctuation between a name and its value is
/// ignored.
fn folded(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).collect::<String>().to_lowercase()
}

/// Returns the index of the frame of the program's own code whose failing line is quoted. Cited frames come before
/// other frames.
pub(super) fn failing_frame(quotes: &[String], cites: &[Cite], case: &Case<'_>) -> Option<usize> {
    let fails = |at: usize, frame: &Frame| {
        let line = failing_line(at, frame, case).map(squeezed).unwrap_or_default();
        frame.in_app
            && quotes.iter().any(|quote| {
                line.contains(quote.as_str()) || (line.len() >= SHORTEST && quote.contains(&line))
            })
    };
    let shown = case.frames().filter(|(at, _)| case.shown.pieces.contains_key(&Cite::Frame(*at)));
    let found: Vec<usize> = shown.filter(|(at, frame)| fails(*at, frame)).map(|(at, _)| at).collect();
    let meant = found.iter().find(|at| cites.contains(&Cite::Frame(**at)));
    meant.or(found.first()).copied()
}

/// Returns the failing line of the frame with the index `at`, from the event or else from the source code that the
/// model saw.
fn failing_line<'c>(at: usize, frame: &'c Frame, case: &Case<'c>) -> Option<&'c Untrusted> {
    frame.source.as_ref().or_else(|| {
        let (place, source) = case.evidence.source_of(at)?;
        let is_shown = case.shown.pieces.contains_key(&Cite::Source(place));
        source.excerpt().filter(|_| is_shown)?.line(source.line)
    })
}

/// Returns the strongest evidence for `claim`, a model's statement of the cause with its quotes and citations. If one
/// quote does not match the evidence, no quote counts. Returns `None` if nothing supports the statement.
pub(super) fn proof(claim: &str, quotes: &[String], cites: &[Cite], case: &Case<'_>) -> Option<Proof> {
    let fits = quotes
        .iter()
        .all(|quote| case.shown.squeezed.contains(quote.as_str()) || is_value(quote, cites, case));
    let quotes = if fits { quotes } else { &[] };
    if failing_frame(quotes, cites, case).is_some_and(|at| cites.contains(&Cite::Frame(at))) {
        return Some(Proof::FailingLine);
    }
    if quotes.iter().any(|quote| is_value(quote, cites, case)) || says_value(claim, cites, case) {
        return Some(Proof::Value);
    }
    names(claim, cites, case).then_some(Proof::Names)
}

/// Returns the names and values in the cited evidence: variables of the program's own frames, and data from the program
/// or its user.
fn values<'c>(cites: &'c [Cite], case: &'c Case<'_>) -> impl Iterator<Item = (&'c str, String)> {
    cites
        .iter()
        .flat_map(|cite| case.evidence.values_of(cite))
        .map(|(name, value)| (name.raw(), value.line(120)))
}

fn is_value(quote: &str, cites: &[Cite], case: &Case<'_>) -> bool {
    let quote = folded(quote);
    values(cites, case).any(|(name, value)| {
        let whole = folded(&format!("{name}{value}"));
        quote == whole || (whole.len() >= SHORTEST && quote.contains(&whole))
    })
}

/// Whether a statement names a value of the cited evidence, because the value and its name both occur as whole words.
fn says_value(claim: &str, cites: &[Cite], case: &Case<'_>) -> bool {
    let words: BTreeSet<String> =
        claim.split(|c: char| !c.is_alphanumeric() && c != '_').map(str::to_lowercase).collect();
    let is_said = |text: &str| {
        let mut parts =
            text.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|part| !part.is_empty()).peekable();
        parts.peek().is_some() && parts.all(|part| words.contains(&part.to_lowercase()))
    };
    values(cites, case).any(|(name, value)| is_said(name) && is_said(&value))
}

/// Words that support no statement, because any statement about an error may contain them.
const EMPTY: &[&str] = &[
    "the",
    "and",
    "for",
    "was",
    "not",
    "with",
    "this",
    "that",
    "from",
    "error",
    "exception",
    "failed",
    "fails",
    "failure",
    "null",
    "none",
    "nil",
    "undefined",
    "value",
    "object",
    "line",
    "file",
    "function",
    "code",
    "return",
    "self",
    "const",
    "let",
    "var",
    "def",
    "else",
    "raise",
    "throw",
    "throws",
    "new",
    "import",
    "true",
    "false",
    "string",
    "int",
    "list",
    "dict",
    "type",
    "request",
    "response",
    "call",
    "called",
    "data",
    "result",
    "has",
    "have",
    "been",
    "are",
    "its",
    "which",
    "because",
    "before",
    "after",
    "when",
    "while",
    "then",
    "get",
    "set",
    "src",
    "lib",
    "app",
    "main",
    "index",
    "void",
    "public",
    "private",
    "static",
    "async",
    "await",
    "variables",
    "library",
    "handled",
    "unhandled",
    "does",
    "cannot",
    "could",
    "does",
    "did",
    "but",
    "than",
    "into",
    "out",
    "all",
    "any",
    "one",
    "per",
    "using",
];

/// A statement that names no code from its cited evidence must share at least this many words with the evidence.
const COMMON: usize = 2;

/// Whether the statement names code from the cited evidence, or shares at least [`COMMON`] words with it.
fn names(claim: &str, cites: &[Cite], case: &Case<'_>) -> bool {
    let pieces = cites.iter().filter_map(|cite| case.shown.pieces.get(cite));
    let there: BTreeSet<String> = pieces.flat_map(|piece| words(piece)).collect();
    let code: BTreeSet<String> = code(claim).flat_map(words).collect();
    !code.is_disjoint(&there) || words(claim).intersection(&there).nth(COMMON - 1).is_some()
}

/// Returns the parts of a statement that are in backticks or look like code.
fn code(claim: &str) -> impl Iterator<Item = &str> {
    let marked = claim.split('`').skip(1).step_by(2);
    let is_code = |word: &&str| {
        let inner = word.trim_end_matches(['.', ',', ';', ':', '。', '，']);
        let has_hump = inner
            .chars()
            .zip(inner.chars().skip(1))
            .any(|(a, b)| a.is_ascii_lowercase() && b.is_ascii_uppercase());
        has_hump || inner.contains(['_', '.', '(', '$', '['])
    };
    marked.chain(claim.split_whitespace().filter(is_code))
}

/// Returns the words of a text in lower case, without those of [`EMPTY`]. A name such as `formatName` also gives its
/// parts `format` and `name`.
pub(super) fn words(text: &str) -> BTreeSet<String> {
    let names = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
    let parts = names.flat_map(|name| std::iter::once(name.to_owned()).chain(parts(name)));
    let lower = parts.map(|word| word.to_ascii_lowercase());
    lower
        .filter(|word| {
            word.len() >= 3 && !word.bytes().all(|b| b.is_ascii_digit()) && !EMPTY.contains(&word.as_str())
        })
        .collect()
}

/// Returns the parts of a name in camel case or with underscores.
fn parts(name: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    for c in name.chars() {
        if c == '_' || c.is_ascii_uppercase() {
            parts.push(String::new());
        }
        if let Some(last) = parts.last_mut().filter(|_| c != '_') {
            last.push(c);
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_and_quotation_marks_of_a_quote_are_removed() {
        for text in [
            "return x / y",
            "`return x / y`",
            " > return x / y",
            "F1: return x / y",
            "[F1] > return x / y",
            "41: return x / y",
            "41 | return x / y",
            "L41: return x / y",
            "\"return x / y\"",
            "- return x / y",
            "-|    return x / y",
            "D1: +return x / y",
        ] {
            let texts = Texts(vec![text.into()]);
            assert_eq!(quoted(&texts), ["returnx/y"], "{text}");
        }
        let lines = Texts(vec!["a = load(1)\n > return a.b\n}".into()]);
        assert_eq!(quoted(&lines), ["a=load(1)", "returna.b"]);
        assert_eq!(quoted(&Texts(vec!["404 Not Found".into()])), ["404NotFound"]);
    }

    #[test]
    fn the_words_of_a_text_include_the_parts_of_identifiers() {
        let found = words("formatName(user_id) failed: the URL");
        for word in ["formatname", "format", "name", "user_id", "user"] {
            assert!(found.contains(word), "{word} in {found:?}");
        }
        assert!(!found.contains("the") && !found.contains("failed"));
    }
}
