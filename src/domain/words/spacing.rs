//! Adds blanks between scripts. Chinese text needs `在 Sentry 開啟` and not `在Sentry開啟`, even if the two parts come from
//! different texts.

use super::Markup;

/// A [`Markup`] that adds a blank between a letter of a script without blanks and a Latin letter or a quote.
pub(super) struct Spaced<'i> {
    markup: &'i mut dyn Markup,
    last: Side,
}

/// The spacing class of a character.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    /// A letter of a script without blanks between words.
    Wide,
    /// A letter or digit of another script, or a quote.
    Narrow,
    /// Punctuation, a blank, or the start of the text.
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
    pub(super) fn new(markup: &'i mut dyn Markup) -> Self {
        Self { markup, last: Side::Other }
    }
}

impl Markup for Spaced<'_> {
    fn say(&mut self, words: &str) {
        let mut written = 0;
        for (at, c) in words.char_indices() {
            let side = Side::of(c);
            if self.last.meets(side) {
                self.markup.say(&words[written..at]);
                self.markup.say(" ");
                written = at;
            }
            self.last = side;
        }
        if written < words.len() {
            self.markup.say(&words[written..]);
        }
    }

    fn quote(&mut self, line: &str) {
        if self.last == Side::Wide {
            self.markup.say(" ");
        }
        self.markup.quote(line);
        self.last = Side::Narrow;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::words::Plain;

    #[test]
    fn a_space_is_added_only_between_chinese_and_latin_text() {
        let mut plain = Plain::default();
        let mut markup = Spaced::new(&mut plain);
        for words in ["因為", "frame為自有", "。", "SDK（", "3次", "、90%的）ok ", "é"] {
            markup.say(words);
        }
        markup.quote("a.py:1");
        markup.say("的");
        markup.quote("鍵");
        markup.say("，x");
        assert_eq!(plain.0, "因為 frame 為自有。SDK（3 次、90% 的）ok éa.py:1 的 鍵，x");
    }
}
