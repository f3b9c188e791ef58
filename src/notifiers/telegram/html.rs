//! Renders the message in Telegram's HTML and as plain text.
//!
//! Telegram accepts a few tags and four entities, refuses all others, and limits the visible text. All text is
//! therefore escaped, untrusted text is in code only, and the length is counted in UTF-16 units during rendering.

use std::fmt::Write as _;

use crate::domain::report::{Block, Fitted, Section, fit};
use crate::domain::words::{Language, Markup, Sentence, Words, between_sentences};
use crate::notifiers::Notification;

/// Telegram's limit for the visible text, in UTF-16 units.
const LONGEST_VISIBLE: usize = 4096;
/// The UTF-16 units that are reserved for the line with the decision.
const DECISION: usize = 300;
/// Our limit for the text with its tags, in bytes.
const LONGEST_RAW: usize = 32 * 1024;

/// A message in both forms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// The text with Telegram's HTML.
    pub html: String,
    /// The text without markup. It is sent if Telegram refuses the markup.
    pub plain: String,
}

/// Renders a message. Pure: the same notification gives the same text.
#[must_use]
pub fn render(notification: &Notification, language: Language) -> Message {
    let words = language.words();
    let sections = match notification {
        Notification::Issue(report) => report.message(),
        Notification::Metric(report) => report.message(),
    };
    let fitted = fit(sections, |fitted| write(fitted, words, Tags::Html).fits());
    Message { html: write(&fitted, words, Tags::Html).text, plain: write(&fitted, words, Tags::None).text }
}

/// Renders the message that asks whether a note may be written. It contains only the note's text. The flag is true if
/// the text fits together with two lines for the decisions on the note and on its proposal.
#[must_use]
pub fn render_waiting(note: &str, link: Option<&str>, language: Language) -> (Message, bool) {
    let words = language.words();
    let write = |tags| {
        let mut out = Html { text: String::new(), visible: DECISION, tags, is_bold: false };
        out.bold(words.waiting_note);
        out.say("\n\n");
        out.tag("<pre>");
        out.say(note.trim_end());
        out.tag("</pre>");
        if let Some(url) = link {
            out.say("\n\n");
            out.link(words.open_in_sentry, url);
        }
        out
    };
    let html = write(Tags::Html);
    let fits = html.fits();
    (Message { html: html.text, plain: write(Tags::None).text }, fits)
}

/// Adds a sentence below a message's HTML.
#[must_use]
pub fn with_line(html: &str, sentence: &Sentence, language: Language) -> String {
    let mut out = Html { text: format!("{html}\n\n"), visible: 0, tags: Tags::Html, is_bold: false };
    sentence.write(language.words(), &mut out);
    out.text
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tags {
    Html,
    None,
}

struct Html {
    text: String,
    visible: usize,
    tags: Tags,
    /// Whether the current text is bold.
    is_bold: bool,
}

fn write(fitted: &Fitted, words: &Words, tags: Tags) -> Html {
    let mut out = Html { text: String::new(), visible: 0, tags, is_bold: false };
    out.bold(words.heading);
    for section in &fitted.kept {
        out.section(section, words);
    }
    if let Some(remark) = fitted.remark() {
        out.start("\n\n", &remark, words);
    }
    out
}

impl Markup for Html {
    fn say(&mut self, words: &str) {
        self.visible += words.encode_utf16().count();
        if self.tags == Tags::None {
            self.text.push_str(words);
            return;
        }
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

    fn quote(&mut self, line: &str) {
        // Telegram allows no code inside bold text, so the bold ends before the code and begins again after it.
        let (open, close) = if self.is_bold { ("</b><code>", "</code><b>") } else { ("<code>", "</code>") };
        self.tag(open);
        self.say(if line.is_empty() { "-" } else { line });
        self.tag(close);
    }
}

impl Html {
    fn fits(&self) -> bool {
        self.visible <= LONGEST_VISIBLE - DECISION && self.text.len() <= LONGEST_RAW - 4 * DECISION
    }

    fn tag(&mut self, tag: &str) {
        if self.tags == Tags::Html {
            self.text.push_str(tag);
        }
    }

    fn bold(&mut self, words: &str) {
        self.tag("<b>");
        self.say(words);
        self.tag("</b>");
    }

    fn strong(&mut self, sentence: &Sentence, words: &Words) {
        let start = self.text.len();
        self.is_bold = true;
        self.tag("<b>");
        sentence.write(words, self);
        self.tag("</b>");
        self.is_bold = false;
        let written = self.text.split_off(start).replace("<b></b>", "");
        self.text.push_str(&written);
    }

    fn section(&mut self, section: &Section, words: &Words) {
        if let Some(title) = section.title {
            self.say("\n\n");
            self.bold(title(words));
        }
        for block in &section.blocks {
            self.block(block, words);
        }
    }

    fn block(&mut self, block: &Block, words: &Words) {
        match block {
            Block::Headline(sentence) => self.start("\n", sentence, words),
            Block::Strong(line) => {
                self.say("\n\n");
                self.strong(&line.sentence, words);
            }
            Block::Paragraph(line) => self.start("\n\n", &line.sentence, words),
            Block::Prose(lines) => lines.iter().enumerate().for_each(|(at, line)| {
                let before = if at == 0 { "\n\n" } else { between_sentences(&self.text) };
                self.start(before, &line.sentence, words);
            }),
            Block::List(lines) => lines.iter().for_each(|line| self.start("\n• ", &line.sentence, words)),
            Block::Steps(lines) => lines.iter().enumerate().for_each(|(at, line)| {
                self.start(&format!("\n{}. ", at + 1), &line.sentence, words);
            }),
            Block::Link(phrase, url) => {
                self.say("\n\n");
                self.link(phrase(words), url);
            }
            Block::Links(links) => links.iter().for_each(|link| {
                self.say("\n");
                self.link(&link.place, &link.url);
            }),
            // Phones display tables and wide code poorly. They are in the note.
            Block::Table(..) | Block::Code(_) => {}
        }
    }

    fn start(&mut self, before: &str, sentence: &Sentence, words: &Words) {
        self.say(before);
        sentence.write(words, self);
    }

    fn link(&mut self, text: &str, url: &str) {
        if self.tags == Tags::Html && can_be_linked(url) {
            let mut escaped = Html { text: String::new(), visible: 0, tags: Tags::Html, is_bold: false };
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

/// Whether Telegram links the URL. It silently drops links to hosts without a dot, so such a URL is shown as text.
pub(super) fn can_be_linked(url: &str) -> bool {
    url.split("://")
        .nth(1)
        .and_then(|rest| rest.split(['/', ':']).next())
        .is_some_and(|host| host.contains('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_without_a_dot_is_no_link() {
        let link = |url: &str| {
            let mut out = Html { text: String::new(), visible: 0, tags: Tags::Html, is_bold: false };
            out.link("Open", url);
            out.text
        };
        assert_eq!(link("https://a.example/x?a=1&b"), "<a href=\"https://a.example/x?a=1&amp;b\">Open</a>");
        assert_eq!(link("http://sentry:9000/x"), "Open: http://sentry:9000/x");
    }

    #[test]
    fn foreign_text_is_escaped_and_counted_as_it_is_seen() {
        let mut out = Html { text: String::new(), visible: 0, tags: Tags::Html, is_bold: false };
        out.quote("<b>&lt;\"😀");
        assert_eq!(out.text, "<code>&lt;b&gt;&amp;lt;&quot;😀</code>");
        assert_eq!(out.visible, 10);
    }
}
