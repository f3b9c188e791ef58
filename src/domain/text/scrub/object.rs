//! Reads objects in a text, such as JSON: the key whose value is an object, and the secrets in an object below a key
//! such as `password`.

use std::ops::Range;

use super::found::Found;
use super::key::{Sensitivity, describes};
use super::pair::{LONGEST_KEY, judge, key_before};
use super::value::{Value, skip_blanks};
use super::word::{head, tail};

/// The largest distance between the key of an object and a key inside the object, in bytes.
const NEAR: usize = 256;
/// Whether an object with quoted keys, such as `{"old": "x"}`, begins at `at`. Blanks may precede it.
pub(super) fn is_object(text: &str, at: usize) -> bool {
    let Some(inside) = text[skip_blanks(text, at)..].strip_prefix('{') else { return false };
    let inside = inside.trim_start();
    let Some(quote) = inside.chars().next().filter(|c| matches!(c, '"' | '\'')) else { return false };
    let key = head(&inside[1..], LONGEST_KEY);
    key.find(quote).is_some_and(|end| key[end + 1..].starts_with(':'))
}

/// At most this many bytes of an object are searched for secrets.
pub(super) const JUDGED: usize = 1_000;

/// Adds the values of the object at `at`, whose key denotes a secret, as in `"password": {"old": "x", "new": "y"}`. The
/// value of a key that describes the secret, such as `length`, is left out.
pub(super) fn object(text: &str, at: usize, sensitivity: Sensitivity, found: &mut Found) {
    let mut open = 0_usize;
    for (offset, c) in head(&text[at..], JUDGED).char_indices() {
        let at = at + offset;
        match c {
            '{' | '[' => open += 1,
            '}' | ']' if open <= 1 => return,
            '}' | ']' => open -= 1,
            ':' if !found.covers(at) => {
                let key = key_before(text, at, true).filter(|key| !describes(&text[key.clone()]));
                let start = skip_blanks(text, at + 1);
                let value = Value::read(text, start).filter(|_| !text[start..].starts_with('{'));
                if let Some((key, value)) = key.zip(value) {
                    judge(text, &text[key], value, sensitivity, found);
                }
            }
            _ => {}
        }
    }
}

/// Returns the place of the key whose value is the innermost object around the byte at `at`. The object can be inside
/// quotes.
pub(super) fn outer_key(text: &str, at: usize) -> Option<Range<usize>> {
    let near = tail(&text[..at], NEAR);
    let mut open = 0_usize;
    let (start, _) = near.char_indices().rev().find(|(_, c)| {
        open += usize::from(*c == '}');
        let is_around = *c == '{' && open == 0;
        open -= usize::from(*c == '{' && open > 0);
        is_around
    })?;
    let before = near[..start].trim_end_matches(['"', '\'', '`', ' ', '\\', 'b']);
    let end = before.strip_suffix([':', '='])?.len();
    key_before(text, at - near.len() + end, true)
}
