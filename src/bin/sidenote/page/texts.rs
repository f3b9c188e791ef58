//! The use of the local page's texts, which are part of [`Words`](sidenote::domain::words::Words).

use sidenote::domain::words::PageWords;

/// A function that selects one of the local page's texts in a language.
pub(super) type Pick = fn(&PageWords) -> &'static str;

/// Returns the text with `value` in place of its `{0}`.
pub(super) fn with(phrase: &str, value: &str) -> String {
    phrase.replacen("{0}", value, 1)
}
