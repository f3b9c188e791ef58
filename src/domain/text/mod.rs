//! Untrusted text, and the only ways to print it.
//!
//! A Sentry DSN is public, so every text of an event can be hostile. Such a text is [`Untrusted`]: rules may read it
//! ([`Untrusted::raw`]), but it has no `Display` and no `Serialize`. It can be printed only after scrubbing, without
//! invisible characters, and with a limited length.

mod ansi;
mod invisible;
mod key_lines;
mod scrub;
mod structure;

use std::borrow::Cow;
use std::fmt;
use std::hash::{Hash, Hasher};

pub use key_lines::hide_key_lines;
pub use structure::{KeyPath, Member};

/// A text from outside, such as the message of a Sentry event. Anybody can write it, so it is never executed, and never
/// printed unchanged.
#[derive(Clone, Default)]
pub struct Untrusted {
    text: Box<str>,
    place: Place,
}

/// The place of a text in the payload, as far as it affects scrubbing.
#[derive(Clone, Copy, Default)]
enum Place {
    #[default]
    Anywhere,
    /// The text is a version, so four numbers in it are not an IP address.
    Version,
    /// The value of a key that denotes a secret or personal data.
    Under(scrub::Sensitivity),
    /// The text is never shown: it is a line of a private key, or an object with a value that is a secret because of
    /// the object's key, such as `api: {"key": "x"}`.
    Hidden,
}

impl Untrusted {
    /// Marks a text as untrusted. Escape sequences of terminals are removed.
    #[must_use]
    pub fn new(text: impl Into<Box<str>>) -> Self {
        let text: Box<str> = text.into();
        let stripped = match ansi::stripped(&text) {
            Cow::Owned(stripped) => Some(stripped),
            Cow::Borrowed(_) => None,
        };
        Self { text: stripped.map_or(text, String::into_boxed_str), place: Place::Anywhere }
    }

    /// Marks the text as a version, so that the four numbers of `shop@4.2.0.118` are not taken for an IP address.
    #[must_use]
    pub fn into_version(self) -> Self {
        Self { place: Place::Version, ..self }
    }

    /// Marks the text as the value of `key`, so that the value of a key such as `password` is never printed.
    #[must_use]
    pub fn under(self, key: &str) -> Self {
        self.below(KeyPath::of(key))
    }

    /// Marks the text as a value below these keys of a structure. A key such as `password` makes the value a secret.
    #[must_use]
    pub fn below(self, keys: KeyPath<'_>) -> Self {
        let place = match keys.sensitivity() {
            Some(sensitivity) => Place::Under(sensitivity),
            None if scrub::is_secret_under(&self.text, keys.last()) => Place::Hidden,
            None => return self,
        };
        Self { place, ..self }
    }

    /// Whether the text is a secret according to its key, so that it is shown nowhere.
    #[must_use]
    pub fn is_secret(&self) -> bool {
        match self.place {
            Place::Under(sensitivity) => scrub::is_secret(&self.text, sensitivity),
            Place::Hidden => true,
            Place::Anywhere | Place::Version => false,
        }
    }

    /// Returns the text without scrubbing, for comparisons. It must not be printed or logged.
    #[must_use]
    pub fn raw(&self) -> &str {
        &self.text
    }

    /// Returns at most the first `max` characters without scrubbing, for comparisons. Comparing a long text with many
    /// others in full would be too slow.
    #[must_use]
    pub fn start(&self, max: usize) -> &str {
        // A text has at least as many bytes as characters.
        if self.text.len() <= max {
            return &self.text;
        }
        self.text.char_indices().nth(max).map_or(&self.text, |(end, _)| &self.text[..end])
    }

    /// Returns the text, a URL, without its query and fragment, which can contain tokens and personal data.
    #[must_use]
    pub fn route(&self) -> Self {
        Self::new(self.text.split(['?', '#']).next().unwrap_or(&self.text))
    }

    /// Returns the whole text without secrets, personal data and invisible characters. The result is for storage: its
    /// length is not limited.
    #[must_use]
    pub fn scrubbed(&self) -> String {
        self.without_secrets(invisible::visible(&self.text)).into_owned()
    }

