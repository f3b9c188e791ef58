//! Finds secrets whose name is a value itself, as in `name="password" value="x"`.

use std::ops::Range;

use super::found::Found;
use super::key::{holds, sensitivity};
use super::pair::{Pair, element, is_key, judge, key_before, tag};
use super::value::{Value, skip_blanks};
use super::word::{is_random, tail};

/// The longest value that stands before its name, in bytes.
const LONGEST_VALUE: usize = 256;

/// Whether `name`, the value of the key at `key`, is the name of a secret: the `password` in `name="password"
/// value="x"`. If so, the value that belongs to it (`x`) is added to `found` if it is a secret.
pub(super) fn is_named(text: &str, key: &Range<usize>, name: &Value, found: &mut Found) -> bool {
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

/// Returns the value that stands before its name, as the `x` in `{"value": "x", "name": "password"}`. `end` is the
/// position of the key `name`.
fn value_before(text: &str, end: usize) -> Option<Value> {
    let before = text[..end].trim_end_matches(['"', '\'', ' ', '\n', ':']).strip_suffix(',')?.trim_end();
    let quote = before.chars().next_back().filter(|c| matches!(c, '"' | '\''))?;
    let inside = &before[..before.len() - 1];
    let start = inside.len() - tail(inside, LONGEST_VALUE).rsplit(quote).next()?.len();
    let sign = inside[..start].trim_end_matches([quote, ' ']);
    let key = key_before(text, sign.strip_suffix([':', '='])?.len(), false)?;
    holds(&text[key]).then(|| Value::inside(start..inside.len()))
}

/// Returns the value that follows its name, as the `x` in `name="password" value="x"`. `end` is the end of the name.
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
