//! Finds e-mail addresses, including quoted and internationalized ones and those that are written with `(at)`.

use std::collections::HashSet;
use std::sync::LazyLock;

use super::found::Found;
use super::value::is_ideograph;

/// All top-level domains, such as `com`, from the file `tlds.txt`. The file is parsed on first use.
static DOMAINS: LazyLock<HashSet<&'static str>> = LazyLock::new(|| {
    let lines = include_str!("tlds.txt").lines().filter(|line| !line.starts_with('#'));
    lines.flat_map(str::split_whitespace).collect()
});

/// The account names in the addresses of repositories, which look like e-mail addresses:
/// `git@github.com:acme/shop.git`.
const SERVICES: &[&str] = &["git", "hg", "svn"];
/// The spellings of the at sign that hide an e-mail address from programs that collect addresses. A longer spelling
/// comes before a shorter one that it contains.
const SIGNS: &[&str] = &[" (at) ", " [at] ", "(at)", "[at]", "{at}", " at "];
/// The longest part of an e-mail address before the at sign, in characters. A domain can be four times as long.
const LONGEST: usize = 64;

/// Adds the e-mail addresses in `text` to `found`.
pub(super) fn find(text: &str, found: &mut Found) {
    for (at, _) in text.match_indices('@') {
        address(text, at, at + 1, found);
    }
    for (at, _) in text.match_indices("at") {
        for sign in SIGNS {
            let start = at.saturating_sub(sign.find("at").unwrap_or(0));
            if text.get(start..).is_some_and(|rest| rest.starts_with(sign)) {
                hidden(text, start, start + sign.len(), found);
            }
        }
    }
}

fn address(text: &str, at: usize, after: usize, found: &mut Found) {
    if found.reaches(at) {
        return;
    }
    let start = local(text, at);
    if start < at
        && !SERVICES.contains(&&text[start..at])
        && let Some(length) = domain(&text[after..])
    {
        found.add(start..after + length, "[email]");
    }
}

/// Adds an e-mail address whose at sign is spelled out, such as `jane (at) corp.com` or `jane at corp dot com`. The
/// sign is `text[at..after]`, and a domain with a known top-level domain must follow.
fn hidden(text: &str, at: usize, after: usize, found: &mut Found) {
    let sign = &text[at..after];
    let start = local(text, at);
    let rest = &text[after..];
    let plain = domain(rest).filter(|_| sign != " at ");
    let length = plain.or_else(|| spelled(rest));
    if start < at
        && let Some(length) = length
    {
        found.add(start..after + length, "[email]");
    }
}

/// Returns the length of a domain with a spelled-out dot at the beginning of `text`, such as `corp dot com`.
fn spelled(text: &str) -> Option<usize> {
    let name = text.find(|c: char| !(c.is_ascii_alphanumeric() || c == '-')).filter(|length| *length > 0)?;
    let dot = [" dot ", "(dot)", "[dot]", " (dot) ", " [dot] "]
        .iter()
        .find(|dot| text[name..].starts_with(**dot))?;
    let top = &text[name + dot.len()..];
    let length = top.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(top.len());
    is_top(&top[..length]).then(|| name + dot.len() + length)
}

/// Returns the position where the e-mail address with its at sign at `at` begins. Returns `at` itself if no name
/// precedes the sign.
fn local(text: &str, at: usize) -> usize {
    let before = &text[..at];
    if let Some(inside) = before.strip_suffix('"') {
        let near = inside.char_indices().rev().take(LONGEST).find(|(_, c)| matches!(c, '"' | '\n'));
        return near.filter(|(_, c)| *c == '"').map_or(at, |(open, _)| open);
    }
    let is_local = |c: char| (c.is_alphanumeric() && !is_ideograph(c)) || "._%+-'!#*".contains(c);
    let start = before.char_indices().rev().take(LONGEST).take_while(|(_, c)| is_local(*c)).last();
    let start = start.map_or(at, |(start, _)| start);
    let name = before[start..].trim_start_matches(|c: char| !c.is_alphanumeric());
    if name.is_empty() {
        // A name in ideographs has no blank before it, so at most eight characters are taken.
        let name = before.char_indices().rev().take(8).take_while(|(_, c)| is_ideograph(*c)).last();
        return name.map_or(at, |(start, _)| start);
    }
    at - name.len()
}

/// Returns the length of the domain at the beginning of `text`. Returns `None` if it has no known top-level domain.
fn domain(text: &str) -> Option<usize> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '-' || (c.is_alphabetic() && !is_ideograph(c));
    let end = text.char_indices().take(4 * LONGEST).take_while(|(_, c)| is_part(*c) || *c == '.').last();
    let name = text[..end.map_or(0, |(at, c)| at + c.len_utf8())].trim_end_matches(['.', '-']);
    let (names, top) = name.rsplit_once('.')?;
    let last = names.rsplit('.').next().unwrap_or_default();
    let is_scaled = last.ends_with('x') && last.trim_end_matches('x').bytes().all(|b| b.is_ascii_digit());
    (!last.is_empty() && !is_scaled && is_top(top)).then_some(name.len())
}

fn is_top(name: &str) -> bool {
    let lower = name.to_lowercase();
    DOMAINS.contains(lower.as_str()) || lower.starts_with("xn--") || (!lower.is_empty() && !lower.is_ascii())
}
