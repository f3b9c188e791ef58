//! Reads all evidence about an issue concurrently. A failed request leaves a gap in the evidence and is never an error.

use std::time::Duration;

use async_trait::async_trait;
use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, ready};

use super::client::Sentry;
use super::{event, issue, wire};
use crate::clock::pause;
use crate::domain::attribute::AttributeKind;
use crate::domain::comparison::{Comparison, compare};
use crate::domain::event::Event;
use crate::domain::evidence::{Evidence, Gap, SourceReading, SuspectCommit, TagSpread, Wanted};
use crate::domain::flag::FlagSpread;
use crate::domain::ids::{EventId, IssueId, Slug};
use crate::domain::issue::Issue;
use crate::domain::kind::Kind;
use crate::domain::occurrence::Trigger;
use crate::domain::outcome::Failure;
use crate::json::{Lenient, List};
use crate::payload;

/// At most this many suspect commits are kept.
const COMMITS: usize = 3;
/// The waits before each repeated read of a new issue's event, because Sentry may not have stored the event yet.
const LATE_EVENT: [Duration; 3] = [Duration::from_secs(1), Duration::from_secs(2), Duration::from_secs(4)];
/// The path, below an issue, of the events that the analysed event is compared with: one page of complete events.
const SAMPLES: &str = "events/?full=true&sample=true&per_page=5";

/// The suspect commits of an event, the most likely first. They may still be read while the source code is read.
pub type Suspects<'a> = BoxFuture<'a, Vec<SuspectCommit>>;

/// The outcome of reading the suspect commits; `None` if they were not read.
type CommitsRead = Option<Result<Vec<SuspectCommit>, Failure>>;

/// The outcome of reading the distributions over feature flags; `None` if they were not read.
type FlagsRead = Option<Result<Vec<FlagSpread>, Failure>>;

/// A reader of the source code of an event's frames.
#[async_trait]
pub trait CodeReader: Send + Sync {
    /// Reads the source code of the event's frames, and what the suspect commits changed in it. What cannot be read
    /// becomes a gap in the result.
    async fn read(&self, event: &Event, project: Option<&Slug>, suspects: Suspects<'_>) -> SourceReading;
}

/// Reads the evidence about an issue from the Sentry API and adds it to the evidence of the webhook (`known`). If
/// `sentry` is `Err`, the API cannot be used, and the only gap is [`Wanted::IssueDetails`] with that failure.
///
/// Independent requests run concurrently: for the issue, its tags, a sample of events, and the event. If the event has
/// feature flags, the distributions over their values are requested as soon as it is known. The request for suspect
/// commits needs the event's id and the project. It is sent at once if the webhook contained both, and
/// otherwise after the replies that contain them.
///
/// `code` reads the source code as soon as the event is known, at the same time as the suspect commits are read.
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
    let event = event.completed(sentry, &id, evidence.issue.project.as_ref(), code).await;
    evidence.event = event.bare;
    keep(&mut gaps, Wanted::Event, event.event, |event| evidence.event = Some(event));
    keep(&mut gaps, Wanted::Tags, tags, |tags| keep_tags(evidence, tags));
    // Versions of Sentry without this list of events answer 404 or 400, which is not a gap.
    if !matches!(samples, Err(Failure::NotFound | Failure::Refused(400))) {
        keep(&mut gaps, Wanted::Samples, samples, |samples| {
            evidence.comparisons = compared(samples, evidence.event.as_ref());
        });
    }
    event.context.put_into(evidence, &mut gaps);
    evidence.gaps = gaps;
}

/// Passes a read value to `keep`, or adds a gap if the read failed.
fn keep<T>(gaps: &mut Vec<Gap>, what: Wanted, read: Result<T, Failure>, keep: impl FnOnce(T)) {
    match read {
        Ok(value) => keep(value),
        Err(why) => gaps.push(Gap { what, why }),
    }
}

/// Adds the tags to the evidence. For user feedback, the tags that identify the author are dropped.
fn keep_tags(evidence: &mut Evidence, mut tags: Vec<TagSpread>) {
    if evidence.kind() == Kind::Feedback {
        tags.retain(|tag| !tag.key.as_str().starts_with("user"));
    }
    evidence.tags = tags;
}

/// The analysed event, with the suspect commits and the source code that were read for it.
struct EventEvidence {
    event: Result<Event, Failure>,
    /// The incomplete event of the webhook, which is used if the complete event could not be read.
    bare: Option<Event>,
    context: EventContext,
}

/// The suspect commits, the distributions over feature flags and the source code, which can be read only if the event
/// is known.
#[derive(Default)]
struct EventContext {
    commits: CommitsRead,
    flags: FlagsRead,
    /// The source code; `None` if it was not read yet.
    source: Option<SourceReading>,
}

/// Reads the event unless the webhook contained it. Then reads its suspect commits and its source code at the same
/// time.
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
    let commits = commits_of(sentry, project, known).shared();
    let suspects = commits.clone().map(suspected).boxed();
    let source = async {
        match project {
            Some(_) => Some(read(code, known, project, suspects).await),
            // Without the project, Sentry's code mappings cannot be asked for. The details will name it.
            None => None,
        }
    };
    let (commits, flags, source) = tokio::join!(commits, flags_of(sentry, id, known), source);
    EventEvidence { event, bare, context: EventContext { commits, flags, source } }
}

