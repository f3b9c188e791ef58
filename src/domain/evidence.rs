//! The evidence for an analysis. Gathering evidence never fails: missing evidence is a [`Gap`].

use std::fmt;

use super::attribute::{Attribute, AttributeKind};
use super::comparison::Comparison;
use super::event::Event;
use super::failure::Failure;
use super::flag::{FlagSpread, Share};
use super::ids::{IssueId, MemberId, TagKey};
use super::issue::{Issue, Substatus};
use super::kind::{Kind, PerformanceProblem};
use super::occurrence::{IssueOccurrence, SeerRootCause, Trigger};
use super::origin::{Detection, Feedback, Origin};
use super::source::{CommitDiff, DiffLine, SourceCode};
use super::text::Untrusted;

/// A note shows at most this many lines of a diff.
pub const CHANGED_LINES: usize = 4;

/// The facts about an issue, from the webhook and the Sentry API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// The reason for the webhook delivery.
    pub trigger: Trigger,
    /// The issue, combined from the webhook and the Sentry API.
    pub issue: Issue,
    /// The event, from the webhook or the Sentry API.
    pub event: Option<Event>,
    /// The name of the alert rule that fired, if the webhook names one.
    pub rule: Option<Untrusted>,
    /// The finished analysis by Seer, Sentry's own AI.
    pub seer: Option<SeerRootCause>,
    /// The distribution of the issue's events over the values of tags.
    pub tags: Vec<TagSpread>,
    /// Comparisons of several events of the issue.
    pub comparisons: Vec<Comparison>,
    /// The distribution of errors over the values of the event's feature flags.
    pub flags: Vec<FlagSpread>,
    /// The commits that Sentry suspects to have caused the issue.
    pub commits: Vec<SuspectCommit>,
    /// The source code around frames of the program itself, the most suspect frame first.
    pub source: Vec<SourceCode>,
    /// The changes of the frames' files by suspect commits.
    pub diffs: Vec<CommitDiff>,
    /// The evidence that could not be read.
    pub gaps: Vec<Gap>,
}

/// The distribution of an issue's events over the values of one tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TagSpread {
    /// The key of the tag.
    pub key: TagKey,
    /// The number of events that have the tag.
    pub total: u64,
    /// The most frequent values with their numbers of events, in descending order.
    pub top: Vec<(Untrusted, u64)>,
}

/// A commit that Sentry suspects to have caused the issue. Texts always call it a suspect commit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SuspectCommit {
    /// The hash of the commit.
    pub id: Untrusted,
    /// The first line of the commit message.
    pub subject: Untrusted,
    /// The name of the author.
    pub author: Option<Untrusted>,
    /// The author's id, if Sentry knows the author as one of its users.
    pub author_id: Option<MemberId>,
    /// Whether Sentry found the commit by `git blame` of a frame's line.
    pub is_blamed: bool,
    /// Whether Sentry found the commit in a release because the commit changed a file of the stack. Sentry does not
    /// report which file.
    pub is_matched: bool,
    /// The files that the commit changed, if Sentry reports them.
    pub files: Vec<Untrusted>,
}

/// The source code around an event's frames, with a gap for code that could not be read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SourceReading {
    /// The source code, the most suspect frame first.
    pub codes: Vec<SourceCode>,
    /// The changes of the frames' files by suspect commits.
    pub diffs: Vec<CommitDiff>,
    /// The source code that could not be read, with the reasons.
    pub gaps: Vec<Gap>,
}

/// A piece of evidence that could not be read, and the reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gap {
    /// The kind of evidence that is missing.
    pub what: Wanted,
    /// The reason why the evidence could not be read.
    pub why: Failure,
}

/// A kind of evidence that Sidenote requests from an API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// The details and statistics of the issue.
    IssueDetails,
    /// An event of the issue.
    Event,
    /// The distribution of the issue's events over the values of tags.
    Tags,
    /// The commits that Sentry suspects.
    Commits,
    /// A sample of the issue's events.
    Samples,
    /// The distribution of errors over the values of feature flags.
    Flags,
    /// The commit of the event's release.
    ReleaseCommit,
    /// The source code of the frames.
    Source,
    /// The last changes of the lines of source code.
    LastChanges,
    /// The diffs of the suspect commits.
    Diffs,
}

