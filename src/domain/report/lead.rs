//! The part of a chat message that is always visible, before the folded details.

use super::{Block, Line, MetricReport, Report, Section};
use crate::domain::analysis::Status;
use crate::domain::occurrence::MetricState;
use crate::domain::words::{Arg, Language, Phrase, Sentence};

/// The longest title of a message, in characters. A lock screen shows about two lines.
pub(crate) const TITLE: usize = 80;
/// This many next steps are always visible.
const STEPS: usize = 2;
/// The longest source line that is shown, in characters.
const WIDTH: usize = 140;
/// At most this many lines of a metric alert's description are shown.
const LINES: usize = 6;

impl Report {
    /// Returns the headline, unless the title shows all of it.
    pub(super) fn full_headline(&self) -> Option<Block> {
        let words = Language::default().words();
        let [title, headline] =
            [&self.analysis.title, &self.analysis.headline].map(|sentence| sentence.plain_text(words));
        let is_shown = title == headline && title.chars().count() <= TITLE;
        (!is_shown).then(|| Block::Headline(self.analysis.headline.clone()))
    }

    /// Returns the source line of the frame that most likely has to change. The line comes from the event, or else from
    /// the commit of the event's release.
    pub(super) fn failing_line(&self) -> Option<Block> {
        let suspect = self.analysis.suspect?;
        let frame = self.evidence.event.as_ref()?.frames.get(suspect)?;
        let read = || self.evidence.source_of(suspect)?.1.line_of_commit();
        let line = frame.source.as_ref().or_else(read)?.code_line(WIDTH).trim().to_owned();
        (!line.is_empty()).then(|| Block::Code(vec![line]))
    }

    /// Returns the remark about the place in the headline.
    pub(super) fn place_remark(&self) -> Option<Block> {
        self.analysis.place_remark.as_ref().map(|remark| Block::Paragraph(remark.into()))
    }

    /// Returns the cause that a language model or the rules found, or the sentence that the cause is unknown.
    pub(super) fn short_cause(&self) -> Option<Block> {
        if let Some(strong) = self.root_cause() {
            return Some(strong);
        }
        let is_open = self.analysis.status == Status::Undetermined;
        let open = is_open.then(|| Sentence::plain(|w| w.undetermined).into());
        let sentences: Vec<Line> =
            open.into_iter().chain(self.analysis.cause.iter().map(Line::from)).collect();
        (!sentences.is_empty()).then_some(Block::Prose(sentences))
    }

    /// Returns all steps: first the fix of a language model, then the next steps.
    fn steps(&self) -> Vec<Line> {
        let fix = self.reading().into_iter().flat_map(|reading| &reading.fix).map(Line::from);
        fix.chain(self.analysis.next_steps.iter().cloned().map(Line::from)).collect()
    }

    pub(super) fn first_steps(&self) -> Option<Block> {
        let mut steps = self.steps();
        steps.truncate(STEPS);
        (!steps.is_empty()).then_some(Block::Steps(steps))
    }

    /// Returns the steps that are not always visible, as a section for the folded details.
    pub(super) fn more_steps(&self) -> Option<Section> {
        let steps: Vec<Line> = self.steps().into_iter().skip(STEPS).collect();
        let title: Phrase = |w| w.next_steps;
        (!steps.is_empty()).then(|| Section {
            title: Some(title),
            expendable: 2,
            blocks: vec![Block::List(steps)],
        })
    }
}

impl MetricReport {
    /// Returns the state of the metric and the title of the alert, as one sentence.
    #[must_use]
    pub fn title(&self) -> Sentence {
        let state: Phrase = match self.alert.state {
            MetricState::Critical => |w| w.metric_critical,
            MetricState::Warning => |w| w.metric_warning,
            MetricState::Resolved => |w| w.metric_resolved,
        };
        Sentence::new(|w| w.headline_exception, [Arg::Phrase(state), Arg::message(&self.alert.title)])
    }

    /// Returns the always visible paragraphs of the message: the description with the threshold, and the link.
    #[must_use]
    pub fn lead(&self) -> Vec<Vec<Block>> {
        let lines = self.alert.description.iter().take(LINES);
        let said = lines.map(|line| Sentence::new(|_| "{0}", [Arg::message(line)]));
        let threshold = self.alert.threshold.as_ref().map(|it| {
            let side: Phrase = if it.is_above { |w| w.metric_above } else { |w| w.metric_below };
            Sentence::new(|w| w.metric_threshold, [Arg::Phrase(side), Arg::from(&it.value)])
        });
        let said = said.chain(threshold).map(|said| Block::Paragraph(said.into())).collect();
        let link = self.link.clone().map(|link| Block::Link(|w| w.open_in_sentry, link));
        let paragraphs = [said, link.into_iter().collect()];
        paragraphs.into_iter().filter(|paragraph: &Vec<Block>| !paragraph.is_empty()).collect()
    }
}
