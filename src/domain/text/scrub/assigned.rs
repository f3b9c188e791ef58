//! Finds secrets that stand after their key, such as `password=x`, in any notation: JSON, query strings, headers, logs,
//! XML and the debug output of a dozen programming languages.

use std::ops::Range;

use super::found::Found;
use super::key::Sensitivity::{self, Possible};
use super::key::{may_continue, names, sensitivity};
use super::named::is_named;
use super::object::{JUDGED, is_object, object, outer_key};
use super::pair::{Pair, Separator, element, judge, key_before, tag};
use super::value::Value;
use super::word::{head, tail};

/// The longest name of an AWS resource, in bytes.
const LONGEST_NAME: usize = 256;

/// Adds the values in `text` that are secrets according to their keys to `found`.
pub(super) fn find(text: &str, found: &mut Found) {
    let separators =
        text.bytes().enumerate().filter(|(_, b)| matches!(b, b'=' | b':' | b',' | b'>' | b'(' | b';'));
    for (at, b) in separators {
        if found.covers(at) {
            continue;
        }
        let is_tag = b == b'>' && !text[..at].ends_with('-');
        let pair = if is_tag { tag(text, at) } else { assignment(text, at, b) };
        if let Some(pair) = pair {
            pair.find(text, found);
        }
    }
}

impl Pair {
    fn find(self, text: &str, found: &mut Found) {
        let name = &text[self.key.clone()];
        let is_naming = names(name);
        let Some(sensitivity) = self.sensitivity(text).or(is_naming.then_some(Possible)) else { return };
        if is_object(text, self.start) {
            if !is_naming {
                object(text, self.start, sensitivity, found);
            }
            return;
        }
        let value = match self.separator {
            Separator::Opens => element(text, self.start),
            _ => Value::read(text, self.start),
        };
        let Some(value) = value.filter(|value| self.separator.fits(text, &self.key, value)) else { return };
        if !(is_naming && is_named(text, &self.key, &value, found)) {
            judge(text, name, value, sensitivity, found);
        }
    }

    /// Returns the sensitivity of the key. The words before the key count as a part of it, as in
    /// `social security number: …`.
    fn sensitivity(&self, text: &str) -> Option<Sensitivity> {
        let own = sensitivity(&text[self.key.clone()]);
        let before = &text[..self.key.start];
        if self.separator == Separator::Assigns && text[..self.start].ends_with(':') {
            // `arn:aws:…:secret:shop/db` is a chain of names, so its parts are weak keys.
            let is_chain = before
                .strip_suffix(':')
                .is_some_and(|name| name.ends_with(|c: char| c.is_ascii_alphanumeric()));
            if is_chain {
                return own.map(|_| Possible).filter(|_| !is_resource(before));
            }
            if own.is_none_or(|own| own == Possible) {
                return spoken_key(text, &self.key).or(own).max(self.joined(text));
            }
        }
        own
    }

    /// Returns the sensitivity of the key joined with the key of the object around it. In `api: '{"key": "x"}'`, the
    /// joined key is `api.key`.
    fn joined(&self, text: &str) -> Option<Sensitivity> {
        let key = Some(&text[self.key.clone()]).filter(|key| may_continue(key))?;
        let outer = outer_key(text, self.key.start)?;
        sensitivity(&format!("{}.{key}", &text[outer]))
    }
}

/// Whether `before` ends within the name of an AWS resource, such as `arn:aws:…:secret`.
fn is_resource(before: &str) -> bool {
    let word = tail(before, LONGEST_NAME).rsplit(|c: char| c.is_whitespace() || "\"'(=".contains(c)).next();
    word.is_some_and(|word| word.starts_with("arn:"))
}

