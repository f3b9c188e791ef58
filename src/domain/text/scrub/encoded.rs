//! Finds secrets that are encoded in Base64 or hexadecimal digits, which hides them from all other checks.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

use super::found::Found;
use super::word::{is_random, runs};

/// The shortest word that is decoded, in bytes. A shorter word encodes fewer than 15 bytes in Base64.
const SHORTEST: usize = 20;
/// The longest word that is decoded from Base64, in bytes.
const LONGEST: usize = 16_384;

/// Adds the words of `text` that encode a secret to `found`. A decoded text is a secret if `is_secret` says so, or if
/// it has the form `user:password`.
pub(super) fn find(text: &str, is_secret: impl Fn(&str) -> bool, found: &mut Found) {
    for run in runs(text, |b| b.is_ascii_alphanumeric() || b"+/-_=".contains(&b)) {
        let is_long = run.len() >= SHORTEST && !found.reaches(run.start);
        let holds = |word: &str| decoded(word).is_some_and(|text| is_secret(&text) || is_login(&text));
        if is_long && holds(&text[run.clone()]) {
            found.add(run, "[encoded secret]");
        }
    }
}

/// Whether `word` encodes a text with a colon, such as the Base64 of `user:password` in the Basic scheme of HTTP.
pub(super) fn is_pair(word: &str) -> bool {
    word.len() >= 4 && decoded(word).is_some_and(|text| text.contains(':'))
}

/// Whether the whole text has the form `user:password`, with a password that looks random.
fn is_login(text: &str) -> bool {
    let is_name = |name: &str| {
        !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"_.@-".contains(&b))
    };
    text.split_once(':').is_some_and(|(name, secret)| {
        is_name(name) && secret.is_ascii() && !secret.contains(' ') && is_random(secret)
    })
}

/// Returns the text that `word` encodes in Base64 or in hexadecimal digits. Returns `None` if `word` is not an encoded
/// text.
fn decoded(word: &str) -> Option<String> {
    if let Ok(bytes) = hex::decode(word) {
        return String::from_utf8(bytes).ok().filter(|text| text.bytes().all(|b| matches!(b, b' '..=b'~')));
    }
    let word = word.trim_end_matches('=');
    if word.len() > LONGEST {
        return None;
    }
    let bytes = STANDARD_NO_PAD.decode(word).or_else(|_| URL_SAFE_NO_PAD.decode(word)).ok()?;
    let text = String::from_utf8(bytes).ok()?;
    text.chars().all(|c| !c.is_control() || c.is_whitespace()).then_some(text)
}