impl Wanted {
    /// Returns the name of this kind of evidence in responses and logs.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::IssueDetails => "issue_details",
            Self::Event => "event",
            Self::Tags => "tags",
            Self::Commits => "commits",
            Self::Samples => "samples",
            Self::Flags => "flags",
            Self::ReleaseCommit => "release_commit",
            Self::Source => "source",
            Self::LastChanges => "last_changes",
            Self::Diffs => "diffs",
        }
    }
}

/// A reference to a piece of evidence. Notes write a reference as a code such as `F3`, with numbers from 1.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Cite {
    /// `X1`: an exception, by its index in [`Event::exceptions`].
    Exception(usize),
    /// `F3`: a frame, by its index in [`Event::frames`].
    Frame(usize),
    /// `B7`: a breadcrumb, by its index in [`Event::breadcrumbs`].
    Breadcrumb(usize),
    /// `T:release`: a tag of the event, or the distribution of the issue's events over the values of this tag.
    Tag(TagKey),
    /// `A4`: an attribute, by its index in [`Event::attributes`].
    Attribute(usize),
    /// `E2`: a comparison of events, by its index in [`Evidence::comparisons`].
    Comparison(usize),
    /// `N1`: a person's comment on the issue, by its index in [`Issue::comments`].
    Comment(usize),
    /// `M`: the message of the event, or the details of its source.
    Message,
    /// `S`: the statistics of the issue.
    Statistics,
    /// `I`: the details of the issue.
    Issue,
    /// `C1`: a suspect commit, by its index in [`Evidence::commits`].
    Commit(usize),
    /// `S1`: the source code of a frame, by its index in [`Evidence::source`].
    Source(usize),
    /// `D1`: the change of a frame's file by a suspect commit, by its index in [`Evidence::diffs`].
    Diff(usize),
    /// `R`: the finished analysis by Seer, Sentry's own AI.
    Seer,
}

impl fmt::Display for Cite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exception(at) => write!(f, "X{}", at + 1),
            Self::Frame(at) => write!(f, "F{}", at + 1),
            Self::Breadcrumb(at) => write!(f, "B{}", at + 1),
            Self::Tag(key) => write!(f, "T:{key}"),
            Self::Attribute(at) => write!(f, "A{}", at + 1),
            Self::Comparison(at) => write!(f, "E{}", at + 1),
            Self::Comment(at) => write!(f, "N{}", at + 1),
            Self::Message => f.write_str("M"),
            Self::Statistics => f.write_str("S"),
            Self::Issue => f.write_str("I"),
            Self::Commit(at) => write!(f, "C{}", at + 1),
            Self::Source(at) => write!(f, "S{}", at + 1),
            Self::Diff(at) => write!(f, "D{}", at + 1),
            Self::Seer => f.write_str("R"),
        }
    }
}

impl Cite {
    /// Parses the output of [`Cite`]'s `Display`, also in brackets or quotation marks. Does not check that the evidence
    /// exists; [`Evidence::holds`] does.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim().trim_matches(['`', '[', ']', '(', ')', '"', '\'']);
        let place = |digits: &str| digits.parse::<usize>().ok()?.checked_sub(1);
        match text.split_at_checked(1)? {
            ("X", at) => place(at).map(Self::Exception),
            ("F", at) => place(at).map(Self::Frame),
            ("B", at) => place(at).map(Self::Breadcrumb),
            ("C", at) => place(at).map(Self::Commit),
            ("A", at) => place(at).map(Self::Attribute),
            ("E", at) => place(at).map(Self::Comparison),
            ("N", at) => place(at).map(Self::Comment),
            ("T", key) => TagKey::parse(key.strip_prefix(':')?).ok().map(Self::Tag),
            ("M", "") => Some(Self::Message),
            ("S", "") => Some(Self::Statistics),
            ("S", at) => place(at).map(Self::Source),
            ("D", at) => place(at).map(Self::Diff),
            ("I", "") => Some(Self::Issue),
            ("R", "") => Some(Self::Seer),
            _ => None,
        }
    }
}

