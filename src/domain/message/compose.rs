//! Composes the chat message of a report.

use super::{ChatMessage, FoldedSection, RichText, Severity};
use crate::domain::issue::IssueStatus;
use crate::domain::occurrence::MetricState;
use crate::domain::report::{Block, Fitted, Line, MetricReport, Report, Section, SourceLink, TITLE, fit};
use crate::domain::text::Untrusted;
use crate::domain::words::{Arg, Language, Phrase, Sentence, between_sentences};

/// The longest message, in UTF-16 units of its visible text. Telegram's limit is 4096; the difference is reserved for
/// lines about later events and decisions.
const LONGEST: usize = 3_400;
/// The longest short id of an issue, in characters.
const SHORT_ID: usize = 40;

impl Report {
    /// Returns the chat message of this report. Pure: the same report gives the same message.
    #[must_use]
    pub fn message(&self, language: Language) -> ChatMessage {
        let mut message = ChatMessage {
            severity: self.severity(),
            first_status: self.evidence.issue.current_status(),
            lacks_priority: self.evidence.issue.priority.is_none(),
            title: self.title_line(language),
            updates: Vec::new(),
            lead: self.lead().iter().map(|lines| paragraph(lines, language)).collect(),
            document: None,
            folded: Vec::new(),
            link: self.link.clone(),
        };
        let room = LONGEST.saturating_sub(length_of_lead(&message));
        let fitted = fit(
            self.folded(),
            |section| folded_section(section, language),
            |fitted| length(fitted.kept.iter().chain(&remark(fitted, language))) <= room,
        );
        let remark = remark(&fitted, language);
        message.folded = fitted.kept.into_iter().chain(remark).collect();
        message
    }

    /// Returns the title: the error and its place, the project, the number of users, and the issue's short id.
    fn title_line(&self, language: Language) -> RichText {
        let issue = &self.evidence.issue;
        let mut title = RichText::of(&self.analysis.title, language).capped(TITLE);
        let users = issue.users.filter(|users| *users > 0).map(|users| {
            let phrase: Phrase = if users == 1 { |w| w.title_user } else { |w| w.title_users };
            RichText::of(&Sentence::new(phrase, [users.into()]), language)
        });
        let short_id = issue.short_id.as_ref().map(|id| self.linked(id));
        let project = issue.project.as_ref().map(|slug| RichText::code(slug.to_string()));
        for part in [project, users, short_id].into_iter().flatten() {
            title.say(" · ");
            title.extend(part);
        }
        title
    }

    /// Returns the short id of the issue. It links to the issue's page if it has the usual form, such as `SHOP-1A`.
    fn linked(&self, short_id: &Untrusted) -> RichText {
        let text = short_id.line(SHORT_ID);
        let is_usual = text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'-');
        match self.link.as_ref().filter(|_| is_usual && !text.is_empty()) {
            Some(url) => RichText::link(&text, url),
            None => RichText::code(text),
        }
    }

    /// Returns the message that asks whether the note `text` may be written. The text of the note replaces the
    /// report.
    #[must_use]
    pub fn waiting_message(&self, text: &str, language: Language) -> ChatMessage {
        let waits = RichText::strong(&Sentence::plain(|w| w.waiting_note), language);
        let link = self.link.as_ref().map(|url| RichText::link(language.words().open_in_sentry, url));
        ChatMessage {
            lead: vec![std::iter::once(waits).chain(link).collect()],
            document: Some(text.trim_end().to_owned()),
            folded: Vec::new(),
            ..self.message(language)
        }
    }

    fn severity(&self) -> Severity {
        match self.evidence.issue.level.as_ref().map(Untrusted::raw) {
            Some("warning") => Severity::Warning,
            Some("info" | "debug") => Severity::Info,
            _ => Severity::Error,
        }
    }
}

