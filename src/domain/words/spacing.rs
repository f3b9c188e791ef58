//! The blank between scripts: `在 Sentry 開啟`, never `在Sentry開啟`, whichever texts the two halves came from.

use super::Markup;

/// Writes with another ink, and puts a blank where a letter of a script without blanks meets a Latin one or a quote.
pub(super) struct Spaced<'i> {
    ink: &'i mut dyn Markup,
    last: Side,
}

/// How a character stands beside another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    /// A letter of a script that puts no blanks between words.
    Wide,
    /// A letter or digit of another script; a quote.
    Narrow,
    /// Punctuation, a blank, nothing yet.
    Other,
}

impl Side {
    fn of(c: char) -> Self {
        match c {
            '\u{3041}'..='\u{30ff}'
            | '\u{3105}'..='\u{312f}'
            | '\u{3400}'..='\u{9fff}'
            | '\u{f900}'..='\u{faff}'
            | '\u{20000}'..='\u{3ffff}' => Self::Wide,
            '%' => Self::Narrow,
            c if c.is_alphanumeric() => Self::Narrow,
            _ => Self::Other,
        }
    }

    fn meets(self, next: Self) -> bool {
        matches!((self, next), (Self::Wide, Self::Narrow) | (Self::Narrow, Self::Wide))
    }
}

impl<'i> Spaced<'i> {
    pub(super) fn new(ink: &'i mut dyn Markup) -> Self {
        Self { ink, last: Side::Other }
    }
}

impl Markup for Spaced<'_> {
    fn say(&mut self, words: &str) {
        let mut written = 0;
        for (at, c) in words.char_indices() {
            let side = Side::of(c);
            if self.last.meets(side) {
                self.ink.say(&words[written..at]);
                self.ink.say(" ");
                written = at;
            }
            self.last = side;
        }
        if written < words.len() {
            self.ink.say(&words[written..]);
        }
    }

    fn quote(&mut self, line: &str) {
        if self.last == Side::Wide {
            self.ink.say(" ");
        }
        self.ink.quote(line);
        self.last = Side::Narrow;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::words::Plain;

    #[test]
    fn scripts_are_kept_apart_and_nothing_else_is() {
        let mut plain = Plain::default();
        let mut ink = Spaced::new(&mut plain);
        for words in ["因為", "frame為自有", "。", "SDK（", "3次", "、90%的）ok ", "é"] {
            ink.say(words);
        }
        ink.quote("a.py:1");
        ink.say("的");
        ink.quote("鍵");
        ink.say("，x");
        assert_eq!(plain.0, "因為 frame 為自有。SDK（3 次、90% 的）ok éa.py:1 的 鍵，x");
    }
}
