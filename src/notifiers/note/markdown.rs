//! Renders the note in the Markdown that Sentry displays.
//!
//! All untrusted text is in code. Outside of code, `<T>` makes Sentry display the whole paragraph unformatted, and `{%
//! tag %}` disappears. Sidenote's own texts contain no Markdown characters, as a test of the languages checks.

use std::fmt::Write as _;

use crate::domain::report::{Block, Fitted, Line, Report, Section, SourceLink, fit};
use crate::domain::words::{Language, Markup, Sentence, Words, between_sentences};

/// The longest note, in characters. Sentry accepts megabytes, but e-mails, chats and readers do not.
pub const LONGEST_NOTE: usize = 4096;
/// The last paragraph of the note. Sentry does not display this HTML comment, and Sidenote finds its own note by it.
/// `v1` is the version of the note's format.
pub const MARKER: &str = "<!-- sidenote:v1 -->";

/// Renders the note. The same report always gives the same text, because Sentry recognizes a repeated comment by its
/// equal text.
#[must_use]
pub fn render(report: &Report, language: Language) -> String {
    render_so(report, language, |_| true)
}

/// Renders the note, and leaves out sections until the text has at most [`LONGEST_NOTE`] characters and `fits` accepts
/// it.
#[must_use]
pub fn render_so(report: &Report, language: Language, fits: impl Fn(&str) -> bool) -> String {
    let words = language.words();
    let render = |section: &Section| rendered(section, words);
    let fitted = fit(report.note(), render, |fitted| {
        let text = markdown(fitted, words);
        text.chars().count() <= LONGEST_NOTE && fits(&text)
    });
    markdown(&fitted, words)
}

/// Renders the paragraph of the note that names the proposed action. `None` if the report proposes no action.
#[must_use]
pub fn proposal(report: &Report, language: Language) -> Option<String> {
    Some(rendered(&report.proposal()?, language.words()).trim().to_owned())
}

/// Renders one sentence as Markdown.
#[must_use]
pub fn line(sentence: &Sentence, language: Language) -> String {
    let mut out = Markdown(String::new());
    sentence.write(language.words(), &mut out);
    out.0
}

fn rendered(section: &Section, words: &Words) -> String {
    let mut out = Markdown(String::new());
    out.section(section, words);
    out.0
}

/// Returns the whole note from its rendered sections.
fn markdown(fitted: &Fitted<String>, words: &Words) -> String {
    let mut out = Markdown(format!("## {}\n", words.heading));
    fitted.kept.iter().for_each(|section| out.0.push_str(section));
    if let Some(remark) = fitted.remark() {
        out.0.push('\n');
        out.item("", &remark.into(), words);
    }
    out.paragraph(MARKER);
    out.0
}

struct Markdown(String);

impl Markup for Markdown {
    fn say(&mut self, words: &str) {
        self.0.push_str(words);
    }

    fn quote(&mut self, line: &str) {
        let line = &unmarked(line);
        // The fence of a code span is longer than any run of backticks inside. A space separates the fence from a
        // backtick at the edge of the text.
        let fence = "`".repeat(longest_run(line) + 1);
        let edge = if line.starts_with('`') || line.ends_with('`') { " " } else { "" };
        let line = if line.is_empty() { "-" } else { line };
        let _ = write!(self.0, "{fence}{edge}{line}{edge}{fence}");
    }
}

/// Removes the marker from quoted text, so that it occurs only at the end of Sidenote's notes.
fn unmarked(line: &str) -> String {
    line.replace(MARKER, "<!-- … -->")
}

fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

impl Markdown {
    fn paragraph(&mut self, text: &str) {
        let _ = write!(self.0, "\n{text}\n");
    }

    fn section(&mut self, section: &Section, words: &Words) {
        if let Some(title) = section.title {
            self.paragraph(&format!("### {}", title(words)));
        }
        for (at, block) in section.blocks.iter().enumerate() {
            // No blank line separates a title from its first block. This keeps the note short.
            if at > 0 || section.title.is_none() {
                self.0.push('\n');
            }
            self.block(block, words);
        }
    }

    fn block(&mut self, block: &Block, words: &Words) {
        match block {
            Block::Headline(sentence) => {
                self.0.push_str("**");
                sentence.write(words, self);
                self.0.push_str("**\n");
            }
            Block::Strong(line) => {
                self.0.push_str("**");
                line.sentence.write(words, self);
                self.0.push_str("**");
                self.cites(line);
                self.0.push('\n');
            }
            Block::Paragraph(line) => self.item("", line, words),
            Block::Prose(lines) => {
                for (at, line) in lines.iter().enumerate() {
                    self.0.push_str(if at == 0 { "" } else { between_sentences(&self.0) });
                    self.line(line, words);
                }
                self.0.push('\n');
            }
            Block::List(lines) => lines.iter().for_each(|line| self.item("- ", line, words)),
            Block::Steps(lines) => {
                lines
                    .iter()
                    .enumerate()
                    .for_each(|(at, line)| self.item(&format!("{}. ", at + 1), line, words));
            }
            Block::Table(left, right, rows) => {
                let _ = writeln!(self.0, "| {} | {} |\n|---|---|", left(words), right(words));
                for (name, value) in rows {
                    let cell = Sentence::new(|_| "{0}", [value.clone()]);
                    let _ = write!(self.0, "| {} | ", name(words));
                    cell.write(words, self);
                    self.0.push_str(" |\n");
                }
            }
            Block::Code(lines) => self.code("text", lines),
            Block::Diff(lines) => self.code("diff", lines),
            Block::Link(phrase, url) => {
                let _ = writeln!(self.0, "[{}]({url})", phrase(words));
            }
            Block::Links(links) => links.iter().for_each(|link| self.source_link(link)),
        }
    }

    fn item(&mut self, bullet: &str, line: &Line, words: &Words) {
        self.0.push_str(bullet);
        self.line(line, words);
        self.0.push('\n');
    }

    fn line(&mut self, line: &Line, words: &Words) {
        line.sentence.write(words, self);
        self.cites(line);
    }

    fn source_link(&mut self, link: &SourceLink) {
        self.0.push_str("- [");
        self.quote(&link.place);
        let _ = writeln!(self.0, "]({}) `{}`", link.url, link.cite);
    }

    fn cites(&mut self, line: &Line) {
        for cite in &line.cites {
            let _ = write!(self.0, " `{cite}`");
        }
    }

    fn code(&mut self, language: &str, lines: &[String]) {
        let longest = lines.iter().map(|line| longest_run(line)).max().unwrap_or(0);
        let fence = "`".repeat(longest.max(2) + 1);
        let _ = writeln!(self.0, "{fence}{language}");
        for line in lines {
            let _ = writeln!(self.0, "{}", unmarked(line));
        }
        let _ = writeln!(self.0, "{fence}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quoted(line: &str) -> String {
        let mut out = Markdown(String::new());
        out.quote(line);
        out.0
    }

    #[test]
    fn inline_code_has_a_fence_longer_than_its_backticks() {
        assert_eq!(quoted("Vec<String>"), "`Vec<String>`");
        assert_eq!(quoted("a `b` ``c``"), "``` a `b` ``c`` ```");
        assert_eq!(quoted("`"), "`` ` ``");
        assert_eq!(quoted(""), "`-`");
    }

    #[test]
    fn a_code_block_has_a_fence_longer_than_those_in_its_content() {
        let mut out = Markdown(String::new());
        out.code("text", &["```".to_owned(), "x".to_owned()]);
        assert_eq!(out.0, "````text\n```\nx\n````\n");
    }
}
