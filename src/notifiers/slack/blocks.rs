//! Renders a chat message as Slack's Block Kit.
//!
//! Every line is written in mrkdwn, Slack's markup, and the lines of a paragraph share a section block. The details are
//! in small print below a divider, and Slack itself folds a long message.

use serde_json::{Value, json};

use super::mrkdwn::{Mrkdwn, escape};
use crate::domain::message::{ChatMessage, RichText};
use crate::slack::{MAX_BLOCKS, MAX_SECTION, SlackMessage};

/// The longest text of all blocks of lines together, in characters. Slack refuses more than about 13,000 in a message.
/// Only a message in which nearly every character is escaped reaches this limit.
const LONGEST: usize = 12_000;
/// This many blocks are reserved for buttons and for lines with decisions.
const RESERVED: usize = 4;
/// The longest plain text of a message, in characters. Slack cuts longer texts.
const LONGEST_PLAIN: usize = 4_000;

/// Renders a chat message. The same message always gives the same blocks.
#[must_use]
pub fn render(message: &ChatMessage) -> SlackMessage {
    let mut body = Body::default();
    body.push(Mrkdwn::title(&message.first_line()));
    body.end(section);
    for paragraph in &message.visible() {
        body.extend(paragraph);
        body.end(section);
    }
    body.blocks.extend(message.document.as_deref().map(preformatted));
    let details = message.details();
    if !details.is_empty() {
        body.blocks.push(json!({"type": "divider"}));
    }
    for details in &details {
        if let Some(title) = &details.title {
            body.push(Mrkdwn::heading(title));
        }
        body.extend(&details.lines);
        body.end(context);
    }
    SlackMessage { preview: escaped(&message.first_line()), plain: plain(message), blocks: body.blocks }
}

/// Renders a message of one line.
#[must_use]
pub fn render_line(line: &RichText) -> SlackMessage {
    let preview = escaped(line);
    SlackMessage { plain: preview.clone(), preview, blocks: vec![section(&Mrkdwn::line(line))] }
}

/// The finished blocks of a message, and the lines of the block that is being filled.
#[derive(Debug, Default)]
struct Body {
    blocks: Vec<Value>,
    lines: Vec<String>,
    /// The number of characters in `lines`, with their line breaks.
    open: usize,
    /// The number of characters in the blocks of lines in `blocks`. The preformatted block is not counted.
    length: usize,
    /// Whether a block of lines did not fit, so that no more of them are added.
    is_full: bool,
}

impl Body {
    /// Adds a line to the open block. A line that does not fit into the block is left out.
    fn push(&mut self, line: String) {
        let length = line.chars().count() + 1;
        if self.open + length <= MAX_SECTION {
            self.open += length;
            self.lines.push(line);
        }
    }

    fn extend(&mut self, lines: &[RichText]) {
        for line in lines {
            self.push(Mrkdwn::line(line));
        }
    }

    /// Turns the open lines into a block with the function `block`. After the first block of lines that does not fit,
    /// all further ones are left out.
    fn end(&mut self, block: fn(&str) -> Value) {
        let (text, length) = (std::mem::take(&mut self.lines).join("\n"), std::mem::take(&mut self.open));
        self.is_full |= self.length + length > LONGEST || self.blocks.len() >= MAX_BLOCKS - RESERVED;
        if !self.is_full && !text.is_empty() {
            self.length += length;
            self.blocks.push(block(&text));
        }
    }
}

/// Returns a section block with a paragraph. `verbatim` keeps Slack from linking URLs, names and channels in the text.
pub(super) fn section(text: &str) -> Value {
    json!({"type": "section", "text": {"type": "mrkdwn", "text": text, "verbatim": true}})
}

/// Returns a context block, which Slack shows in small print.
fn context(text: &str) -> Value {
    json!({"type": "context", "elements": [{"type": "mrkdwn", "text": text, "verbatim": true}]})
}

/// Returns a block with preformatted text, in which Slack interprets no markup.
fn preformatted(text: &str) -> Value {
    let text = json!({"type": "text", "text": text.trim_end()});
    let preformatted = json!({"type": "rich_text_preformatted", "elements": [text]});
    json!({"type": "rich_text", "elements": [preformatted]})
}

fn escaped(line: &RichText) -> String {
    let mut text = String::new();
    escape(&mut text, &line.plain().replace('`', "ˋ"));
    text
}

/// Returns the message without markup, in at most [`LONGEST_PLAIN`] characters. A line that does not fit is left out.
fn plain(message: &ChatMessage) -> String {
    let lead = message.visible().into_iter().flatten();
    let details = message.details().into_iter().flat_map(|section| section.lines);
    let mut plain = escaped(&message.first_line());
    for line in lead.chain(details).map(|line| escaped(&line)) {
        if plain.chars().count() + line.chars().count() < LONGEST_PLAIN {
            plain.push('\n');
            plain.push_str(&line);
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::issue::IssueStatus;
    use crate::domain::message::{FoldedSection, Severity};

    fn message(lines: usize, text: &str) -> ChatMessage {
        let details = || FoldedSection { title: Some("More".to_owned()), lines: vec![RichText::code(text)] };
        ChatMessage {
            severity: Severity::Error,
            first_status: IssueStatus::Open,
            lacks_priority: false,
            updates: Vec::new(),
            document: None,
            title: RichText::said("KeyError"),
            lead: vec![vec![RichText::said("It broke.")]],
            folded: std::iter::repeat_with(details).take(lines).collect(),
            link: None,
        }
    }

    #[test]
    fn a_message_is_a_title_a_paragraph_and_small_print() {
        let rendered = render(&message(1, "a"));
        let kinds: Vec<&str> = rendered.blocks.iter().filter_map(|block| block["type"].as_str()).collect();
        assert_eq!(kinds, ["section", "section", "divider", "context"]);
        assert_eq!(rendered.preview, "🔴 KeyError");
        assert_eq!(rendered.plain, "🔴 KeyError\nIt broke.\na");
    }

    #[test]
    fn blocks_over_slacks_limits_are_dropped_from_the_end() {
        let count = |message: &ChatMessage| {
            let blocks = render(message).blocks;
            let text =
                |block: &Value| block["elements"][0]["text"].as_str().map_or(0, |text| text.chars().count());
            (blocks.len(), blocks.iter().map(text).sum::<usize>())
        };
        assert_eq!(count(&message(80, "a")).0, MAX_BLOCKS - RESERVED);
        let (blocks, characters) = count(&message(40, &"&".repeat(300)));
        assert!(characters <= LONGEST && blocks < 12, "{blocks} {characters}");
        assert!(render(&message(40, &"&".repeat(300))).plain.chars().count() <= LONGEST_PLAIN);
    }
}
