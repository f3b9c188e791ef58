//! Writes the sentences of a language model so that no part of them acts as markup.
//!
//! Words of letters and digits are written as they are. Everything that markup, a chat client or a reader could
//! interpret (paths, names, commands, mentions, tags) is quoted as code, and a link becomes `[link]`. No output format
//! needs further escaping, because special characters occur only in code.

use super::Markup;

/// The text that replaces a link.
const LINK: &str = "[link]";
/// The characters that can precede a word without making it code.
const OPENERS: &str = "(\"'";
/// The characters that can follow a word without making it code.
const CLOSERS: &str = ".,;:!?)\"'%";
/// The punctuation marks beyond ASCII that have no meaning in any markup.
const HARMLESS: &str = "，。、；：！？（）「」『』《》—–…“”‘’·→≥≤≠×";

/// Writes one line of a language model's text to `markup`.
pub(super) fn write(line: &str, markup: &mut dyn Markup) {
    let mut pen = Pen { markup, after: After::Nothing };
    let balanced = line.matches('`').count().is_multiple_of(2);
    for (at, part) in line.split('`').enumerate() {
        if at % 2 == 1 && balanced {
            pen.code(part.trim());
            continue;
        }
        if part.starts_with(char::is_whitespace) {
            pen.blank();
        }
        for word in part.split_whitespace() {
            if !(pen.after == After::Nothing && is_bullet(word)) {
                token(word, &mut pen);
                pen.blank();
            }
        }
        if !part.ends_with(char::is_whitespace) {
            pen.unblank();
        }
    }
}

/// A writer for words and code, which adds the blanks between them.
struct Pen<'i> {
    markup: &'i mut dyn Markup,
    after: After,
}

/// The kind of text that a [`Pen`] wrote last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum After {
    Nothing,
    Words,
    Code,
    /// Words (`false`) or code (`true`), after which a blank still has to be written.
    Blank(bool),
}

impl Pen<'_> {
    fn blank(&mut self) {
        self.after = match self.after {
            After::Words => After::Blank(false),
            After::Code => After::Blank(true),
            other => other,
        };
    }

    fn unblank(&mut self) {
        self.after = match self.after {
            After::Blank(false) => After::Words,
            After::Blank(true) => After::Code,
            other => other,
        };
    }

    fn say(&mut self, words: &str) {
        if words.is_empty() {
            return;
        }
        if matches!(self.after, After::Blank(_)) {
            self.markup.say(" ");
        }
        self.markup.say(words);
        self.after = After::Words;
    }

    /// Writes a piece of code. A blank separates two pieces of code, because their quotation marks must not touch.
    fn code(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        if matches!(self.after, After::Blank(_) | After::Code) {
            self.markup.say(" ");
        }
        self.markup.quote(if is_link(text) { LINK } else { text });
        self.after = After::Code;
    }
}

/// Whether a word such as `1.` or `2)` at the start of a line would begin a list.
fn is_bullet(word: &str) -> bool {
    word.strip_suffix(['.', ')']).is_some_and(|n| n.bytes().all(|b| b.is_ascii_digit()))
}

fn is_link(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    let schemes = ["://", "www.", "t.me/", "mailto:", "javascript:", "data:", "tg:"];
    schemes.iter().any(|scheme| text.contains(scheme))
}

/// Writes one word with the punctuation around it.
fn token(word: &str, pen: &mut Pen<'_>) {
    if is_link(word) {
        return pen.code(word);
    }
    let start = word.trim_start_matches(|c| OPENERS.contains(c));
    let core = start.trim_end_matches(|c| CLOSERS.contains(c) || HARMLESS.contains(c));
    // A call keeps its parentheses: `load()`.
    let core = if core.contains('(') { start.trim_end_matches(['.', ',', ';', ':']) } else { core };
    let (opening, rest) = word.split_at(word.len() - start.len());
    let (core, closing) = (core, &rest[core.len()..]);
    match core {
        // The word is only punctuation.
        "" => pen.say(word),
        // A hyphen at the start of a line would begin a list.
        _ if core.chars().all(|c| c == '-') => pen.say("–"),
        _ => {
            pen.say(opening);
            if core.chars().all(is_plain) {
                said(core, pen);
            } else {
                mixed(core, pen);
            }
            pen.say(closing);
        }
    }
}

