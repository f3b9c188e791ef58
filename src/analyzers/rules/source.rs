//! Statements about the source code in the repository: the failing line, its last change, and code that has changed
//! since the event. The suspect frame is the stack frame that most likely contains the bug.

use super::blame::Suspect;
use crate::domain::analysis::Finding;
use crate::domain::evidence::{Cite, Evidence, SuspectCommit};
use crate::domain::source::{Code, CommitDiff, LastChange, Revision, SourceCode};
use crate::domain::text::Untrusted;
use crate::domain::timestamp::Timestamp;
use crate::domain::words::{Arg, Phrase, Sentence};

/// The length of a day in seconds.
const DAY: i64 = 24 * 3600;

/// Returns a statement with the source line of the suspect frame from the repository. Returns `None` if the event has
/// the line itself.
pub(super) fn line(evidence: &Evidence, suspect: &Suspect) -> Option<Finding> {
    let (at, source) = evidence.source_of(suspect.frame)?;
    let frame = evidence.event.as_ref()?.frames.get(suspect.frame)?;
    let line = source.excerpt().filter(|_| frame.source.is_none())?.line(source.line)?;
    let said = Sentence::new(|w| w.source_line, [state(&source.revision), Arg::from(line)]);
    Some(Finding::new(said, [Cite::Frame(suspect.frame), Cite::Source(at)]))
}

/// Returns a statement about the last change of the suspect frame's line, or of its file if only that is known.
pub(super) fn last_change(evidence: &Evidence, suspect: &Suspect) -> Option<Finding> {
    let (at, source) = evidence.source_of(suspect.frame)?;
    let change = source.last_change()?;
    let phrase: Phrase =
        if change.lines.is_some() { |w| w.source_line_changed } else { |w| w.source_file_changed };
    let when = time(change.at?, evidence.issue.first_seen);
    let when = match release(evidence, source) {
        Some(release) => {
            Sentence::new(|w| w.source_in_release, [Arg::Sentence(Box::new(when)), Arg::from(release)])
        }
        None => when,
    };
    let said = Sentence::new(phrase, [commit(change), Arg::Sentence(Box::new(when))]);
    Some(Finding::new(said, [Cite::Source(at)]))
}

/// Returns the release of the event, if the source code was read at the commit that Sentry knows for it. The last change
/// of a line is a commit in the history of that commit, so the release contains it.
fn release<'e>(evidence: &'e Evidence, source: &SourceCode) -> Option<&'e Untrusted> {
    let event = evidence.event.as_ref().filter(|_| matches!(source.revision, Revision::Release(_)))?;
    event.named_release()
}

/// Returns a remark that source code was read at a commit that only the event names.
pub(super) fn unconfirmed(evidence: &Evidence) -> Option<Finding> {
    let is_unconfirmed = |source: &SourceCode| !source.revision.is_confirmed();
    let read: Vec<usize> =
        (0..evidence.source.len()).filter(|at| is_unconfirmed(&evidence.source[*at])).collect();
    let revision = &evidence.source.get(*read.first()?)?.revision;
    let phrase: Phrase =
        if revision.is_of_repository() { |w| w.source_named } else { |w| w.source_unconfirmed };
    let said = Sentence::new(phrase, [short(revision.commit()?.short())]);
    Some(Finding::new(said, read.into_iter().map(Cite::Source).collect::<Vec<_>>()))
}

/// Returns a statement about each frame whose code has changed since the event.
pub(super) fn changed(evidence: &Evidence) -> Vec<Finding> {
    let said = |(at, source): (usize, &SourceCode)| {
        let (phrase, number): (Phrase, u64) = match source.code {
            Code::Read(_) => return None,
            Code::Changed => (|w| w.source_changed, source.line),
            Code::Shorter(lines) => (|w| w.source_shorter, lines),
        };
        let file = Arg::from(&source.location.path.text());
        let sentence = Sentence::new(phrase, [state(&source.revision), number.into(), file]);
        Some(Finding::new(sentence, [Cite::Frame(source.frame), Cite::Source(at)]))
    };
    evidence.source.iter().enumerate().filter_map(said).collect()
}

/// The evidence that a suspect commit changed the function of a frame's line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Touch {
    /// The index of the function's source code in [`Evidence::source`].
    pub(super) source: usize,
    /// The index of the commit's diff in [`Evidence::diffs`], if the diff shows the change.
    pub(super) diff: Option<usize>,
}

/// Returns the evidence that a suspect commit changed the function of a frame's line: the code host's last change of a
/// line, or the commit's diff. `at` is the index of the commit.
pub(super) fn touched(evidence: &Evidence, at: usize, commit: &SuspectCommit) -> Option<Touch> {
    let touch = |(source, code): (usize, &SourceCode)| {
        let shows = |diff: &CommitDiff| diff.commit == at && !code.changes_by(diff).is_empty();
        let diff = evidence.diffs.iter().position(shows);
        let is_touched = diff.is_some() || code.is_touched_by(commit.id.raw());
        is_touched.then_some(Touch { source, diff })
    };
    evidence.source.iter().enumerate().find_map(touch)
}

/// Returns the phrase for the revision of the repository: the commit of the release, a commit that only the event
/// names, or the default branch.
pub(in crate::analyzers) fn state(revision: &Revision) -> Arg {
    let said = match revision {
        Revision::Release(commit) => Sentence::new(|w| w.source_at_commit, [short(commit.short())]),
        Revision::Named { commit, .. } => Sentence::new(|w| w.source_at_named, [short(commit.short())]),
        Revision::DefaultBranch => Sentence::plain(|w| w.source_at_head),
    };
    Arg::Sentence(Box::new(said))
}

/// Returns the commit of a change and its author, as a part of a sentence.
fn commit(change: &LastChange) -> Arg {
    let id = short(change.commit.short());
    match &change.author {
        Some(author) => Arg::Sentence(Box::new(Sentence::new(|w| w.source_by, [id, Arg::from(author)]))),
        None => id,
    }
}

fn short(hash: &str) -> Arg {
    Arg::Name(hash.to_owned())
}

/// Returns the time of a change as a part of a sentence. If the change came before the first event of the issue, the
/// time is relative to that event.
fn time(at: Timestamp, first_seen: Option<Timestamp>) -> Sentence {
    let before = first_seen.map(|first| first.unix().saturating_sub(at.unix())).filter(|before| *before >= 0);
    match before.and_then(|before| u64::try_from(before / DAY).ok()) {
        Some(days @ 2..) => Sentence::new(|w| w.source_days_before, [days.into()]),
        Some(_) => Sentence::new(|w| w.source_day_before, [at.into()]),
        None => Sentence::new(|w| w.source_on, [at.into()]),
    }
}