impl MetricReport {
    /// Returns the chat message of this metric alert.
    #[must_use]
    pub fn message(&self, language: Language) -> ChatMessage {
        let (severity, first_status) = match self.alert.state {
            MetricState::Critical => (Severity::Error, IssueStatus::Open),
            MetricState::Warning => (Severity::Warning, IssueStatus::Open),
            MetricState::Resolved => (Severity::Info, IssueStatus::Resolved),
        };
        let lead = self.lead();
        let lead = lead.iter().map(|lines| paragraph(lines, language)).collect();
        let title = RichText::of(&self.title(), language);
        ChatMessage {
            severity,
            first_status,
            lacks_priority: true,
            title,
            updates: Vec::new(),
            lead,
            document: None,
            folded: Vec::new(),
            link: self.link.clone(),
        }
    }
}

fn paragraph(blocks: &[Block], language: Language) -> Vec<RichText> {
    blocks.iter().flat_map(|block| lines(block, language)).collect()
}

fn folded_section(section: &Section, language: Language) -> FoldedSection {
    FoldedSection {
        title: section.title.map(|title| title(language.words()).to_owned()),
        lines: paragraph(&section.blocks, language),
    }
}

/// Returns the last section, which names the sections that were left out.
fn remark(fitted: &Fitted<FoldedSection>, language: Language) -> Option<FoldedSection> {
    let remark = fitted.remark()?;
    Some(FoldedSection { title: None, lines: vec![RichText::of(&remark, language)] })
}

/// Returns a block of the report as lines of a message.
fn lines(block: &Block, language: Language) -> Vec<RichText> {
    let of = |line: &Line| RichText::of(&line.sentence, language);
    let led = |mark: String, text: RichText| {
        let mut line = RichText::said(mark);
        line.extend(text);
        line
    };
    match block {
        Block::Headline(sentence) => vec![RichText::of(sentence, language)],
        Block::Strong(line) => vec![RichText::strong(&line.sentence, language)],
        Block::Paragraph(line) => vec![of(line)],
        Block::Prose(lines) => vec![prose(lines, language)],
        Block::List(lines) => lines.iter().map(|line| led("• ".to_owned(), of(line))).collect(),
        Block::Steps(lines) => {
            lines.iter().enumerate().map(|(at, line)| led(format!("{}. ", at + 1), of(line))).collect()
        }
        Block::Table(_, _, rows) => {
            let row = |(name, value): &(Phrase, Arg)| {
                let cell = Sentence::new(|w| w.table_row, [Arg::Phrase(*name), value.clone()]);
                RichText::of(&cell, language)
            };
            rows.iter().map(row).collect()
        }
        Block::Code(lines) | Block::Diff(lines) => lines.iter().map(RichText::code).collect(),
        Block::Link(phrase, url) => vec![RichText::link(phrase(language.words()), url)],
        Block::Links(links) => links.iter().map(source_link).collect(),
    }
}

/// Returns a line with a link to source code: the path in code, and the citation as the link's text.
fn source_link(link: &SourceLink) -> RichText {
    let mut text = RichText::code(&link.place);
    text.say(" ");
    text.extend(RichText::link(&link.cite.to_string(), &link.url));
    text
}

fn prose(lines: &[Line], language: Language) -> RichText {
    let mut text = RichText::default();
    for (at, line) in lines.iter().enumerate() {
        text.say(if at == 0 { "" } else { between_sentences(&text.plain()) });
        text.extend(RichText::of(&line.sentence, language));
    }
    text
}

/// Returns the visible length of the first line and the lead of a message.
fn length_of_lead(message: &ChatMessage) -> usize {
    length_of_lines(message.lead.iter().flatten().chain([&message.first_line()]))
}

/// Returns the visible length of folded sections.
fn length<'a>(sections: impl Iterator<Item = &'a FoldedSection>) -> usize {
    let length = |section: &FoldedSection| {
        section.title.as_deref().map_or(0, units) + length_of_lines(section.lines.iter())
    };
    sections.map(length).sum()
}

fn length_of_lines<'a>(lines: impl Iterator<Item = &'a RichText>) -> usize {
    lines.map(|line| units(&line.plain())).sum()
}

/// Returns the length of a line in UTF-16 units, with its line break.
fn units(line: &str) -> usize {
    line.encode_utf16().count() + 2
}
