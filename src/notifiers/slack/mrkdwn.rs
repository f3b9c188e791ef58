//! Renders one line of a message in mrkdwn, Slack's markup.
//!
//! Slack gives `&`, `<` and `>` a meaning everywhere: `<!channel>` mentions everybody, `<@U…>` a person, and
//! `<https://…>` is a link. These three characters are therefore always escaped. Untrusted text is in code only, where
//! the backtick is the only other character with a meaning.

use crate::domain::message::{RichText, TextRun};
use crate::slack::MAX_SECTION;

/// The character at the end of a line that was cut.
const ELLIPSIS: &str = "…";

/// The character between markup and a word. Slack recognizes markup only at the border of a word, and readers do not
/// see this character.
const BORDER: char = '\u{200b}';

/// A line of mrkdwn that is being written.
#[derive(Debug, Default)]
pub(super) struct Mrkdwn(String);

impl Mrkdwn {
    /// Renders a line of a paragraph.
    pub(super) fn line(text: &RichText) -> String {
        let mut line = Self::default();
        for run in text.runs() {
            line.run(run, false);
        }
        line.finish()
    }

    /// Renders the first line of a message, whose words are bold.
    pub(super) fn title(text: &RichText) -> String {
        let mut line = Self::default();
        for run in text.runs() {
            line.run(run, true);
        }
        line.finish()
    }

    /// Renders the title of a section, in bold.
    pub(super) fn heading(words: &str) -> String {
        let mut line = Self::default();
        line.bold(words);
        line.finish()
    }

    fn run(&mut self, run: &TextRun, is_title: bool) {
        match run {
            TextRun::Said(words) if is_title && words.chars().any(char::is_alphanumeric) => self.bold(words),
            TextRun::Said(words) => self.say(words),
            TextRun::Strong(words) => self.bold(words),
            TextRun::Code(text) => self.code(text),
            TextRun::Link(text, url) => self.link(text, url),
        }
    }

    /// Adds words without markup.
    fn say(&mut self, words: &str) {
        if self.0.ends_with(['`', '*']) && words.chars().next().is_some_and(is_part_of_word) {
            self.0.push(BORDER);
        }
        escape(&mut self.0, words);
    }

    fn code(&mut self, text: &str) {
        self.separate();
        self.0.push('`');
        escape(&mut self.0, &without_quotation_mark(text));
        self.0.push('`');
    }

    /// Adds bold words. The asterisks touch the words, because Slack ignores them otherwise.
    fn bold(&mut self, words: &str) {
        let core = words.trim();
        let start = words.len() - words.trim_start().len();
        self.say(&words[..start]);
        self.separate();
        self.0.push('*');
        escape(&mut self.0, core);
        self.0.push('*');
        escape(&mut self.0, &words[start + core.len()..]);
    }

    /// Adds a link. If the URL contains a character that could end the link early, only the words are added.
    fn link(&mut self, words: &str, url: &str) {
        let words = &without_quotation_mark(words);
        if url.contains(['<', '>', '|', '`']) || url.chars().any(char::is_whitespace) {
            return escape(&mut self.0, words);
        }
        self.0.push('<');
        escape(&mut self.0, url);
        self.0.push('|');
        escape(&mut self.0, words);
        self.0.push('>');
    }

    /// Returns the line with at most [`MAX_SECTION`] characters.
    fn finish(mut self) -> String {
        if self.0.chars().count() > MAX_SECTION {
            self.cut();
        }
        self.0
    }

    /// Cuts the line to at most [`MAX_SECTION`] characters. The cut leaves no half of an escape such as `&amp;`, and
    /// closes open code.
    fn cut(&mut self) {
        let most = self.0.char_indices().nth(MAX_SECTION - 2).map_or(self.0.len(), |(at, _)| at);
        self.0.truncate(most);
        if let Some(at) = self.0.rfind('&').filter(|at| !self.0[*at..].contains(';')) {
            self.0.truncate(at);
        }
        if self.0.matches('`').count() % 2 == 1 {
            self.0.push('`');
        }
        self.0.push_str(ELLIPSIS);
    }

    /// Adds a border if the line ends with a part of a word or with markup.
    fn separate(&mut self) {
        if self.0.ends_with(is_part_of_word) {
            self.0.push(BORDER);
        }
    }
}

/// Whether markup beside this character needs a border. Only blanks and ASCII punctuation are borders by themselves: a
/// full-width character, such as `，`, is a part of a word for Slack.
fn is_part_of_word(c: char) -> bool {
    !c.is_whitespace() && c != BORDER && (!c.is_ascii_punctuation() || matches!(c, '`' | '*' | '_' | '~'))
}

/// Replaces each backtick with a similar character, because Slack cannot escape backticks in code.
fn without_quotation_mark(text: &str) -> String {
    text.replace('`', "ˋ")
}

/// Appends `text` to `out` and escapes `&`, `<` and `>`.
pub(super) fn escape(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            other => out.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quoted(text: &str) -> String {
        Mrkdwn::line(&RichText::code(text))
    }

    #[test]
    fn hostile_text_neither_mentions_nor_links_nor_leaves_its_code() {
        let hostile = "<!channel> <@U1> <https://a.example|x>";
        assert_eq!(quoted(hostile), "`&lt;!channel&gt; &lt;@U1&gt; &lt;https://a.example|x&gt;`");
        assert_eq!(quoted("a` *b*"), "`aˋ *b*`");
        assert_eq!(quoted("&lt;!here&gt;"), "`&amp;lt;!here&amp;gt;`");
    }

    #[test]
    fn a_link_with_an_unsafe_url_becomes_plain_text() {
        let link = |words: &str, url: &str| Mrkdwn::line(&RichText::link(words, url));
        assert_eq!(link("Open", "https://s.example/1?a=1&b"), "<https://s.example/1?a=1&amp;b|Open>");
        assert_eq!(link("`>", "https://s.example/"), "<https://s.example/|ˋ&gt;>");
        for broken in ["https://s.example/>", "https://s.example/|", "https://s.example/ x"] {
            assert_eq!(link("Open", broken), "Open", "{broken}");
        }
    }

    #[test]
    fn adjacent_markup_is_separated_by_a_zero_width_space() {
        let mut line = RichText::said("在 ");
        line.extend(RichText::code("f"));
        line.say("發生");
        assert_eq!(Mrkdwn::title(&line), "*在* `f`\u{200b}*發生*");
        assert_eq!(Mrkdwn::line(&line), "在 `f`\u{200b}發生");
        let mut line = RichText::said("鍵「");
        line.extend(RichText::code("rye"));
        line.say("」，(");
        line.extend(RichText::code("x"));
        line.say("). ");
        assert_eq!(Mrkdwn::line(&line), "鍵「\u{200b}`rye`\u{200b}」，(`x`). ");
    }

    #[test]
    fn a_long_line_is_cut_between_characters_and_its_code_is_closed() {
        for text in ["&".repeat(2_000), "字".repeat(4_000), "x".repeat(3_001)] {
            let line = quoted(&text);
            assert!(line.chars().count() <= MAX_SECTION, "{}", line.chars().count());
            assert!(line.ends_with("`…") && !line.ends_with("&`…"));
            assert_eq!(line.matches("&amp;").count(), line.matches('&').count());
        }
    }
}
