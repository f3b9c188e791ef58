//! Finds the beginning and the end of the value after a key, as in `password = "x"`.

use std::ops::Range;

use super::state::is_state;
use super::word::head;

/// The place of a value in a text, without its quotes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Value {
    pub(super) range: Range<usize>,
    pub(super) is_quoted: bool,
    /// Whether no blank stands between the separator and the value.
    pub(super) is_tight: bool,
    /// Whether the value is an element of a list.
    pub(super) is_listed: bool,
}

/// The length of the part of a value that is examined, in bytes. A longer value is judged by its beginning.
const JUDGED: usize = 256;

impl Value {
    /// Returns the value with this range, the whole text between quotes or between the tags of an XML element.
    pub(super) fn inside(range: Range<usize>) -> Self {
        Self { range, is_quoted: true, is_tight: true, is_listed: false }
    }

    /// Reads the value after a separator that ends at `at`. Returns `None` if the value is empty.
    pub(super) fn read(text: &str, at: usize) -> Option<Self> {
        // Markdown can close the emphasis of the key behind the colon: `**Password:** x`.
        let at = at + usize::from(text[at..].starts_with("** ")) * 3;
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

    /// Returns this value with its real end, which lies behind the examined part if the value is long.
    pub(super) fn whole(mut self, text: &str) -> Self {
        if self.range.len() + 4 > JUDGED {
            let quote = text[..self.range.start].chars().next_back().filter(|_| self.is_quoted);
            let rest = &text[self.range.start..];
            let length = quote.map_or_else(|| unquoted_length(rest), |quote| quoted_length(rest, quote));
            self.range.end = self.range.end.max(self.range.start + length);
        }
        self
    }

    /// Returns the next element of the list. Returns `None` if this value is not quoted, or is the last of the list.
    pub(super) fn next(&self, text: &str) -> Option<Self> {
        let rest =
            text.get(self.range.end + 1..)?.strip_prefix(',').filter(|_| self.is_listed && self.is_quoted)?;
        let next = Self::read(text, text.len() - rest.len())?;
        next.is_quoted.then_some(Self { is_listed: true, ..next })
    }
}

/// Whether `c` is a Chinese, Japanese or Korean character. A word of these scripts can follow another without a blank.
pub(super) fn is_ideograph(c: char) -> bool {
    matches!(c, '\u{2e80}'..='\u{9fff}' | '\u{ac00}'..='\u{d7af}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3134f}')
}

pub(super) fn skip_blanks(text: &str, at: usize) -> usize {
    at + text.as_bytes()[at..].iter().take_while(|b| matches!(b, b' ' | b'\t')).count()
}

/// Returns the beginning of the value inside a wrapper such as `Some(`, `string(12) `, `b`, `[` or `String = `.
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
        // The wrapper can be PHP's `string(12) "x"`, or the type before a default, as in `password: str = "x"`.
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

/// Returns the length of the value up to its closing quote, or up to the end of the line if the quote is missing.
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

/// Returns the length of an unquoted value. It ends at white space, a quote, `&`, `;`, an unmatched closing bracket,
/// or the next key.
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

/// Whether the `<` at the beginning of `text` begins a tag, such as `</password>`. Otherwise it is a character of the
/// value.
fn is_tag(text: &str) -> bool {
    text.char_indices()
        .take(40)
        .skip(1)
        .find(|(_, c)| c.is_whitespace() || *c == '>')
        .is_some_and(|(_, c)| c == '>')
        || text[1..].starts_with(['/', '!', ' ', '<'])
        || text.len() == 1
}

/// Whether `text`, which follows a comma or a similar sign, begins with the next key and not with the rest of the
/// value.
fn is_next_key(text: &str) -> bool {
    let is_name = |c: char| c.is_alphanumeric() || "_-. []".contains(c);
    let name = text.char_indices().take(40).find(|(_, c)| !is_name(*c)).map_or(0, |(at, _)| at);
    text.trim_start_matches([')', ']', '}', '"', '\'']).is_empty()
        || text.starts_with([' ', '\t', '\n', '"', '\'', ';', '&', '|', '<'])
        || (name > 0 && text[name..].starts_with(['=', ':']))
}
