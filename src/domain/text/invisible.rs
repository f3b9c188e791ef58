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

/// The start of `text` that can matter for a quote of `max` characters, without invisible characters.
///
/// Scrubbing shortens text and must see a secret whole, so more than `max` is kept; a word cut at the far end is
/// dropped, because half a secret is not recognised as one.
pub(super) fn bounded(text: &str, max: usize) -> Cow<'_, str> {
    let limit = 4 * max + 512;
    let start = match text.char_indices().nth(limit) {
        None => text,
        Some((end, _)) => text[..end].rfind(char::is_whitespace).map_or("", |at| &text[..at]),
    };
    if start.is_ascii() && !start.bytes().any(|b| b.is_ascii_control() && !b"\t\n\r".contains(&b)) {
        return Cow::Borrowed(start);
    }
    Cow::Owned(start.chars().filter(|c| !is_invisible(*c)).collect())
}

#[cfg(test)]
mod tests {
    use super::bounded;

    #[test]
    fn hidden_characters_are_dropped() {
        assert_eq!(bounded("a\u{e0041}\u{200d}b\u{2066}c\u{1b}[31m", 100), "abc[31m");
    }

    #[test]
    fn a_word_cut_by_the_bound_is_dropped_whole() {
        let text = format!("{} {}", "x".repeat(500), "s".repeat(500));
        assert_eq!(bounded(&text, 10), "x".repeat(500));
        assert_eq!(bounded(&"s".repeat(5_000), 10), "");
    }
}
