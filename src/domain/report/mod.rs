//! The content of a notification. The note, the message and the terminal get the same sections, before any markup is
//! added.

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

/// The content of a notification about an issue.
#[derive(Debug, Clone)]
pub struct Report {
    /// The evidence of the analysis.
    pub evidence: Evidence,
    /// The analysis.
    pub analysis: Analysis,
    /// The link to the page. It is built from the configured server.
    pub link: Option<String>,
    /// The reason why no note will be written, if it is already known.
    pub note_missing: Option<Failure>,
    /// The past incidents of the issue, newest last.
    pub history: Vec<PastIncident>,
    /// Whether the deadline stopped the analysis early.
    pub cut_short: bool,
}

/// The content of a notification about a metric.
#[derive(Debug, Clone)]
pub struct MetricReport {
    /// The alert.
    pub alert: MetricAlert,
    /// The link to the alert's page. It is built from the configured server.
    pub link: Option<String>,
}

/// A part of a text. It is kept or left out as a whole.
#[derive(Debug, Clone)]
pub struct Section {
    /// The title. The first and the last section have none.
    pub title: Option<Phrase>,
    /// The priority for leaving out. If the text is too long, the section with the highest number goes first. A
    /// section with 0 always stays.
    pub expendable: u8,
    /// The content.
    pub blocks: Vec<Block>,
}

/// A part of a section.
#[derive(Debug, Clone)]
pub enum Block {
    /// The headline, in bold.
    Headline(Sentence),
    /// A bold paragraph, with its citations.
    Strong(Line),
    /// A paragraph.
    Paragraph(Line),
    /// A paragraph of several sentences.
    Prose(Vec<Line>),
    /// A list.
    List(Vec<Line>),
    /// A numbered list.
    Steps(Vec<Line>),
    /// A table with two columns: the two heads, and the rows.
    Table(Phrase, Phrase, Vec<(Phrase, Arg)>),
    /// Untrusted text, already scrubbed and capped, one entry per line.
    Code(Vec<String>),
    /// A link: its text and its URL.
    Link(Phrase, String),
    /// Links to source code.
    Links(Vec<SourceLink>),
}

/// A link to a line of source code.
#[derive(Debug, Clone)]
pub struct SourceLink {
    /// The place, already scrubbed and capped.
    pub place: String,
    /// The URL.
    pub url: String,
    /// The cited evidence.
    pub cite: Cite,
}

/// A sentence with its citations.
#[derive(Debug, Clone)]
pub struct Line {
    /// The sentence.
    pub sentence: Sentence,
    /// The cited evidence.
    pub cites: Vec<Cite>,
}

impl From<Sentence> for Line {
    fn from(sentence: Sentence) -> Self {
        Self { sentence, cites: Vec::new() }
    }
}

impl Report {
    /// Returns the sections of the note, in their order.
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
            self.source_links(usize::MAX),
            self.not_checked(),
            self.about(),
            Some(self.colophon()),
        ];
        sections.into_iter().flatten().collect()
    }

    /// Returns the sections of the message. It contains only what a person needs on a phone.
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
            self.source_links(1),
            self.open_in_sentry(),
        ];
        sections.into_iter().flatten().collect()
    }
}
