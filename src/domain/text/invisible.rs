//! Removes characters that are invisible or change the display of others. Such characters can hide instructions and
//! forge layouts.

use std::borrow::Cow;

/// Whether `c` is removed from texts. Removed are control characters, zero-width and bidirectional marks, tags,
/// variation selectors and blank letters.
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{0}'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{7f}'..='\u{9f}'
        | '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
        | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// The start of a text, long enough to fill a quote of it after scrubbing.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Start<'t> {
    pub(super) text: Cow<'t, str>,
    /// Whether the original text is longer.
    pub(super) is_cut: bool,
}

/// At most this many characters are removed from the end of a [`Start`], because a secret may be cut there. A secret
/// that is longer is recognized by its beginning.
const TAIL: usize = 512;

/// Returns the start of `text` for a quote of `max` characters, without invisible characters.
///
/// Scrubbing shortens the text and must see each secret whole, so the start is longer than `max`. A word that is cut
/// at the end is removed, because half a secret is not recognized. If no word ends near the cut, [`TAIL`] characters
/// are removed.
pub(super) fn bounded(text: &str, max: usize) -> Start<'_> {
    let limit = text.char_indices().nth(4 * max + 2 * TAIL).map(|(end, _)| end);
    let start = limit.map_or(text, |end| whole_words(&text[..end]));
    Start { text: visible(start), is_cut: limit.is_some() }
}

/// Returns `text` up to its last white space, or without its last [`TAIL`] characters if they contain none.
fn whole_words(text: &str) -> &str {
    let tail = || text.char_indices().rev().take(TAIL);
    let end = tail().find(|(_, c)| c.is_whitespace()).or_else(|| tail().last());
    end.map_or("", |(end, _)| &text[..end])
}

/// Returns `text` without invisible characters.
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
