//! The value behind a key: where it begins and where it ends.

use std::ops::Range;

use super::state::is_state;
use super::word::head;

/// A value, without its quotes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Value {
    pub(super) range: Range<usize>,
    pub(super) is_quoted: bool,
    /// Whether nothing stands between the separator and it.
    pub(super) is_tight: bool,
    /// Whether it is the first of a list.
    pub(super) is_listed: bool,
}

/// So much of a value is judged. What is longer is as much a secret.
const JUDGED: usize = 256;

impl Value {
    /// What stands inside of quotes or an element.
    pub(super) fn inside(range: Range<usize>) -> Self {
        Self { range, is_quoted: true, is_tight: true, is_listed: false }
    }

    /// The value that begins at or behind `at`, where a separator ends.
    pub(super) fn read(text: &str, at: usize) -> Option<Self> {
        let start = skip_blanks(text, at);
        let is_tight = start == at;
        let outside = start;
        let start = unwrapped(text, start);
        let is_listed = text[outside..start].contains('[');
        let quote = text[start..].chars().next()?;
        let (range, is_quoted) = if matches!(quote, '"' | '\'' | '`') {
            let inside = start + 1;
            (inside..inside + quoted_length(head(&text[inside..], JUDGED), quote), true)
        } else {
            (start..start + unquoted_length(head(&text[start..], JUDGED)), false)
        };
        (!range.is_empty()).then_some(Self { range, is_quoted, is_tight, is_listed })
    }

    /// The value up to its end, if it is longer than what is judged.
    pub(super) fn whole(mut self, text: &str) -> Self {
        if self.range.len() + 4 > JUDGED {
            let quote = text[..self.range.start].chars().next_back().filter(|_| self.is_quoted);
            let rest = &text[self.range.start..];
            let length = quote.map_or_else(|| unquoted_length(rest), |quote| quoted_length(rest, quote));
            self.range.end = self.range.end.max(self.range.start + length);
        }
        self
    }

    /// The next value of its list.
    pub(super) fn next(&self, text: &str) -> Option<Self> {
        let rest =
            text.get(self.range.end + 1..)?.strip_prefix(',').filter(|_| self.is_listed && self.is_quoted)?;
        let next = Self::read(text, text.len() - rest.len())?;
        next.is_quoted.then_some(Self { is_listed: true, ..next })
    }
}

/// Chinese, Japanese and Korean letters: words of theirs stand without blanks between.
pub(super) fn is_ideograph(c: char) -> bool {
    matches!(c, '\u{2e80}'..='\u{9fff}' | '\u{ac00}'..='\u{d7af}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3134f}')
}

pub(super) fn skip_blanks(text: &str, at: usize) -> usize {
    at + text.as_bytes()[at..].iter().take_while(|b| matches!(b, b' ' | b'\t')).count()
}

/// Behind what wraps a value: `Some(`, `string(12) `, `b`, `[`, `String = `.
fn unwrapped(text: &str, mut at: usize) -> usize {
    for _ in 0..3 {
        let rest = &text[at..];
        let is_name = |c: char| c.is_ascii_alphanumeric() || "_:<>&*@[]?".contains(c);
        let name = rest.char_indices().take(40).find(|(_, c)| !is_name(*c)).map_or(0, |(at, _)| at);
        let behind = &rest[name..];
        let opened = behind.trim_start_matches(['(', '[', '{', ' ']);
        let skipped = rest.len() - opened.len();
        let is_quote = |text: &str| text.starts_with(['"', '\'', '`']);
        if is_quote(opened) && (name <= 2 || behind.starts_with('(')) && skipped > 0 {
            return at + skipped;
        }
        // PHP's `string(12) "x"`, and the type before a default: `password: str = "x"`.
        let counted =
            behind.strip_prefix('(').map(|rest| rest.trim_start_matches(|c: char| c.is_ascii_digit()));
        if let Some(after) = counted.and_then(|rest| rest.strip_prefix(") ")).filter(|rest| is_quote(rest)) {
            return at + rest.len() - after.len();
        }
        let typed = behind
            .strip_prefix(" = ")
            .or_else(|| behind.strip_prefix('='))
            .filter(|rest| !rest.starts_with('='));
        match typed {
            Some(after)
                if name > 0 && is_state(rest[..name].trim_matches(|c: char| !c.is_alphanumeric())) =>
            {
                at += rest.len() - after.len();
            }
            _ => return at,
        }
    }
    at
}

/// Up to the closing quote, or to the end of the line where it is missing.
fn quoted_length(text: &str, quote: char) -> usize {
    let mut is_escaped = false;
    for (at, c) in text.char_indices() {
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            '\n' => return at,
            c if c == quote => return at,
            _ => {}
        }
    }
    text.len()
}

/// Up to what ends a value: white space, a quote, `&`, `;`, a closing bracket that it did not open, the next key.
pub(super) fn unquoted_length(text: &str) -> usize {
    let is_latin = text.starts_with(|c: char| c.is_ascii());
    let mut open = 0_usize;
    for (at, c) in text.char_indices() {
        let goes_on = || text[at + c.len_utf8()..].starts_with(char::is_alphanumeric);
        let ends = match c {
            '<' => is_tag(&text[at..]),
            '。' | '、' => true,
            '>' | '"' | '\'' | '`' => !goes_on(),
            '(' | '[' | '{' => {
                open += 1;
                false
            }
            ')' | ']' | '}' if open == 0 => !goes_on(),
            ')' | ']' | '}' => {
                open -= 1;
                false
            }
            ',' if !is_latin => true,
            ',' | ';' | '&' | '|' => is_next_key(&text[at + 1..]),
            c => c.is_whitespace() || (is_latin && is_ideograph(c)),
        };
        if ends {
            return at;
        }
    }
    text.len()
}

/// Whether a tag begins here, and no sign of a password.
fn is_tag(text: &str) -> bool {
    text.char_indices()
        .take(40)
        .skip(1)
        .find(|(_, c)| c.is_whitespace() || *c == '>')
        .is_some_and(|(_, c)| c == '>')
        || text[1..].starts_with(['/', '!', ' ', '<'])
        || text.len() == 1
}

/// Whether a comma or its like is followed by another member instead of the rest of the value.
fn is_next_key(text: &str) -> bool {
    let is_name = |c: char| c.is_alphanumeric() || "_-. []".contains(c);
    let name = text.char_indices().take(40).find(|(_, c)| !is_name(*c)).map_or(0, |(at, _)| at);
    text.trim_start_matches([')', ']', '}', '"', '\'']).is_empty()
        || text.starts_with([' ', '\t', '\n', '"', '\'', ';', '&', '|', '<'])
        || (name > 0 && text[name..].starts_with(['=', ':']))
}
