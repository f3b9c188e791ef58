//! Renders a message in Telegram's HTML and as plain text.
//!
//! Telegram accepts a few tags and four entities, refuses all others, and limits the visible text. All text is
//! therefore escaped, and untrusted text is in code only. A [`ChatMessage`] is composed to fit the limit.

use std::fmt::Write as _;

use crate::domain::message::{ChatMessage, FoldedSection, RichText, TextRun};
use crate::domain::words::{Language, Sentence};
use crate::notifiers::Notification;

/// Telegram's limit for the visible text of a message, in UTF-16 units.
const LONGEST_VISIBLE: usize = 4096;
/// This many UTF-16 units are reserved for each of two lines with a person's decision.
const DECISION: usize = 300;
/// Sidenote's own limit for the text with its tags, in bytes.
const LONGEST_RAW: usize = 32 * 1024;

/// A message in Telegram's HTML and as plain text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// The text with Telegram's HTML.
    pub html: String,
    /// The text without markup. It is sent if Telegram refuses the markup.
    pub plain: String,
}

/// Composes and renders the message of a notification. The same notification always gives the same text.
#[must_use]
pub fn render(notification: &Notification, language: Language) -> Message {
    render_message(&notification.message(language))
}

/// Renders a chat message in both forms.
#[must_use]
pub fn render_message(message: &ChatMessage) -> Message {
    Message { html: write(message, Tags::Html).text, plain: write(message, Tags::None).text }
}

/// Whether a message fits into Telegram's limits together with the lines for two decisions.
#[must_use]
pub fn fits(message: &ChatMessage) -> bool {
    write(message, Tags::Html).fits()
}

/// Renders a line as Telegram's HTML.
#[must_use]
pub fn render_line(line: &RichText) -> String {
    let mut out = Html::new(Tags::Html);
    out.line(line);
    out.text
}

/// Renders a message of one sentence.
#[must_use]
pub fn announcement(sentence: &Sentence, language: Language) -> Message {
    let write = |tags| {
        let mut out = Html::new(tags);
        out.line(&RichText::of(sentence, language));
        out.text
    };
    Message { html: write(Tags::Html), plain: write(Tags::None) }
}

