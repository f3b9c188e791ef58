//! One line of a chat message as runs of text, such as words, code and links.

use serde::{Deserialize, Serialize};

use crate::domain::words::{Language, Markup, Sentence};

/// One line of a chat message, without the markup of any chat.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RichText(Vec<TextRun>);

/// A part of a line with one style.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TextRun {
    /// Words of Sidenote, or plain words of a model. Other untrusted text is in the runs `Code` and `Link`.
    Said(String),
    /// Words as in `Said`, emphasized.
    Strong(String),
    /// Untrusted text, without secrets and shortened. A renderer shows it as code.
    Code(String),
    /// A link: its text, which can be untrusted, and its URL, which Sidenote built.
    Link(String, String),
}

impl RichText {
    /// Creates a line from words of Sidenote. They must not contain untrusted text.
    #[must_use]
    pub fn said(words: impl Into<String>) -> Self {
        Self(vec![TextRun::Said(words.into())])
    }

    /// Creates a line from one link.
    #[must_use]
    pub fn link(text: &str, url: &str) -> Self {
        Self(vec![TextRun::Link(text.to_owned(), url.to_owned())])
    }

    /// Creates a line from untrusted text, which is shown as code. The caller has removed secrets from the text and
    /// shortened it.
    #[must_use]
    pub fn code(text: impl Into<String>) -> Self {
        Self(vec![TextRun::Code(text.into())])
    }

    /// Returns a sentence as a line in this language.
    #[must_use]
    pub fn of(sentence: &Sentence, language: Language) -> Self {
        let mut pen = Pen::default();
        sentence.write(language.words(), &mut pen);
        pen.text
    }

    /// Returns a sentence as a line in this language, with its words emphasized.
    #[must_use]
    pub fn strong(sentence: &Sentence, language: Language) -> Self {
        let mut pen = Pen { is_strong: true, ..Pen::default() };
        sentence.write(language.words(), &mut pen);
        pen.text
    }

    /// Returns the runs of the line, in their order.
    pub fn runs(&self) -> impl Iterator<Item = &TextRun> {
        self.0.iter()
    }

    /// Returns the visible characters of the line, without styles and URLs.
    #[must_use]
    pub fn plain(&self) -> String {
        self.0.iter().map(TextRun::text).collect()
    }

    /// Appends the runs of another line to this line.
    pub fn extend(&mut self, more: Self) {
        more.0.into_iter().for_each(|run| self.push(run));
    }

    /// Appends words of Sidenote. They must not contain untrusted text.
    pub fn say(&mut self, words: &str) {
        self.push(TextRun::Said(words.to_owned()));
    }

    /// Returns the line, cut to `max` characters. A cut line ends with `…` in the run that was cut.
    #[must_use]
    pub fn capped(self, max: usize) -> Self {
        if self.0.iter().map(|run| run.text().chars().count()).sum::<usize>() <= max {
            return self;
        }
        let (mut left, mut text) = (max.saturating_sub(1), Self::default());
        for run in self.0 {
            let length = run.text().chars().count();
            if length < left {
                left -= length;
                text.push(run);
                continue;
            }
            let mut cut: String = run.text().chars().take(left).collect();
            cut.push('…');
            text.push(run.with_text(cut));
            break;
        }
        text
    }

    /// Appends a run. Adjacent runs of words with the same style become one run.
    fn push(&mut self, run: TextRun) {
        match (self.0.last_mut(), run) {
            (_, run) if run.text().is_empty() => {}
            (Some(TextRun::Said(last)), TextRun::Said(words))
            | (Some(TextRun::Strong(last)), TextRun::Strong(words)) => last.push_str(&words),
            (_, run) => self.0.push(run),
        }
    }
}

impl TextRun {
    /// Returns the visible characters of the run.
    #[must_use]
    pub fn text(&self) -> &str {
        match self {
            Self::Said(text) | Self::Strong(text) | Self::Code(text) | Self::Link(text, _) => text,
        }
    }

    fn with_text(self, text: String) -> Self {
        match self {
            Self::Said(_) => Self::Said(text),
            Self::Strong(_) => Self::Strong(text),
            Self::Code(_) => Self::Code(text),
            Self::Link(_, url) => Self::Link(text, url),
        }
    }
}

/// The writer that turns a sentence into runs.
#[derive(Default)]
struct Pen {
    text: RichText,
    is_strong: bool,
}

impl Markup for Pen {
    fn say(&mut self, words: &str) {
        let run = if self.is_strong { TextRun::Strong } else { TextRun::Said };
        self.text.push(run(words.to_owned()));
    }

    fn quote(&mut self, line: &str) {
        self.text.push(TextRun::Code(if line.is_empty() { "-" } else { line }.to_owned()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::text::Untrusted;
    use crate::domain::words::Arg;

    #[test]
    fn adjacent_words_are_merged_into_one_text_run() {
        let because = Sentence::new(|_| "{0} of {1}", [Arg::from(&Untrusted::new("a<b")), 2_u64.into()]);
        let text = RichText::of(&because, Language::English);
        let expected = [TextRun::Code("a<b".to_owned()), TextRun::Said(" of 2".to_owned())];
        assert_eq!(text.runs().cloned().collect::<Vec<_>>(), expected);
        let strong = RichText::strong(&because, Language::English);
        assert_eq!(strong.runs().last(), Some(&TextRun::Strong(" of 2".to_owned())));
        assert_eq!(text.plain(), strong.plain());
    }

    #[test]
    fn a_cut_text_ends_with_an_ellipsis_in_the_same_run() {
        let mut text = RichText::code("abcdef");
        text.say(" and more");
        assert_eq!(text.clone().capped(15), text);
        assert_eq!(text.clone().capped(9).plain(), "abcdef a…");
        assert_eq!(text.clone().capped(6).plain(), "abcde…");
        assert_eq!(text.clone().capped(7).plain(), "abcdef…");
        assert_eq!(text.capped(4).runs().next(), Some(&TextRun::Code("abc…".to_owned())));
    }
}
