//! Keys with their values in any notation: JSON, query strings, headers, logs, XML and the dumps of a dozen
//! languages.

use std::ops::Range;

use super::found::{Found, REDACTED};
use super::key::Sensitivity::{self, Possible};
use super::key::{describes, holds, may_continue, names, sensitivity};
use super::value::{Value, skip_blanks};
use super::word::{head, is_mixed, is_random, tail};

/// The longest key, in bytes.
const LONGEST_KEY: usize = 64;
/// The longest value before its name, in bytes.
const LONGEST_VALUE: usize = 256;

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
struct Pair {
    separator: Separator,
    key: Range<usize>,
    start: usize,
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

/// Returns the key of the innermost object around the byte at `at`. The object can be inside quotes.
fn outer_key(text: &str, at: usize) -> Option<Range<usize>> {
    let near = tail(&text[..at], LONGEST_VALUE);
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

/// Whether `text` is an object with a value that is a secret under the key of the object.
pub(in crate::domain::text) fn is_secret_under(text: &str, key: &str) -> bool {
    let inside = || format!("{key}: {}", head(text, JUDGED));
    let is_object = text.starts_with('{') && !key.is_empty();
    is_object && {
        let (mut alone, mut together) = (Found::default(), Found::default());
        find(head(text, JUDGED), &mut alone);
        find(&inside(), &mut together);
        alone.is_empty() && !together.is_empty()
    }
}

/// Whether the text ends within the name of a resource of AWS, such as `arn:aws:…:secret`.
fn is_resource(before: &str) -> bool {
    let word = tail(before, LONGEST_VALUE).rsplit(|c: char| c.is_whitespace() || "\"'(=".contains(c)).next();
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

/// Whether an object with quoted keys begins at `at`.
fn is_object(text: &str, at: usize) -> bool {
    let Some(inside) = text[skip_blanks(text, at)..].strip_prefix('{') else { return false };
    let inside = inside.trim_start();
    let Some(quote) = inside.chars().next().filter(|c| matches!(c, '"' | '\'')) else { return false };
    let key = head(&inside[1..], LONGEST_KEY);
    key.find(quote).is_some_and(|end| key[end + 1..].starts_with(':'))
}

/// The length of an object that is examined under the key of a secret, in bytes.
const JUDGED: usize = 1_000;

/// Adds the values of an object under the key of a secret: `"password": {"old": "x", "new": "y"}`. A key that
/// describes the secret, such as `length`, has no secret.
fn object(text: &str, at: usize, sensitivity: Sensitivity, found: &mut Found) {
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

/// Adds the value, and the following values of its list, while they are secrets.
fn judge(text: &str, key: &str, value: Value, sensitivity: Sensitivity, found: &mut Found) {
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

fn is_key(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '-' | '.')
}

/// Returns the key that ends before `end`. It can be quoted or in brackets. A part of a path is not a key.
fn key_before(text: &str, end: usize, is_colon: bool) -> Option<Range<usize>> {
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
fn tag(text: &str, at: usize) -> Option<Pair> {
    let (start, _) = text[..at].char_indices().rev().take(120).find(|(_, c)| *c == '<')?;
    let name = text[start + 1..at].split([' ', '\n', '/']).next()?;
    let end = start + 1 + name.len();
    let local = name.rsplit(':').next().unwrap_or(name);
    let key = end - local.len()..end;
    (!local.is_empty()).then_some(Pair { separator: Separator::Opens, key, start: at + 1 })
}

/// Returns the text of the element that begins at `start`, up to a closing tag: `<password>x</password>`.
fn element(text: &str, start: usize) -> Option<Value> {
    if let Some(data) = text[start..].strip_prefix("<![CDATA[") {
        let start = text.len() - data.len();
        return data.find("]]>").map(|length| Value::inside(start..start + length));
    }
    let length = text[start..].char_indices().take(2_000).find(|(_, c)| *c == '<').map(|(at, _)| at)?;
    let is_closed = length > 0 && text[start + length..].starts_with("</");
    is_closed.then(|| Value::inside(start..start + length))
}

/// Handles a key that is a value itself, as in `name="password" value="x"`. Adds the value that follows the name.
fn is_named(text: &str, key: &Range<usize>, name: &Value, found: &mut Found) -> bool {
    let named = &text[name.range.clone()];
    if !named.chars().all(is_key) || is_random(named) {
        return false;
    }
    let Some(sensitivity) = sensitivity(named) else { return false };
    let value = value_of_name(text, name.range.end).or_else(|| value_before(text, key.start));
    if let Some(value) = value {
        judge(text, named, value, sensitivity, found);
    }
    true
}

/// Returns the value before its name, as in `{"value": "x", "name": "password"}`. `end` is the beginning of the key of the
/// name.
fn value_before(text: &str, end: usize) -> Option<Value> {
    let before = text[..end].trim_end_matches(['"', '\'', ' ', '\n', ':']).strip_suffix(',')?.trim_end();
    let quote = before.chars().next_back().filter(|c| matches!(c, '"' | '\''))?;
    let inside = &before[..before.len() - 1];
    let start = inside.len() - tail(inside, LONGEST_VALUE).rsplit(quote).next()?.len();
    let sign = inside[..start].trim_end_matches([quote, ' ']);
    let key = key_before(text, sign.strip_suffix([':', '='])?.len(), false)?;
    holds(&text[key]).then(|| Value::inside(start..inside.len()))
}

/// Returns the value that belongs to the name that ends at `end`.
fn value_of_name(text: &str, end: usize) -> Option<Value> {
    let rest = &text[end..];
    // In a part of a multipart form, the value follows an empty line.
    if let Some(body) = rest
        .trim_start_matches('"')
        .strip_prefix("\r\n\r\n")
        .or_else(|| rest.trim_start_matches('"').strip_prefix("\n\n"))
    {
        let start = text.len() - body.len();
        let length = body.find(['\r', '\n']).unwrap_or(body.len());
        return (length > 0).then(|| Value::inside(start..start + length));
    }
    let near = end + rest.char_indices().take(80).last().map_or(0, |(at, c)| at + c.len_utf8());
    text[end..near].match_indices(['=', ':', '>']).find_map(|(at, sign)| {
        let at = end + at;
        if sign == ">" {
            let Pair { key, start, .. } = tag(text, at)?;
            return element(text, start).filter(|_| holds(&text[key.clone()]) || key.start < end);
        }
        let key = key_before(text, at, false)?;
        holds(&text[key]).then(|| Value::read(text, skip_blanks(text, at + 1))).flatten()
    })
}
