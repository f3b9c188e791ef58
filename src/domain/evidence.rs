//! What an analysis rests on. Gathering it cannot fail: what could not be had is a [`Gap`].

use std::fmt;

use super::comparison::Comparison;
use super::event::Event;
use super::failure::Failure;
use super::ids::{IssueId, MemberId, TagKey};
use super::issue::{Issue, Substatus};
use super::kind::{Kind, PerformanceProblem};
use super::occurrence::{IssueOccurrence, SeerRootCause, Trigger};
use super::origin::{Detection, Feedback, Origin};
use super::text::Untrusted;

/// What an analysis rests on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// What happened to the issue.
    pub trigger: Trigger,
    /// The issue, as the webhook and the API know it together.
    pub issue: Issue,
    /// The event, from the webhook or from the API.
    pub event: Option<Event>,
    /// The alert rule that fired.
    pub rule: Option<Untrusted>,
    /// Seer's finished analysis.
    pub seer: Option<SeerRootCause>,
    /// How the issue's events spread over tags.
    pub tags: Vec<TagSpread>,
    /// Several events of the issue, compared.
    pub comparisons: Vec<Comparison>,
    /// Commits that Sentry suspects.
    pub commits: Vec<SuspectCommit>,
    /// What could not be looked at.
    pub gaps: Vec<Gap>,
}

/// How an issue's events spread over one tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TagSpread {
    /// The tag.
    pub key: TagKey,
    /// Events that carry it.
    pub total: u64,
    /// Values and their events, the most frequent first.
    pub top: Vec<(Untrusted, u64)>,
}

/// A commit that Sentry suspects. It is always called suspect.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SuspectCommit {
    /// The commit's hash.
    pub id: Untrusted,
    /// The first line of its message.
    pub subject: Untrusted,
    /// Who wrote it.
    pub author: Option<Untrusted>,
    /// The author's id, when Sentry knows the author as one of its users.
    pub author_id: Option<MemberId>,
    /// Whether Sentry found it by the blame of a frame's line, not only in the release.
    pub is_blamed: bool,
    /// Whether Sentry found it among the commits of a release, because it changed a file of the stack. Sentry does not
    /// say which.
    pub is_matched: bool,
    /// The files that it touches, when Sentry says so.
    pub files: Vec<Untrusted>,
}

/// Something that could not be looked at, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gap {
    /// What could not be looked at.
    pub what: Wanted,
    /// Why.
    pub why: Failure,
}

/// What evidence can be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// The issue's details and statistics.
    IssueDetails,
    /// An event.
    Event,
    /// The spread over tags.
    Tags,
    /// Suspect commits.
    Commits,
    /// Several events of the issue.
    Samples,
}

impl Wanted {
    /// The name in answers and logs.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::IssueDetails => "issue_details",
            Self::Event => "event",
            Self::Tags => "tags",
            Self::Commits => "commits",
            Self::Samples => "samples",
        }
    }
}

/// What a statement rests on, by the name that the note shows.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Cite {
    /// `X1`: an exception, by its place in [`Event::exceptions`].
    Exception(usize),
    /// `F3`: a frame, by its place in [`Event::frames`].
    Frame(usize),
    /// `B7`: a breadcrumb, by its place in [`Event::breadcrumbs`].
    Breadcrumb(usize),
    /// `T:release`: a tag of the event, or its spread.
    Tag(TagKey),
    /// `A4`: what came along with the event, by its place in [`Event::attributes`].
    Attribute(usize),
    /// `E2`: several events compared, by its place in [`Evidence::comparisons`].
    Comparison(usize),
    /// `N1`: a person's comment on the issue, by its place in [`Issue::comments`].
    Comment(usize),
    /// `M`: the event's log message.
    Message,
    /// `S`: the issue's statistics.
    Statistics,
    /// `I`: the issue's own details.
    Issue,
    /// `C1`: a suspect commit.
    Commit(usize),
    /// `R`: Seer's finished analysis.
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
            Self::Seer => f.write_str("R"),
        }
    }
}

