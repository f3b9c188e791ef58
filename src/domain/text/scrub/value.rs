//! The value behind a key: where it begins and ends, and whether it is one or only speaks about one.

use std::collections::HashSet;
use std::ops::Range;
use std::sync::LazyLock;

use super::key::{Sensitivity, sensitivity};
use super::word::{head, is_mixed, is_plain, is_random};

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

/// Words that stand where a value would and are none: states, types, keywords. Read on first use.
static STATES: LazyLock<HashSet<&'static str>> =
    LazyLock::new(|| include_str!("states.txt").split_whitespace().collect());

/// So much of a value is judged. What is longer is as much a secret.
const JUDGED: usize = 512;

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

    /// Whether it is a secret or personal under a key of this sensitivity.
    pub(super) fn is_secret(&self, text: &str, key: &str, sensitivity: Sensitivity) -> bool {
        let value = text[self.range.clone()].trim();
        if is_placeholder(value) || is_place(value) || self.is_prose(text, value) {
            return false;
        }
        if !self.is_quoted && is_code(value, key, self.is_tight) {
            return false;
        }
        match sensitivity {
            Sensitivity::Certain => true,
            Sensitivity::Likely => is_unlike_words(value),
            Sensitivity::Possible => is_random(value) && value.len() >= 8 && !is_uuid(value),
            Sensitivity::Number => is_number(value),
            Sensitivity::Person => is_person(value),
        }
    }

    /// Whether it is the beginning of a sentence: `auth: timeout while calling ldap`.
    fn is_prose(&self, text: &str, value: &str) -> bool {
        if self.is_quoted {
            let mut words = value.split_whitespace();
            return words.clone().nth(1).is_some() && words.all(is_plain_or_number) && mentions_state(value);
        }
        let is_foreign = !value.is_ascii() && value.chars().all(|c| is_ideograph(c) || !c.is_alphanumeric());
        let rest = text[self.range.end..].strip_prefix(' ');
        let next = rest.and_then(|rest| rest.split(char::is_whitespace).next());
        let goes_on = next.is_some_and(|next| is_plain(next) && !next.contains(['=', ':']));
        (is_foreign && mentions_foreign_state(value))
            || (!self.is_tight && goes_on && is_plain_or_number(value))
    }
}

fn is_plain_or_number(word: &str) -> bool {
    is_plain(word) || (word.len() <= 3 && word.bytes().all(|b| b.is_ascii_digit()))
}

/// Whether one of its words is a state or a function word, as sentences have and passphrases do not.
fn mentions_state(value: &str) -> bool {
    value.split_whitespace().any(|word| is_state(word.trim_matches(|c: char| !c.is_alphanumeric())))
}

fn mentions_foreign_state(value: &str) -> bool {
    const SAYING: &[&str] = &[
        "錯", "误", "誤", "無", "无", "不", "必", "請", "请", "已", "未", "空", "失", "格式", "長度", "长度",
        "驗證", "验证",
    ];
    SAYING.iter().any(|said| value.contains(said))
}

/// Whether `word` stands in `states.txt`.
pub(super) fn is_state(word: &str) -> bool {
    STATES.contains(word.to_ascii_lowercase().as_str())
}

/// Something that stands for a value: `***`, `[Filtered]`, `${TOKEN}`, `%s`, `null`.
pub(super) fn is_placeholder(value: &str) -> bool {
    let value = value.trim_end_matches([',', ';', '.', ')', ']', '}']).trim_end_matches(['"', '\'']);
    let lower = value.to_ascii_lowercase();
    let is_masked = value.chars().all(|c| "*•.…#_-?".contains(c))
        || (value.len() >= 3 && value.chars().all(|c| "xX*•.".contains(c)));
    let is_said =
        ["redacted", "filtered", "masked", "hidden", "removed", "omitted"].iter().any(|w| lower.contains(w));
    let is_template = ["${", "{{", "#{", "<%", "%(", "$(", "{%"].iter().any(|open| value.starts_with(open));
    let is_bracketed = value.starts_with(['<', '[', '{', '(']) && !is_random(value);
    let is_variable = value.strip_prefix(['$', ':', '@', '%', '&', '*']).is_some_and(|name| {
        !name.is_empty()
            && name.chars().all(|c| c.is_ascii_alphabetic() || c == '_' || c == '.')
            && !is_random(name)
    });
    let is_asked = lower.starts_with("your") || lower.starts_with("<your");
    is_masked || is_said || is_template || is_bracketed || is_variable || is_asked || is_state(value)
}

