//! The pieces of evidence about an issue, with their ids, as the local page shows them.

use sidenote::domain::event::{Breadcrumb, Event, Exception, Frame};
use sidenote::domain::evidence::{Cite, Evidence, Gap};
use sidenote::domain::text::Untrusted;

use super::texts::Pick;

/// The page displays at most this many pieces of each kind.
const MOST: usize = 40;
/// A name in a piece is displayed with at most this many characters.
const NAME: usize = 80;
/// A text in a piece is displayed with at most this many characters.
const TEXT: usize = 240;

/// One piece of evidence, such as a frame, a breadcrumb or a tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) id: String,
    pub(super) text: String,
    /// Whether the piece is a stack frame of a library.
    pub(super) library: bool,
    /// Whether a statement of the note cites the piece.
    pub(super) cited: bool,
}

/// The pieces of one kind, such as all breadcrumbs.
#[derive(Debug, Clone)]
pub(super) struct Kind {
    pub(super) title: Pick,
    pub(super) pieces: Vec<Piece>,
    /// The number of further pieces, which are not displayed.
    pub(super) more: usize,
}

/// The displayed pieces of the evidence by kind, and the gaps in the evidence.
#[derive(Debug, Clone, Default)]
pub(super) struct Pieces {
    pub(super) kinds: Vec<Kind>,
    pub(super) gaps: Vec<Gap>,
}

impl Pieces {
    /// Returns the number of all pieces, displayed or not.
    pub(super) fn count(&self) -> usize {
        self.kinds.iter().map(|kind| kind.pieces.len() + kind.more).sum()
    }

    /// Marks the pieces whose ids are in `cited` as cited by the note.
    pub(super) fn mark(&mut self, cited: &[String]) {
        for piece in self.kinds.iter_mut().flat_map(|kind| &mut kind.pieces) {
            piece.cited = cited.contains(&piece.id);
        }
    }

    /// Selects the displayed pieces of the evidence, and shortens their texts.
    pub(super) fn of(evidence: &Evidence) -> Self {
        let mut kinds = Vec::new();
        if let Some(event) = &evidence.event {
            of_event(event, &mut kinds);
        }
        kinds.push(kind(|t| t.kind_tags, tags(evidence)));
        kinds.push(kind(|t| t.kind_issue, issue(evidence)));
        let commit = |(at, commit): (usize, &sidenote::domain::evidence::SuspectCommit)| {
            let id: String = commit.id.raw().chars().take(12).collect();
            piece(&Cite::Commit(at), format!("{} {}", Untrusted::new(id).line(12), commit.subject.line(TEXT)))
        };
        kinds.push(kind(|t| t.kind_commits, evidence.commits.iter().enumerate().map(commit)));
        let seer = evidence.seer.iter().map(|seer| piece(&Cite::Seer, seer.summary.line(TEXT)));
        kinds.push(kind(|t| t.kind_seer, seer));
        kinds.retain(|kind| !kind.pieces.is_empty());
        Self { kinds, gaps: evidence.gaps.clone() }
    }
}

fn of_event(event: &Event, kinds: &mut Vec<Kind>) {
    let exceptions = event.exceptions.iter().enumerate();
    kinds.push(kind(
        |t| t.kind_exceptions,
        exceptions.map(|(at, exception)| piece(&Cite::Exception(at), describe_exception(exception))),
    ));
    let message = event.message.iter().map(|message| piece(&Cite::Message, message.line(TEXT)));
    kinds.push(kind(|t| t.kind_message, message));
    let marked = event.frames.iter().any(|frame| frame.in_app);
    let frames = event.frames.iter().enumerate().map(|(at, frame)| {
        let library = marked && !frame.in_app;
        Piece { library, ..piece(&Cite::Frame(at), describe_frame(frame)) }
    });
    kinds.push(kind(|t| t.kind_frames, frames));
    // The newest breadcrumbs come first, because they are the most useful ones.
    let crumbs = event.breadcrumbs.iter().enumerate().rev();
    kinds.push(kind(
        |t| t.kind_breadcrumbs,
        crumbs.map(|(at, crumb)| piece(&Cite::Breadcrumb(at), describe_crumb(crumb))),
    ));
}

fn kind(title: Pick, pieces: impl Iterator<Item = Piece>) -> Kind {
    let mut pieces: Vec<Piece> = pieces.filter(|piece| !piece.text.is_empty()).collect();
    let more = pieces.len().saturating_sub(MOST);
    pieces.truncate(MOST);
    Kind { title, pieces, more }
}

fn piece(cite: &Cite, text: String) -> Piece {
    Piece { id: cite.to_string(), text, library: false, cited: false }
}

fn joined(parts: &[Option<String>], by: &str) -> String {
    parts.iter().flatten().filter(|part| !part.is_empty()).cloned().collect::<Vec<_>>().join(by)
}

fn describe_exception(exception: &Exception) -> String {
    let line = |text: &Option<Untrusted>| text.as_ref().map(|text| text.line(TEXT));
    joined(&[line(&exception.kind), line(&exception.message)], ": ")
}

fn describe_frame(frame: &Frame) -> String {
    let place = frame.place().map(|place| place.line(NAME));
    let function = frame.function.as_ref().map(|function| function.line(NAME));
    let source = frame.source.as_ref().map(|source| source.line(TEXT));
    joined(&[joined(&[place, function], " ").into(), source], " · ")
}

fn describe_crumb(crumb: &Breadcrumb) -> String {
    let line = |text: &Option<Untrusted>| text.as_ref().map(|text| text.line(TEXT));
    joined(&[line(&crumb.category), line(&crumb.message), crumb.status.map(|status| status.to_string())], " ")
}

fn tags(evidence: &Evidence) -> impl Iterator<Item = Piece> + '_ {
    let own = evidence.event.iter().flat_map(|event| &event.tags);
    let own = own.map(|(key, value)| piece(&Cite::Tag(key.clone()), value.line(TEXT)));
    let is_own =
        |key| evidence.event.as_ref().is_some_and(|event| event.tags.iter().any(|(own, _)| own == key));
    let spread = evidence.tags.iter().filter(move |spread| !is_own(&spread.key)).map(|spread| {
        let top = spread.top.iter().take(3).map(|(value, count)| format!("{} ({count})", value.line(NAME)));
        piece(&Cite::Tag(spread.key.clone()), top.collect::<Vec<_>>().join(", "))
    });
    own.chain(spread)
}

fn issue(evidence: &Evidence) -> impl Iterator<Item = Piece> {
    let issue = &evidence.issue;
    let line = |text: &Option<Untrusted>| text.as_ref().map(|text| text.line(NAME));
    let facts = [
        line(&issue.short_id),
        line(&issue.level),
        line(&issue.status),
        issue.project.as_ref().map(ToString::to_string),
        issue.users.map(|users| format!("users: {users}")),
    ];
    let counts = [
        issue.events_24h().map(|events| format!("24 h: {events}")),
        issue.events_30d().map(|events| format!("30 d: {events}")),
        issue.events.map(|events| format!("all: {events}")),
    ];
    [piece(&Cite::Issue, joined(&facts, " · ")), piece(&Cite::Statistics, joined(&counts, " · "))].into_iter()
}