impl Cite {
    /// Reads what [`Cite`]'s `Display` writes; whether it is there is another question ([`Evidence::holds`]).
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
            ("I", "") => Some(Self::Issue),
            ("R", "") => Some(Self::Seer),
            _ => None,
        }
    }
}

impl Evidence {
    /// What the webhook alone says.
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
            commits: Vec::new(),
            gaps: Vec::new(),
        }
    }

    /// What kind of unresolved the issue is. The webhook's own word counts before the API's, which may be later.
    #[must_use]
    pub fn substatus(&self) -> Option<Substatus> {
        match self.trigger {
            Trigger::Unresolved(substatus) if substatus != Substatus::Ongoing => Some(substatus),
            Trigger::Created => Some(Substatus::New),
            _ => self.issue.substatus,
        }
    }

    /// What an event alone says, of an issue of which nothing is known: for programs that measure, and for tests.
    #[must_use]
    pub fn of_event(issue: IssueId, event: Option<Event>) -> Self {
        let (trigger, issue) = (Trigger::Alert, Issue::unknown(issue));
        Self::of(IssueOccurrence { trigger, issue, org: None, event, rule: None, seer: None })
    }

    /// Whether our token was refused while this was gathered.
    #[must_use]
    pub fn was_refused(&self) -> bool {
        self.gaps.iter().any(|gap| gap.why == Failure::Unauthorized)
    }

    /// Whether what `cite` names is really there.
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
            Cite::Attribute(at) => event.is_some_and(|e| *at < e.attributes.len()),
            Cite::Comparison(at) => *at < self.comparisons.len(),
            Cite::Comment(at) => *at < self.issue.comments.len(),
            Cite::Seer => self.seer.is_some(),
        }
    }

    /// The values that a piece of evidence shows, by their names: the variables of a frame of the program's own code, or
    /// what came along with the event.
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

    /// The release that this is about: the event's, or else the issue's latest.
    #[must_use]
    pub fn release(&self) -> Option<&Untrusted> {
        let event = self.event.as_ref();
        event
            .and_then(|e| e.release.as_ref().or_else(|| e.tag("release")))
            .or(self.issue.last_release.as_ref())
    }

    /// Whether the program went down with it: SDKs say `fatal` of what nobody caught and nothing survived.
    #[must_use]
    pub fn is_fatal(&self) -> bool {
        let tagged = self.event.as_ref().and_then(|event| event.tag("level"));
        [self.issue.level.as_ref(), tagged].into_iter().flatten().any(|level| level.raw() == "fatal")
    }

    /// What this is about.
    #[must_use]
    pub fn kind(&self) -> Kind {
        kind_of(self.issue.kind, self.event.as_ref())
    }

    /// What one of Sentry's detectors found, when the event carries it.
    #[must_use]
    pub fn detection(&self) -> Option<&Detection> {
        match &self.event.as_ref()?.origin {
            Origin::Detector(detection) => Some(detection),
            _ => None,
        }
    }

    /// What a person wrote.
    #[must_use]
    pub fn feedback(&self) -> Option<&Feedback> {
        match self.event.as_ref().map(|event| &event.origin) {
            Some(Origin::Feedback(feedback)) => Some(feedback),
            _ => self.issue.feedback.as_ref(),
        }
    }

    /// The environment that the event happened in.
    #[must_use]
    pub fn environment(&self) -> Option<&Untrusted> {
        self.event.as_ref().and_then(|e| e.environment.as_ref().or_else(|| e.tag("environment")))
    }
}

/// The kind of an issue: what the event itself shows counts before what the issue is called.
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
        // A detector's event can look like any other, and then the issue's type tells.
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
    fn the_event_counts_before_the_issue_unless_it_says_nothing() {
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
