//! Normalises error messages: replaces their variable parts, so that one pattern matches all messages of a failure.

/// At most this many characters of a message are read. The words that identify a failure are at the beginning.
const LONGEST: usize = 2_000;
/// The quotation marks of messages.
const QUOTES: &[char] = &['\'', '"', '`'];
/// A quoted text counts as a sentence if it has at least this many words.
const SENTENCE: usize = 3;

/// The treatment of quoted text in a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Quoted {
    /// Quoted text is a variable value, and becomes `'*'`.
    Value,
    /// Another message quotes the message of interest. Quoted sentences stay, and only shorter texts become `'*'`.
    Unwrapped,
}

/// Returns the message in lower case, with placeholders for variable parts: `#` for numbers, `'*'` for quoted text,
/// `<url>` and `<path>`.
pub(super) fn normal(message: &str, quoted: Quoted) -> String {
    let end = message.char_indices().nth(LONGEST).map_or(message.len(), |(at, _)| at);
    let mut scan = Scan { rest: &message[..end], before: None, out: String::with_capacity(end) };
    while let Some(c) = scan.rest.chars().next() {
        let taken = scan.quote(c, quoted) || scan.path(c) || scan.word(c);
        if !taken {
            scan.take(c.len_utf8(), None);
        }
    }
    scan.out
}

/// Returns the name of an exception type without its package: `Error` for `*pq.Error`, `ActiveRecord::Error` and
/// `com.acme.Error`.
pub(super) fn type_name(kind: &str) -> &str {
    let kind = kind.trim_start_matches('*');
    kind.rsplit(['.', ':', '/', '\\']).next().unwrap_or(kind)
}

struct Scan<'a> {
    rest: &'a str,
    before: Option<char>,
    out: String,
}

impl Scan<'_> {
    /// Reads `length` bytes. Writes the placeholder `sign` for them, or the text itself in lower case.
    fn take(&mut self, length: usize, sign: Option<&str>) {
        let (taken, rest) = self.rest.split_at(length);
        match sign {
            Some(sign) => self.out.push_str(sign),
            None => self.out.extend(taken.chars().flat_map(char::to_lowercase)),
        }
        self.before = taken.chars().next_back().or(self.before);
        self.rest = rest;
    }

    fn is_after_word(&self) -> bool {
        self.before.is_some_and(|c| c.is_ascii_alphanumeric() || c == '_')
    }

    /// Reads quoted text within a line, if the quotation mark `open` begins one. Returns whether it was read. An
    /// apostrophe inside a word is not a quotation mark.
    fn quote(&mut self, open: char, quoted: Quoted) -> bool {
        if !QUOTES.contains(&open) || (open == '\'' && self.is_after_word()) {
            return false;
        }
        let inside = &self.rest[open.len_utf8()..];
        let line = inside.split('\n').next().unwrap_or(inside);
        let closes = |at: &usize| {
            let after = line[at + open.len_utf8()..].chars().next();
            open != '\'' || !after.is_some_and(|c| c.is_ascii_alphanumeric())
        };
        let close = line.match_indices(open).map(|(at, _)| at).take(4).find(closes);
        let Some(close) = close else { return false };
        if quoted == Quoted::Unwrapped && line[..close].split_whitespace().count() >= SENTENCE {
            return false;
        }
        self.take(close + 2 * open.len_utf8(), Some("'*'"));
        true
    }

    /// Reads a path of at least two parts, if `c` begins one. Returns whether it was read.
    fn path(&mut self, c: char) -> bool {
        if c != '/' || self.is_after_word() || self.before == Some('<') {
            return false;
        }
        let is_part = |c: char| c.is_ascii_alphanumeric() || "_.@-".contains(c);
        let end = self.rest.find(|c| c != '/' && !is_part(c)).unwrap_or(self.rest.len());
        let parts = self.rest[..end].split('/').filter(|part| !part.is_empty()).count();
        if parts < 2 {
            return false;
        }
        self.take(end, Some("<path>"));
        true
    }

    /// Reads a word, a number or a URL, if `c` begins one. Returns whether it was read.
    fn word(&mut self, c: char) -> bool {
        let run = |text: &str, is_in: fn(char) -> bool| text.find(|c| !is_in(c)).unwrap_or(text.len());
        if c.is_ascii_digit() {
            let is_hex = self.rest.starts_with("0x");
            let end = if is_hex {
                2 + run(&self.rest[2..], |c| c.is_ascii_hexdigit())
            } else {
                run(self.rest, |c| c.is_ascii_digit() || c == '.' || c == ',')
            };
            self.take(end, Some("#"));
            return true;
        }
        if !(c.is_ascii_alphabetic() || c == '_') {
            return false;
        }
        let end = run(self.rest, |c| c.is_ascii_alphanumeric() || c == '_');
        // `chrome-extension://…` is not a network address, and its name identifies the failure.
        if self.rest[end..].starts_with("://") && self.before != Some('-') {
            let url = self.rest.find(|c: char| c.is_whitespace() || "\"'<>".contains(c));
            self.take(url.unwrap_or(self.rest.len()), Some("<url>"));
        } else {
            self.take(end, None);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variable_parts_of_a_message_are_replaced_by_placeholders() {
        let cases = [
            ("Timeout of 5000ms exceeded", "timeout of #ms exceeded"),
            ("column \"a b\" doesn't exist, can't say 'why'", "column '*' doesn't exist, can't say '*'"),
            ("called `Option::unwrap()` on a `None` value", "called '*' on a '*' value"),
            ("GET https://a.example/x?y=1 failed", "get <url> failed"),
            ("at chrome-extension://ab/x.js:3", "at chrome-extension:<path>:#"),
            ("open /etc/app/x.conf: Permission denied", "open <path>: permission denied"),
            ("dial tcp 10.0.0.1:5432: i/o timeout", "dial tcp #:#: i/o timeout"),
            ("SQLSTATE[HY000] [2002] at 0x7fFe", "sqlstate[hy000] [#] at #"),
            ("an 'open quote", "an 'open quote"),
            ("код 42 ☃", "код # ☃"),
            ("", ""),
        ];
        for (message, expected) in cases {
            assert_eq!(normal(message, Quoted::Value), expected);
        }
        assert_eq!(
            normal("(1213, \"Deadlock found by 'x'\")", Quoted::Unwrapped),
            "(# \"deadlock found by '*'\")"
        );
    }

    #[test]
    fn type_names_lose_their_packages() {
        for kind in ["Error", "*pq.Error", "ActiveRecord::Error", r"App\Error", "a/b.Error"] {
            assert_eq!(type_name(kind), "Error");
        }
        assert_eq!(type_name("Resources$NotFoundException"), "Resources$NotFoundException");
    }

    #[test]
    fn long_and_hostile_messages_are_cut() {
        assert!(normal(&"'a".repeat(100_000), Quoted::Value).len() <= LONGEST);
        assert!(normal(&"/".repeat(100_000), Quoted::Value).len() <= LONGEST);
    }
}