/// Adds a sentence below a message's HTML.
#[must_use]
pub fn with_line(html: &str, sentence: &Sentence, language: Language) -> String {
    format!("{html}\n\n{}", render_line(&RichText::of(sentence, language)))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tags {
    Html,
    None,
}

struct Html {
    text: String,
    /// The number of UTF-16 units of the visible text, without tags.
    visible: usize,
    tags: Tags,
}

fn write(message: &ChatMessage, tags: Tags) -> Html {
    let mut out = Html::new(tags);
    out.title(&message.first_line());
    for paragraph in &message.visible() {
        out.say("\n");
        for line in paragraph {
            out.say("\n");
            out.line(line);
        }
    }
    if let Some(document) = &message.document {
        out.say("\n\n");
        out.within("pre", document);
    }
    out.fold(&message.details());
    out
}

impl Html {
    fn new(tags: Tags) -> Self {
        Self { text: String::new(), visible: 0, tags }
    }

    fn fits(&self) -> bool {
        self.visible <= LONGEST_VISIBLE - 2 * DECISION && self.text.len() <= LONGEST_RAW - 4 * DECISION
    }

    fn say(&mut self, words: &str) {
        self.visible += words.encode_utf16().count();
        match self.tags {
            Tags::None => self.text.push_str(words),
            Tags::Html => self.escaped(words),
        }
    }

    fn escaped(&mut self, words: &str) {
        for c in words.chars() {
            match c {
                '&' => self.text.push_str("&amp;"),
                '<' => self.text.push_str("&lt;"),
                '>' => self.text.push_str("&gt;"),
                '"' => self.text.push_str("&quot;"),
                other => self.text.push(other),
            }
        }
    }

    fn tag(&mut self, tag: &str) {
        if self.tags == Tags::Html {
            self.text.push_str(tag);
        }
    }

    fn within(&mut self, name: &str, words: &str) {
        self.tag(&format!("<{name}>"));
        self.say(words);
        self.tag(&format!("</{name}>"));
    }

    fn bold(&mut self, words: &str) {
        self.within("b", words);
    }

    fn line(&mut self, line: &RichText) {
        line.runs().for_each(|run| self.run(run));
    }

    fn run(&mut self, run: &TextRun) {
        match run {
            TextRun::Said(words) => self.say(words),
            TextRun::Strong(words) => self.bold(words),
            TextRun::Code(text) => self.within("code", text),
            TextRun::Link(text, url) => self.link(text, url),
        }
    }

    /// Writes the first line. In plain text, and if Telegram cannot link a URL of this line, only the link's text is
    /// written.
    fn title(&mut self, line: &RichText) {
        for run in line.runs() {
            match run {
                TextRun::Link(text, url) if !self.links(url) => self.say(text),
                run => self.run(run),
            }
        }
    }

    /// Writes the details behind a fold. Telegram shows their first lines and opens the rest with a tap.
    fn fold(&mut self, sections: &[FoldedSection]) {
        if sections.is_empty() {
            return;
        }
        self.say("\n\n");
        self.tag("<blockquote expandable>");
        for (at, section) in sections.iter().enumerate() {
            self.say(if at == 0 { "" } else { "\n" });
            self.section(section);
        }
        self.tag("</blockquote>");
    }

    fn section(&mut self, section: &FoldedSection) {
        if let Some(title) = &section.title {
            self.bold(title);
        }
        for (at, line) in section.lines.iter().enumerate() {
            self.say(if at == 0 && section.title.is_none() { "" } else { "\n" });
            self.line(line);
        }
    }

    fn links(&self, url: &str) -> bool {
        self.tags == Tags::Html && can_be_linked(url)
    }

    fn link(&mut self, text: &str, url: &str) {
        if self.links(url) {
            let mut escaped = Html::new(Tags::Html);
            escaped.say(url);
            let _ = write!(self.text, "<a href=\"{}\">", escaped.text);
            self.say(text);
            self.tag("</a>");
        } else {
            self.say(text);
            self.say(": ");
            self.say(url);
        }
    }
}

/// Whether Telegram shows a link to `url` as a link. Telegram silently drops links to hosts without a dot, so a URL
/// with such a host is shown as text.
pub(super) fn can_be_linked(url: &str) -> bool {
    url.split("://")
        .nth(1)
        .and_then(|rest| rest.split(['/', ':']).next())
        .is_some_and(|host| host.contains('.'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::issue::IssueStatus;
    use crate::domain::message::Severity;

    #[test]
    fn a_host_without_a_dot_is_no_link() {
        let link = |url: &str| render_line(&RichText::link("Open", url));
        assert_eq!(link("https://a.example/x?a=1&b"), "<a href=\"https://a.example/x?a=1&amp;b\">Open</a>");
        assert_eq!(link("http://sentry:9000/x"), "Open: http://sentry:9000/x");
    }

    #[test]
    fn foreign_text_is_escaped_and_its_visible_length_is_counted() {
        let mut out = Html::new(Tags::Html);
        out.line(&RichText::code("<b>&lt;\"😀"));
        assert_eq!(out.text, "<code>&lt;b&gt;&amp;lt;&quot;😀</code>");
        assert_eq!(out.visible, 10);
    }

    #[test]
    fn the_details_are_folded_and_the_lead_is_not() {
        let section = |title: Option<&str>, line: &str| FoldedSection {
            title: title.map(str::to_owned),
            lines: vec![RichText::said(line)],
        };
        let message = ChatMessage {
            severity: Severity::Error,
            first_status: IssueStatus::Open,
            lacks_priority: false,
            title: RichText::code("E"),
            updates: Vec::new(),
            document: None,
            lead: vec![vec![RichText::said("a"), RichText::said("b")], vec![RichText::said("c")]],
            folded: vec![section(None, "d"), section(Some("T"), "e")],
            link: None,
        };
        let Message { html, plain } = render_message(&message);
        let fold = "<blockquote expandable>d\n<b>T</b>\ne</blockquote>";
        assert_eq!(html, format!("🔴 <code>E</code>\n\na\nb\n\nc\n\n{fold}"));
        assert_eq!(plain, "🔴 E\n\na\nb\n\nc\n\nd\nT\ne");
    }
}