    /// Returns `text`, a part of this text, without secrets and personal data. The place of this text in the payload
    /// decides the rules.
    fn without_secrets<'t>(&self, text: Cow<'t, str>) -> Cow<'t, str> {
        match self.place {
            Place::Version => scrub::version(text),
            Place::Under(sensitivity) if scrub::is_secret(&text, sensitivity) => {
                Cow::Borrowed(scrub::REDACTED)
            }
            Place::Hidden => Cow::Borrowed(scrub::REDACTED),
            Place::Anywhere | Place::Under(_) => scrub::scrub(text),
        }
    }

    /// Returns one line of at most `max` characters. The text is scrubbed, invisible characters are removed, white
    /// space is folded, and a cut is marked with `…`.
    #[must_use]
    pub fn line(&self, max: usize) -> String {
        let start = invisible::bounded(&self.text, max);
        let scrubbed = self.without_secrets(start.text);
        let mut line = String::with_capacity(scrubbed.len().min(4 * max));
        for word in scrubbed.split_whitespace() {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
        if start.is_cut {
            line.push('…');
        }
        capped(line, max)
    }

    /// Returns the first line of the text, scrubbed and at most `max` characters long, as a line of code: unlike
    /// [`Self::line`], it keeps its white space, and a tab becomes four blanks.
    #[must_use]
    pub fn code_line(&self, max: usize) -> String {
        // Markdown also ends a line at a single carriage return.
        let first = self.text.split(['\n', '\r']).next().unwrap_or_default();
        let start = invisible::bounded(first, max);
        let mut line = self.without_secrets(start.text).trim_end().replace('\t', "    ");
        if start.is_cut {
            line.push('…');
        }
        capped(line, max)
    }
}

/// Texts are equal regardless of their place in the payload.
impl PartialEq for Untrusted {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Untrusted {}

impl Hash for Untrusted {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.text.hash(state);
    }
}

/// Formats the length of the text, never its content, because `Debug` output appears in logs.
impl fmt::Debug for Untrusted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Untrusted({} bytes)", self.text.len())
    }
}

/// Cuts `text` to `max` characters. If something was cut, the last character is `…`.
#[must_use]
pub fn capped(mut text: String, max: usize) -> String {
    if text.len() <= max {
        return text;
    }
    let Some((end, _)) = text.char_indices().nth(max) else { return text };
    let keep = text[..end].char_indices().next_back().map_or(0, |(at, _)| at);
    text.truncate(keep);
    text.push('…');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_one_line_and_capped() {
        let text = Untrusted::new("one\n  two\tthree\u{202e}\u{200b} four");
        assert_eq!(text.line(40), "one two three four");
        assert_eq!(text.line(7), "one tw…");
        assert_eq!(Untrusted::new("é".repeat(10)).line(4), "ééé…");
        assert_eq!(Untrusted::new("é".repeat(4)).line(4), "éééé");
    }

    #[test]
    fn a_truncated_text_keeps_its_start_and_ends_with_an_ellipsis() {
        for text in ["{\"sku\":\"A-1\",\"n\":1},", "連線逾時，", "SELECT(a)FROM(b);"] {
            let line = Untrusted::new(text.repeat(2_000)).line(140);
            assert!(line.starts_with(text) && line.ends_with('…'), "{line}");
            assert_eq!(line.chars().count(), 140);
        }
        let early = Untrusted::new(format!("Error: {}", "{\"sku\":1},".repeat(2_000))).line(140);
        assert!(early.starts_with("Error: {\"sku\":1}") && early.chars().count() == 140, "{early}");
        let secret = "[\"password\":\"hunter2\"] ".repeat(2_000);
        assert!(Untrusted::new(secret).line(140).ends_with('…'));
    }

    #[test]
    fn a_value_under_a_sensitive_key_is_redacted() {
        let under = |key: &str, value: &str| Untrusted::new(value).under(key).line(80);
        assert_eq!(under("password", "hunter2"), "[redacted]");
        assert_eq!(under("api_key", "Zq5khxE3pyIg"), "[redacted]");
        assert_eq!(under("phone", "0412 345 67"), "[redacted]");
        for (key, value) in [
            ("password", "None"),
            ("password", "[Filtered]"),
            ("token", "identifier"),
            ("auth", "{'type': 'basic', 'retries': 3}"),
            ("row", "hunter2"),
            ("errors", "password is required"),
            ("api", "{\"host\": \"hunter2\"}"),
            ("", "{\"key\": \"hunter2\"}"),
        ] {
            assert_eq!(under(key, value), value, "{key}");
        }
        assert_eq!(under("auth", "{'user': 'kim', 'pass': 'Zq5khxE3pyIg'}"), "[redacted]");
        assert_eq!(under("api", "{\"key\": \"hunter2\"}"), "[redacted]");
    }

    #[test]
    fn colour_codes_are_removed_from_a_text() {
        assert_eq!(Untrusted::new("\u{1b}[31merror\u{1b}[0m: no").raw(), "error: no");
    }

    #[test]
    fn code_keeps_its_indentation() {
        assert_eq!(Untrusted::new("\treturn  x\n").code_line(40), "    return  x");
        assert_eq!(Untrusted::new("a\r## b").code_line(40), "a");
    }

    #[test]
    fn debug_does_not_show_the_text() {
        assert_eq!(format!("{:?}", Untrusted::new("hunter2")), "Untrusted(7 bytes)");
    }
}
