//! Reads all evidence about an issue concurrently. Missing evidence is a gap and never a failure.

use std::time::Duration;

use async_trait::async_trait;

use super::client::Sentry;
use super::{event, issue, wire};
use crate::clock::pause;
use crate::domain::comparison::{Comparison, compare};
use crate::domain::event::Event;
use crate::domain::evidence::{Evidence, Gap, SourceReading, SuspectCommit, TagSpread, Wanted};
use crate::domain::ids::{EventId, IssueId, Slug};
use crate::domain::issue::Issue;
use crate::domain::kind::Kind;
use crate::domain::occurrence::Trigger;
use crate::domain::outcome::Failure;
use crate::json::{Lenient, List};
use crate::payload;

/// The number of suspect commits that are kept.
const COMMITS: usize = 3;
/// The waits before an event is read again that Sentry does not have yet.
const LATE_EVENT: [Duration; 3] = [Duration::from_secs(1), Duration::from_secs(2), Duration::from_secs(4)];
/// The path of the events that the analysed event is compared with: one page of complete events.
const SAMPLES: &str = "events/?full=true&sample=true&per_page=5";

/// A reader of the source code of an event's frames.
#[async_trait]
pub trait CodeReader: Send + Sync {
    /// Reads the source code. It cannot fail; what is missing is a gap.
    async fn read(&self, event: &Event, project: Option<&Slug>) -> SourceReading;
}

/// Adds the API's evidence to the known evidence. If `sentry` is `Err`, no API is available, and the only gap is
/// [`Wanted::IssueDetails`] with that failure.
///
/// Independent requests run concurrently: the issue, its tags, a sample of events, and the event. The suspect commits
/// need the event's id and the project. They are read at once if the webhook carried both, and otherwise after the
/// requests that supply them.
///
/// `code` reads the source code as soon as the event is known. Its calls run beside those for the suspect commits.
pub async fn gather(
    sentry: Result<Sentry, Failure>,
    mut known: Evidence,
    code: Option<&dyn CodeReader>,
) -> Evidence {
    match sentry {
        Ok(sentry) => ask(&sentry, &mut known, code).await,
        Err(why) => known.gaps = vec![Gap { what: Wanted::IssueDetails, why }],
    }
    known
}

async fn ask(sentry: &Sentry, evidence: &mut Evidence, code: Option<&dyn CodeReader>) {
    let id = evidence.issue.id.clone();
    let known = evidence.event.take();
    let project = evidence.issue.project.clone();
    let event = event_and_its_context(sentry, &id, known, project.as_ref(), code);
    let (details, tags, samples, event) =
        tokio::join!(sentry.details(&id), spreads(sentry, &id), samples(sentry, &id), event);
    let may_be_late = details.is_ok() && evidence.trigger == Trigger::Created;
    let mut gaps = Vec::new();
    keep(&mut gaps, Wanted::IssueDetails, details, |fresh| {
        evidence.issue = fresh.or(evidence.issue.clone());
    });
    let event = if may_be_late { event.or_late(sentry, &id).await } else { event };
    let event = event.completed(sentry, evidence.issue.project.as_ref(), code).await;
    evidence.event = event.bare;
    keep(&mut gaps, Wanted::Event, event.event, |event| evidence.event = Some(event));
    keep(&mut gaps, Wanted::Tags, tags, |tags| keep_tags(evidence, tags));
    // Versions without this list answer 404 or 400, which is not a gap.
    if !matches!(samples, Err(Failure::NotFound | Failure::Refused(400))) {
        keep(&mut gaps, Wanted::Samples, samples, |samples| {
            evidence.comparisons = compared(samples, evidence.event.as_ref());
        });
    }
    event.context.put_into(evidence, &mut gaps);
    evidence.gaps = gaps;
}

/// Passes on evidence that was read; a failure becomes a gap.
fn keep<T>(gaps: &mut Vec<Gap>, what: Wanted, read: Result<T, Failure>, keep: impl FnOnce(T)) {
    match read {
        Ok(value) => keep(value),
        Err(why) => gaps.push(Gap { what, why }),
    }
}

/// Keeps the issue's tags. Those of user feedback identify the people who wrote it, so they are dropped.
fn keep_tags(evidence: &mut Evidence, mut tags: Vec<TagSpread>) {
    if evidence.kind() == Kind::Feedback {
        tags.retain(|tag| !tag.key.as_str().starts_with("user"));
    }
    evidence.tags = tags;
}

/// The event with the evidence that depends on it.
struct EventEvidence {
    event: Result<Event, Failure>,
    /// The incomplete event of the webhook, which replaces an event that could not be read.
    bare: Option<Event>,
    context: EventContext,
}

/// The evidence that depends on the event.
#[derive(Default)]
struct EventContext {
    /// The suspect commits; `None` if they were not read yet.
    commits: Option<Result<Vec<SuspectCommit>, Failure>>,
    /// The source code; `None` if it was not read yet.
    source: Option<SourceReading>,
}

