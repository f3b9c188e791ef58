//! The content of a notification, before any markup is added. The note, the chat message and the terminal get the same
//! kinds of sections.

mod evidence;
mod fit;
mod lead;
mod reading;
mod sections;

pub use fit::{Fitted, fit};
pub(crate) use lead::TITLE;
pub use reading::silence;
pub use sections::wanted;

use super::analysis::Analysis;
use super::evidence::{Cite, Evidence};
use super::failure::Failure;
use super::incident::PastIncident;
use super::occurrence::MetricAlert;
use super::words::{Arg, Phrase, Sentence};

/// The content of a notification about an issue.
#[derive(Debug, Clone)]
pub struct Report {
    /// The evidence on which the analysis is based.
    pub evidence: Evidence,
    /// The result of the analysis.
    pub analysis: Analysis,
    /// The URL of the page, built from the configured Sentry server.
    pub link: Option<String>,
    /// The reason why no note will be written, if it is already known.
    pub note_missing: Option<Failure>,
    /// The past incidents of the issue, newest last. An incident is a period that one note and one message cover.
    pub history: Vec<PastIncident>,
    /// Whether the deadline stopped the analysis early.
    pub cut_short: bool,
}

/// The content of a notification about a metric alert.
#[derive(Debug, Clone)]
pub struct MetricReport {
    /// The metric alert.
    pub alert: MetricAlert,
    /// The URL of the alert's page, built from the configured Sentry server.
    pub link: Option<String>,
}

/// A section of a text, which is kept or left out as a whole.
#[derive(Debug, Clone)]
pub struct Section {
    /// The title of the section, if it has one.
    pub title: Option<Phrase>,
    /// The priority for leaving the section out. If the text is too long, the section with the highest number goes
    /// first. A section with 0 always stays.
    pub expendable: u8,
    /// The content of the section.
    pub blocks: Vec<Block>,
}

/// A part of a section, before any markup is added.
#[derive(Debug, Clone)]
pub enum Block {
    /// The headline of the text, in bold.
    Headline(Sentence),
    /// A bold paragraph, with its citations.
    Strong(Line),
    /// A paragraph of one sentence.
    Paragraph(Line),
    /// A paragraph of several sentences.
    Prose(Vec<Line>),
    /// A list with bullets.
    List(Vec<Line>),
    /// A numbered list.
    Steps(Vec<Line>),
    /// A table with two columns: the heads of the columns, and the rows.
    Table(Phrase, Phrase, Vec<(Phrase, Arg)>),
    /// Untrusted text as code, already scrubbed and shortened, one entry per line.
    Code(Vec<String>),
    /// A unified diff, one entry per line. Each line is exact.
    Diff(Vec<String>),
    /// A link, as its text and its URL.
    Link(Phrase, String),
    /// A list of links to source code.
    Links(Vec<SourceLink>),
}

/// A link to a line of source code.
#[derive(Debug, Clone)]
pub struct SourceLink {
    /// The place in the code as `path:line`, already scrubbed and shortened.
    pub place: String,
    /// The URL of the line at the code host.
    pub url: String,
    /// The reference to the linked source code in the evidence.
    pub cite: Cite,
}

/// A sentence with its citations.
#[derive(Debug, Clone)]
pub struct Line {
    /// The sentence.
    pub sentence: Sentence,
    /// The references to the evidence of the sentence.
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
            self.place(),
            self.cause_and_impact(),
            self.cause(),
            self.chain(),
            self.fix(),
            self.change(),
            self.next_steps(),
            Some(self.confidence()),
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

    /// Returns the paragraphs of the chat message that are always visible: the failure with its cause, and the next
    /// steps with the proposal and the link.
    #[must_use]
    pub fn lead(&self) -> Vec<Vec<Block>> {
        let facts = [self.full_headline(), self.failing_line(), self.place_remark(), self.short_cause()];
        let steps = [self.first_steps(), self.proposal_line(), self.without_note(), self.open_in_sentry()];
        let paragraphs = [facts.into_iter().flatten().collect(), steps.into_iter().flatten().collect()];
        paragraphs.into_iter().filter(|paragraph: &Vec<Block>| !paragraph.is_empty()).collect()
    }

    /// Returns the sections of the chat message that are folded below the visible part.
    #[must_use]
    pub fn folded(&self) -> Vec<Section> {
        let sections = [
            Some(self.confidence()),
            self.impact(),
            self.more_steps(),
            self.findings(4),
            self.history(),
            self.not_checked(),
            self.about(),
            Some(self.context()),
            self.frequency(),
            self.evidence(),
            self.source_links(usize::MAX),
        ];
        sections.into_iter().flatten().collect()
    }
}
