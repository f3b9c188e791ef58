//! Text written by strangers, and the only ways in which it leaves.
//!
//! A public DSN takes anything, so every text of an event is [`Untrusted`]: rules may read it ([`Untrusted::raw`]), but it
//! has no `Display` and no `Serialize`. It leaves only scrubbed, without invisible characters and capped.

mod invisible;
mod scrub;

use std::borrow::Cow;
use std::fmt;
use std::hash::{Hash, Hasher};

/// Text that came from outside: data, never obeyed, never shown as it stands.
#[derive(Clone, Default)]
pub struct Untrusted {
    text: Box<str>,
    /// Whether it stood where a version stands.
    is_version: bool,
}

impl Untrusted {
    /// Takes a text as foreign.
    #[must_use]
    pub fn new(text: impl Into<Box<str>>) -> Self {
        Self { text: text.into(), is_version: false }
    }

    /// Takes it for a version, as it stood where one stands: the four numbers of `shop@4.2.0.118` are no address then.
    #[must_use]
    pub fn into_version(self) -> Self {
        Self { is_version: true, ..self }
    }

    /// The text as it came, to be matched against and never to be shown or logged.
    #[must_use]
    pub fn raw(&self) -> &str {
        &self.text
    }

    /// The start of the text as it came, of at most `max` characters: what is compared with many others is compared
    /// only so far, or a long text costs its length many times.
    #[must_use]
    pub fn start(&self, max: usize) -> &str {
        self.text.char_indices().nth(max).map_or(&self.text, |(end, _)| &self.text[..end])
    }

    /// A URL without its query, which carries tokens and personal data; the route is what counts.
    #[must_use]
    pub fn route(&self) -> Self {
        Self::new(self.text.split(['?', '#']).next().unwrap_or(&self.text))
    }

    /// All of it, scrubbed: for keeping, not for showing.
    #[must_use]
    pub fn scrubbed(&self) -> String {
        scrub::scrub(Cow::Borrowed(&self.text)).into_owned()
    }

    /// One line of at most `max` characters: scrubbed, visible characters only, white space folded, cut with `…`.
    #[must_use]
    pub fn line(&self, max: usize) -> String {
        let bounded = invisible::bounded(&self.text, max);
        let scrubbed = if self.is_version { scrub::version(bounded) } else { scrub::scrub(bounded) };
        let mut line = String::with_capacity(scrubbed.len().min(4 * max));
        for word in scrubbed.split_whitespace() {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
        capped(line, max)
    }

    /// One line of code: as [`Self::line`], but indentation and inner white space stay (a tab becomes four blanks).
    #[must_use]
    pub fn code_line(&self, max: usize) -> String {
        // A carriage return alone ends a line in Markdown, too.
        let first = self.text.split(['\n', '\r']).next().unwrap_or_default();
        capped(scrub::scrub(invisible::bounded(first, max)).trim_end().replace('\t', "    "), max)
    }
}

/// The same text is the same, wherever it stood.
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

/// A `Debug` form for test failures and logs: how long the text is, never what it says.
impl fmt::Debug for Untrusted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Untrusted({} bytes)", self.text.len())
    }
}

/// Cuts `text` to `max` characters, the last of them `…` when something was cut.
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
    fn code_keeps_its_indentation() {
        assert_eq!(Untrusted::new("\treturn  x\n").code_line(40), "    return  x");
        assert_eq!(Untrusted::new("a\r## b").code_line(40), "a");
    }

    #[test]
    fn debug_does_not_show_the_text() {
        assert_eq!(format!("{:?}", Untrusted::new("hunter2")), "Untrusted(7 bytes)");
    }
}
