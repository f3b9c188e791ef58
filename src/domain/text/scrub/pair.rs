//! Reads pairs of a key and a value, such as `password=x`: the place of the key, and whether the value is a secret.

use std::ops::Range;

use super::found::{Found, REDACTED};
use super::key::Sensitivity;
use super::value::Value;
use super::word::{is_mixed, is_random};

/// The longest key, in bytes.
pub(super) const LONGEST_KEY: usize = 64;

/// The kind of separator between a key and its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Separator {
    /// An assignment: `=`, `:`, `=>` or `:=`.
    Assigns,
    /// A comparison: `==` or `!=`.
    Compares,
    /// The comma of `('Authorization', 'x')`, the arrow of `password -> x`.
    Pairs,
    /// The bracket of `Password("x")`.
    Calls,
    /// The end of an XML tag: the `>` of `<password>`.
    Opens,
}

impl Separator {
    pub(super) fn fits(self, text: &str, key: &Range<usize>, value: &Value) -> bool {
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

/// A key, its separator, and the position after the separator, where the value can begin.
pub(super) struct Pair {
    pub(super) separator: Separator,
    pub(super) key: Range<usize>,
    pub(super) start: usize,
}

/// Adds `value` to `found` if it is a secret under `key`, and then the following values of its list up to the first
/// one that is not a secret.
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

/// Returns the end of the number whose first group of digits ends at `end`. Blanks separate the groups, as in
/// `0412 345 67`.
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

pub(super) fn is_key(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '-' | '.')
}

/// Returns the place of the key that ends before `end`. The key can be quoted or in brackets. Before a colon
/// (`is_colon`), a part of a path is not a key.
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

/// Returns the name of the XML element whose opening tag ends at `at` as the key, and the beginning of the element's
/// text.
pub(super) fn tag(text: &str, at: usize) -> Option<Pair> {
    let (start, _) = text[..at].char_indices().rev().take(120).find(|(_, c)| *c == '<')?;
    let name = text[start + 1..at].split([' ', '\n', '/']).next()?;
    let end = start + 1 + name.len();
    let local = name.rsplit(':').next().unwrap_or(name);
    let key = end - local.len()..end;
    (!local.is_empty()).then_some(Pair { separator: Separator::Opens, key, start: at + 1 })
}

/// Returns the text of an XML element, which begins at `start`: the `x` of `<password>x</password>`. Returns `None` if
/// no closing tag follows.
pub(super) fn element(text: &str, start: usize) -> Option<Value> {
    if let Some(data) = text[start..].strip_prefix("<![CDATA[") {
        let start = text.len() - data.len();
        return data.find("]]>").map(|length| Value::inside(start..start + length));
    }
    let length = text[start..].char_indices().take(2_000).find(|(_, c)| *c == '<').map(|(at, _)| at)?;
    let is_closed = length > 0 && text[start + length..].starts_with("</");
    is_closed.then(|| Value::inside(start..start + length))
}
