//! Keys with their values in any notation: JSON, query strings, headers, logs, XML and the dumps of a dozen
//! languages.

use std::ops::Range;

use super::found::{Found, REDACTED};
use super::key::Sensitivity::{self, Possible};
use super::key::{may_continue, names, sensitivity};
use super::named::is_named;
use super::object::{is_object, object, outer_key};
use super::value::Value;
use super::word::{is_mixed, is_random, tail};

/// The longest key, in bytes.
const LONGEST_KEY: usize = 64;
/// The longest name of a resource, in bytes.
const LONGEST_NAME: usize = 256;

/// The separator between a key and its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Separator {
    /// `=`, `:`, `=>`, `:=`.
    Assigns,
    /// `==`, `!=`.
    Compares,
    /// The comma of `('Authorization', 'x')`, the arrow of `password -> x`.
    Pairs,
    /// The bracket of `Password("x")`.
    Calls,
    /// The end of an opening tag.
    Opens,
}

impl Separator {
    fn fits(self, text: &str, key: &Range<usize>, value: &Value) -> bool {
        let is_quoted_key = text[key.end..].starts_with(['"', '\'']);
        match self {
            Self::Assigns | Self::Opens => true,
            Self::Compares => value.is_quoted || is_drawn(text, value),
            Self::Calls => value.is_quoted && is_drawn(text, value),
            // Erlang writes `{password,"x"}`.
            Self::Pairs => {
                let is_tuple = value.is_quoted && text[..key.start].ends_with('{');
                (is_quoted_key == value.is_quoted || is_tuple) && is_drawn(text, value)
            }
        }
    }
}

fn is_drawn(text: &str, value: &Value) -> bool {
    let value = &text[value.range.clone()];
    is_random(value) || (value.len() >= 8 && is_mixed(value))
}

/// A key, its separator, and the earliest beginning of the value.
pub(super) struct Pair {
    separator: Separator,
    pub(super) key: Range<usize>,
    pub(super) start: usize,
}

/// Adds the values that are secrets according to their keys.
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

    /// Returns the sensitivity of the key, together with the words before it, as in `social security number: …`.
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

    /// Returns the sensitivity of the key together with the key of the object around it: `api: '{"key": "x"}'`.
    fn joined(&self, text: &str) -> Option<Sensitivity> {
        let key = Some(&text[self.key.clone()]).filter(|key| may_continue(key))?;
        let outer = outer_key(text, self.key.start)?;
        sensitivity(&format!("{}.{key}", &text[outer]))
    }
}

/// Whether the text ends within the name of a resource of AWS, such as `arn:aws:…:secret`.
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

/// Adds the value, and the following values of its list, while they are secrets.
pub(super) fn judge(text: &str, key: &str, value: Value, sensitivity: Sensitivity, found: &mut Found) {
    let mut value = Some(value);
    while let Some(this) = value.filter(|value| value.is_secret(text, key, sensitivity)) {
        let this = this.whole(text);
        let is_grouped = sensitivity == Sensitivity::Number && !this.is_quoted;
        let end = if is_grouped { number_end(text, this.range.end) } else { this.range.end };
        found.add(this.range.start..end, REDACTED);
        value = this.next(text);
    }
}

/// Returns the end of a number that is written in groups.
fn number_end(text: &str, end: usize) -> usize {
    let is_group = |c: char| c.is_ascii_digit() || "()-".contains(c);
    let mut at = end;
    while let Some(rest) = text[at..].strip_prefix(' ') {
        let length = rest.find(|c| !is_group(c)).unwrap_or(rest.len());
        let ends_there = rest[length..].chars().next().is_none_or(|c| !c.is_alphanumeric() && c != ':');
        if length == 0 || !ends_there || !rest[..length].bytes().any(|b| b.is_ascii_digit()) {
            break;
        }
        at += 1 + length;
    }
    at
}

/// Returns the key and value around the separator at `at`.
fn assignment(text: &str, at: usize, b: u8) -> Option<Pair> {
    let (separator, start, end) = separator(text.as_bytes(), at, b)?;
    Some(Pair { separator, key: key_before(text, start, b == b':')?, start: end })
}

/// Returns the kind of the separator at `at`, the end of the key, and the beginning of the value.
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

/// Returns the beginning of the value in PHP's `s:8:"password";s:12:"x";`.
fn serialized(bytes: &[u8], at: usize) -> Option<usize> {
    let rest = bytes[at + 1..].strip_prefix(b"s:").filter(|_| at > 0 && bytes[at - 1] == b'"')?;
    let digits = rest.iter().take(8).take_while(|b| b.is_ascii_digit()).count();
    (rest.get(digits) == Some(&b':')).then_some(at + 4 + digits)
}

pub(super) fn is_key(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '-' | '.')
}

/// Returns the key that ends before `end`. It can be quoted or in brackets. A part of a path is not a key.
pub(super) fn key_before(text: &str, end: usize, is_colon: bool) -> Option<Range<usize>> {
    let close = |text: &'_ str| text.trim_end_matches([']', ')', '}', '"', '\'', '`']).len();
    let bare = text[..end].trim_end_matches([' ', '\t']).len();
    let mut before = &text[..close(&text[..bare])];
    // PHP adds the visibility to the key of a property: `["password":protected]`.
    for access in [":protected", ":private"] {
        before = before.strip_suffix(access).map_or(before, |before| &before[..close(before)]);
    }
    let start = before.char_indices().rev().take(LONGEST_KEY).take_while(|(_, c)| is_key(*c)).last();
    let start = start.map(|(at, _)| at)?;
    let name = before[start..].trim_start_matches(['-', '.']);
    // A slash at the beginning of a word begins an option of Windows: `/password:x`.
    let is_option = before[..start].ends_with(" /");
    let is_path =
        before.len() == bare && is_colon && !is_option && before[..start].ends_with(['/', '\\', '@']);
    (!is_path && !name.is_empty()).then(|| before.len() - name.len()..before.len())
}

/// Returns the name of the element whose opening tag ends at `at`, and the beginning of its text.
pub(super) fn tag(text: &str, at: usize) -> Option<Pair> {
    let (start, _) = text[..at].char_indices().rev().take(120).find(|(_, c)| *c == '<')?;
    let name = text[start + 1..at].split([' ', '\n', '/']).next()?;
    let end = start + 1 + name.len();
    let local = name.rsplit(':').next().unwrap_or(name);
    let key = end - local.len()..end;
    (!local.is_empty()).then_some(Pair { separator: Separator::Opens, key, start: at + 1 })
}

/// Returns the text of the element that begins at `start`, up to a closing tag: `<password>x</password>`.
pub(super) fn element(text: &str, start: usize) -> Option<Value> {
    if let Some(data) = text[start..].strip_prefix("<![CDATA[") {
        let start = text.len() - data.len();
        return data.find("]]>").map(|length| Value::inside(start..start + length));
    }
    let length = text[start..].char_indices().take(2_000).find(|(_, c)| *c == '<').map(|(at, _)| at)?;
    let is_closed = length > 0 && text[start + length..].starts_with("</");
    is_closed.then(|| Value::inside(start..start + length))
}
