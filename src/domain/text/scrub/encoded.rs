//! Base64, which hides a secret from everything that looks for one.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

use super::found::Found;
use super::word::runs;

/// A word that holds a secret is no shorter.
const SHORTEST: usize = 20;
/// Nor is a longer one decoded.
const LONGEST: usize = 16_384;

/// Adds the words that are Base64 of a text with something in it that `is_secret` knows.
pub(super) fn find(text: &str, is_secret: impl Fn(&str) -> bool, found: &mut Found) {
    for run in runs(text, |b| b.is_ascii_alphanumeric() || b"+/-_=".contains(&b)) {
        let is_long = run.len() >= SHORTEST && !found.reaches(run.start);
        if is_long && decoded(&text[run.clone()]).is_some_and(|text| is_secret(&text)) {
            found.add(run, "[encoded secret]");
        }
    }
}

/// Whether it is Base64 of `user:password`, as the scheme Basic has it.
pub(super) fn is_pair(word: &str) -> bool {
    word.len() >= 4 && decoded(word).is_some_and(|text| text.contains(':'))
}

/// The text that a word of Base64 stands for.
fn decoded(word: &str) -> Option<String> {
    let word = word.trim_end_matches('=');
    if word.len() > LONGEST {
        return None;
    }
    let bytes = STANDARD_NO_PAD.decode(word).or_else(|_| URL_SAFE_NO_PAD.decode(word)).ok()?;
    let text = String::from_utf8(bytes).ok()?;
    text.chars().all(|c| !c.is_control() || c.is_whitespace()).then_some(text)
}