/// Returns the sensitivity of a key of two or three words. A sentence can end with such words, so the result is never
/// [`Sensitivity::Certain`], and a plain word after them is not a secret.
fn spoken_key(text: &str, key: &Range<usize>) -> Option<Sensitivity> {
    let mut start = key.start;
    for _ in 0..2 {
        let before = text[..start].strip_suffix(' ')?;
        let word = before.bytes().rev().take(12).take_while(u8::is_ascii_alphabetic).count();
        if word == 0 {
            return None;
        }
        start -= 1 + word;
        match sensitivity(&text[start..key.end]) {
            None | Some(Possible) => {}
            Some(Sensitivity::Certain) => return Some(Sensitivity::Likely),
            found => return found,
        }
    }
    None
}

/// Returns the key before the separator at `at`, and the position where its value can begin. `b` is the byte at `at`.
fn assignment(text: &str, at: usize, b: u8) -> Option<Pair> {
    let (separator, start, end) = separator(text.as_bytes(), at, b)?;
    Some(Pair { separator, key: key_before(text, start, b == b':')?, start: end })
}

/// Returns the kind of the separator at `at`, its first position, and the earliest position of the value after it. `b`
/// is the byte at `at`.
fn separator(bytes: &[u8], at: usize, b: u8) -> Option<(Separator, usize, usize)> {
    let before = at.checked_sub(1).map(|at| bytes[at]);
    let next = bytes.get(at + 1).copied();
    match b {
        b'>' => (before == Some(b'-')).then(|| (Separator::Pairs, at - 1, at + 1)),
        b'(' => matches!(next, Some(b'"' | b'\'')).then_some((Separator::Calls, at, at + 1)),
        b';' => serialized(bytes, at).map(|start| (Separator::Assigns, at, start)),
        b',' => {
            let is_quote = |b: Option<u8>| matches!(b, Some(b'"' | b'\''));
            (is_quote(before) || is_quote(next) || next == Some(b'<')).then_some((
                Separator::Pairs,
                at,
                at + 1,
            ))
        }
        b':' if before == Some(b':') || matches!(next, Some(b':' | b'=')) => None,
        b':' => (!bytes[at + 1..].starts_with(b"//")).then_some((Separator::Assigns, at, at + 1)),
        _ if matches!(before, Some(b'=' | b'<' | b'>')) || next == Some(b'~') => None,
        _ if before == Some(b'!') || next == Some(b'=') => {
            let length = bytes[at..].iter().take_while(|b| **b == b'=').count();
            Some((Separator::Compares, at - usize::from(before == Some(b'!')), at + length))
        }
        _ => {
            let start = at - usize::from(matches!(before, Some(b':' | b'+' | b'?' | b'|')));
            Some((Separator::Assigns, start, at + 1 + usize::from(next == Some(b'>'))))
        }
    }
}

/// Returns the beginning of the value after the semicolon at `at` in PHP's serialization
/// (`s:8:"password";s:12:"x";`). Returns `None` if no serialized string follows.
fn serialized(bytes: &[u8], at: usize) -> Option<usize> {
    let rest = bytes[at + 1..].strip_prefix(b"s:").filter(|_| at > 0 && bytes[at - 1] == b'"')?;
    let digits = rest.iter().take(8).take_while(|b| b.is_ascii_digit()).count();
    (rest.get(digits) == Some(&b':')).then_some(at + 4 + digits)
}

/// Whether `text` is an object with a value that is a secret only because the object is the value of `key`. An example
/// is `{"key": "x"}` under the key `api`.
pub(in crate::domain::text) fn is_secret_under(text: &str, key: &str) -> bool {
    // `{… 3}` is the short form of an object. It has no values.
    let is_short = || text.chars().all(|c| c.is_ascii_digit() || "{… }".contains(c));
    let has_secret = |text: &str| {
        let mut found = Found::default();
        find(text, &mut found);
        !found.is_empty()
    };
    let is_object = text.starts_with('{') && !key.is_empty() && !is_short();
    let judged = head(text, JUDGED);
    is_object && !has_secret(judged) && has_secret(&format!("{key}: {judged}"))
}