/// A path, a URL or a name of a resource: it says where a secret is, and is none.
fn is_place(value: &str) -> bool {
    let is_path = value.starts_with(['/', '~', '.']) || value.get(1..3) == Some(":\\");
    let is_short = value.split(['/', '\\', '.']).all(|part| !is_random(part));
    (is_path && value.contains(['/', '\\']) && is_short)
        || value.contains("://")
        || ["arn:", "vault:", "env:", "projects/", "!secret", "!vault"]
            .iter()
            .any(|start| value.starts_with(start))
}

/// `user.password`, `get_token(…)`, `password` under the key `password`.
fn is_code(value: &str, key: &str, is_tight: bool) -> bool {
    if value.contains(['(', '{', '[', '<']) && !is_random(value) && !value.contains(['$', '"', '\'']) {
        return true;
    }
    let value = value.trim_end_matches([';', ',', ')', '}', ']', '[', '(', '?', '!']);
    let is_identifier = |part: &str| {
        !part.is_empty()
            && part.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
            && !part.starts_with(|c: char| c.is_ascii_digit())
            && !is_random(part)
    };
    let parts = || {
        value.split(['.', '[', '(', '"', '\'', '-', '>', ':', '$', '&', '*']).filter(|part| !part.is_empty())
    };
    if !parts().all(is_identifier) {
        return false;
    }
    let is_telling = |part: &str| sensitivity(part).is_some() || is_state(part);
    match parts().nth(1) {
        Some(_) => parts().any(is_telling),
        None => {
            let has_digits = value.bytes().any(|b| b.is_ascii_digit());
            let is_compound = value.contains('_') || value.chars().skip(1).any(|c| c.is_ascii_uppercase());
            let names = value.eq_ignore_ascii_case(key.rsplit(['.', '-']).next().unwrap_or(key));
            !has_digits && sensitivity(value).is_some() && (names || is_compound || !is_tight)
        }
    }
}

/// A value that a word of a sentence or a setting would not be.
fn is_unlike_words(value: &str) -> bool {
    let digits = value.bytes().filter(u8::is_ascii_digit).count();
    is_random(value)
        || (value.len() >= 8 && is_mixed(value) && value.bytes().all(|b| b.is_ascii_alphanumeric()))
        || (digits >= 3 && is_mixed(value) && value.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'))
        || (digits >= 6 && digits == value.len())
        || (value.len() >= 6 && is_mixed(value) && value.contains(['!', '@', '#', '$', '%', '^', '*']))
        || (value.len() >= 24 && !is_plain(value) && !value.contains(' '))
}

fn is_number(value: &str) -> bool {
    let digits = value.bytes().filter(u8::is_ascii_digit).count();
    let is_measure = value.contains('.') && value.ends_with(|c: char| c.is_ascii_alphabetic() || c == '%');
    value.len() <= 48 && !is_measure && (digits >= 3 || is_random(value))
}

/// A name or an address: capitalised words, or ideographs.
fn is_person(value: &str) -> bool {
    let starts_large = |word: &str| word.chars().next().is_some_and(|c| !c.is_lowercase());
    value.chars().count() >= 2
        && value.chars().any(char::is_alphabetic)
        && value.split_whitespace().all(starts_large)
        && !mentions_state(value)
}

fn is_uuid(value: &str) -> bool {
    let parts: Vec<usize> = value.split('-').map(str::len).collect();
    parts == [8, 4, 4, 4, 12] && value.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-')
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
            '>' => !goes_on(),
            '。' | '、' => true,
            '"' | '\'' | '`' => !goes_on(),
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
