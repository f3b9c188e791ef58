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
    // The event and its commits depend on each other. They are read beside the issue, the tags and the sample of
    // events.
    let details = sentry.details(&id);
    let chain = async {
        let event = match known {
            Some(event) if event.id.is_some() || !event.is_bare() => Ok(event),
            bare => newest_event(sentry, &id).await.map_err(|why| (why, bare)),
        };
        let (commits, source) = match &event {
            Ok(event) => {
                let source = read(code, event, project.as_ref());
                let (commits, source) = tokio::join!(commits_of(sentry, project.as_ref(), event), source);
                (commits, Some(source))
            }
            Err(_) => (None, None),
        };
        (event, commits, source)
    };
    let (details, tags, samples, (event, commits, source)) =
        tokio::join!(details, spreads(sentry, &id), samples(sentry, &id), chain);

    let event = match event {
        Err((Failure::NotFound, bare)) if details.is_ok() && evidence.trigger == Trigger::Created => {
            late_event(sentry, &id).await.map_err(|why| (why, bare))
        }
        event => event,
    };
    let mut gaps = Vec::new();
    let mut note = |what: Wanted, why: Failure| gaps.push(Gap { what, why });
    match details {
        Ok(fresh) => evidence.issue = fresh.or(evidence.issue.clone()),
        Err(why) => note(Wanted::IssueDetails, why),
    }
    let project = evidence.issue.project.as_ref();
    let late = match (&event, &commits) {
        (Ok(event), None) => commits_of(sentry, project, event).await,
        _ => None,
    };
    let source = match (&event, source) {
        (Ok(event), None) => read(code, event, project).await,
        (_, source) => source.unwrap_or_default(),
    };
    match event {
        Ok(event) => evidence.event = Some(event),
        Err((why, bare)) => {
            evidence.event = bare;
            note(Wanted::Event, why);
        }
    }
    match tags {
        // These tags identify the people who wrote the feedback, so they are dropped.
        Ok(tags) if evidence.kind() == Kind::Feedback => {
            evidence.tags = tags.into_iter().filter(|tag| !tag.key.as_str().starts_with("user")).collect();
        }
        Ok(tags) => evidence.tags = tags,
        Err(why) => note(Wanted::Tags, why),
    }
    match samples {
        Ok(samples) => evidence.comparisons = compared(samples, evidence.event.as_ref()),
        // Versions without this list answer 404 or 400, which is not a gap.
        Err(Failure::NotFound | Failure::Refused(400)) => {}
        Err(why) => note(Wanted::Samples, why),
    }
    match commits.or(late).unwrap_or_else(|| Ok(Vec::new())) {
        Ok(commits) => evidence.commits = commits,
        // Most projects have no connected repository and answer 404, which is not a gap.
        Err(Failure::NotFound) => {}
        Err(why) => note(Wanted::Commits, why),
    }
    gaps.extend(source.gaps);
    evidence.source = source.codes;
    evidence.gaps = gaps;
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