fn is_plain(c: char) -> bool {
    c.is_alphanumeric() || c == '\'' || c == '-' || HARMLESS.contains(c)
}

/// Writes characters that have no meaning in markup. A blank is added after the full stop `。` if a character of another
/// script follows, because some clients treat `。` as the dot of a host name.
fn said(text: &str, pen: &mut Pen<'_>) {
    let mut rest = text;
    while let Some(at) = rest.find('。') {
        let (before, after) = rest.split_at(at + '。'.len_utf8());
        pen.say(before);
        if after.starts_with(|c: char| c < '\u{2e80}') {
            pen.blank();
        }
        rest = after;
    }
    pen.say(rest);
}

/// Writes a word that mixes code with a script without blanks, such as `在checkout.rs:41呼叫`. A run of ASCII characters
/// is quoted alone if it is complete. Otherwise, as in `пример.com`, the whole word is quoted.
fn mixed(core: &str, pen: &mut Pen<'_>) {
    let runs = runs(core);
    let whole = |run: &&str| {
        run.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
            && run.ends_with(|c: char| c.is_ascii_alphanumeric() || "_)]}".contains(c))
    };
    let odd = |run: &&str| !run.chars().all(is_plain);
    if !runs.iter().filter(|run| odd(run)).all(|run| run.is_ascii() && whole(run)) {
        return pen.code(core);
    }
    for run in runs {
        if odd(&run) {
            pen.code(run);
        } else {
            said(run, pen);
        }
    }
}

/// Splits a text into runs of ASCII characters and runs of other characters.
fn runs(text: &str) -> Vec<&str> {
    let mut runs = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let end = rest.find(|c: char| c.is_ascii() != first.is_ascii()).unwrap_or(rest.len());
        let (run, after) = rest.split_at(end);
        runs.push(run);
        rest = after;
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::words::Marked;

    fn written(line: &str) -> String {
        let mut out = Marked::default();
        write(line, &mut out);
        out.0
    }

    #[test]
    fn words_of_a_model_are_plain_text_and_names_are_code() {
        let cases = [
            ("The coupon's months are 0, so it divides.", "The coupon's months are 0, so it divides."),
            ("`coupon.months` is `0`.", "⟦coupon.months⟧ is ⟦0⟧."),
            ("See checkout.rs:41, then load().", "See ⟦checkout.rs:41⟧, then ⟦load()⟧."),
            (
                "在checkout.rs:41呼叫時，months 為 0。因此失敗。",
                "在⟦checkout.rs:41⟧呼叫時，months 為 0。因此失敗。",
            ),
            ("a - b == c", "a – b ⟦==⟧ c"),
            ("(see above)", "(see above)"),
            ("`a` `b``c` d", "⟦a⟧ ⟦b⟧ ⟦c⟧ d"),
            ("1. First", "First"),
        ];
        for (line, expected) in cases {
            assert_eq!(written(line), expected);
        }
    }

    #[test]
    fn markup_links_and_mentions_of_a_model_are_shown_as_code() {
        let cases = [
            ("[Fix](https://evil.example/x)", "⟦[link]⟧"),
            ("![x](tg://resolve?domain=x)", "⟦[link]⟧"),
            ("visit evil.com now", "visit ⟦evil.com⟧ now"),
            ("пример.com evil。com пример.рф", "⟦пример.com⟧ evil。 com ⟦пример.рф⟧"),
            ("@admin #tag /start **bold** <b>x</b>", "⟦@admin⟧ ⟦#tag⟧ ⟦/start⟧ ⟦**bold**⟧ ⟦<b>x</b>⟧"),
            ("- # | > ---", "– ⟦#⟧ ⟦|⟧ ⟦>⟧ –"),
            ("`https://evil.example`", "⟦[link]⟧"),
            ("an `odd tick", "an odd tick"),
        ];
        for (line, expected) in cases {
            assert_eq!(written(line), expected, "{line}");
        }
    }
}
