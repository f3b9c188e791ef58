//! Keys and their values, whatever writes them: JSON, query strings, headers, logs, dumps of a dozen languages, XML.

use std::ops::Range;

use super::found::Found;
use super::key::{Sensitivity, sensitivity};
use super::value::{Value, is_ideograph, skip_blanks};
use super::word::is_random;

/// What stands for a value.
const REDACTED: &str = "[redacted]";

/// What parts a key from its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Separator {
    /// `=`, `:`, `=>`, `:=`.
    Assigns,
    /// `==`, `!=`.
    Compares,
    /// The comma of `('Authorization', 'x')`.
    Pairs,
}

/// Adds the values that their keys make secrets.
pub(super) fn find(text: &str, found: &mut Found) {
    for (at, b) in text.bytes().enumerate().filter(|(_, b)| matches!(b, b'=' | b':' | b',' | b'>')) {
        let read = if b == b'>' { element(text, at) } else { assignment(text, at, b) };
        let Some((key, value)) = read else { continue };
        if !is_named(text, &key, &value, found) {
            judge(text, &text[key], value, found);
        }
    }
}

fn judge(text: &str, key: &str, value: Value, found: &mut Found) {
    let Some(sensitivity) = sensitivity(key) else { return };
    if value.is_secret(text, key, sensitivity) {
        let end = if sensitivity == Sensitivity::Number && !value.is_quoted {
            number_end(text, value.range.end)
        } else {
            value.range.end
        };
        found.add(value.range.start..end, REDACTED);
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

/// The key before and the value behind the separator at `at`.
fn assignment(text: &str, at: usize, b: u8) -> Option<(Range<usize>, Value)> {
    let (separator, start, end) = separator(text.as_bytes(), at, b)?;
    let key = key_before(text, start, b == b':')?;
    let is_quoted_key = text[key.end..].starts_with(['"', '\'']);
    let value = Value::read(text, end)?;
    let fits = match separator {
        Separator::Assigns => true,
        Separator::Compares => value.is_quoted && !value.range.is_empty(),
        Separator::Pairs => is_quoted_key && value.is_quoted && is_random(&text[value.range.clone()]),
    };
    fits.then_some((key, value))
}

/// What the separator at `at` is, where the key may end and where the value may begin.
fn separator(bytes: &[u8], at: usize, b: u8) -> Option<(Separator, usize, usize)> {
    let before = at.checked_sub(1).map(|at| bytes[at]);
    let next = bytes.get(at + 1).copied();
    match b {
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
    let before = text[..end].trim_end_matches([' ', '\t']);
    let before = before.trim_end_matches([']', ')', '"', '\'', '`']);
    let is_bare = before.len() == text[..end].trim_end().len();
    let start = before.char_indices().rev().take_while(|(_, c)| is_key(*c)).last().map(|(at, _)| at)?;
    let name = before[start..].trim_start_matches(['-', '.']);
    let is_path = is_bare && is_colon && before[..start].ends_with(['/', '\\']);
    (!is_path && !name.is_empty()).then(|| before.len() - name.len()..before.len())
}

/// The name and the text of the element whose opening tag ends at `at`: `<password>x</password>`.
fn element(text: &str, at: usize) -> Option<(Range<usize>, Value)> {
    let start = text[..at].char_indices().rev().take(120).find(|(_, c)| *c == '<')?.0 + 1;
    let name = start + text[start..at].find([' ', '\n', '/']).unwrap_or(at - start);
    let inside = at + 1;
    let length = text[inside..].char_indices().take(2_000).find(|(_, c)| *c == '<').map(|(at, _)| at)?;
    if length == 0 && !text[inside..].starts_with("<![CDATA[") {
        return None;
    }
    if !text[inside + length..].starts_with("</") && !text[inside..].starts_with("<![CDATA[") {
        return None;
    }
    let name = start + text[start..name].rfind(':').map_or(0, |colon| colon + 1)..name;
    Some((name, Value { range: inside..inside + length, is_quoted: true, is_tight: true }))
}

/// `name="password" value="x"`: the key is a value itself. Adds the value that stands behind it.
fn is_named(text: &str, key: &Range<usize>, name: &Value, found: &mut Found) -> bool {
    const NAMING: &[&str] = &["name", "key", "field", "header", "param", "parameter", "property", "attribute", "k", "id"];
    let key = text[key.clone()].to_ascii_lowercase();
    let named = &text[name.range.clone()];
    if !NAMING.contains(&key.as_str()) || !named.chars().all(is_key) || sensitivity(named).is_none() || is_random(named) {
        return false;
    }
    if let Some(value) = value_of_name(text, name.range.end) {
        judge(text, named, value, found);
    }
    true
}

/// The value that belongs to a name which ends at `end`.
fn value_of_name(text: &str, end: usize) -> Option<Value> {
    const VALUES: &[&str] = &["value", "val", "content", "data", "v", "string"];
    let rest = &text[end..];
    // A part of a form: its text stands behind an empty line.
    if let Some(body) = rest.trim_start_matches('"').strip_prefix("\r\n\r\n").or_else(|| rest.trim_start_matches('"').strip_prefix("\n\n")) {
        let start = text.len() - body.len();
        let length = body.find(['\r', '\n']).unwrap_or(body.len());
        return (length > 0).then_some(Value { range: start..start + length, is_quoted: true, is_tight: true });
    }
    let near = end + rest.char_indices().take(80).last().map_or(0, |(at, c)| at + c.len_utf8());
    text[end..near].match_indices(['=', ':', '>']).find_map(|(at, sign)| {
        let at = end + at;
        if sign == ">" {
            return element(text, at).filter(|(tag, _)| is_any(&text[tag.clone()], VALUES) || tag.start < end).map(|(_, value)| value);
        }
        let key = key_before(text, at, false)?;
        is_any(&text[key], VALUES).then(|| Value::read(text, skip_blanks(text, at + 1))).flatten()
    })
}

fn is_any(word: &str, words: &[&str]) -> bool {
    words.iter().any(|known| word.eq_ignore_ascii_case(known))
}

/// Whether `c` ends a word in prose.
pub(super) fn is_boundary(c: char) -> bool {
    c.is_whitespace() || is_ideograph(c)
}