/// Reads the event, if it is not known, and then at the same time its suspect commits and its source code.
async fn event_and_its_context(
    sentry: &Sentry,
    id: &IssueId,
    known: Option<Event>,
    project: Option<&Slug>,
    code: Option<&dyn CodeReader>,
) -> EventEvidence {
    let (event, bare) = match known {
        Some(event) if event.id.is_some() || !event.is_bare() => (Ok(event), None),
        bare => (newest_event(sentry, id).await, bare),
    };
    let Ok(known) = &event else { return EventEvidence { event, bare, context: EventContext::default() } };
    let (commits, source) = tokio::join!(commits_of(sentry, project, known), read(code, known, project));
    EventEvidence { event, bare, context: EventContext { commits, source: Some(source) } }
}

impl EventEvidence {
    /// Reads an event again that Sentry did not have yet.
    async fn or_late(self, sentry: &Sentry, id: &IssueId) -> Self {
        match self.event {
            Err(Failure::NotFound) => Self { event: late_event(sentry, id).await, ..self },
            _ => self,
        }
    }

    /// Reads the parts that needed the project of the issue's details, or an event that came late.
    async fn completed(self, sentry: &Sentry, project: Option<&Slug>, code: Option<&dyn CodeReader>) -> Self {
        let Ok(event) = &self.event else { return self };
        let commits = match self.context.commits {
            None => commits_of(sentry, project, event).await,
            known => known,
        };
        let source = match self.context.source {
            None => read(code, event, project).await,
            Some(known) => known,
        };
        Self { context: EventContext { commits, source: Some(source) }, ..self }
    }
}

impl EventContext {
    /// Adds the commits and the source code to the evidence.
    fn put_into(self, evidence: &mut Evidence, gaps: &mut Vec<Gap>) {
        // Most projects have no connected repository and answer 404, which is not a gap.
        if let Some(commits) = self.commits.filter(|read| !matches!(read, Err(Failure::NotFound))) {
            keep(gaps, Wanted::Commits, commits, |commits| evidence.commits = commits);
        }
        let source = self.source.unwrap_or_default();
        gaps.extend(source.gaps);
        evidence.source = source.codes;
    }
}

impl Sentry {
    /// Reads the details of an issue.
    ///
    /// # Errors
    /// Returns a [`Failure`] if they cannot be read.
    pub async fn details(&self, id: &IssueId) -> Result<Issue, Failure> {
        let wire: Lenient<payload::Issue> = self.get_of_issue(id, "").await?;
        wire.0.map(|wire| issue::issue(wire, id)).ok_or(Failure::Unreadable)
    }
}

/// Reads the event of a new issue again while Sentry has the issue but not its event yet.
async fn late_event(sentry: &Sentry, id: &IssueId) -> Result<Event, Failure> {
    for wait in LATE_EVENT {
        if !pause(wait, sentry.deadline()).await {
            break;
        }
        match newest_event(sentry, id).await {
            Err(Failure::NotFound) => {}
            answer => return answer,
        }
    }
    Err(Failure::NotFound)
}

/// Reads the source code, if a reader is configured.
async fn read(code: Option<&dyn CodeReader>, event: &Event, project: Option<&Slug>) -> SourceReading {
    match code {
        Some(code) => code.read(event, project).await,
        None => SourceReading::default(),
    }
}

/// Reads the event that Sentry recommends, or the latest event in versions without a recommendation.
async fn newest_event(sentry: &Sentry, id: &IssueId) -> Result<Event, Failure> {
    let wire: Result<Lenient<wire::Event>, Failure> =
        match sentry.get_of_issue(id, "events/recommended/").await {
            Err(Failure::NotFound | Failure::Refused(400)) => sentry.get_of_issue(id, "events/latest/").await,
            answer => answer,
        };
    wire?.0.map(event::event).ok_or(Failure::Unreadable)
}

async fn spreads(sentry: &Sentry, id: &IssueId) -> Result<Vec<TagSpread>, Failure> {
    let wire: List<Lenient<wire::Tag>> = sentry.get_of_issue(id, "tags/").await?;
    Ok(issue::spreads(wire))
}

async fn samples(sentry: &Sentry, id: &IssueId) -> Result<Vec<Event>, Failure> {
    let wire: List<Lenient<wire::Event>> = sentry.get_of_issue(id, SAMPLES).await?;
    Ok(wire.0.into_iter().filter_map(|event| event.0.map(event::event)).collect())
}

/// Compares the events of a sample and the analysed event. Each event counts once.
fn compared(samples: Vec<Event>, known: Option<&Event>) -> Vec<Comparison> {
    let is_other = |event: &Event| known.is_none_or(|known| event.id != known.id);
    let others = samples.into_iter().filter(is_other);
    compare(&others.chain(known.cloned()).collect::<Vec<_>>())
}

/// Reads the suspect commits. The result is `None` if the event or the project is unknown.
async fn commits_of(
    sentry: &Sentry,
    project: Option<&Slug>,
    event: &Event,
) -> Option<Result<Vec<SuspectCommit>, Failure>> {
    Some(commits(sentry, project?, event.id.as_ref()?).await)
}

async fn commits(sentry: &Sentry, project: &Slug, event: &EventId) -> Result<Vec<SuspectCommit>, Failure> {
    let Some(org) = sentry.org() else { return Err(Failure::NotConfigured("SENTRY_ORG")) };
    let path = format!("projects/{org}/{project}/events/{}/committers/", event.as_str());
    let wire: Lenient<wire::Committers> = sentry.get(&path).await?;
    let mut commits = wire.0.map(issue::commits).unwrap_or_default();
    commits.truncate(COMMITS);
    Ok(commits)
}
