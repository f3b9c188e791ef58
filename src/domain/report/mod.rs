//! What is told: the same sections for the note, the message and the terminal, before any markup.

mod evidence;
mod fit;
mod reading;
mod sections;

pub use fit::{Fitted, fit};
pub use reading::silence;
pub use sections::{reason, wanted};

use super::analysis::Analysis;
use super::evidence::{Cite, Evidence};
use super::failure::Failure;
use super::incident::PastIncident;
use super::occurrence::MetricAlert;
use super::words::{Arg, Phrase, Sentence};

/// All that there is to tell of an issue.
#[derive(Debug, Clone)]
pub struct Report {
    /// What the analysis rests on.
    pub evidence: Evidence,
    /// What it says.
    pub analysis: Analysis,
    /// The page, built by us from the configured base.
    pub link: Option<String>,
    /// Why no note will be written, when that is known beforehand.
    pub note_missing: Option<Failure>,
    /// Earlier incidents of the issue, newest last.
    pub history: Vec<PastIncident>,
    /// Whether the deadline cut the work short.
    pub cut_short: bool,
}

/// All that there is to tell of a metric.
#[derive(Debug, Clone)]
pub struct MetricReport {
    /// The alert.
    pub alert: MetricAlert,
    /// The alert's page, built by us from the configured base.
    pub link: Option<String>,
}

/// A part of a text, kept or dropped as a whole.
#[derive(Debug, Clone)]
pub struct Section {
    /// Its title; the first section and the last have none.
    pub title: Option<Phrase>,
    /// When the text is too long, the section with the highest number goes first; 0 stays.
    pub expendable: u8,
    /// What it says.
    pub blocks: Vec<Block>,
}

/// A piece of a section.
#[derive(Debug, Clone)]
pub enum Block {
    /// The headline, in bold.
    Headline(Sentence),
    /// A paragraph in bold, its evidence beside it.
    Strong(Line),
    /// A paragraph.
    Paragraph(Line),
    /// A paragraph of several sentences.
    Prose(Vec<Line>),
    /// A list.
    List(Vec<Line>),
    /// A numbered list.
    Steps(Vec<Line>),
    /// A table of two columns: its heads and its rows.
    Table(Phrase, Phrase, Vec<(Phrase, Arg)>),
    /// Untrusted text as it stands, already scrubbed and capped, line by line.
    Code(Vec<String>),
    /// A link to the page.
    Link(Phrase, String),
}

/// A sentence, and what it rests on.
#[derive(Debug, Clone)]
pub struct Line {
    /// The sentence.
    pub sentence: Sentence,
    /// What it rests on.
    pub cites: Vec<Cite>,
}

impl From<Sentence> for Line {
    fn from(sentence: Sentence) -> Self {
        Self { sentence, cites: Vec::new() }
    }
}

impl Report {
    /// The note's sections, in their order.
    #[must_use]
    pub fn note(&self) -> Vec<Section> {
        let sections = [
            Some(self.headline()),
            self.root_cause(),
            self.cause(),
            Some(self.confidence()),
            self.chain(),
            self.fix(),
            self.next_steps(),
            self.findings(usize::MAX),
            self.alternatives(),
            self.ruled_out(),
            self.inferred(),
            self.history(),
            self.proposal(),
            self.frequency(),
            self.would_settle(),
            self.evidence(),
            self.not_checked(),
            self.about(),
            Some(self.colophon()),
        ];
        sections.into_iter().flatten().collect()
    }

    /// The message's sections: what a person needs to see on a phone.
    #[must_use]
    pub fn message(&self) -> Vec<Section> {
        let sections = [
            Some(self.headline()),
            self.root_cause(),
            Some(self.context()),
            self.cause(),
            Some(self.confidence()),
            self.fix(),
            self.next_steps(),
            self.findings(4),
            self.history(),
            self.proposal(),
            self.not_checked(),
            self.about(),
            self.without_note(),
            self.open_in_sentry(),
        ];
        sections.into_iter().flatten().collect()
    }
}