impl EventEvidence {
    /// Reads the event again if Sentry did not have it yet at the first read.
    async fn or_late(self, sentry: &Sentry, id: &IssueId) -> Self {
        match self.event {
            Err(Failure::NotFound) => Self { event: late_event(sentry, id).await, ..self },
            _ => self,
        }
    }

    /// Reads the suspect commits and the source code if they were not read yet: because the project was unknown, or
    /// because Sentry stored the event late.
    async fn completed(
        self,
        sentry: &Sentry,
        id: &IssueId,
        project: Option<&Slug>,
        code: Option<&dyn CodeReader>,
    ) -> Self {
        let Ok(event) = &self.event else { return self };
        let commits = match self.context.commits {
            None => commits_of(sentry, project, event).await,
            known => known,
        };
        let flags = match self.context.flags {
            None => flags_of(sentry, id, event).await,
            known => known,
        };
        let source = match self.context.source {
            None => read(code, event, project, ready(suspected(commits.clone())).boxed()).await,
            Some(known) => known,
        };
        Self { context: EventContext { commits, flags, source: Some(source) }, ..self }
    }
}

impl EventContext {
    /// Adds the suspect commits and the source code to the evidence, and their failures to the gaps.
    fn put_into(self, evidence: &mut Evidence, gaps: &mut Vec<Gap>) {
        // Most projects have no connected repository and answer 404, which is not a gap.
        if let Some(commits) = self.commits.filter(|read| !matches!(read, Err(Failure::NotFound))) {
            keep(gaps, Wanted::Commits, commits, |commits| evidence.commits = commits);
        }
        // Most plans and all older versions of Sentry lack this endpoint, which is not a gap.
        let is_missing = |why: &Failure| {
            matches!(
                why,
                Failure::NotFound | Failure::Forbidden | Failure::Gone | Failure::Refused(400 | 405)
            )
        };
        if let Some(flags) = self.flags.filter(|read| !read.as_ref().is_err_and(is_missing)) {
            keep(gaps, Wanted::Flags, flags, |flags| evidence.flags = flags);
        }
        let source = self.source.unwrap_or_default();
        gaps.extend(source.gaps);
        evidence.source = source.codes;
        evidence.diffs = source.diffs;
    }
}

impl Sentry {
    /// Reads an issue with its counts, releases and assignee.
    ///
    /// # Errors
    ///
    /// [`Failure`] if the issue cannot be read.
    pub async fn details(&self, id: &IssueId) -> Result<Issue, Failure> {
        let wire: Lenient<payload::Issue> = self.get_of_issue(id, "").await?;
        wire.0.map(|wire| issue::issue(wire, id)).ok_or(Failure::Unreadable)
    }
}

/// Reads the event of a new issue again, up to three times, until Sentry has stored the event.
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

/// Reads the source code, or returns an empty result if no reader is configured.
async fn read(
    code: Option<&dyn CodeReader>,
    event: &Event,
    project: Option<&Slug>,
    suspects: Suspects<'_>,
) -> SourceReading {
    match code {
        Some(code) => code.read(event, project, suspects).await,
        None => SourceReading::default(),
    }
}

fn suspected(read: CommitsRead) -> Vec<SuspectCommit> {
    read.and_then(Result::ok).unwrap_or_default()
}

/// Reads the event that Sentry recommends for the issue. From a version of Sentry without recommendations, reads the
/// latest event.
pub(super) async fn newest_event(sentry: &Sentry, id: &IssueId) -> Result<Event, Failure> {
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

/// Compares the events of a sample and the analysed event with each other. An event that is in the sample and
/// analysed counts once.
fn compared(samples: Vec<Event>, known: Option<&Event>) -> Vec<Comparison> {
    let is_other = |event: &Event| known.is_none_or(|known| event.id != known.id);
    let others = samples.into_iter().filter(is_other);
    compare(&others.chain(known.cloned()).collect::<Vec<_>>())
}

/// Reads the suspect commits of an event. The result is `None` if the event's id or the project is unknown.
async fn commits_of(sentry: &Sentry, project: Option<&Slug>, event: &Event) -> CommitsRead {
    Some(commits(sentry, project?, event.id.as_ref()?).await)
}

/// Reads the distributions of errors over the event's feature flags. The result is `None` if the event has no flags, or
/// the organization is unknown.
async fn flags_of(sentry: &Sentry, id: &IssueId, event: &Event) -> FlagsRead {
    let has_flags = event.attributes.iter().any(|attribute| attribute.kind == AttributeKind::Flag);
    let org = sentry.own_org().ok().filter(|_| has_flags)?;
    let path = format!("organizations/{org}/issues/{id}/suspect/flags/");
    let wire: Result<Lenient<wire::SuspectFlags>, Failure> = sentry.get(&path).await;
    Some(wire.map(|wire| wire.0.map(issue::flags).unwrap_or_default()))
}

async fn commits(sentry: &Sentry, project: &Slug, event: &EventId) -> Result<Vec<SuspectCommit>, Failure> {
    let org = sentry.own_org()?;
    let path = format!("projects/{org}/{project}/events/{}/committers/", event.as_str());
    let wire: Lenient<wire::Committers> = sentry.get(&path).await?;
    let mut commits = wire.0.map(issue::commits).unwrap_or_default();
    commits.truncate(COMMITS);
    Ok(commits)
}