impl Evidence {
    /// Creates evidence from a webhook alone.
    #[must_use]
    pub fn of(occurrence: IssueOccurrence) -> Self {
        let IssueOccurrence { trigger, issue, event, rule, seer, .. } = occurrence;
        Self {
            trigger,
            issue,
            event,
            rule,
            seer,
            tags: Vec::new(),
            comparisons: Vec::new(),
            flags: Vec::new(),
            commits: Vec::new(),
            source: Vec::new(),
            diffs: Vec::new(),
            gaps: Vec::new(),
        }
    }

    /// Returns the substatus of the issue. The webhook's value takes precedence over the API's value, which may already
    /// be a later one, unless the webhook's value is [`Substatus::Ongoing`].
    #[must_use]
    pub fn substatus(&self) -> Option<Substatus> {
        match self.trigger {
            Trigger::Unresolved(substatus) if substatus != Substatus::Ongoing => Some(substatus),
            Trigger::Created => Some(Substatus::New),
            _ => self.issue.substatus,
        }
    }

    /// Creates evidence from a single event of an unknown issue, for tests and for programs that measure Sidenote.
    #[must_use]
    pub fn of_event(issue: IssueId, event: Option<Event>) -> Self {
        let (trigger, issue) = (Trigger::Alert, Issue::unknown(issue));
        Self::of(IssueOccurrence { trigger, issue, org: None, event, rule: None, seer: None })
    }

    /// Whether Sentry or the code host rejected Sidenote's token while the evidence was gathered.
    #[must_use]
    pub fn was_refused(&self) -> bool {
        self.gaps.iter().any(|gap| gap.why == Failure::Unauthorized)
    }

    /// Whether the evidence that `cite` refers to exists.
    #[must_use]
    pub fn holds(&self, cite: &Cite) -> bool {
        let event = self.event.as_ref();
        match cite {
            Cite::Exception(at) => event.is_some_and(|e| *at < e.exceptions.len()),
            Cite::Frame(at) => event.is_some_and(|e| *at < e.frames.len()),
            Cite::Breadcrumb(at) => event.is_some_and(|e| *at < e.breadcrumbs.len()),
            Cite::Tag(key) => {
                event.is_some_and(|e| e.tag(key.as_str()).is_some())
                    || self.tags.iter().any(|t| t.key == *key)
            }
            Cite::Message => event.is_some_and(|e| {
                e.message.is_some() || e.origin == Origin::Transaction || !e.origin.details().is_empty()
            }),
            Cite::Statistics => self.issue.hourly.is_some() || self.issue.daily.is_some(),
            Cite::Issue => true,
            Cite::Commit(at) => *at < self.commits.len(),
            Cite::Source(at) => *at < self.source.len(),
            Cite::Diff(at) => *at < self.diffs.len(),
            Cite::Attribute(at) => event.is_some_and(|e| *at < e.attributes.len()),
            Cite::Comparison(at) => *at < self.comparisons.len(),
            Cite::Comment(at) => *at < self.issue.comments.len(),
            Cite::Seer => self.seer.is_some(),
        }
    }

    /// Returns the named values in a piece of evidence: the variables of a frame in the program's own code, or an
    /// attribute. Other evidence has no named values.
    #[must_use]
    pub fn values_of(&self, cite: &Cite) -> Vec<(&Untrusted, &Untrusted)> {
        match (cite, &self.event) {
            (Cite::Frame(at), Some(event)) => {
                let frame = event.frames.get(*at).filter(|frame| frame.in_app);
                frame
                    .iter()
                    .flat_map(|frame| frame.locals.iter().chain(&frame.nested))
                    .map(|(name, value)| (name, value))
                    .collect()
            }
            (Cite::Attribute(at), Some(event)) => {
                event.attributes.get(*at).map(|it| (&it.name, &it.value)).into_iter().collect()
            }
            _ => Vec::new(),
        }
    }

    /// Returns the share of a feature flag's value in the events of the issue, and in all errors of the project. Returns
    /// `None` if it is unknown.
    #[must_use]
    pub fn shares_of(&self, flag: &Attribute) -> Option<[Share; 2]> {
        let spread = self.flags.iter().find(|spread| spread.name == flag.name)?;
        (flag.kind == AttributeKind::Flag).then(|| spread.shares(&flag.value))
    }

    /// Returns the source code around a frame, with its index in [`Evidence::source`]. `frame` is the frame's index in
    /// [`Event::frames`].
    #[must_use]
    pub fn source_of(&self, frame: usize) -> Option<(usize, &SourceCode)> {
        self.source.iter().enumerate().find(|(_, code)| code.frame == frame)
    }

