//! The sections of the note and of the chat message. Each section has its own function.
//!
//! An *incident* is the period of an issue that one note and one message cover.

use super::{Block, Line, Report, Section, SourceLink};
use crate::domain::analysis::{Finding, Status};
use crate::domain::evidence::{Cite, Gap, Wanted};
use crate::domain::incident::{ChangeKind, PastIncident};
use crate::domain::issue::Substatus;
use crate::domain::occurrence::Trigger;
use crate::domain::source::SourceCode;
use crate::domain::timestamp::Timestamp;
use crate::domain::words::{Arg, NAME, Phrase, Sentence, reason};

/// The version of Sidenote, which the note names.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The note names the beginnings of at most this many past incidents.
const INCIDENTS: usize = 3;

fn moment(unix_ms: u64) -> Option<Timestamp> {
    Timestamp::from_unix(i64::try_from(unix_ms / 1000).ok()?)
}

fn section(title: Option<Phrase>, expendable: u8, blocks: Vec<Block>) -> Section {
    Section { title, expendable, blocks }
}

fn lines(sentences: &[Sentence]) -> Vec<Line> {
    sentences.iter().cloned().map(Line::from).collect()
}

fn said(findings: &[Finding]) -> Vec<Line> {
    findings.iter().map(|f| Line { sentence: f.sentence.clone(), cites: f.cites.clone() }).collect()
}

impl Report {
    pub(super) fn headline(&self) -> Section {
        section(None, 0, vec![Block::Headline(self.analysis.headline.clone())])
    }

    /// Returns the source line of the suspect frame, and the remark about the place in the headline.
    pub(super) fn place(&self) -> Option<Section> {
        let lines: Vec<Line> =
            self.analysis.line.iter().chain(&self.analysis.place_remark).map(Line::from).collect();
        (!lines.is_empty()).then(|| section(None, 0, vec![Block::Prose(lines)]))
    }

    /// Returns the context of the event (project, level, environment, release and alert rule), for readers who do not
    /// see the issue's page.
    pub(super) fn context(&self) -> Section {
        let issue = &self.evidence.issue;
        let project = issue.project.as_ref().map(|slug| Arg::Name(slug.to_string()));
        let parts = [
            project,
            issue.level.as_ref().map(Arg::from),
            self.evidence.environment().map(Arg::from),
            self.evidence.release().map(Arg::from),
        ];
        let args: Vec<Arg> = parts.into_iter().flatten().collect();
        let phrase: Phrase = match args.len() {
            0 => |_| "",
            1 => |_| "{0}",
            2 => |_| "{0} · {1}",
            3 => |_| "{0} · {1} · {2}",
            _ => |_| "{0} · {1} · {2} · {3}",
        };
        let mut blocks = Vec::new();
        if !args.is_empty() {
            blocks.push(Block::Paragraph(Sentence::new(phrase, args).into()));
        }
        if let Some(rule) = &self.evidence.rule {
            blocks.push(Block::Paragraph(Sentence::new(|w| w.rule, [Arg::from(rule)]).into()));
        }
        section(None, 3, blocks)
    }

    /// Returns the cause that the rules found. If the cause is unknown, a sentence says so.
    pub(super) fn cause(&self) -> Option<Section> {
        let is_open = self.analysis.status == Status::Undetermined;
        let open = is_open.then(|| Sentence::plain(|w| w.undetermined).into());
        let lines: Vec<Line> = self.analysis.cause.iter().map(Line::from).chain(open).collect();
        (!lines.is_empty()).then(|| section(None, 0, vec![Block::Prose(lines)]))
    }

    /// Returns the confidence with its reason.
    pub(super) fn confidence(&self) -> Section {
        section(None, 0, vec![Block::Paragraph(self.confidence_sentence().into())])
    }

    fn confidence_sentence(&self) -> Sentence {
        let confidence = &self.analysis.confidence;
        let because = Arg::Sentence(Box::new(confidence.because.clone()));
        let is_models = self.analysis.reading.as_ref().is_some_and(|reading| reading.cause.is_some());
        let about: Phrase = match self.analysis.suspect {
            _ if is_models => |w| w.confidence_cause,
            Some(_) => |w| w.confidence_place,
            None => |w| w.confidence,
        };
        Sentence::new(about, [Arg::Phrase(confidence.level.phrase()), because])
    }

    /// Returns the proposed action on the issue, as a section of the note. `None` without a proposal.
    #[must_use]
    pub fn proposal(&self) -> Option<Section> {
        Some(section(None, 2, vec![self.proposal_line()?]))
    }

    pub(super) fn proposal_line(&self) -> Option<Block> {
        let proposal = &self.analysis.proposal;
        let args = [proposal.action.as_ref()?.sentence(), proposal.because.clone()];
        let sentence = Sentence::new(|w| w.proposed, args.map(|part| Arg::Sentence(Box::new(part))));
        Some(Block::Paragraph(Line { sentence, cites: proposal.cites.clone() }))
    }

    /// Returns the number of regressions, and the beginnings of past incidents. `None` if there is no past incident.
    pub(super) fn history(&self) -> Option<Section> {
        let earlier = self.history.iter().rev().take(INCIDENTS).filter_map(|past| moment(past.started_ms));
        let began = Sentence::list(earlier.map(Arg::from))?;
        let regressed = |past: &&PastIncident| past.change == ChangeKind::Regressed;
        let now = usize::from(self.evidence.trigger == Trigger::Unresolved(Substatus::Regressed));
        let regressions = self.history.iter().filter(regressed).count() + now;
        let sentence = match u64::try_from(regressions) {
            Ok(0) | Err(_) => Sentence::new(|w| w.history_earlier, [began]),
            Ok(times) => Sentence::new(|w| w.history_regressions, [Arg::Number(times), began]),
        };
        Some(section(None, 2, vec![Block::Paragraph(sentence.into())]))
    }

