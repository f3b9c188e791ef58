//! Finds credentials in HTTP headers: `Authorization` with its schemes, `Cookie` and `Set-Cookie`.

use std::ops::Range;

use super::encoded;
use super::found::{Found, REDACTED};
use super::judge::is_placeholder;
use super::state::is_state;
use super::value::{skip_blanks, unquoted_length};
use super::word::{head, is_mixed, is_plain, is_random};

/// The longest credential, in bytes.
const LONGEST: usize = 8_192;
/// The schemes of an `Authorization` header that are followed by one token: `Bearer x`.
const TOKEN: &[&str] = &["bearer", "basic", "token", "negotiate", "ntlm", "apikey", "api-key", "key", "jwt"];
/// The schemes of an `Authorization` header that are followed by a list of parameters: `Digest username="jane", …`.
const LIST: &[&str] = &["digest", "aws4-hmac-sha256", "oauth", "hawk", "signature", "hmac"];

/// Adds the credentials of the HTTP headers in `text` to `found`.
pub(super) fn find(text: &str, found: &mut Found) {
    for place in places(text, "authorization", 'z').chain(places(text, "authorization", 'Z')) {
        if !found.covers(place.start) {
            authorization(text, place.end, found);
        }
    }
    for place in places(text, "cookie", 'k').chain(places(text, "cookie", 'K')) {
        if !found.covers(place.start) {
            cookies(text, place.end, found);
        }
    }
    for initial in ['b', 'B'] {
        for place in places(text, "bearer", initial).chain(places(text, "basic", initial)) {
            scheme_alone(text, place, found);
        }
    }
}

/// Returns the places of `word` in `text`. The case of the letters is ignored, except that of `letter`: a rare letter
/// that occurs in `word` once, so that the search is fast.
fn places<'t>(text: &'t str, word: &'static str, letter: char) -> impl Iterator<Item = Range<usize>> + 't {
    let before = word.find(letter.to_ascii_lowercase()).unwrap_or(0);
    text.match_indices(letter).filter_map(move |(at, _)| {
        let place = at.checked_sub(before)?..at.checked_sub(before)? + word.len();
        text.get(place.clone())?.eq_ignore_ascii_case(word).then_some(place)
    })
}

/// Returns the position of a header's value, and whether the value is quoted. `at` is the end of the header's name.
/// Quotes, separators and blanks between name and value are skipped.
fn value_start(text: &str, at: usize) -> (usize, bool) {
    let rest = &text[at..];
    let value = rest.trim_start_matches(['"', '\'', ']', ' ', ':', '=', '>', ',', '[']);
    // The value can be a text of bytes in Python: `b'Bearer x'`.
    let value = value.strip_prefix("b'").or_else(|| value.strip_prefix("b\"")).unwrap_or(value);
    let gap = &rest[..rest.len() - value.len()];
    (at + gap.len(), gap.ends_with(['"', '\'']))
}

fn authorization(text: &str, at: usize, found: &mut Found) {
    let (start, is_quoted) = value_start(text, at);
    let scheme = word(text, start);
    let after = skip_blanks(text, start + scheme.len());
    if start == at || after == start + scheme.len() {
        return;
    }
    let lower = scheme.to_ascii_lowercase();
    if LIST.contains(&lower.as_str())
        && text[after..].split_whitespace().next().is_some_and(|word| word.contains('='))
    {
        let line = text[after..].find(['\n', '\r']).unwrap_or(text.len() - after);
        found.add(start..after + line, REDACTED);
        return;
    }
    let after = after + usize::from(text[after..].starts_with('"'));
    let token = &text[after..after + unquoted_length(head(&text[after..], LONGEST))];
    let is_whole = is_quoted && text[after + token.len()..].starts_with(['"', '\'']);
    let is_credential = match (TOKEN.contains(&lower.as_str()), is_header(&text[at..start])) {
        (true, is_header) => is_whole || if is_header { !is_word(token) } else { !is_plain(token) },
        (false, true) => is_random(token) || (token.len() >= 8 && is_mixed(token)),
        (false, false) => false,
    };
    if is_credential && !is_placeholder(token) && !is_state(token) && token.len() >= 4 {
        found.add(start..after + token.len(), REDACTED);
    }
}

/// Whether `gap`, the text between a header's name and its value, contains a separator such as `:`. In a sentence, the
/// gap is only a blank.
fn is_header(gap: &str) -> bool {
    gap.contains([':', '=', '>', ',', '['])
}

/// Whether the token is spelled like a word of a sentence, with no capital after its first letter.
fn is_word(token: &str) -> bool {
    is_plain(token) && !token.bytes().skip(1).any(|b| b.is_ascii_uppercase())
}

/// Adds the credential after a scheme that stands alone, without the header's name: the `x` of `Bearer x`. `scheme` is
/// the place of the word `Bearer` or `Basic`.
fn scheme_alone(text: &str, scheme: Range<usize>, found: &mut Found) {
    let Range { start, end } = scheme;
    let is_inside = text[..start].ends_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
    let gap = text[end..].trim_start_matches([' ', '\t', ':', '=', '"', '\'']);
    let after = text.len() - gap.len();
    if is_inside || after == end || found.reaches(after) {
        return;
    }
    let length = unquoted_length(head(gap, LONGEST));
    let token = &gap[..length];
    let is_pair = token.trim_end_matches('=').contains('=');
    let is_drawn =
        is_random(token) || (token.len() >= 8 && is_mixed(token)) || token.len() >= 24 && !is_plain(token);
    if is_drawn && !is_pair && !is_placeholder(token) || encoded::is_pair(token) {
        found.add(after..after + length, "[token]");
    }
}

fn word(text: &str, at: usize) -> &str {
    let rest = &text[at..];
    let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '-')).unwrap_or(rest.len());
    &rest[..end]
}

/// Adds the value of a `Cookie` header whose name ends at `at`. The value is a list, `name=value; name=value; Secure`,
/// and begins with a pair.
fn cookies(text: &str, at: usize, found: &mut Found) {
    let (start, _) = value_start(text, at);
    if start == at {
        return;
    }
    let mut end = start;
    loop {
        let rest = &text[end..];
        let name =
            rest.find(|c: char| !(c.is_ascii_alphanumeric() || "_-.$%".contains(c))).unwrap_or(rest.len());
        let has_value = rest[name..].starts_with('=');
        if name == 0 || (end == start && !has_value) {
            break;
        }
        let value = if has_value {
            rest[name..].find(|c: char| c.is_whitespace() || ";\"'}])>".contains(c))
        } else {
            Some(0)
        };
        let part = end + name + value.unwrap_or(rest.len() - name);
        end = part;
        match text[part..].strip_prefix(';') {
            Some(more) => end = part + 1 + (more.len() - more.trim_start_matches(' ').len()),
            None => break,
        }
    }
    found.add(start..end, REDACTED);
}