    /// Returns the lines of a diff that a note shows: at most four changed lines of one frame's function.
    #[must_use]
    pub fn changed_lines<'d>(&self, diff: &'d CommitDiff) -> Vec<&'d DiffLine> {
        let of_functions = self.source.iter().map(|code| code.changes_by(diff));
        let mut lines = of_functions.into_iter().find(|lines| !lines.is_empty()).unwrap_or_default();
        lines.truncate(CHANGED_LINES);
        lines
    }

    /// Returns the release of the event, or else the latest release of the issue.
    #[must_use]
    pub fn release(&self) -> Option<&Untrusted> {
        let event = self.event.as_ref();
        event
            .and_then(|e| e.release.as_ref().or_else(|| e.tag("release")))
            .or(self.issue.last_release.as_ref())
    }

    /// Whether the error ended the program. SDKs report such errors with the level `fatal`.
    #[must_use]
    pub fn is_fatal(&self) -> bool {
        let tagged = self.event.as_ref().and_then(|event| event.tag("level"));
        [self.issue.level.as_ref(), tagged].into_iter().flatten().any(|level| level.raw() == "fatal")
    }

    /// Returns the kind of the issue, such as an error or a performance problem.
    #[must_use]
    pub fn kind(&self) -> Kind {
        kind_of(self.issue.kind, self.event.as_ref())
    }

    /// Returns the finding of one of Sentry's detectors, if the event has one.
    #[must_use]
    pub fn detection(&self) -> Option<&Detection> {
        match &self.event.as_ref()?.origin {
            Origin::Detector(detection) => Some(detection),
            _ => None,
        }
    }

    /// Returns the user feedback, from the event or else from the issue.
    #[must_use]
    pub fn feedback(&self) -> Option<&Feedback> {
        match self.event.as_ref().map(|event| &event.origin) {
            Some(Origin::Feedback(feedback)) => Some(feedback),
            _ => self.issue.feedback.as_ref(),
        }
    }

    /// Returns the environment of the event, such as `production`.
    #[must_use]
    pub fn environment(&self) -> Option<&Untrusted> {
        self.event.as_ref().and_then(|e| e.environment.as_ref().or_else(|| e.tag("environment")))
    }
}

/// Returns the kind of an issue. A specific content of the event takes precedence over the issue's type.
fn kind_of(named: Option<Kind>, event: Option<&Event>) -> Kind {
    let of_event = event.map(|event| match &event.origin {
        Origin::Program if event.is_hang() => Kind::Hang,
        Origin::Program if event.is_native_crash() => Kind::Native,
        Origin::Program => Kind::Error,
        Origin::Report(_) => Kind::Report,
        Origin::Transaction => Kind::Performance(PerformanceProblem::Unnamed),
        Origin::Feedback(_) => Kind::Feedback,
        Origin::Detector(detection) => detection.kind.unwrap_or(Kind::Detected),
    });
    match (of_event, named) {
        // Events of detectors can look like errors or transactions, so the issue's type decides for these kinds.
        (
            None | Some(Kind::Error | Kind::Detected | Kind::Performance(PerformanceProblem::Unnamed)),
            Some(named),
        ) => named,
        (Some(of_event), _) => of_event,
        (None, None) => Kind::Error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::origin::BrowserReport;

    #[test]
    fn the_kind_comes_from_the_event_and_otherwise_from_the_issue() {
        let event = |origin| Event { origin, ..Event::default() };
        let report = event(Origin::Report(BrowserReport::default()));
        assert_eq!(kind_of(Some(Kind::Metric), Some(&report)), Kind::Report);
        assert_eq!(kind_of(Some(Kind::Cron), Some(&event(Origin::Program))), Kind::Cron);
        assert_eq!(
            kind_of(
                Some(Kind::Performance(PerformanceProblem::SlowQuery)),
                Some(&event(Origin::Transaction))
            ),
            Kind::Performance(PerformanceProblem::SlowQuery)
        );
        assert_eq!(kind_of(None, Some(&event(Origin::Program))), Kind::Error);
        assert_eq!(kind_of(None, None), Kind::Error);
    }
}