    pub(super) fn findings(&self, most: usize) -> Option<Section> {
        let findings = &self.analysis.findings;
        let lines = said(&findings[..findings.len().min(most)]);
        (!lines.is_empty()).then(|| section(Some(|w| w.findings), 1, vec![Block::List(lines)]))
    }

    pub(super) fn next_steps(&self) -> Option<Section> {
        let steps = &self.analysis.next_steps;
        (!steps.is_empty()).then(|| section(Some(|w| w.next_steps), 2, vec![Block::Steps(lines(steps))]))
    }

    pub(super) fn would_settle(&self) -> Option<Section> {
        let wishes = &self.analysis.would_settle;
        let title: Phrase = match self.analysis.status {
            Status::Undetermined => |w| w.would_settle,
            Status::Likely => |w| w.would_help,
        };
        (!wishes.is_empty()).then(|| section(Some(title), 4, vec![Block::List(lines(wishes))]))
    }

    /// Returns the table of event counts. `None` if the number of events within 24 hours is unknown or at most one.
    pub(super) fn frequency(&self) -> Option<Section> {
        let issue = &self.evidence.issue;
        let day = issue.events_24h().filter(|events| *events > 1)?;
        let row = |phrase: Phrase, value: Option<Arg>| value.map(|value| (phrase, value));
        let rows = [
            row(|w| w.last_24h, Some(day.into())),
            row(|w| w.last_30d, issue.events_30d().map(Arg::from)),
            row(|w| w.all_time, issue.events.map(Arg::from)),
            row(|w| w.users_affected, issue.users.map(Arg::from)),
            row(|w| w.first_seen, issue.first_seen.map(Arg::from)),
            row(|w| w.last_seen, issue.last_seen.map(Arg::from)),
        ];
        let table = Block::Table(|w| w.period, |w| w.events, rows.into_iter().flatten().collect());
        Some(section(Some(|w| w.frequency), 3, vec![table]))
    }

    pub(super) fn evidence(&self) -> Option<Section> {
        let lines = super::evidence::lines(&self.evidence, &self.analysis);
        (!lines.is_empty()).then(|| section(Some(|w| w.evidence), 5, vec![Block::Code(lines)]))
    }

    /// Returns the links to the source code of the frames, the most suspect frame first, at most `most`.
    pub(super) fn source_links(&self, most: usize) -> Option<Section> {
        let link = |(at, code): (usize, &SourceCode)| {
            let place = format!("{}:{}", code.location.path.text().line(NAME), code.line);
            Some(SourceLink { place, url: code.link.clone()?, cite: Cite::Source(at) })
        };
        let links: Vec<SourceLink> =
            self.evidence.source.iter().enumerate().filter_map(link).take(most).collect();
        (!links.is_empty()).then(|| section(Some(|w| w.source_links), 4, vec![Block::Links(links)]))
    }

    pub(super) fn not_checked(&self) -> Option<Section> {
        let cut = self.cut_short.then(|| Sentence::plain(|w| w.cut_short).into());
        let gaps = self.evidence.gaps.iter().map(|gap| gap_sentence(*gap).into());
        let gaps: Vec<Line> = cut.into_iter().chain(gaps).collect();
        (!gaps.is_empty()).then(|| section(Some(|w| w.not_checked), 0, vec![Block::List(gaps)]))
    }

    pub(super) fn without_note(&self) -> Option<Block> {
        let why = self.note_missing?;
        let said = Sentence::new(|w| w.note_missing, [Arg::Sentence(Box::new(reason(why)))]);
        Some(Block::Paragraph(said.into()))
    }

    pub(super) fn open_in_sentry(&self) -> Option<Block> {
        Some(Block::Link(|w| w.open_in_sentry, self.link.clone()?))
    }

    pub(super) fn colophon(&self) -> Section {
        let args = [Arg::Name(VERSION.to_owned()), Arg::Name(self.analysis.analyzer.to_owned())];
        section(None, 0, vec![Block::Paragraph(Sentence::new(|w| w.written_by, args).into())])
    }
}

fn gap_sentence(gap: Gap) -> Sentence {
    Sentence::new(|w| w.gap, [Arg::Phrase(wanted(gap.what)), Arg::Sentence(Box::new(reason(gap.why)))])
}

/// Returns the name of a kind of evidence, as a phrase.
#[must_use]
pub fn wanted(what: Wanted) -> Phrase {
    match what {
        Wanted::IssueDetails => |w| w.wanted_issue,
        Wanted::Event => |w| w.wanted_event,
        Wanted::Tags => |w| w.wanted_tags,
        Wanted::Commits => |w| w.wanted_commits,
        Wanted::Samples => |w| w.wanted_samples,
        Wanted::Flags => |w| w.wanted_flags,
        Wanted::ReleaseCommit => |w| w.wanted_release_commit,
        Wanted::Source => |w| w.wanted_source,
        Wanted::LastChanges => |w| w.wanted_last_changes,
        Wanted::Diffs => |w| w.wanted_diffs,
    }
}
