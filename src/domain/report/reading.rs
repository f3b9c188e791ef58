//! The sections about a language model's reading (its interpretation) of the evidence. Each section has its own
//! function.

use super::{Block, Line, Report, Section};
use crate::domain::analysis::Finding;
use crate::domain::model_error::ModelError;
use crate::domain::reading::Reading;
use crate::domain::words::{Arg, Phrase, Sentence};

fn lines(findings: &[Finding]) -> Vec<Line> {
    findings.iter().map(Line::from).collect()
}

fn titled(title: Phrase, expendable: u8, lines: Vec<Line>, block: fn(Vec<Line>) -> Block) -> Option<Section> {
    (!lines.is_empty()).then(|| Section { title: Some(title), expendable, blocks: vec![block(lines)] })
}

impl From<&Finding> for Line {
    fn from(finding: &Finding) -> Self {
        Self { sentence: finding.sentence.clone(), cites: finding.cites.clone() }
    }
}

impl Report {
    pub(super) fn reading(&self) -> Option<&Reading> {
        self.analysis.reading.as_deref()
    }

    /// Returns the cause and the impact according to the model, as a section of the note that is never left out.
    pub(super) fn cause_and_impact(&self) -> Option<Section> {
        let blocks = std::iter::once(self.root_cause()?).chain(self.summary()).collect();
        Some(Section { title: None, expendable: 0, blocks })
    }

    /// Returns the impact according to the model, as a section of the chat message.
    pub(super) fn impact(&self) -> Option<Section> {
        Some(Section { title: None, expendable: 1, blocks: vec![self.summary()?] })
    }

    fn summary(&self) -> Option<Block> {
        self.reading()?.summary.as_ref().map(|summary| Block::Paragraph(summary.into()))
    }

    /// Returns the cause according to the model, in bold.
    pub(super) fn root_cause(&self) -> Option<Block> {
        let reading = self.reading()?;
        let cause = reading.cause.as_ref()?;
        let phrase: Phrase = if cause.is_shown { |w| w.root_cause } else { |w| w.probable_cause };
        let said = Sentence::new(phrase, [Arg::Sentence(Box::new(cause.finding.sentence.clone()))]);
        Some(Block::Strong(Line { sentence: said, cites: cause.finding.cites.clone() }))
    }

    pub(super) fn chain(&self) -> Option<Section> {
        titled(|w| w.chain, 2, lines(&self.reading()?.chain), Block::Steps)
    }

    pub(super) fn inferred(&self) -> Option<Section> {
        let inferred = self.reading()?.inferred.iter().cloned().map(Line::from).collect();
        titled(|w| w.inferred, 4, inferred, Block::List)
    }

    pub(super) fn fix(&self) -> Option<Section> {
        titled(|w| w.fix, 1, lines(&self.reading()?.fix), Block::Steps)
    }

    /// Returns the change of the source code, as a section of the note.
    pub(super) fn change(&self) -> Option<Section> {
        let change = self.reading()?.change.as_ref()?;
        let blocks = vec![Block::Paragraph((&change.place).into()), Block::Diff(change.diff.clone())];
        Some(Section { title: Some(|w| w.suggested_change), expendable: 2, blocks })
    }

    pub(super) fn alternatives(&self) -> Option<Section> {
        titled(|w| w.alternatives, 4, lines(&self.reading()?.alternatives), Block::List)
    }

    pub(super) fn ruled_out(&self) -> Option<Section> {
        titled(|w| w.ruled_out, 4, lines(&self.reading()?.ruled_out), Block::List)
    }

    /// Returns the remarks about the analysis: which model was used or why none was used, and warnings. This section is
    /// never left out.
    pub(super) fn about(&self) -> Option<Section> {
        titled(|w| w.about, 0, lines(&self.analysis.remarks), Block::List)
    }
}

/// Returns a sentence with the reason why a language model gave no answer.
#[must_use]
pub fn silence(why: ModelError) -> Sentence {
    let plain = Sentence::plain;
    let status = |phrase: Phrase, status: u16| Sentence::new(phrase, [u64::from(status).into()]);
    match why {
        ModelError::NotConfigured(name) => {
            Sentence::new(|w| w.silent_not_configured, [Arg::Name(name.to_owned())])
        }
        ModelError::KeyRefused => plain(|w| w.silent_key_refused),
        ModelError::GatewayWithoutCredentials => plain(|w| w.silent_gateway),
        ModelError::Forbidden => plain(|w| w.silent_forbidden),
        ModelError::NotFound => plain(|w| w.silent_not_found),
        ModelError::RateLimited => plain(|w| w.silent_rate_limited),
        ModelError::QuotaUsedUp => plain(|w| w.silent_quota),
        ModelError::BudgetUsedUp => plain(|w| w.silent_budget),
        ModelError::Timeout => plain(|w| w.why_timeout),
        ModelError::NoTime => plain(|w| w.silent_no_time),
        ModelError::Unreachable => plain(|w| w.why_unreachable),
        ModelError::Interrupted => plain(|w| w.why_interrupted),
        ModelError::Overloaded(code) => status(|w| w.silent_overloaded, code),
        ModelError::ServerFailed(code) => status(|w| w.why_server_failed, code),
        ModelError::Rejected(code) => status(|w| w.silent_rejected, code),
        ModelError::TooLong => plain(|w| w.silent_too_long),
        ModelError::Declined => plain(|w| w.silent_declined),
        ModelError::Filtered => plain(|w| w.silent_filtered),
        ModelError::Truncated => plain(|w| w.silent_truncated),
        ModelError::WrongForm => plain(|w| w.silent_wrong_form),
        ModelError::OtherLanguage => plain(|w| w.silent_other_language),
        ModelError::Internal => plain(|w| w.why_internal),
    }
}
