//! Keys and their values, whatever writes them: JSON, query strings, headers, logs, dumps of a dozen languages, XML.

use std::ops::Range;

use super::REDACTED;
use super::found::Found;
use super::key::Sensitivity::{self, Possible};
use super::key::sensitivity;
use super::value::{Value, skip_blanks};
use super::word::{is_mixed, is_random};

/// A longer key is none.
const LONGEST_KEY: usize = 64;
/// Keys whose values are keys: `name="password" value="x"`.
const NAMING: &[&str] = &["name", "key", "field", "header", "param", "parameter", "property", "attribute"];

/// What parts a key from its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Separator {
    /// `=`, `:`, `=>`, `:=`.
    Assigns,
    /// `==`, `!=`.
    Compares,
    /// The comma of `('Authorization', 'x')`, the arrow of `password -> x`.
    Pairs,
    /// The end of an opening tag.
    Opens,
}

impl Separator {
    fn fits(self, text: &str, key: &Range<usize>, value: &Value) -> bool {
        let is_quoted_key = text[key.end..].starts_with(['"', '\'']);
        match self {
            Self::Assigns | Self::Opens => true,
            Self::Compares => value.is_quoted,
            Self::Pairs => {
                let value_text = &text[value.range.clone()];
                let is_drawn = is_random(value_text) || (value_text.len() >= 8 && is_mixed(value_text));
                is_quoted_key == value.is_quoted && is_drawn
            }
        }
    }
}

/// Adds the values that their keys make secrets.
pub(super) fn find(text: &str, found: &mut Found) {
    for (at, b) in text.bytes().enumerate().filter(|(_, b)| matches!(b, b'=' | b':' | b',' | b'>')) {
        if found.covers(at) {
            continue;
        }
        let is_element = b == b'>' && !text[..at].ends_with('-');
        let Some((separator, key, start)) =
            (if is_element { tag(text, at) } else { assignment(text, at, b) })
        else {
            continue;
        };
        let name = &text[key.clone()];
        let Some(sensitivity) = sensitivity(name).or_else(|| is_any(name, NAMING).then_some(Possible)) else {
            continue;
        };
        let value = if is_element { element(text, start) } else { Value::read(text, start) };
        let Some(value) = value.filter(|value| separator.fits(text, &key, value)) else { continue };
        if !is_named(text, name, &value, found) {
            // `arn:aws:…:secret:shop/db` is a chain of names.
            let before = text[..key.start].strip_suffix(':');
            let is_chain =
                b == b':' && before.is_some_and(|name| name.ends_with(|c: char| c.is_ascii_alphanumeric()));
            judge(text, name, value, if is_chain { Possible } else { sensitivity }, found);
        }
    }
}

/// Adds the value, and the others of its list, if they are secrets.
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

/// Where a number ends that is written in groups.
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

/// The separator at `at`, the key before it, and where the value may begin.
fn assignment(text: &str, at: usize, b: u8) -> Option<(Separator, Range<usize>, usize)> {
    let (separator, start, end) = separator(text.as_bytes(), at, b)?;
    Some((separator, key_before(text, start, b == b':')?, end))
}

/// What the separator at `at` is, where the key may end and where the value may begin.
fn separator(bytes: &[u8], at: usize, b: u8) -> Option<(Separator, usize, usize)> {
    let before = at.checked_sub(1).map(|at| bytes[at]);
    let next = bytes.get(at + 1).copied();
    match b {
        b'>' => (before == Some(b'-')).then(|| (Separator::Pairs, at - 1, at + 1)),
        b',' => matches!(before, Some(b'"' | b'\'')).then_some((Separator::Pairs, at, at + 1)),
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

fn is_key(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '-' | '.')
}

/// The key that ends before `end`: a name, quoted or in brackets. A part of a path is none.
fn key_before(text: &str, end: usize, is_colon: bool) -> Option<Range<usize>> {
    let close = |text: &'_ str| text.trim_end_matches([']', ')', '}', '"', '\'', '`']).len();
    let bare = text[..end].trim_end_matches([' ', '\t']).len();
    let mut before = &text[..close(&text[..bare])];
    // PHP says of a property whose it is: `["password":protected]`.
    for access in [":protected", ":private"] {
        before = before.strip_suffix(access).map_or(before, |before| &before[..close(before)]);
    }
    let start = before.char_indices().rev().take(LONGEST_KEY).take_while(|(_, c)| is_key(*c)).last();
    let start = start.map(|(at, _)| at)?;
    let name = before[start..].trim_start_matches(['-', '.']);
    let is_path = before.len() == bare && is_colon && before[..start].ends_with(['/', '\\']);
    (!is_path && !name.is_empty()).then(|| before.len() - name.len()..before.len())
}

/// The name of the element whose opening tag ends at `at`, and where its text begins.
fn tag(text: &str, at: usize) -> Option<(Separator, Range<usize>, usize)> {
    let (start, _) = text[..at].char_indices().rev().take(120).find(|(_, c)| *c == '<')?;
    let name = text[start + 1..at].split([' ', '\n', '/']).next()?;
    let end = start + 1 + name.len();
    let local = name.rsplit(':').next().unwrap_or(name);
    (!local.is_empty()).then_some((Separator::Opens, end - local.len()..end, at + 1))
}

/// The text of the element that begins at `start`, up to a closing tag: `<password>x</password>`.
fn element(text: &str, start: usize) -> Option<Value> {
    if let Some(data) = text[start..].strip_prefix("<![CDATA[") {
        let start = text.len() - data.len();
        return data.find("]]>").map(|length| Value::inside(start..start + length));
    }
    let length = text[start..].char_indices().take(2_000).find(|(_, c)| *c == '<').map(|(at, _)| at)?;
    let is_closed = length > 0 && text[start + length..].starts_with("</");
    is_closed.then(|| Value::inside(start..start + length))
}

/// `name="password" value="x"`: the key is a value itself. Adds the value that stands behind it.
fn is_named(text: &str, key: &str, name: &Value, found: &mut Found) -> bool {
    let named = &text[name.range.clone()];
    if !is_any(key, NAMING) || !named.chars().all(is_key) || is_random(named) {
        return false;
    }
    let Some(sensitivity) = sensitivity(named) else { return false };
    if let Some(value) = value_of_name(text, name.range.end) {
        judge(text, named, value, sensitivity, found);
    }
    true
}

/// The value that belongs to a name which ends at `end`.
fn value_of_name(text: &str, end: usize) -> Option<Value> {
    const VALUES: &[&str] = &["value", "val", "content", "data", "v", "string"];
    let rest = &text[end..];
    // A part of a form: its text stands behind an empty line.
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
            let (_, name, start) = tag(text, at)?;
            return element(text, start).filter(|_| is_any(&text[name.clone()], VALUES) || name.start < end);
        }
        let key = key_before(text, at, false)?;
        is_any(&text[key], VALUES).then(|| Value::read(text, skip_blanks(text, at + 1))).flatten()
    })
}

fn is_any(word: &str, words: &[&str]) -> bool {
    words.iter().any(|known| word.eq_ignore_ascii_case(known))
}
