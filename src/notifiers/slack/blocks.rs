//! Renders the message as Block Kit.
//!
//! Every line is a line of mrkdwn, and the lines of a paragraph share a section. Slack itself folds a long message.

use serde_json::{Value, json};

use super::mrkdwn::{Mrkdwn, escape};
use crate::domain::report::{Block, Fitted, Section, fit};
use crate::domain::words::{Language, Markup as _, Sentence, Words};
use crate::notifiers::Notification;
use crate::slack::{MAX_BLOCKS, MAX_SECTION, SlackMessage};

/// The longest text of all blocks together, in characters. Slack refuses more than about 13,000.
const LONGEST: usize = 9_000;
/// The blocks that are reserved for buttons and decisions.
const RESERVED: usize = 4;
/// The longest plain text, in characters. Slack cuts longer ones.
const LONGEST_PLAIN: usize = 4_000;

/// Renders a message. Pure: the same notification gives the same text.
#[must_use]
pub fn render(notification: &Notification, language: Language) -> SlackMessage {
    let words = language.words();
    let sections = match notification {
        Notification::Issue(report) => report.message(),
        Notification::Metric(report) => report.message(),
    };
    let fitted = fit(sections, |fitted| write(fitted, words).fits());
    write(&fitted, words).finish()
}

fn write(fitted: &Fitted, words: &Words) -> Body {
    let mut body = Body::default();
    for section in &fitted.kept {
        body.section(section, words);
    }
    if let Some(remark) = fitted.remark() {
        body.line("", &remark, words);
        body.end();
    }
    body
}

/// The blocks so far, and the lines of the next one.
#[derive(Debug, Default)]
struct Body {
    blocks: Vec<Value>,
    lines: Vec<String>,
    plain: String,
    length: usize,
}

impl Body {
    fn fits(&self) -> bool {
        self.blocks.len() <= MAX_BLOCKS - RESERVED && self.length <= LONGEST
    }

    fn finish(self) -> SlackMessage {
        let preview = self.plain.lines().next().unwrap_or_default().to_owned();
        let plain = self.plain.trim_end().chars().take(LONGEST_PLAIN).collect();
        SlackMessage { preview, plain, blocks: self.blocks }
    }

    fn section(&mut self, section: &Section, words: &Words) {
        if let Some(title) = section.title {
            let mut line = Mrkdwn::default();
            line.bold(title(words));
            self.push(line, title(words));
        }
        for block in &section.blocks {
            self.block(block, words);
        }
        self.end();
    }

    fn block(&mut self, block: &Block, words: &Words) {
        match block {
            Block::Headline(sentence) => self.strong(sentence, words),
            Block::Strong(line) => self.strong(&line.sentence, words),
            Block::Paragraph(line) => self.line("", &line.sentence, words),
            Block::Prose(lines) => lines.iter().for_each(|line| self.line("", &line.sentence, words)),
            Block::List(lines) => lines.iter().for_each(|line| self.line("• ", &line.sentence, words)),
            Block::Steps(lines) => lines.iter().enumerate().for_each(|(at, line)| {
                self.line(&format!("{}. ", at + 1), &line.sentence, words);
            }),
            Block::Link(phrase, url) => {
                let mut line = Mrkdwn::default();
                line.link(phrase(words), url);
                self.push(line, &format!("{}: {url}", phrase(words)));
            }
            // Phones display tables and wide code poorly. They are in the note.
            Block::Table(..) | Block::Code(_) => {}
        }
    }

    fn line(&mut self, before: &str, sentence: &Sentence, words: &Words) {
        self.write(Mrkdwn::default(), before, sentence, words);
    }

    fn strong(&mut self, sentence: &Sentence, words: &Words) {
        self.write(Mrkdwn::strong(), "", sentence, words);
    }

    fn write(&mut self, mut line: Mrkdwn, before: &str, sentence: &Sentence, words: &Words) {
        line.say(before);
        sentence.write(words, &mut line);
        self.push(line, &format!("{before}{}", sentence.plain_text(words)));
    }

    /// Adds a line. It begins a new block if it does not fit into the current one.
    fn push(&mut self, line: Mrkdwn, plain: &str) {
        let line = line.finish();
        let length: usize = self.lines.iter().map(|line| line.chars().count() + 1).sum();
        if length + line.chars().count() > MAX_SECTION {
            self.end();
        }
        self.lines.push(line);
        escape(&mut self.plain, plain);
        self.plain.push('\n');
    }

    /// Ends the current block.
    fn end(&mut self) {
        if self.lines.is_empty() {
            return;
        }
        let text = std::mem::take(&mut self.lines).join("\n");
        self.length += text.chars().count();
        // `verbatim` keeps Slack from linking URLs, names and channels in the text.
        let text = json!({"type": "mrkdwn", "text": text, "verbatim": true});
        self.blocks.push(json!({"type": "section", "text": text}));
    }
}
