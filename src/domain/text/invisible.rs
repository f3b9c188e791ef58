//! Characters that are not seen, or that change how others are read: they hide instructions and forge layouts.

use std::borrow::Cow;

/// Whether `c` is dropped: controls, zero-width and bidirectional marks, tags, variation selectors, blank letters.
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{0}'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{7f}'..='\u{9f}'
        | '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
        | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// The start of a text, as far as it can matter for a quote.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Start<'t> {
    pub(super) text: Cow<'t, str>,
    /// Whether something stands behind it.
    pub(super) is_cut: bool,
}

/// What is dropped at the far end of a start, at most: a secret is no longer, or known by its beginning.
const TAIL: usize = 512;

/// The start of `text` that can matter for a quote of `max` characters, without invisible characters.
///
/// Scrubbing shortens text and must see a secret whole, so more than `max` is kept. A word cut at the far end is dropped,
/// because half a secret is not recognised as one; where no word ends near it, a stretch of [`TAIL`] characters is.
pub(super) fn bounded(text: &str, max: usize) -> Start<'_> {
    let limit = text.char_indices().nth(4 * max + 2 * TAIL).map(|(end, _)| end);
    let start = limit.map_or(text, |end| whole_words(&text[..end]));
    Start { text: visible(start), is_cut: limit.is_some() }
}

/// `text` without the word at its end.
fn whole_words(text: &str) -> &str {
    let tail = || text.char_indices().rev().take(TAIL);
    let end = tail().find(|(_, c)| c.is_whitespace()).or_else(|| tail().last());
    end.map_or("", |(end, _)| &text[..end])
}

/// `text` without invisible characters.
pub(super) fn visible(text: &str) -> Cow<'_, str> {
    if text.is_ascii() && !text.bytes().any(|b| b.is_ascii_control() && !b"\t\n\r".contains(&b)) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().filter(|c| !is_invisible(*c)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hidden_characters_are_dropped() {
        assert_eq!(bounded("a\u{e0041}\u{200d}b\u{2066}c\u{7}", 100).text, "abc");
    }

    #[test]
    fn a_word_cut_by_the_bound_is_dropped_whole() {
        let text = format!("{} {}", "x".repeat(1_000), "s".repeat(500));
        assert_eq!(bounded(&text, 10), Start { text: Cow::Owned("x".repeat(1_000)), is_cut: true });
    }

    #[test]
    fn a_text_without_blanks_keeps_its_start() {
        for text in ["s", "無", "{\"a\":1},"] {
            let text = text.repeat(5_000);
            let start = bounded(&text, 10);
            assert!(start.is_cut);
            assert!(start.text.chars().count() >= 40, "{}", start.text);
        }
        assert!(!bounded("short", 10).is_cut);
    }
}
