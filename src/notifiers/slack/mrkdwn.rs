//! One line of a message in Slack's mrkdwn.
//!
//! Slack gives `&`, `<` and `>` a meaning everywhere: `<!channel>` mentions everybody, `<@U…>` a person, and
//! `<https://…>` is a link. They are therefore always escaped. Untrusted text is in code only, where nothing else has a
//! meaning but the quotation mark itself.

use crate::domain::words::Markup;
use crate::slack::MAX_SECTION;

/// The mark of a cut line.
const ELLIPSIS: &str = "…";

/// One line of mrkdwn.
#[derive(Debug, Default)]
pub(super) struct Mrkdwn {
    text: String,
    /// Whether plain words are bold.
    is_bold: bool,
}

impl Markup for Mrkdwn {
    fn say(&mut self, words: &str) {
        if self.is_bold && !words.trim().is_empty() {
            self.bold(words);
        } else {
            escape(&mut self.text, words);
        }
    }

    fn quote(&mut self, line: &str) {
        self.separate();
        self.text.push('`');
        // Code cannot contain its own quotation mark.
        escape(&mut self.text, &if line.is_empty() { "-".to_owned() } else { line.replace('`', "ˋ") });
        self.text.push('`');
    }
}

impl Mrkdwn {
    /// A line whose plain words are bold.
    pub(super) fn strong() -> Self {
        Self { text: String::new(), is_bold: true }
    }

    /// Adds bold words. The asterisks touch the words, because Slack ignores them otherwise.
    pub(super) fn bold(&mut self, words: &str) {
        let core = words.trim();
        let start = words.len() - words.trim_start().len();
        escape(&mut self.text, &words[..start]);
        self.separate();
        self.text.push('*');
        escape(&mut self.text, core);
        self.text.push('*');
        escape(&mut self.text, &words[start + core.len()..]);
    }

    /// Adds a link. A URL that could end the link early is written as text.
    pub(super) fn link(&mut self, words: &str, url: &str) {
        if url.contains(['<', '>', '|', '`']) || url.chars().any(char::is_whitespace) {
            return self.say(words);
        }
        self.text.push('<');
        escape(&mut self.text, url);
        self.text.push('|');
        escape(&mut self.text, words);
        self.text.push('>');
    }

    /// The line, cut to the limit of a section.
    pub(super) fn finish(mut self) -> String {
        if self.text.chars().count() > MAX_SECTION {
            self.cut();
        }
        self.text
    }

    /// Cuts the line between two characters. An escape is not cut, and code is closed.
    fn cut(&mut self) {
        let most = self.text.char_indices().nth(MAX_SECTION - 2).map_or(self.text.len(), |(at, _)| at);
        self.text.truncate(most);
        if let Some(at) = self.text.rfind('&').filter(|at| !self.text[*at..].contains(';')) {
            self.text.truncate(at);
        }
        if self.text.matches('`').count() % 2 == 1 {
            self.text.push('`');
        }
        self.text.push_str(ELLIPSIS);
    }

    /// Separates markup from the character before it. Slack recognizes markup only at the border of a word. A zero-width
    /// space keeps the text unchanged for the reader.
    fn separate(&mut self) {
        if self.text.ends_with(|c: char| c.is_alphanumeric() || matches!(c, '`' | '*')) {
            self.text.push('\u{200b}');
        }
    }
}

/// Adds text with Slack's three escapes.
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
        let mut line = Mrkdwn::default();
        line.quote(text);
        line.finish()
    }

    #[test]
    fn hostile_text_neither_mentions_nor_links_nor_leaves_its_code() {
        assert_eq!(
            quoted("<!channel> <@U1> <https://a.example|x>"),
            "`&lt;!channel&gt; &lt;@U1&gt; &lt;https://a.example|x&gt;`"
        );
        assert_eq!(quoted("a` *b*"), "`aˋ *b*`");
        assert_eq!(quoted("&lt;!here&gt;"), "`&amp;lt;!here&amp;gt;`");
        assert_eq!(quoted(""), "`-`");
    }

    #[test]
    fn a_link_has_our_url_only() {
        let link = |url: &str| {
            let mut line = Mrkdwn::default();
            line.link("Open", url);
            line.finish()
        };
        assert_eq!(link("https://s.example/1?a=1&b"), "<https://s.example/1?a=1&amp;b|Open>");
        for broken in ["https://s.example/>", "https://s.example/|", "https://s.example/ x"] {
            assert_eq!(link(broken), "Open", "{broken}");
        }
    }

    #[test]
    fn markup_is_apart_from_words() {
        let mut line = Mrkdwn::strong();
        line.say("在 ");
        line.quote("f");
        line.say("發生");
        assert_eq!(line.finish(), "*在* `f`\u{200b}*發生*");
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
